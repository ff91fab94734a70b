//! From a configuration to a store, without sending anything.

use std::sync::Arc;

use azure_core::credentials::Secret as SigningSecret;
use azure_core::hmac::hmac_sha256;
use azure_core::http::policies::Policy;
use azure_storage_blob::BlobClientOptions;
use backstop_contract::{WireObserver, confidential};
use jiff::Timestamp;
use thiserror::Error;
use url::Url;

use crate::certificate::CertificateFault;
use crate::challenge::Challenge;
use crate::client::{self, Plain, Route};
use crate::config::{self, AzureConfig};
use crate::credentials::AzureCredentials;
use crate::entra::Entra;
use crate::management::Management;
use crate::metadata::{Metadata, Server};
use crate::observe::ObservePolicy;
use crate::sas::{self, SasPolicy};
use crate::shape;
use crate::shared_key::SharedKeyPolicy;
use crate::store::{AzureStore, Parts};
use crate::tokens::Tokens;
use crate::who::{Known, Who};

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
    /// The suffix cannot be one.
    #[error(
        "the endpoint suffix is malformed: use one such as blob.core.windows.net, without a URL's scheme"
    )]
    Suffix,
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
    /// The PEM of the application's certificate cannot be used.
    #[error("the PEM of the client certificate cannot be used: {0}")]
    Certificate(#[from] CertificateFault),
    /// The subscription cannot be one.
    #[error("the subscription id is not a GUID: copy it again, such as from az account show")]
    Subscription,
    /// The management plane is to be asked about nothing.
    #[error(
        "management asks the management plane for the subscription, and there is no subscription id, or credentials that are no token: set subscription_id with a service principal or a managed identity, or leave management out"
    )]
    NoSubscription,
    /// The management endpoint is no https URL.
    #[error(
        "the management endpoint is not an https URL: use one such as https://management.azure.com"
    )]
    Management,
    /// A variable that names the metadata service leads away from this machine over plain http.
    #[error("{0} is not an https URL, nor an http URL of this machine or its own link: unset it")]
    Metadata(&'static str),
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
    // Templates set what they have no value for to nothing.
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    connect_in(config, &observer, &variable)
}

/// Connects with the environment's variables given, which is how tests set them.
pub(crate) fn connect_in(
    config: AzureConfig,
    observer: &Arc<dyn WireObserver>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<AzureStore, ConnectError> {
    let container_url = config::container_url(&config)?;
    check_travel(&config, &container_url)?;
    let route = Route::to(&config, &container_url)?;
    let mut policies: Vec<Arc<dyn Policy>> =
        vec![Arc::new(ObservePolicy::of_blobs(Arc::clone(observer)))];
    let unsigned_options = client::options(policies.clone(), route.transport.clone());
    policies.extend(signing_policy(&config)?);
    let client_options = client::options(policies, route.transport.clone());
    let who = who(&config, &container_url, &route, observer, variable)?;
    AzureStore::new(Parts {
        account: config.account,
        container: config.container,
        container_url,
        kind: config.credentials.kind(),
        who,
        proxy: route.proxy,
        client_options,
        unsigned_options,
    })
}

/// Refuses to send over plain http what anybody who sees it could use.
fn check_travel(config: &AzureConfig, url: &Url) -> Result<(), ConnectError> {
    match &config.credentials {
        _ if url.scheme() == "https" => Ok(()),
        AzureCredentials::Application(_) | AzureCredentials::ManagedIdentity(_) => {
            Err(ConnectError::PlainHttp("a bearer token"))
        }
        AzureCredentials::Sas { .. } if !config::is_loopback(url) => {
            Err(ConnectError::PlainHttp("a SAS"))
        }
        AzureCredentials::AccountKey { .. } | AzureCredentials::Sas { .. } => Ok(()),
    }
}

fn signing_policy(config: &AzureConfig) -> Result<Option<Arc<dyn Policy>>, ConnectError> {
    match &config.credentials {
        AzureCredentials::Application(_) | AzureCredentials::ManagedIdentity(_) => Ok(None),
        AzureCredentials::AccountKey { key, source: _ } => {
            confidential::keep(key.expose());
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

/// Prepares what there is to ask about who we are.
fn who(
    config: &AzureConfig,
    container_url: &Url,
    route: &Route,
    observer: &Arc<dyn WireObserver>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Who, ConnectError> {
    let known = Known::of(&config.credentials, &config.account, Timestamp::now())?;
    let subscription = config.credentials.subscription_id();
    if subscription.is_some_and(|id| !shape::is_guid(id)) {
        return Err(ConnectError::Subscription);
    }
    let tokens = tokens(config, container_url, route, observer, variable)?;
    let management = match (config.management, subscription, &tokens) {
        (false, ..) => None,
        (true, Some(id), Some(_)) => Some(management(config, id, observer)?),
        (true, ..) => return Err(ConnectError::NoSubscription),
    };
    let challenge = tokens.is_some().then(|| {
        let plain = Plain::new(route.clone(), Arc::clone(observer));
        Challenge::new(plain, container_url, BlobClientOptions::default().version)
    });
    Ok(Who {
        known,
        subscription: subscription.map(str::to_owned),
        tokens: tokens.map(Arc::new),
        challenge,
        management,
    })
}

fn tokens(
    config: &AzureConfig,
    container_url: &Url,
    route: &Route,
    observer: &Arc<dyn WireObserver>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Tokens>, ConnectError> {
    let observer = Arc::clone(observer);
    match &config.credentials {
        AzureCredentials::Application(application) => {
            let authority = config.authority.as_deref();
            let authority = authority.unwrap_or(config.cloud.authority());
            let url = config::secure_url(authority, ConnectError::Authority)?;
            // The proxy is a matter of the host, and the authority is another host than the service.
            let route = if config::is_loopback(&url) && config::is_loopback(container_url) {
                route.clone()
            } else {
                Route::to(config, &url)?
            };
            let entra = Entra::new(application, &url, route, observer)?;
            Ok(Some(Tokens::new(entra)))
        }
        AzureCredentials::ManagedIdentity(identity) => {
            let server = Server::find(variable)?;
            let metadata = Metadata::new(identity, server, config, observer)?;
            Ok(Some(Tokens::new(metadata)))
        }
        AzureCredentials::AccountKey { .. } | AzureCredentials::Sas { .. } => Ok(None),
    }
}

fn management(
    config: &AzureConfig,
    subscription: &str,
    observer: &Arc<dyn WireObserver>,
) -> Result<Management, ConnectError> {
    let of_cloud = config.cloud.management();
    let endpoint = config.management_endpoint.as_deref();
    let url = config::secure_url(endpoint.unwrap_or(of_cloud), ConnectError::Management)?;
    let own = url.origin().ascii_serialization();
    // A token for the cloud is for nobody else; on this machine an emulator plays the cloud.
    let audience = if config::is_loopback(&url) {
        of_cloud
    } else {
        own.as_str()
    };
    let plain = Plain::new(Route::to(config, &url)?, Arc::clone(observer));
    Ok(Management::new(plain, &url, audience, subscription))
}

#[cfg(test)]
mod tests;
