//! A bucket of MinIO that one user may use, and nobody else but the administrator.

use backstop_testkit::{Bucket, Minio, Minted, Servers};

use super::scene::Scene;
use crate::journeys::harness::{Place, text};

/// The shortest time that MinIO's STS gives credentials for.
const SECONDS: u32 = 900;

/// The user, and the bucket.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) server: &'static Minio,
    pub(super) bucket: String,
    pub(super) id: String,
    pub(super) secret: String,
}

impl Owner {
    /// Makes a user and a bucket on the shared server.
    pub(super) fn new() -> Result<Self, String> {
        let server = Servers::shared().native_minio().map_err(text)?;
        let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
        let (id, secret) = server.fresh_user_for(&bucket, &["s3:*"]).map_err(text)?;
        Ok(Self {
            server,
            bucket,
            id,
            secret,
        })
    }

    /// Returns the user's access key id and secret.
    pub(super) fn keys(&self) -> (&str, &str) {
        (&self.id, &self.secret)
    }

    /// Asks MinIO's STS for credentials of the user.
    pub(super) fn minted(&self) -> Result<Minted, String> {
        self.server.mint(self.keys(), SECONDS).map_err(text)
    }

    /// Returns what a service that hands out credentials of the user does it with.
    pub(super) fn mint(&self) -> impl Fn() -> Minted + Send + Sync + 'static {
        let owner = self.clone();
        move || owner.minted().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns the bucket by its URL, asked for put and get; no credentials are set.
    pub(super) fn url(&self) -> Scene {
        let place = Place::new(format!(
            "minio+http://{}/{}",
            self.server.host(),
            self.bucket
        ));
        Scene::of(place.flag("--access", "put-get"))
    }

    /// Returns the bucket by its URL as one of S3.
    pub(super) fn s3_url(&self) -> Scene {
        let place = Place::new(format!("s3://{}", self.bucket));
        let place = place.flag("--endpoint-url", self.server.endpoint());
        Scene::of(place.flag("--access", "put-get"))
    }

    /// Returns the bucket by a configuration with these lines of credentials.
    pub(super) fn config(&self, credentials: &str) -> Scene {
        Scene::minio(self.server, &self.bucket, credentials)
    }
}
