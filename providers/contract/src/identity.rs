//! Who asks, and with what.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// How a credential was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// An access key id and its secret, maybe with a session token.
    AccessKey,
    /// A profile of the AWS files, single sign-on included.
    Profile,
    /// A command that prints credentials.
    Process,
    /// A role that was assumed with other credentials.
    AssumeRole,
    /// The role of the machine, by the instance metadata service of Amazon EC2.
    NodeRole,
    /// A role that a signed token of an OIDC provider was exchanged for.
    WebIdentity,
    /// A role that the container's own endpoint hands out: EKS Pod Identity, ECS.
    Container,
    /// An application of Entra with a client secret.
    ClientSecret,
    /// An application of Entra with a certificate.
    ClientCertificate,
    /// An application of Entra that trusts the tokens of an OIDC provider.
    WorkloadIdentity,
    /// An identity that Azure keeps for a machine or a pod.
    ManagedIdentity,
    /// A key of an Azure storage account.
    AccountKey,
    /// A shared access signature of Azure.
    Sas,
}

impl Way {
    /// Returns the stable kebab-case name, which is also the `kind` of a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessKey => "access-key",
            Self::Profile => "profile",
            Self::Process => "process",
            Self::AssumeRole => "assume-role",
            Self::NodeRole => "node-role",
            Self::WebIdentity => "web-identity",
            Self::Container => "container",
            Self::ClientSecret => "client-secret",
            Self::ClientCertificate => "client-certificate",
            Self::WorkloadIdentity => "workload-identity",
            Self::ManagedIdentity => "managed-identity",
            Self::AccountKey => "account-key",
            Self::Sas => "sas",
        }
    }

    /// Returns whether credentials of this kind are a person's rather than a machine's.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Profile)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the requests of a store are authorized with; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// How it was come by.
    pub way: Way,
    /// A printable name: an access key id, a client id, "account key of acme".
    pub id: String,
    /// Where it was found, such as `environment` or `file /run/secrets/key`.
    pub source: String,
    /// When it ends, by the issuer's clock; absent when nobody says.
    pub expires_at: Option<Timestamp>,
    /// Whether it ends although nobody may say when: it comes with a session token.
    #[serde(default)]
    pub temporary: bool,
    /// Whether it is fetched anew before it ends, so that its end is no risk.
    pub refreshes: bool,
    /// What was asked before it and had none, in order; empty where one way is configured.
    pub passed_over: Vec<PassedOver>,
    /// What looks wrong with it, each in a sentence without a period.
    ///
    /// A service may well accept it all the same, so a doubt becomes a cause only with a refusal.
    pub doubts: Vec<String>,
}

/// A link of a chain of credential sources that had none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The link, such as `environment`.
    pub link: String,
    /// Why it had none, in a few words.
    pub reason: String,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.link, self.reason)
    }
}

/// Who the credentials make us, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// A printable name: an ARN, a client id, else what the credential is called. Never a secret.
    pub id: String,
    /// Where the credential came from, such as "environment" or "config file".
    pub source: String,
    /// When the credential ends, by the issuer's clock; absent when it does not say.
    pub expires_at: Option<Timestamp>,
    /// Other names of the same principal: the role of an assumed role, an object id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_as: Vec<String>,
    /// What the service or the token says besides, by name: account, tenant, audience, issuer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, String>,
}

impl Principal {
    /// Creates a principal of which nothing is known but its credential.
    #[must_use]
    pub fn known_by(credential: &Credential) -> Self {
        Self {
            id: credential.id.clone(),
            source: credential.source.clone(),
            expires_at: credential.expires_at,
            known_as: Vec::new(),
            claims: BTreeMap::new(),
        }
    }
}

/// Tells who the requests of a store are made as.
#[async_trait]
pub trait Identity: fmt::Debug + Send + Sync + 'static {
    /// Returns what requests are authorized with, fetching it where it has to be fetched.
    ///
    /// A credential that was fetched for a request is returned and not fetched again, and so is a
    /// failure to fetch one: the answer is that of the store's own requests.
    ///
    /// # Errors
    ///
    /// Of the operation `Authenticate`: `Unauthenticated` when there are no credentials or their
    /// source refused, `CredentialExpired`, `ClockSkewed`, and the network kinds when the source
    /// has to be asked and cannot be reached.
    async fn credential(&self) -> Result<Credential>;

    /// Returns who the service says we are.
    ///
    /// # Errors
    ///
    /// `Unsupported` when the service has no such call, with a sentence on what the credential is
    /// known by instead; else as for [`credential`](Self::credential), and `PermissionDenied`.
    async fn principal(&self) -> Result<Principal>;
}
