//! Who asks: exactly one way, written or found.

use backstop_contract::PassedOver;

use super::form::{CredentialsForm, ManagedForm, PrincipalForm};
use super::principal::{self, Application};
use super::{managed, usual};
use crate::config::connection_string::ConnectionString;
use crate::config::environment::Environment;
use crate::config::given::{Given, Sourced};
use crate::config::origin::Origin;
use crate::config::problem::{ConfigError, Problems};

/// Who asks Azure Blob Storage.
#[derive(Debug, Clone)]
pub enum AzureCredentials {
    /// An application of Entra: a service principal, or the identity of a workload.
    Application(Application),
    /// An identity that Azure keeps for a machine or a pod.
    ManagedIdentity(ManagedIdentity),
    /// One of the account's two keys.
    AccountKey(Sourced),
    /// A shared access signature.
    Sas(Sourced),
}

/// An identity that Azure keeps for a machine or a pod.
#[derive(Debug, Clone)]
pub struct ManagedIdentity {
    /// Which of them.
    pub which: Which,
    /// The subscription; nothing on the data plane needs it.
    pub subscription_id: Option<String>,
    /// What was looked for before it, where it is the last link of the usual chain.
    pub passed_over: Vec<PassedOver>,
    /// Where it was named, in printable words.
    pub source: String,
}

/// Which of the identities of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The machine's own.
    System,
    /// The one of a client id.
    ClientId(String),
    /// The one of an object id.
    ObjectId(String),
    /// The one of a resource id.
    ResourceId(String),
}

impl AzureCredentials {
    /// Returns whether requests carry a token of Entra.
    pub(super) fn by_token(&self) -> bool {
        matches!(self, Self::Application(_) | Self::ManagedIdentity(_))
    }

    /// Returns the subscription, where one is named.
    pub(super) fn subscription_id(&self) -> Option<&str> {
        match self {
            Self::Application(application) => application.subscription_id.as_deref(),
            Self::ManagedIdentity(identity) => identity.subscription_id.as_deref(),
            Self::AccountKey(_) | Self::Sas(_) => None,
        }
    }
}

/// Credentials of one kind, not read yet.
pub(super) enum Chosen {
    Principal(Box<PrincipalForm>),
    Managed(Box<ManagedForm>),
    /// The last link of the chain, with what was looked for before it.
    LastLink(Option<Given>, Vec<PassedOver>),
    AccountKey(Given),
    Sas(Given),
}

/// Returns the credentials that are written, else what the environment has.
pub(super) fn choose(
    form: CredentialsForm,
    table: &Origin,
    string: Result<ConnectionString, String>,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<Chosen> {
    match form.count() {
        0 => return usual::choose(string, environment, problems),
        1 => {}
        _ => {
            let problem = "several credentials are given; keep one of service_principal, \
                           workload_identity, managed_identity, account_key, sas_token and \
                           connection_string";
            problems.add(ConfigError::new(table, problem));
            return None;
        }
    }
    if let Some(given) = form.connection_string {
        let chosen = string.ok().and_then(ConnectionString::into_credential);
        if chosen.is_none() {
            let problem = "the connection string has neither AccountKey nor SharedAccessSignature";
            problems.add(ConfigError::new(given.origin(), problem));
        }
        return chosen;
    }
    let principal = form.principal.map(|form| Chosen::Principal(Box::new(form)));
    let workload = || {
        let principal = principal::of_workload(form.workload?, environment);
        Some(Chosen::Principal(Box::new(principal)))
    };
    principal
        .or_else(workload)
        .or_else(|| form.managed.map(|form| Chosen::Managed(Box::new(form))))
        .or_else(|| form.account_key.map(Chosen::AccountKey))
        .or_else(|| form.sas_token.map(Chosen::Sas))
}

impl ConnectionString {
    /// Returns what it authorizes with; a signature permits less than a key, so it comes first.
    pub(super) fn into_credential(self) -> Option<Chosen> {
        match (self.sas, self.key) {
            (Some(sas), _) => Some(Chosen::Sas(Given::Known(sas, self.source))),
            (None, Some(key)) => Some(Chosen::AccountKey(Given::Known(key, self.source))),
            (None, None) => None,
        }
    }
}

impl Chosen {
    /// Reads them.
    pub(super) fn read(
        self,
        environment: &Environment,
        problems: &mut Problems,
    ) -> Option<AzureCredentials> {
        match self {
            Self::Principal(form) => {
                principal::read(*form, environment, problems).map(AzureCredentials::Application)
            }
            Self::Managed(form) => {
                managed::read(&form, problems).map(AzureCredentials::ManagedIdentity)
            }
            Self::LastLink(client_id, passed_over) => {
                managed::last_link(client_id, passed_over, environment, problems)
                    .map(AzureCredentials::ManagedIdentity)
            }
            Self::AccountKey(key) => key
                .read(environment, problems)
                .map(AzureCredentials::AccountKey),
            Self::Sas(given) => sas(given, environment, problems),
        }
    }
}

fn sas(
    given: Given,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<AzureCredentials> {
    let origin = given.origin().clone();
    let sas = given.read(environment, problems)?;
    let text = sas.secret.expose();
    if text.contains("://") || !text.contains("sig=") {
        let problem = "this is not a SAS token; expected what stands behind the '?' of a SAS URL: \
                       sv=…&sig=…";
        problems.add(ConfigError::new(&origin, problem));
    }
    Some(AzureCredentials::Sas(sas))
}
