//! A small Entra authority, and the management plane beside it: two tenants, an application in each, and tokens that
//! Azurite takes.
//!
//! Tokens are asked for as
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow> documents, and refused with
//! the codes of <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

mod answers;
mod applications;
mod assertion;
mod certificate;
mod grant;
mod management;
mod tokens;

use std::path::Path;
use std::sync::Arc;

use applications::{HOME, OTHER};
use certificate::{Held, Kind};
use jiff::Timestamp;
pub(crate) use tokens::{Bearer, State, is_resource};

use super::certificates::Certificates;
use crate::{Claims, Oidc, Request, Response, Result, Scratch, Scripted};

/// What a federated token must be for.
const EXCHANGE: &str = "api://AzureADTokenExchange";
/// Whose federated tokens the application trusts.
const SUBJECT: &str = "system:serviceaccount:backup:backstop";

/// An authority over https, which ends when it is dropped.
///
/// The application of the first tenant has a secret, one that has ended, a certificate and a federated credential; the
/// one of the other tenant has a secret alone. The same server plays the management plane.
#[derive(Debug)]
pub struct Entra {
    server: Scripted,
    state: Arc<State>,
    certificates: Certificates,
    _folder: Scratch,
}

impl Entra {
    /// Starts an authority on a free port.
    ///
    /// # Errors
    /// When certificates cannot be made or no port is free.
    pub fn start() -> Result<Self> {
        let folder = Scratch::new()?;
        let certificates = Certificates::make(folder.path())?;
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let tls = Some(Arc::clone(&certificates.server));
        let server = Scripted::serve(tls, move |request| answer(&shared, request).into())?;
        Ok(Self {
            server,
            state,
            certificates,
            _folder: folder,
        })
    }

    /// Returns the authority's URL, as `AZURE_AUTHORITY_HOST` wants it.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("https://localhost:{}", self.server.address().port())
    }

    /// Returns the URL of the management plane.
    #[must_use]
    pub fn management_endpoint(&self) -> String {
        self.authority()
    }

    /// Returns the file of the certificate to trust, for the authority and for its Azurite.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        &self.certificates.ca_file
    }

    /// Returns the tenant's id.
    #[must_use]
    pub fn tenant_id(&self) -> &'static str {
        HOME.tenant
    }

    /// Returns the application's id.
    #[must_use]
    pub fn client_id(&self) -> &'static str {
        HOME.client
    }

    /// Returns the id of the application's service principal.
    #[must_use]
    pub fn object_id(&self) -> &'static str {
        HOME.object
    }

    /// Returns the application's secret; it has characters that encodings change.
    #[must_use]
    pub fn client_secret(&self) -> &'static str {
        HOME.secret
    }

    /// Returns a secret that the application had until it ended.
    #[must_use]
    pub fn expired_secret(&self) -> &'static str {
        HOME.expired_secret
    }

    /// Returns the id of the tenant's subscription.
    #[must_use]
    pub fn subscription_id(&self) -> &'static str {
        HOME.subscription
    }

    /// Returns the id of the other tenant.
    #[must_use]
    pub fn other_tenant_id(&self) -> &'static str {
        OTHER.tenant
    }

    /// Returns the id of the other tenant's application.
    #[must_use]
    pub fn other_client_id(&self) -> &'static str {
        OTHER.client
    }

    /// Returns the secret of the other tenant's application.
    #[must_use]
    pub fn other_client_secret(&self) -> &'static str {
        OTHER.secret
    }

    /// Returns the id of the other tenant's subscription.
    #[must_use]
    pub fn other_subscription_id(&self) -> &'static str {
        OTHER.subscription
    }

    /// Returns the application's RSA key and its certificate, as PEM in one text.
    ///
    /// # Errors
    /// When Node.js cannot make the key.
    pub fn certificate_pem(&self) -> Result<String> {
        Ok(Held::of(Kind::Registered)?.pem.clone())
    }

    /// Returns a key and a certificate that no application has.
    ///
    /// # Errors
    /// When Node.js cannot make the key.
    pub fn other_certificate_pem(&self) -> Result<String> {
        Ok(Held::of(Kind::Unregistered)?.pem.clone())
    }

    /// Returns a key and a certificate of the application that ended in 2021.
    ///
    /// # Errors
    /// When Node.js cannot make the key.
    pub fn expired_certificate_pem(&self) -> Result<String> {
        Ok(Held::of(Kind::Expired)?.pem.clone())
    }

    /// Returns the OIDC provider whose tokens the application trusts; it starts when it is first asked for.
    ///
    /// # Errors
    /// When Node.js cannot make keys, or no port is free.
    pub fn oidc(&self) -> Result<&Oidc> {
        self.state.oidc()
    }

    /// Returns what a federated token of the provider has to say to be taken.
    #[must_use]
    pub fn federated_claims(&self) -> Claims {
        Claims::of(SUBJECT, EXCHANGE)
    }

    /// Takes from the applications, or gives back, the right to read subscriptions.
    ///
    /// Tests that share an authority must not call it.
    pub fn deny_management(&self, is_denied: bool) {
        self.state.deny_management(is_denied);
    }

    /// Returns every request so far, secrets included.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    pub(crate) fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// Returns what a metadata service needs to hand out tokens of this authority.
    pub(crate) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }
}

fn answer(state: &State, request: &Request) -> Response {
    let now = Timestamp::now();
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    if let Some(tenant) = path
        .strip_prefix('/')
        .and_then(|path| path.strip_suffix("/oauth2/v2.0/token"))
    {
        return grant::answer(state, tenant, request, now);
    }
    match path.strip_prefix("/subscriptions/") {
        Some(path) => {
            let (id, rest) = path.split_once('/').unwrap_or((path, ""));
            management::answer(state, (id, rest), query, request, now)
        }
        None => Response::new(404, ""),
    }
}

#[cfg(test)]
mod tests;
