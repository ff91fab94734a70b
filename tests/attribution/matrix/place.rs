//! The real servers behind the proxy, and targets that lead through it.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use backstop::config::{Environment, Target, UrlFlags, url_target};
use backstop_testkit::{Bucket, Proxy, Servers};

use super::cell::text;

/// Whose words are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    /// MinIO as `s3://` with an endpoint.
    S3,
    /// MinIO as itself.
    Minio,
    /// Azurite.
    Azure,
}

impl Provider {
    pub(super) const ALL: [Self; 3] = [Self::S3, Self::Minio, Self::Azure];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Minio => "minio",
            Self::Azure => "azure",
        }
    }

    /// Returns where the server is.
    pub(super) fn upstream(self) -> Result<SocketAddr, String> {
        match self {
            Self::S3 | Self::Minio => {
                let server = Servers::shared().native_minio().map_err(text)?;
                server.host().parse().map_err(text)
            }
            Self::Azure => Ok(Servers::shared().azurite().map_err(text)?.address()),
        }
    }

    /// Returns a target behind a proxy, with a prefix that no other has.
    pub(super) fn target(self, proxy: &Proxy) -> Result<Target, String> {
        static TURN: AtomicUsize = AtomicUsize::new(0);
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let bucket = self.bucket()?;
        let mut flags = UrlFlags {
            access: Some("full".to_owned()),
            ca_file: proxy.ca_file(),
            ..UrlFlags::default()
        };
        let path = format!("{bucket}/m{turn:04}");
        let url = match self {
            Self::S3 => {
                flags.endpoint_url = Some(proxy.endpoint());
                format!("s3://{path}")
            }
            Self::Minio => match proxy.ca_file() {
                Some(_) => format!("minio://{}/{path}", proxy.address()),
                None => format!("minio+http://{}/{path}", proxy.address()),
            },
            Self::Azure => {
                let account = Servers::shared().azurite().map_err(text)?.account();
                flags.endpoint_url = Some(format!("{}/{account}", proxy.endpoint()));
                format!("azure://{account}/{path}")
            }
        };
        url_target(&url, &flags, &self.environment()?).map_err(text)
    }

    /// Returns the bucket that all cells of a provider share, each under a prefix of its own.
    fn bucket(self) -> Result<&'static str, String> {
        static MINIO: OnceLock<Result<String, String>> = OnceLock::new();
        static AZURE: OnceLock<Result<String, String>> = OnceLock::new();
        let bucket = match self {
            Self::S3 | Self::Minio => MINIO.get_or_init(|| {
                let server = Servers::shared().native_minio().map_err(text)?;
                server.fresh_bucket(Bucket::Plain).map_err(text)
            }),
            Self::Azure => AZURE.get_or_init(|| {
                let server = Servers::shared().azurite().map_err(text)?;
                server.fresh_container().map_err(text)
            }),
        };
        bucket.as_deref().map_err(Clone::clone)
    }

    fn environment(self) -> Result<Environment, String> {
        let pairs = match self {
            Self::S3 | Self::Minio => {
                let server = Servers::shared().native_minio().map_err(text)?;
                vec![
                    ("AWS_ACCESS_KEY_ID", server.access_key()),
                    ("AWS_SECRET_ACCESS_KEY", server.secret_key()),
                    ("AWS_REGION", "us-east-1"),
                    ("AWS_EC2_METADATA_DISABLED", "true"),
                ]
            }
            Self::Azure => {
                let server = Servers::shared().azurite().map_err(text)?;
                vec![("AZURE_STORAGE_KEY", server.key())]
            }
        };
        Ok(pairs.into_iter().collect())
    }
}
