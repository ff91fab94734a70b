//! The token of a managed identity, which the machine's metadata service hands out.
//!
//! # Why
//!
//! The SDK's own credential asks a fixed address up to seven times in 72 seconds, and reads the
//! environment by itself. The request is one GET; here it is sent once, within one limit, and takes
//! what it needs of the environment from its caller.
//!
//! See <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>
//! and <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret as TokenSecret};
use azure_core::http::{Method, RawResponse, Request};
use azure_core::time::OffsetDateTime;
use backstop_contract::{ErrorKind, Evidence, PassedOver, Secret, WireObserver, confidential};
use serde_json::Value;
use tokio::time::timeout;
use url::{Host, Url};

use crate::auth_failure::AuthFailure;
use crate::client::{Plain, Route};
use crate::config::{self, AzureConfig};
use crate::connect::ConnectError;
use crate::credentials::{ManagedIdentity, Which};
use crate::evidence::Refusal;
use crate::tokens::Issuer;

/// The address of the metadata service, the same on every machine.
const MACHINE: &str = "http://169.254.169.254";
const PATH: &str = "/metadata/identity/oauth2/token";
/// How long the last link of a chain is waited for.
const LAST_LINK: Duration = Duration::from_secs(3);
/// What the error of a chain that found nothing says; its facts name the links.
const NOTHING_FOUND: &str = "no credentials were found";

/// Who hands out tokens here.
pub(crate) enum Server {
    /// The metadata service of a virtual machine, also for the pods on it; or the sidecar of App
    /// Service, Functions and Container Apps, which wants to see a header.
    At { url: Url, header: Option<Secret> },
    /// Another one, of which only the name is known.
    Unsupported(&'static str),
}

impl Server {
    /// Finds it as the SDKs do, by the variables that the platform sets.
    pub(crate) fn find(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConnectError> {
        let is_set = |name| variable(name).is_some();
        match (variable("IDENTITY_ENDPOINT"), variable("IDENTITY_HEADER")) {
            (Some(_), Some(_)) if is_set("IDENTITY_SERVER_THUMBPRINT") => {
                Ok(Self::Unsupported("Service Fabric"))
            }
            (Some(url), Some(header)) => Ok(Self::At {
                url: near_url(&url, "IDENTITY_ENDPOINT")?,
                header: Some(kept(header)),
            }),
            (Some(_), None) if is_set("IMDS_ENDPOINT") => Ok(Self::Unsupported("Azure Arc")),
            (None, _) if is_set("MSI_ENDPOINT") && is_set("MSI_SECRET") => {
                Ok(Self::Unsupported("Azure Machine Learning"))
            }
            (None, _) if is_set("MSI_ENDPOINT") => Ok(Self::Unsupported("Cloud Shell")),
            _ => {
                const HOST: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
                let host = variable(HOST).unwrap_or_else(|| MACHINE.to_owned());
                let mut url = near_url(&host, HOST)?;
                url.set_path(PATH);
                Ok(Self::At { url, header: None })
            }
        }
    }
}

/// Holds plain http to this machine and its own link: a token comes back.
fn near_url(text: &str, variable: &'static str) -> Result<Url, ConnectError> {
    let fault = || ConnectError::Metadata(variable);
    let url = Url::parse(text).map_err(|_| fault())?;
    let near = config::is_loopback(&url)
        || matches!(url.host(), Some(Host::Ipv4(address)) if address.is_link_local())
        || matches!(url.host(), Some(Host::Ipv6(address)) if address.is_unicast_link_local());
    match url.scheme() {
        "http" if near => Ok(url),
        "https" if url.has_host() => Ok(url),
        _ => Err(fault()),
    }
}

/// A managed identity that is asked for tokens.
pub(crate) struct Metadata {
    source: Source,
    which: Which,
    limit: Duration,
    passed_over: Vec<PassedOver>,
}

/// Who is asked.
enum Source {
    Server {
        url: Url,
        plain: Plain,
        header: Option<Secret>,
    },
    Unsupported(&'static str),
}

impl Metadata {
    /// Takes the identity and who hands out its tokens; nothing is asked.
    pub(crate) fn new(
        identity: &ManagedIdentity,
        server: Server,
        config: &AzureConfig,
        observer: Arc<dyn WireObserver>,
    ) -> Result<Self, ConnectError> {
        let source = match server {
            Server::At { url, header } => Source::Server {
                plain: Plain::new(Route::direct(config, &url)?, observer),
                url,
                header,
            },
            Server::Unsupported(name) => Source::Unsupported(name),
        };
        let limit = if identity.passed_over.is_empty() {
            config.request_timeout
        } else {
            LAST_LINK.min(config.request_timeout * 3 / 4)
        };
        Ok(Self {
            source,
            which: identity.which.clone(),
            limit,
            passed_over: identity.passed_over.clone(),
        })
    }

    fn request(&self, url: &Url, header: Option<&Secret>, scope: &str) -> Request {
        let resource = scope.strip_suffix("/.default").unwrap_or(scope);
        let (version, object, named) = match header {
            Some(_) => ("2019-08-01", "principal_id", "mi_res_id"),
            None => ("2018-02-01", "object_id", "msi_res_id"),
        };
        let mut url = url.clone();
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("api-version", version);
            query.append_pair("resource", resource);
            match &self.which {
                Which::System => {}
                Which::ClientId(id) => drop(query.append_pair("client_id", id)),
                Which::ObjectId(id) => drop(query.append_pair(object, id)),
                Which::ResourceId(id) => drop(query.append_pair(named, id)),
            }
        }
        let mut request = Request::new(url, Method::Get);
        match header {
            Some(header) => request.insert_header("x-identity-header", header.expose().to_owned()),
            None => request.insert_header("metadata", "true"),
        }
        request
    }

    async fn ask(&self, scope: &str) -> Result<AccessToken, AuthFailure> {
        let (url, plain, header) = match &self.source {
            Source::Server { url, plain, header } => (url, plain, header.as_ref()),
            Source::Unsupported(name) => {
                let told = format!("the managed identities of {name} are not supported");
                return Err(AuthFailure::unsent(ErrorKind::Unsupported, told));
            }
        };
        let asked = plain.send(self.request(url, header, scope));
        let Ok(answer) = timeout(self.limit, asked).await else {
            let told = format!("nothing came for {} ms", self.limit.as_millis());
            return Err(AuthFailure::unsent(ErrorKind::TimedOut, told).with_facts([at(url)]));
        };
        let answer = answer.map_err(|failure| failure.with_facts([at(url)]))?;
        if !answer.status().is_success() {
            return Err(refused(&answer).with_facts([at(url)]));
        }
        token(&answer).ok_or_else(|| {
            let evidence = Refusal::of_metadata(&answer).evidence;
            AuthFailure::answered(ErrorKind::MalformedResponse, evidence).with_facts([at(url)])
        })
    }

    /// Tells what a chain tells whose last link has nothing either.
    fn nothing_found(&self, last: &AuthFailure) -> AuthFailure {
        let Evidence {
            status, message, ..
        } = &*last.evidence;
        let said = message.clone().unwrap_or_else(|| last.kind.to_string());
        let said = match status {
            Some(status) => format!("{said} (http {status})"),
            None => said,
        };
        let links = self.passed_over.iter().map(ToString::to_string);
        let own = [format!("managed identity: {said}")];
        let facts = links.chain(own).chain(last.evidence.facts.clone());
        AuthFailure::unsent(ErrorKind::Unauthenticated, NOTHING_FOUND).with_facts(facts)
    }
}

/// Takes the header that the sidecar wants to see, which nobody else is to.
fn kept(header: String) -> Secret {
    confidential::keep(&header);
    Secret::new(header)
}

/// Returns the fact where the token was asked for.
fn at(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("asked at {}://{host}:{port}", url.scheme()),
        None => format!("asked at {}://{host}", url.scheme()),
    }
}

fn refused(answer: &RawResponse) -> AuthFailure {
    let Refusal {
        evidence, genuine, ..
    } = Refusal::of_metadata(answer);
    let kind = match evidence.status.unwrap_or_default() {
        429 => ErrorKind::Throttled,
        // 404 and 410: it is being updated, and is there again within 70 seconds.
        404 | 410 | 500..=599 => ErrorKind::ServiceFailed,
        400..=499 if genuine => ErrorKind::Unauthenticated,
        _ => ErrorKind::MalformedResponse,
    };
    AuthFailure::answered(kind, evidence)
}

/// Reads a token; its end is a number of seconds that some servers write as text.
fn token(answer: &RawResponse) -> Option<AccessToken> {
    let body: Value = serde_json::from_slice(answer.body()).ok()?;
    let seconds = |name: &str| match &body[name] {
        Value::String(text) => text.parse::<i64>().ok(),
        number => number.as_i64(),
    };
    let ends = if let Some(moment) = seconds("expires_on") {
        OffsetDateTime::from_unix_timestamp(moment).ok()?
    } else {
        let left = Duration::from_secs(seconds("expires_in")?.try_into().ok()?);
        OffsetDateTime::now_utc().checked_add(left.try_into().ok()?)?
    };
    let token = body["access_token"].as_str()?.to_owned();
    Some(AccessToken::new(TokenSecret::new(token), ends))
}

#[async_trait]
impl Issuer for Metadata {
    async fn issue(&self, scope: &str) -> Result<AccessToken, AuthFailure> {
        let failure = match self.ask(scope).await {
            Ok(token) => return Ok(token),
            Err(failure) => failure,
        };
        // A service that answers that it is busy is there: the identity may be, too.
        let is_there = failure.evidence.status.is_some() && failure.kind.is_transient();
        let is_page = failure.evidence.status == Some(404);
        if self.passed_over.is_empty() || (is_there && !is_page) {
            return Err(failure);
        }
        Err(self.nothing_found(&failure))
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("which", &self.which)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
