//! `MinIO` for Backstop.
//!
//! `MinIO` speaks the protocol of S3, so its requests are those of [`backstop_s3`]; the names, the
//! permissions, the keys it cannot carry and the questions about its health are its own.
//!
//! # Why
//!
//! A server is `MinIO` because the configuration says so, never because of its host name. Errors
//! and remedies then speak of `minio://host:port/bucket` and of `MinIO`'s policies.

pub mod config;
mod health;
pub mod keys;
pub mod policy;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use backstop_contract::{Capability, StoreLocation, WireObserver};
use backstop_s3::{Flavor, S3Config};
use url::Url;

pub use backstop_s3::{
    Addressing, AssumeRole, ChecksumMode, ConnectError, Form, S3Credentials, WebIdentity,
};
pub use config::MinioConfig;
pub use store::MinioStore;

/// Connects to a bucket of a `MinIO` server; no request is sent.
///
/// # Errors
///
/// [`ConnectError`] says what to change in the configuration.
pub async fn connect(
    config: MinioConfig,
    observer: Arc<dyn WireObserver>,
) -> Result<MinioStore, ConnectError> {
    let MinioConfig {
        endpoint,
        bucket,
        region,
        addressing,
        ca_pem,
        connect_timeout,
        request_timeout,
        completion_timeout,
        checksums,
        credentials,
        sts_endpoint,
    } = config;
    let flavor = Flavor {
        info: &policy::MINIO,
        location: StoreLocation::new("minio", &format!("{}/{bucket}", authority(&endpoint))),
        more: &[Capability::Health],
        refuses: keys::refusal,
    };
    let sts_endpoint = sts_endpoint.unwrap_or_else(|| endpoint.clone());
    let config = S3Config {
        bucket,
        // Given here, so that AWS_REGION, which is meant for Amazon, is not looked at.
        region: Some(region.unwrap_or_else(|| "us-east-1".to_owned())),
        endpoint: Some(endpoint),
        addressing,
        ca_pem,
        connect_timeout,
        request_timeout,
        completion_timeout,
        checksums,
        encryption: None,
        storage_class: None,
        credentials,
        sts_endpoint: Some(sts_endpoint),
    };
    backstop_s3::connect_as(flavor, config, observer)
        .await
        .map(MinioStore::new)
}

/// Returns `host:port` of an endpoint, without what may be secret in it.
fn authority(endpoint: &str) -> String {
    let Ok(url) = Url::parse(endpoint) else {
        // The connection fails for the same reason, and says so.
        return String::new();
    };
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
