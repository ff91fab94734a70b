//! What a store is configured with.

mod credentials;

use std::time::Duration;

pub use backstop_contract::Encryption;
pub(crate) use credentials::program;
pub use credentials::{AssumeRole, S3Credentials, WebIdentity};

/// How the bucket is named in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// In the path: `https://host/bucket/key`.
    Path,
    /// In the host name: `https://bucket.host/key`.
    Virtual,
}

/// When checksums beyond the signature are sent and compared.
///
/// The two settings are the SDKs' own
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html>). Some
/// S3-compatible stores refuse the first one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChecksumMode {
    /// Wherever the protocol has a place for one: CRC32 on each put and part, compared on each get.
    #[default]
    WhenSupported,
    /// Only where the protocol demands one.
    WhenRequired,
}

/// Everything a store needs to know before its first request.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// The bucket's name.
    pub bucket: String,
    /// The region; absent to take `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile's.
    pub region: Option<String>,
    /// The full URL of a service that is not Amazon's, or of a private endpoint.
    pub endpoint: Option<String>,
    /// How the bucket is named; absent for the path with an endpoint, else the host name.
    pub addressing: Option<Addressing>,
    /// Certificates in PEM that are trusted besides the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// The longest wait for a connection, TLS included.
    pub connect_timeout: Duration,
    /// The longest silence: until the head of the answer, not counting the time in which the
    /// request's body still moves, and between two chunks of the answer's body.
    pub request_timeout: Duration,
    /// The longest silence while an upload in parts is completed, until the head of the answer and
    /// between two chunks of its body; absent for that of every other request.
    pub completion_timeout: Option<Duration>,
    /// When checksums are sent and compared.
    pub checksums: ChecksumMode,
    /// What new objects are encrypted with; absent to leave it to the bucket.
    pub encryption: Option<Encryption>,
    /// The storage class of new objects; absent to leave it to the bucket.
    pub storage_class: Option<String>,
    /// Where the credentials come from.
    pub credentials: S3Credentials,
    /// The token service that gives roles and tells who asks; absent for `AWS_ENDPOINT_URL_STS`,
    /// else Amazon's in the region.
    pub sts_endpoint: Option<String>,
}

impl S3Config {
    /// How long a connection may take where nothing else is said.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
    /// How long an answer may stay away where nothing else is said.
    pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

    /// Creates a configuration with every setting but the bucket and the credentials left open.
    #[must_use]
    pub fn new(bucket: impl Into<String>, credentials: S3Credentials) -> Self {
        Self {
            bucket: bucket.into(),
            region: None,
            endpoint: None,
            addressing: None,
            ca_pem: None,
            connect_timeout: Self::CONNECT_TIMEOUT,
            request_timeout: Self::REQUEST_TIMEOUT,
            completion_timeout: None,
            checksums: ChecksumMode::default(),
            encryption: None,
            storage_class: None,
            credentials,
            sts_endpoint: None,
        }
    }
}
