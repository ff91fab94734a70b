//! From a configuration to a store, without a request to the bucket.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Builder, IdentityCache, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use backstop_contract::{Capability, StoreLocation, WireObserver};
use thiserror::Error;
use url::Url;

use crate::ambient::Ambient;
use crate::config::{Addressing, ChecksumMode, S3Config};
use crate::connect::ground::{Ground, profile_of};
use crate::credentials::{NO_ROLE, not_storage};
use crate::form::Sum;
use crate::policy;
use crate::proxy::Proxy;
use crate::route::{is_direct, is_near};
use crate::store::{Flavor, Parts, S3Store};
use crate::trust::Trust;
use crate::wire::{Silence, Wire};

mod ground;
mod whereabouts;

/// Why a configuration cannot become a store; nothing has been sent to the bucket.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The bucket's name cannot be one.
    #[error("the bucket name is empty or holds a `/`; give the name alone, without a prefix")]
    BadBucket,
    /// Neither a region nor an endpoint is known.
    #[error("no region is known; set one, or AWS_REGION, or give an endpoint")]
    NoRegion,
    /// The endpoint is not the URL of a service.
    #[error("the endpoint is not usable: {reason}; write it as https://host:port")]
    BadEndpoint {
        /// What is wrong with it; the URL itself may hold a secret and is not repeated.
        reason: String,
    },
    /// A token would be sent to a store.
    #[error("{}", not_storage(url))]
    StorageForTokens {
        /// Where it would be sent.
        url: String,
    },
    /// No role is named where the token service needs one.
    #[error("{NO_ROLE}")]
    NoRole,
    /// The certificates given are not certificates.
    #[error("the CA certificates cannot be used: {reason}; give one or more in PEM")]
    BadCa {
        /// What is wrong with them.
        reason: String,
    },
    /// The TLS client cannot be built.
    #[error("TLS cannot be used: {reason}; install the system's CA certificates or give a CA file")]
    Tls {
        /// What is missing.
        reason: String,
    },
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be built: {reason}")]
    Client {
        /// What is wrong.
        reason: String,
    },
}

/// Connects to a bucket of Amazon S3, or of a service that speaks its protocol.
///
/// No request is sent and no credentials are fetched, but for the region: without a region and an
/// endpoint, and with the chain or the node role, the metadata service of the machine is asked.
///
/// # Errors
///
/// [`ConnectError`] says what to change in the configuration.
pub async fn connect(
    config: S3Config,
    observer: Arc<dyn WireObserver>,
) -> Result<S3Store, ConnectError> {
    let flavor = Flavor {
        info: &policy::S3,
        location: StoreLocation::new("s3", &config.bucket),
        more: &[Capability::ListUploadsByPrefix],
        refuses: |_| None,
    };
    connect_as(flavor, config, observer).await
}

/// Connects to a service that speaks the protocol of S3 under a name of its own.
///
/// # Errors
///
/// As for [`connect`](fn@connect).
pub async fn connect_as(
    flavor: Flavor,
    config: S3Config,
    observer: Arc<dyn WireObserver>,
) -> Result<S3Store, ConnectError> {
    let proxy = Proxy::of_environment();
    connect_within(Ambient::of_process(), proxy, flavor, config, observer).await
}

/// Connects within given surroundings, through a proxy that is not used for hosts that are near.
pub(crate) async fn connect_within(
    ambient: Ambient,
    proxy: Proxy,
    flavor: Flavor,
    config: S3Config,
    observer: Arc<dyn WireObserver>,
) -> Result<S3Store, ConnectError> {
    check_bucket(&config.bucket)?;
    let (wire, settings, endpoint) = Box::pin(way(&config, proxy, observer)).await?;
    let S3Config {
        bucket,
        region,
        endpoint: _,
        addressing,
        connect_timeout,
        request_timeout,
        checksums,
        encryption,
        storage_class,
        credentials,
        sts_endpoint,
        ca_pem: _,
        completion_timeout: _,
    } = config;
    let sts_named = sts_endpoint.is_some();
    let ground = Ground::new(
        ambient,
        wire.clone(),
        sts_endpoint,
        &credentials,
        connect_timeout,
        request_timeout,
    )
    .await?;
    let region = ground
        .region(region, endpoint.is_some(), &credentials)
        .await?;
    let addressing = addressing.unwrap_or_else(|| usual_addressing(&bucket, endpoint.as_ref()));
    let (loader, sts) = ground.loader(credentials, region.clone(), request_timeout);
    let asked = whereabouts::Asked {
        bucket: &bucket,
        region: region.as_ref(),
        endpoint: endpoint.as_ref(),
        addressing,
        settings: settings.as_ref(),
    };
    let route = whereabouts::route(&asked, &wire).await;
    let unsigned = unsigned(&asked, checksums, connect_timeout, &wire);
    let signed = unsigned.clone().credentials_provider(loader.clone());
    Ok(S3Store::new(Parts {
        client: Client::from_conf(signed.build()),
        unsigned,
        bucket,
        endpoint,
        region: region.to_string(),
        checksums,
        sum: Sum::default(),
        addressing,
        encryption,
        storage_class,
        loader,
        sts,
        sts_named,
        wire,
        connect_timeout,
        flavor,
        route,
    }))
}

/// Makes what every request goes by, and finds out what the surroundings say and where it leads.
async fn way(
    config: &S3Config,
    proxy: Proxy,
    observer: Arc<dyn WireObserver>,
) -> Result<(Wire, Option<SdkConfig>, Option<Url>), ConnectError> {
    let trust = Trust::new(config.ca_pem.clone());
    let trust = trust.map_err(|reason| ConnectError::BadCa { reason })?;
    let usual = config.request_timeout;
    let completion = config.completion_timeout.unwrap_or(usual);
    let silence = Silence { usual, completion };
    let wire = Wire::new(trust, silence, proxy, observer);
    // The loader reads every setting that the environment and the profile may hold. With an
    // endpoint of our own there is nothing in them that we would want but the region.
    let settings = match &config.endpoint {
        Some(_) => None,
        None => Some(settings(&wire, profile_of(&config.credentials)).await),
    };
    let endpoint = find_endpoint(config.endpoint.clone(), settings.as_ref())?;
    check_client(&wire, endpoint.as_ref())?;
    Ok((wire, settings, endpoint))
}

/// Sets how the bucket is asked, but for who asks.
fn unsigned(
    asked: &whereabouts::Asked<'_>,
    checksums: ChecksumMode,
    connect_timeout: Duration,
    wire: &Wire,
) -> Builder {
    let mut builder = fixed(asked.settings, checksums)
        .region(Region::new(asked.region.to_owned()))
        .http_client(wire.clone())
        .timeout_config(patient(connect_timeout))
        .force_path_style(asked.addressing == Addressing::Path);
    builder.set_endpoint_url(asked.endpoint.map(bare_url));
    builder
}

/// Sets what is the same for every store.
fn fixed(settings: Option<&SdkConfig>, checksums: ChecksumMode) -> Builder {
    checksummed(settings.map_or_else(Builder::new, Builder::from), checksums)
        .behavior_version(BehaviorVersion::latest())
        .retry_config(RetryConfig::disabled())
        // The loader keeps them, and knows when to fetch new ones.
        .identity_cache(IdentityCache::no_cache())
        // A host with a wrong clock must fail here as it fails in every other tool.
        .disable_clock_skew_correction(true)
        // Silence is timed in `pace`, by gaps instead of by throughput.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// Sets when checksums are sent and compared.
pub(crate) fn checksummed(builder: Builder, checksums: ChecksumMode) -> Builder {
    let (sent, compared) = match checksums {
        ChecksumMode::WhenSupported => (
            RequestChecksumCalculation::WhenSupported,
            ResponseChecksumValidation::WhenSupported,
        ),
        ChecksumMode::WhenRequired => (
            RequestChecksumCalculation::WhenRequired,
            ResponseChecksumValidation::WhenRequired,
        ),
    };
    builder
        .request_checksum_calculation(sent)
        .response_checksum_validation(compared)
}

/// Leaves every time limit but that of the connection to `pace`.
pub(crate) fn patient(connect_timeout: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(connect_timeout)
        .disable_read_timeout()
        .disable_operation_timeout()
        .disable_operation_attempt_timeout()
        .build()
}

async fn settings(wire: &Wire, profile: Option<&str>) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(name) = profile {
        loader = loader.profile_name(name);
    }
    loader
        .http_client(wire.clone())
        // The region is decided here, not by the loader: it would ask the metadata service.
        .region(None::<Region>)
        .no_credentials()
        .load()
        .await
}

/// Finds the endpoint: a given one, else that of the surroundings, if any.
fn find_endpoint(
    given: Option<String>,
    settings: Option<&SdkConfig>,
) -> Result<Option<Url>, ConnectError> {
    match (given, settings.and_then(ambient_endpoint)) {
        (Some(text), _) => check_endpoint(&text).map(Some),
        (None, found) => found.map(|text| check_ambient(&text)).transpose(),
    }
}

/// Reads the endpoint for S3 that the environment or the profile holds.
///
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>.
fn ambient_endpoint(settings: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    settings
        .service_config()
        .and_then(|service| service.load_config(key))
        .or_else(|| settings.endpoint_url().map(str::to_owned))
}

fn check_bucket(bucket: &str) -> Result<(), ConnectError> {
    if bucket.is_empty() || bucket.contains('/') {
        return Err(ConnectError::BadBucket);
    }
    Ok(())
}

fn check_client(wire: &Wire, endpoint: Option<&Url>) -> Result<(), ConnectError> {
    let secure = endpoint.is_none_or(|url| url.scheme() == "https");
    let direct = endpoint.is_some_and(is_direct);
    let built = wire.prepare(secure, direct).map(|_| ());
    built.map_err(|reason| {
        if secure {
            ConnectError::Tls { reason }
        } else {
            ConnectError::Client { reason }
        }
    })
}

/// Returns an endpoint without the slash that the SDK would double.
fn bare_url(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn check_endpoint(text: &str) -> Result<Url, ConnectError> {
    let bad = |reason: &str| ConnectError::BadEndpoint {
        reason: reason.to_owned(),
    };
    let url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("its scheme is neither https nor http"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it holds credentials"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it has a query or a fragment"));
    }
    Ok(url)
}

/// Holds an endpoint of the environment or the profile to the rule for those of a target.
fn check_ambient(text: &str) -> Result<Url, ConnectError> {
    let url = check_endpoint(text)?;
    if url.scheme() == "http" && !is_near(&url) {
        return Err(ConnectError::BadEndpoint {
            reason: "the environment or the profile names it, and plain http would cross a public \
                     network unencrypted; to use it nevertheless, set endpoint_url and allow_http \
                     in the target"
                .to_owned(),
        });
    }
    Ok(url)
}

/// Chooses the path where the bucket in the host name would have no DNS entry or certificate.
fn usual_addressing(bucket: &str, endpoint: Option<&Url>) -> Addressing {
    // Amazon's wildcard certificate covers one label:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    if endpoint.is_some() || bucket.contains('.') {
        Addressing::Path
    } else {
        Addressing::Virtual
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_of_a_profile_may_not_cross_a_public_network_in_plain() {
        for near in [
            "http://localhost:9000",
            "http://10.0.0.5:9000",
            "https://s3.example.com",
        ] {
            assert!(check_ambient(near).is_ok(), "{near}");
        }
        let error = check_ambient("http://s3.example.com").expect_err("it is public");
        assert!(matches!(error, ConnectError::BadEndpoint { .. }));
        assert!(error.to_string().contains("allow_http"), "{error}");
        // In a target the rule is the configuration's, which may have allowed it.
        assert!(check_endpoint("http://s3.example.com").is_ok());
    }
}
