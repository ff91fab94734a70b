//! Who asks.

use std::fmt;
use std::path::PathBuf;

use backstop_contract::{PassedOver, Secret, Way};
use jiff::Timestamp;

/// What the requests are authorized with.
#[derive(Clone)]
pub enum AzureCredentials {
    /// An application in Entra, also called a service principal.
    Application(Application),
    /// An identity that Azure keeps for this machine or pod.
    ManagedIdentity(ManagedIdentity),
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

/// An application in Entra, and how it proves that it is one.
#[derive(Debug, Clone)]
pub struct Application {
    /// The subscription of the account; no request for a blob needs it.
    pub subscription_id: Option<String>,
    /// The directory: a GUID or a domain.
    pub tenant_id: String,
    /// The application.
    pub client_id: String,
    /// How it proves who it is.
    pub proof: Proof,
    /// Where the credential came from, for people.
    pub source: String,
    /// When the client secret ends, where somebody says so: nobody can be asked.
    pub secret_expires: Option<Timestamp>,
}

/// How an application proves who it is.
#[derive(Clone)]
pub enum Proof {
    /// By a secret that Entra made for it.
    Secret(Secret),
    /// By a certificate that is registered for it.
    Certificate {
        /// The private key and the certificate, in one text.
        pem: Secret,
    },
    /// By a token of an OIDC provider that it trusts, such as a Kubernetes service account's.
    Federated {
        /// The file of the token, which somebody renews: it is read whenever it is needed.
        token_file: PathBuf,
    },
}

/// An identity that Azure keeps for this machine or pod.
#[derive(Debug, Clone)]
pub struct ManagedIdentity {
    /// Which one, where there are several.
    pub which: Which,
    /// The subscription of the account; no request for a blob needs it.
    pub subscription_id: Option<String>,
    /// What was looked for before and not found; when it is not empty, this is the last link of a
    /// chain and gives up soon.
    pub passed_over: Vec<PassedOver>,
    /// Where the credential came from, for people.
    pub source: String,
}

/// One of the managed identities of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The machine's own.
    System,
    /// That of a client id.
    ClientId(String),
    /// That of an object id.
    ObjectId(String),
    /// That of a resource id, `/subscriptions/../userAssignedIdentities/NAME`.
    ResourceId(String),
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("the system-assigned identity"),
            Self::ClientId(id) => write!(f, "the identity of client {id}"),
            Self::ObjectId(id) => write!(f, "the identity of object {id}"),
            Self::ResourceId(id) => write!(f, "the identity {id}"),
        }
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(_) => f.write_str("Secret(..)"),
            Self::Certificate { pem: _ } => f.write_str("Certificate(..)"),
            Self::Federated { token_file } => f.debug_tuple("Federated").field(token_file).finish(),
        }
    }
}

impl fmt::Debug for AzureCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application(application) => application.fmt(f),
            Self::ManagedIdentity(identity) => identity.fmt(f),
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
    /// Nothing: strangers ask so.
    Nothing,
}

impl AzureCredentials {
    /// Returns how the requests are authorized.
    pub(crate) fn kind(&self) -> CredentialKind {
        match self {
            Self::Application(_) | Self::ManagedIdentity(_) => CredentialKind::Token,
            Self::AccountKey { .. } => CredentialKind::Key,
            Self::Sas { .. } => CredentialKind::Sas,
        }
    }

    /// Returns how the credential was come by.
    pub(crate) fn way(&self) -> Way {
        match self {
            Self::Application(application) => match application.proof {
                Proof::Secret(_) => Way::ClientSecret,
                Proof::Certificate { .. } => Way::ClientCertificate,
                Proof::Federated { .. } => Way::WorkloadIdentity,
            },
            Self::ManagedIdentity(_) => Way::ManagedIdentity,
            Self::AccountKey { .. } => Way::AccountKey,
            Self::Sas { .. } => Way::Sas,
        }
    }

    /// Returns the subscription, where one is configured.
    pub(crate) fn subscription_id(&self) -> Option<&str> {
        match self {
            Self::Application(application) => application.subscription_id.as_deref(),
            Self::ManagedIdentity(identity) => identity.subscription_id.as_deref(),
            Self::AccountKey { .. } | Self::Sas { .. } => None,
        }
    }
}
