//! What a `MinIO` store is configured with.

use std::time::Duration;

use backstop_s3::{Addressing, ChecksumMode, S3Config, S3Credentials};

/// Everything a `MinIO` store needs to know before its first request.
#[derive(Debug, Clone)]
pub struct MinioConfig {
    /// The server's API, as `https://host:port` or `http://host:port`.
    pub endpoint: String,
    /// The bucket's name.
    pub bucket: String,
    /// The region of the server's own configuration; absent for `us-east-1`, which is `MinIO`'s
    /// default.
    pub region: Option<String>,
    /// How the bucket is named; absent for the path, since the host name needs `MINIO_DOMAIN` and
    /// a DNS entry for each bucket.
    pub addressing: Option<Addressing>,
    /// Certificates in PEM that are trusted besides the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// The longest wait for a connection, TLS included.
    pub connect_timeout: Duration,
    /// The longest silence, as for [`S3Config::request_timeout`].
    pub request_timeout: Duration,
    /// The longest silence of a completion, as for [`S3Config::completion_timeout`].
    pub completion_timeout: Option<Duration>,
    /// When checksums are sent and compared.
    pub checksums: ChecksumMode,
    /// Where the credentials come from; the chain reads the variables `AWS_*`.
    pub credentials: S3Credentials,
    /// The token service that gives roles; absent for the server itself, which has one.
    pub sts_endpoint: Option<String>,
}

impl MinioConfig {
    /// Creates a configuration with every setting but the necessary ones left open.
    #[must_use]
    pub fn new(
        endpoint: impl Into<String>,
        bucket: impl Into<String>,
        credentials: S3Credentials,
    ) -> Self {
        Self {
            endpoint: endpoint.into(),
            bucket: bucket.into(),
            region: None,
            addressing: None,
            ca_pem: None,
            connect_timeout: S3Config::CONNECT_TIMEOUT,
            request_timeout: S3Config::REQUEST_TIMEOUT,
            completion_timeout: None,
            checksums: ChecksumMode::default(),
            credentials,
            sts_endpoint: None,
        }
    }
}
