//! Validates a container of Azure Blob Storage.

mod cloud;
mod credentials;
mod form;
mod managed;
mod place;
mod principal;
mod usual;

use std::path::PathBuf;

use backstop_contract::KeyPrefix;

use super::connection_string::ConnectionString;
use super::endpoint::Endpoint;
use super::environment::Environment;
use super::given::Given;
use super::host::Reach;
use super::names;
use super::origin::{Located, Origin};
use super::problem::{ConfigError, Problems};
use super::shown;
use super::target::{prefix, required};
use super::trust;

pub use cloud::Cloud;
pub use credentials::{AzureCredentials, ManagedIdentity, Which};
pub(super) use form::{AzureForm, CredentialsForm};
pub use principal::{Application, Proof};

/// A container of Azure Blob Storage, validated.
#[derive(Debug, Clone)]
pub struct AzureStore {
    /// The storage account.
    pub account: String,
    /// The container.
    pub container: String,
    /// The cloud, which says where everything is that is not named.
    pub cloud: Cloud,
    /// The blob service's endpoint; absent for the account's own.
    pub endpoint: Option<Endpoint>,
    /// What the account's own endpoint ends in; absent for the cloud's.
    pub endpoint_suffix: Option<String>,
    /// The authority that issues tokens; absent for the cloud's.
    pub authority: Option<Endpoint>,
    /// Whether the management plane is asked for the subscription.
    pub management: bool,
    /// The management plane; absent for the cloud's.
    pub management_endpoint: Option<Endpoint>,
    /// The certificates to trust beside the system's, in PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// The system's own certificates, where variables such as `SSL_CERT_FILE` hide them.
    pub system_pem: Option<Vec<u8>>,
    /// Who asks.
    pub credentials: AzureCredentials,
}

impl AzureStore {
    /// Returns the host that the blob service's requests go to.
    #[must_use]
    pub fn host(&self) -> String {
        let suffix = self.endpoint_suffix.as_deref();
        match &self.endpoint {
            Some(endpoint) => endpoint.host().to_owned(),
            None => format!(
                "{}.{}",
                self.account,
                suffix.unwrap_or(self.cloud.blob_suffix())
            ),
        }
    }

    fn uses_tls(&self) -> bool {
        let plain = self.endpoint.as_ref().is_some_and(Endpoint::is_plain);
        !plain || self.credentials.by_token()
    }

    /// Reads the certificates to trust. What is plain looks at none, so the environment's are not
    /// read then.
    fn trust(
        &mut self,
        written: Option<&Located<PathBuf>>,
        environment: &Environment,
        problems: &mut Problems,
    ) {
        let variables: &[&str] = if self.uses_tls() {
            &["SSL_CERT_FILE"]
        } else {
            &[]
        };
        let trust = trust::read(written, variables, environment, problems);
        self.ca_pem = trust.added;
        self.system_pem = trust.system;
    }
}

/// Validates the form of a container.
pub(super) fn validate(
    mut form: AzureForm,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<(AzureStore, KeyPrefix)> {
    let table = form.origin.clone();
    let string = connection_string(&mut form, environment, problems);
    if let (None, Ok(string)) = (&form.account, &string) {
        form.account = string
            .account
            .clone()
            .map(|account| Located::new(account, string.origin.clone()));
    }
    let written = required(
        form.account.as_ref(),
        &table,
        "account",
        "acmebackups",
        problems,
    );
    let account = written.and_then(|name| checked(name, names::check_account, problems));
    let written = required(
        form.container.as_ref(),
        &table,
        "container",
        "backups",
        problems,
    );
    let container = written.and_then(|name| checked(name, names::check_container, problems));
    let prefix = prefix(form.prefix.as_ref(), problems);
    let string = of_account(string, account.as_deref());
    if let (Err(why), Some(given)) = (&string, &form.credentials.connection_string) {
        problems.add(ConfigError::new(given.origin(), why.clone()));
        return None;
    }
    let named = string.as_ref().ok();
    let mut place = place::Place::of(&form, named, account.as_deref(), environment, problems);
    let written = form.credentials.count() > 0;
    let chosen = credentials::choose(form.credentials, &table, string, environment, problems)?;
    let credentials = chosen.read(environment, problems)?;
    let cloud = place.cloud(&credentials, problems);
    if let Some(endpoint) = &place.endpoint {
        let origin = &place.endpoint_origin;
        problems.keep(check_plain(endpoint, origin, &credentials, written));
    }
    let management = form.management.filter(|management| management.value);
    if let Some(management) = &management {
        problems.keep(check_management(&management.origin, &credentials));
    }
    let mut store = AzureStore {
        account: account?,
        container: container?,
        cloud,
        endpoint: place.endpoint,
        endpoint_suffix: place.suffix,
        authority: place.authority,
        management: management.is_some(),
        management_endpoint: place.management,
        ca_pem: None,
        system_pem: None,
        credentials,
    };
    store.trust(form.ca_file.as_ref(), environment, problems);
    Some((store, prefix?))
}

/// Reads the connection string that is written, else the environment's; an error says why there is
/// none.
fn connection_string(
    form: &mut AzureForm,
    environment: &Environment,
    problems: &mut Problems,
) -> Result<ConnectionString, String> {
    let Some(given) = form.credentials.connection_string.take() else {
        return ConnectionString::of(environment).ok_or_else(|| "it is not set".to_owned());
    };
    let origin = given.origin().clone();
    let read = given.read(environment, problems);
    let string = read.map(|read| {
        // What was read stays there as the one that is written.
        let known = Located::new(read.secret.clone(), origin.clone());
        form.credentials.connection_string = Some(Given::Known(known, read.source.clone()));
        ConnectionString::parse(read.secret.expose(), origin, read.source)
    });
    string.ok_or_else(|| "it cannot be read".to_owned())
}

/// Keeps a connection string that is for the account.
fn of_account(
    string: Result<ConnectionString, String>,
    account: Option<&str>,
) -> Result<ConnectionString, String> {
    let string = string?;
    match (&string.account, account) {
        (Some(named), Some(account)) if named != account => Err(format!(
            "it is for the account {named}, and the target is in {account}"
        )),
        _ => Ok(string),
    }
}

/// Holds a text to a rule.
fn checked(
    written: &Located<String>,
    check: fn(&str) -> Result<(), String>,
    problems: &mut Problems,
) -> Option<String> {
    let named = |problem| {
        let problem = format!("{} is {problem}", shown::word(&written.value));
        ConfigError::new(&written.origin, problem)
    };
    problems.keep(check(&written.value).map_err(named))?;
    Some(written.value.clone())
}

/// Reads an id and holds it to a rule; it is not repeated, for it may be the secret in the wrong
/// place.
fn id(
    given: Given,
    check: fn(&str) -> Result<(), String>,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<String> {
    let origin = given.origin().clone();
    let id = given.read(environment, problems)?;
    let named = |problem| ConfigError::new(&origin, problem);
    problems.keep(check(id.secret.expose()).map_err(named))?;
    Some(id.secret.expose().to_owned())
}

/// Returns the subscription that the environment names.
fn subscription(environment: &Environment, problems: &mut Problems) -> Option<String> {
    let given = environment.given("AZURE_SUBSCRIPTION_ID")?;
    id(given, names::check_guid, environment, problems)
}

/// Refuses plain http for what anybody on the way could use as it is.
fn check_plain(
    endpoint: &Endpoint,
    origin: &Origin,
    credentials: &AzureCredentials,
    written: bool,
) -> Result<(), ConfigError> {
    let problem = match credentials {
        AzureCredentials::ManagedIdentity(_) if !written => {
            "no credentials are set, so a managed identity would be asked for, and a token is \
             never sent over plain http; use https, or set AZURE_STORAGE_KEY or \
             AZURE_STORAGE_CONNECTION_STRING"
        }
        AzureCredentials::Application(_) | AzureCredentials::ManagedIdentity(_) => {
            "a service principal's token is never sent over plain http; use https"
        }
        AzureCredentials::Sas(_) if endpoint.reach() != Reach::Loopback => {
            "a shared access signature is never sent over plain http beyond this machine; use https"
        }
        AzureCredentials::AccountKey(_) | AzureCredentials::Sas(_) => return Ok(()),
    };
    if endpoint.is_plain() {
        Err(ConfigError::new(origin, problem))
    } else {
        Ok(())
    }
}

fn check_management(origin: &Origin, credentials: &AzureCredentials) -> Result<(), ConfigError> {
    let problem = match (credentials.by_token(), credentials.subscription_id()) {
        (true, Some(_)) => return Ok(()),
        (true, None) => {
            "the management plane is asked for a subscription, and none is named; add \
                         subscription_id beside the credentials"
        }
        (false, _) => {
            "the management plane takes tokens alone; an account key or a shared access \
                       signature cannot ask it"
        }
    };
    Err(ConfigError::new(origin, problem))
}
