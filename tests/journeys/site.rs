//! A bucket of MinIO or a container of Azurite, so that one story is told on both.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use backstop_testkit::{Azurite, Bucket, Minio, Servers};

use super::harness::{Place, root, text};

/// Who serves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Server<'a> {
    Minio(&'a Minio),
    Azurite(&'a Azurite),
}

/// One bucket of a server.
#[derive(Clone, Debug)]
pub(crate) struct Site<'a> {
    pub(crate) server: Server<'a>,
    pub(crate) bucket: String,
}

impl Server<'static> {
    /// Returns the shared MinIO.
    pub(crate) fn minio() -> Result<Self, String> {
        Servers::shared().minio().map(Self::Minio).map_err(text)
    }

    /// Returns the shared Azurite.
    pub(crate) fn azurite() -> Result<Self, String> {
        Servers::shared().azurite().map(Self::Azurite).map_err(text)
    }
}

impl<'a> Server<'a> {
    /// Returns where the service listens.
    pub(crate) fn address(self) -> Result<SocketAddr, String> {
        match self {
            Self::Minio(server) => server.host().parse().map_err(text),
            Self::Azurite(server) => Ok(server.address()),
        }
    }

    /// Makes a bucket that no other test has.
    pub(crate) fn site(self) -> Result<Site<'a>, String> {
        let bucket = match self {
            Self::Minio(server) => server.fresh_bucket(Bucket::Plain),
            Self::Azurite(server) => server.fresh_container(),
        };
        Ok(Site {
            server: self,
            bucket: bucket.map_err(text)?,
        })
    }
}

impl Site<'_> {
    /// Names it as the administrator.
    pub(crate) fn place(&self) -> Place {
        match self.server {
            Server::Minio(server) => Place::minio(server.host(), &self.bucket, root(server)),
            Server::Azurite(server) => Place::azure_by_key(server, &self.bucket),
        }
    }

    /// Names it as the administrator, by way of another address.
    pub(crate) fn place_by(&self, address: SocketAddr) -> Place {
        match self.server {
            Server::Minio(server) => Place::minio(address, &self.bucket, root(server)),
            Server::Azurite(server) => {
                let account = server.account();
                Place::new(format!("azure://{account}/{}", self.bucket))
                    .flag("--endpoint-url", format!("http://{address}/{account}"))
                    .set("AZURE_STORAGE_KEY", server.key())
            }
        }
    }

    /// Names it as somebody who may only put and get.
    pub(crate) fn place_to_put_and_get(&self) -> Result<Place, String> {
        match self.server {
            Server::Minio(server) => {
                let actions = ["s3:PutObject", "s3:GetObject"];
                let user = server.fresh_user_for(&self.bucket, &actions);
                let (id, secret) = user.map_err(text)?;
                Ok(Place::minio(server.host(), &self.bucket, (&id, &secret)))
            }
            Server::Azurite(server) => {
                let later = SystemTime::now() + Duration::from_hours(30 * 24);
                let sas = server.sas(&self.bucket, "rcw", later).map_err(text)?;
                let place = Place::azure(server, &self.bucket);
                Ok(place.set("AZURE_STORAGE_SAS_TOKEN", sas))
            }
        }
    }

    /// Returns the keys of all that lies there.
    pub(crate) fn keys(&self) -> Result<Vec<String>, String> {
        let contents = match self.server {
            Server::Minio(server) => server.contents(&self.bucket),
            Server::Azurite(server) => server.contents(&self.bucket),
        };
        Ok(contents.map_err(text)?.into_keys().collect())
    }

    /// Reads an object as the administrator.
    pub(crate) fn get(&self, key: &str) -> Result<Vec<u8>, String> {
        match self.server {
            Server::Minio(server) => {
                let answer = server.request("GET", &format!("/{}/{key}", self.bucket), b"");
                let answer = answer.map_err(text)?;
                (answer.status == 200)
                    .then_some(answer.body)
                    .ok_or_else(|| format!("{key} was not read: {}", answer.status))
            }
            Server::Azurite(server) => server.get(&self.bucket, key).map_err(text),
        }
    }

    /// Writes an object as the administrator.
    pub(crate) fn put(&self, key: &str, content: &[u8]) -> Result<(), String> {
        match self.server {
            Server::Minio(server) => server.put(&self.bucket, key, content),
            Server::Azurite(server) => server.put(&self.bucket, key, content),
        }
        .map_err(text)
    }

    /// Removes an object as the administrator.
    pub(crate) fn remove(&self, key: &str) -> Result<(), String> {
        let target = format!("{}/{key}", self.bucket);
        let answer = match self.server {
            Server::Minio(server) => server.request("DELETE", &format!("/{target}"), b""),
            Server::Azurite(server) => server.request("DELETE", &target, Vec::new(), b""),
        };
        let status = answer.map_err(text)?.status;
        (200..300)
            .contains(&status)
            .then_some(())
            .ok_or_else(|| format!("{key} was not removed: {status}"))
    }
}
