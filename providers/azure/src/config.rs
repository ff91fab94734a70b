//! What is needed to reach a container.

use std::time::Duration;

use url::{Host, Url};

use crate::cloud::Cloud;
use crate::connect::ConnectError;
use crate::credentials::AzureCredentials;

/// What is needed to reach one container.
#[derive(Debug, Clone)]
pub struct AzureConfig {
    /// The storage account.
    pub account: String,
    /// The container.
    pub container: String,
    /// The cloud, which gives the URLs that are absent below.
    pub cloud: Cloud,
    /// The URL of the blob service; absent for `https://{account}.{suffix}`. Azurite's has the
    /// account as its path: `http://127.0.0.1:10000/devstoreaccount1`.
    pub endpoint: Option<String>,
    /// What follows the account in the host of its blob service, such as
    /// `blob.core.mycloud.example`; absent for the cloud's. An endpoint makes it superfluous.
    pub endpoint_suffix: Option<String>,
    /// The URL of the Entra authority, https only; absent for the cloud's.
    pub authority: Option<String>,
    /// Whether the management plane is asked for the subscription.
    pub management: bool,
    /// The URL of the management plane, https only; absent for the cloud's.
    pub management_endpoint: Option<String>,
    /// PEM certificates to trust besides the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// How long a connection may take to come about, its TLS handshake included.
    pub connect_timeout: Duration,
    /// How long an answer may keep silent: until its head, then between two chunks of its body. An
    /// upload that makes progress is not silent.
    pub request_timeout: Duration,
    /// The longest silence while a list of blocks is committed, until the head of the answer and
    /// between two chunks of its body; absent for that of every other request.
    pub completion_timeout: Option<Duration>,
    /// Who asks.
    pub credentials: AzureCredentials,
}

impl AzureConfig {
    /// How long a connection may take unless told otherwise.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
    /// How long an answer may keep silent unless told otherwise.
    pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

    /// Creates a configuration with the public cloud's endpoint and authority, the system's roots
    /// and the usual timeouts.
    #[must_use]
    pub fn new(
        account: impl Into<String>,
        container: impl Into<String>,
        credentials: AzureCredentials,
    ) -> Self {
        Self {
            account: account.into(),
            container: container.into(),
            cloud: Cloud::default(),
            endpoint: None,
            endpoint_suffix: None,
            authority: None,
            management: false,
            management_endpoint: None,
            ca_pem: None,
            connect_timeout: Self::CONNECT_TIMEOUT,
            request_timeout: Self::REQUEST_TIMEOUT,
            completion_timeout: None,
            credentials,
        }
    }
}

/// Returns the URL of the container, without query or trailing slash.
pub(crate) fn container_url(config: &AzureConfig) -> Result<Url, ConnectError> {
    check_account(&config.account)?;
    check_container(&config.container)?;
    let mut url = match &config.endpoint {
        Some(text) => Url::parse(text).map_err(|_| ConnectError::Endpoint)?,
        None => own_endpoint(config)?,
    };
    let plain = url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") || !plain || !anonymous {
        return Err(ConnectError::Endpoint);
    }
    let path = format!("{}/{}", url.path().trim_end_matches('/'), config.container);
    url.set_path(&path);
    Ok(url)
}

/// Returns the endpoint that the account has in its cloud.
fn own_endpoint(config: &AzureConfig) -> Result<Url, ConnectError> {
    let suffix = config.endpoint_suffix.as_deref();
    let suffix = suffix.unwrap_or(config.cloud.blob_suffix());
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    if suffix.starts_with('.') || !suffix.bytes().all(good) {
        return Err(ConnectError::Suffix);
    }
    Url::parse(&format!("https://{}.{suffix}", config.account)).map_err(|_| ConnectError::Suffix)
}

/// Returns the URL of a service that is sent secrets: https, and nothing but a host.
pub(crate) fn secure_url(text: &str, fault: ConnectError) -> Result<Url, ConnectError> {
    match Url::parse(text) {
        Ok(url)
            if url.scheme() == "https"
                && url.has_host()
                && url.query().is_none()
                && url.username().is_empty()
                && url.password().is_none() =>
        {
            Ok(url)
        }
        _ => Err(fault),
    }
}

/// Returns whether a URL leads to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Holds the account to letters and digits, because it becomes a host name and a signed path.
/// See <https://learn.microsoft.com/azure/storage/common/storage-account-overview>; the hyphen is
/// for the names of secondary endpoints and of other vendors' emulators.
fn check_account(account: &str) -> Result<(), ConnectError> {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if account.is_empty() || account.len() > 63 || !account.bytes().all(good) {
        return Err(ConnectError::Account);
    }
    Ok(())
}

/// Holds the container to its naming rule, because it becomes a path segment.
/// See <https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata>.
fn check_container(container: &str) -> Result<(), ConnectError> {
    if matches!(container, "$root" | "$web" | "$logs") {
        return Ok(());
    }
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = (3..=63).contains(&container.len());
    let edges = container.starts_with('-') || container.ends_with('-') || container.contains("--");
    if !fits || edges || !container.bytes().all(good) {
        return Err(ConnectError::Container);
    }
    Ok(())
}
