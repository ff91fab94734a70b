//! From a configuration to a store, without sending anything.

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::{Secret as SigningSecret, TokenCredential};
use azure_core::hmac::hmac_sha256;
use azure_core::http::policies::Policy;
use azure_core::http::{ClientOptions, RetryOptions, Transport};
use backstop_contract::WireObserver;
use thiserror::Error;
use url::Url;

use crate::config::{self, AzureConfig};
use crate::credentials::AzureCredentials;
use crate::entra::{self, Application, PUBLIC_AUTHORITY};
use crate::observe::ObservePolicy;
use crate::sas::{self, SasPolicy};
use crate::shared_key::SharedKeyPolicy;
use crate::store::{AzureStore, Parts};
use crate::transport::{Resolver, Wire};

/// A fault of the configuration, found without asking anybody.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The account cannot be one.
    #[error(
        "the account name is malformed: use the storage account's name, such as acmebackups, not its URL"
    )]
    Account,
    /// The container cannot be one.
    #[error(
        "the container name is malformed: it has 3 to 63 lower-case letters, digits and single hyphens"
    )]
    Container,
    /// The endpoint is no base URL of a blob service.
    #[error(
        "the endpoint is not an http or https URL without credentials and query: use one such as https://acmebackups.blob.core.windows.net"
    )]
    Endpoint,
    /// The authority is no https URL.
    #[error("the authority is not an https URL: use one such as https://login.microsoftonline.com")]
    Authority,
    /// A credential that anybody on the way could use would travel unencrypted.
    #[error("{0} must not travel over plain http: use an https endpoint")]
    PlainHttp(&'static str),
    /// The account key is not base64.
    #[error("the account key is not base64: copy it again, without quotes, spaces or line breaks")]
    AccountKey,
    /// The SAS has no signature.
    #[error("the SAS has no sig field: use the whole query string, from sv= to the end")]
    Sas,
    /// A field of the service principal is empty or malformed.
    #[error("the tenant id, client id or client secret is empty or malformed: copy them again")]
    Principal,
    /// The extra certificates cannot be read.
    #[error(
        "the CA file holds no PEM certificate that can be read: it begins with -----BEGIN CERTIFICATE-----"
    )]
    CaPem,
    /// The HTTP client cannot be built, nearly always for want of the system's roots.
    #[error(
        "the system's TLS roots cannot be loaded: install the ca-certificates package or set SSL_CERT_FILE ({0})"
    )]
    Roots(String),
    /// The SDK refused the endpoint.
    #[error("the blob client cannot be set up for this endpoint: check the endpoint URL")]
    Client,
}

/// Creates the store of one container; nothing is sent and no token is asked for.
///
/// # Errors
///
/// [`ConnectError`] names the fault of the configuration.
pub async fn connect(
    config: AzureConfig,
    observer: Arc<dyn WireObserver>,
) -> Result<AzureStore, ConnectError> {
    let container_url = config::container_url(&config)?;
    check_travel(&config, &container_url)?;
    let transport = Transport::new(Arc::new(wire(&config, &container_url)?));
    let mut policies: Vec<Arc<dyn Policy>> =
        vec![Arc::new(ObservePolicy::of_blobs(Arc::clone(&observer)))];
    policies.extend(signing_policy(&config)?);
    let credential = credential(&config, &transport, &container_url, observer)?;
    let client_options = ClientOptions {
        per_try_policies: policies,
        retry: RetryOptions::none(),
        transport: Some(transport),
        ..ClientOptions::default()
    };
    AzureStore::new(Parts {
        account: config.account,
        container: config.container,
        container_url,
        credentials: config.credentials,
        credential,
        client_options,
    })
}

/// Refuses to send over plain http what anybody who sees it could use.
fn check_travel(config: &AzureConfig, url: &Url) -> Result<(), ConnectError> {
    match &config.credentials {
        _ if url.scheme() == "https" => Ok(()),
        AzureCredentials::ServicePrincipal { .. } => Err(ConnectError::PlainHttp("a bearer token")),
        AzureCredentials::Sas { .. } if !config::is_loopback(url) => {
            Err(ConnectError::PlainHttp("a SAS"))
        }
        AzureCredentials::AccountKey { .. } | AzureCredentials::Sas { .. } => Ok(()),
    }
}

fn signing_policy(config: &AzureConfig) -> Result<Option<Arc<dyn Policy>>, ConnectError> {
    match &config.credentials {
        AzureCredentials::ServicePrincipal { .. } => Ok(None),
        AzureCredentials::AccountKey { key, source: _ } => {
            let key = SigningSecret::new(key.expose().to_owned());
            hmac_sha256("", &key).map_err(|_| ConnectError::AccountKey)?;
            let policy = SharedKeyPolicy::new(config.account.clone(), key);
            Ok(Some(Arc::new(policy)))
        }
        AzureCredentials::Sas { token, source: _ } => {
            if !sas::has_signature(token.expose()) {
                return Err(ConnectError::Sas);
            }
            Ok(Some(Arc::new(SasPolicy::new(token.clone()))))
        }
    }
}

fn credential(
    config: &AzureConfig,
    transport: &Transport,
    container_url: &Url,
    observer: Arc<dyn WireObserver>,
) -> Result<Option<Arc<dyn TokenCredential>>, ConnectError> {
    let AzureCredentials::ServicePrincipal {
        subscription_id: _,
        tenant_id,
        client_id,
        client_secret,
        source: _,
    } = &config.credentials
    else {
        return Ok(None);
    };
    let authority = config.authority.as_deref().unwrap_or(PUBLIC_AUTHORITY);
    let url = Url::parse(authority).map_err(|_| ConnectError::Authority)?;
    if url.scheme() != "https" || !url.has_host() {
        return Err(ConnectError::Authority);
    }
    // The proxy is a matter of the host, and the authority is another host than the service.
    let transport = if config::is_loopback(&url) == config::is_loopback(container_url) {
        transport.clone()
    } else {
        Transport::new(Arc::new(wire(config, &url)?))
    };
    let application = Application {
        authority,
        tenant_id,
        client_id,
        client_secret,
    };
    entra::credential(&application, transport, observer).map(Some)
}

/// Builds the HTTP client for one host: HTTP/1.1, which is all the blob service speaks, with no
/// redirects and no repeats, through the proxy of the environment unless the host is this machine.
fn wire(config: &AzureConfig, url: &Url) -> Result<Wire, ConnectError> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // A failure means that somebody else was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let mut builder = reqwest::Client::builder()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .pool_idle_timeout(Duration::from_secs(30))
        .connect_timeout(config.connect_timeout)
        .dns_resolver(Resolver);
    if config::is_loopback(url) {
        builder = builder.no_proxy();
    }
    if url.scheme() == "https" {
        if let Some(pem) = &config.ca_pem {
            builder = builder.tls_certs_merge(certificates(pem)?);
        }
    } else {
        // No roots at all: loading the system's takes longer than a request.
        builder = builder.tls_certs_only([]);
    }
    let client = builder
        .build()
        .map_err(|error| ConnectError::Roots(error.without_url().to_string()))?;
    Ok(Wire::new(client, config.request_timeout))
}

fn certificates(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, ConnectError> {
    let found = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| ConnectError::CaPem)?;
    if found.is_empty() {
        return Err(ConnectError::CaPem);
    }
    Ok(found)
}
