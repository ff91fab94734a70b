//! Who asks.

use std::fmt;

use backstop_contract::{Principal, Secret};

use crate::sas;

/// What the requests are authorized with.
#[derive(Clone)]
pub enum AzureCredentials {
    /// An application in Entra with a client secret.
    ServicePrincipal {
        /// The subscription of the account; it is only carried for display.
        subscription_id: Option<String>,
        /// The directory.
        tenant_id: String,
        /// The application.
        client_id: String,
        /// The application's secret.
        client_secret: Secret,
        /// Where the credential came from, for people.
        source: String,
    },
    /// One of the account's two keys, base64.
    AccountKey {
        /// The key.
        key: Secret,
        /// Where the credential came from, for people.
        source: String,
    },
    /// A shared access signature: a query string, with or without its `?`.
    Sas {
        /// The query string.
        token: Secret,
        /// Where the credential came from, for people.
        source: String,
    },
}

impl fmt::Debug for AzureCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServicePrincipal {
                subscription_id,
                tenant_id,
                client_id,
                client_secret: _,
                source,
            } => f
                .debug_struct("ServicePrincipal")
                .field("subscription_id", subscription_id)
                .field("tenant_id", tenant_id)
                .field("client_id", client_id)
                .field("source", source)
                .finish_non_exhaustive(),
            Self::AccountKey { key: _, source } => f
                .debug_struct("AccountKey")
                .field("source", source)
                .finish_non_exhaustive(),
            Self::Sas { token: _, source } => f
                .debug_struct("Sas")
                .field("source", source)
                .finish_non_exhaustive(),
        }
    }
}

/// How the requests are authorized, which changes what a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialKind {
    /// A bearer token.
    Token,
    /// A signature over the request.
    Key,
    /// A signature in the URL.
    Sas,
}

impl AzureCredentials {
    /// Returns how the requests are authorized.
    pub(crate) fn kind(&self) -> CredentialKind {
        match self {
            Self::ServicePrincipal { .. } => CredentialKind::Token,
            Self::AccountKey { .. } => CredentialKind::Key,
            Self::Sas { .. } => CredentialKind::Sas,
        }
    }

    /// Returns who the credentials make us, as far as they say it themselves.
    pub(crate) fn principal(&self, account: &str) -> Principal {
        match self {
            Self::ServicePrincipal {
                tenant_id,
                client_id,
                source,
                ..
            } => Principal {
                id: format!("client {client_id} (tenant {tenant_id})"),
                source: source.clone(),
                // The data plane does not tell when a client secret ends.
                expires_at: None,
            },
            Self::AccountKey { source, .. } => Principal {
                id: format!("account key of {account}"),
                source: source.clone(),
                expires_at: None,
            },
            Self::Sas { token, source } => {
                let terms = sas::Terms::read(token.expose());
                Principal {
                    id: terms.to_string(),
                    source: source.clone(),
                    expires_at: terms.expires_at,
                }
            }
        }
    }
}
