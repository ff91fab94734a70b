//! Applications of Entra: service principals, and the identities of workloads.

use std::path::PathBuf;

use jiff::civil::Date;

use super::form::{PrincipalForm, WorkloadForm};
use super::id;
use crate::config::environment::Environment;
use crate::config::folder::{Folder, Names};
use crate::config::given::{Given, Sourced, token_path};
use crate::config::names;
use crate::config::origin::{Located, Origin};
use crate::config::problem::{ConfigError, Problems};

/// An application of Entra and what it proves itself with.
#[derive(Debug, Clone)]
pub struct Application {
    /// The subscription; nothing on the data plane needs it.
    pub subscription_id: Option<String>,
    /// The tenant: a GUID or a domain.
    pub tenant_id: String,
    /// The application.
    pub client_id: String,
    /// What it proves itself with.
    pub proof: Proof,
    /// The day the client secret ends, where the configuration says so.
    pub secret_expires: Option<Date>,
}

/// What an application proves itself with.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A client secret.
    Secret(Sourced),
    /// A private key and its certificate, in PEM.
    Certificate(Sourced),
    /// The token of an OIDC provider that the application trusts.
    Federated {
        /// The file that holds the token.
        token_file: PathBuf,
        /// Where the file was named, in printable words.
        source: String,
    },
}

impl Proof {
    /// Returns where the proof was found, in printable words.
    #[must_use]
    pub fn source(&self) -> &str {
        match self {
            Self::Secret(secret) | Self::Certificate(secret) => &secret.source,
            Self::Federated { source, .. } => source,
        }
    }
}

pub(super) const TENANT: &str = "AZURE_TENANT_ID";
pub(super) const CLIENT: &str = "AZURE_CLIENT_ID";
pub(super) const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";

const TENANT_NAMES: Names = &["tenant_id", "azure_tenant_id", "tenant"];
const CLIENT_NAMES: Names = &["client_id", "azure_client_id", "app_id"];
const SECRET_NAMES: Names = &["client_secret", "azure_client_secret", "password"];
const SUBSCRIPTION_NAMES: Names = &["subscription_id", "azure_subscription_id"];

/// Completes the identity of a workload from the variables that Azure's webhook sets.
pub(super) fn of_workload(form: WorkloadForm, environment: &Environment) -> PrincipalForm {
    let source = match (&form.token_file, environment.variable(TOKEN_FILE)) {
        (None, Some(variable)) => variable.source(),
        _ => "config file".to_owned(),
    };
    PrincipalForm {
        origin: form.origin,
        subscription_id: form.subscription_id,
        tenant_id: form.tenant_id.or_else(|| environment.given(TENANT)),
        client_id: form.client_id.or_else(|| environment.given(CLIENT)),
        client_secret: None,
        client_secret_expires: None,
        client_certificate: None,
        federated_token_file: form.token_file.or_else(|| token_file(environment)),
        directory: None,
        source,
    }
}

/// Returns the file of the token that the environment names.
pub(super) fn token_file(environment: &Environment) -> Option<Located<PathBuf>> {
    let path = environment.located(TOKEN_FILE)?;
    Some(Located::new(PathBuf::from(path.value), path.origin))
}

/// Validates an application and reads its secret.
pub(super) fn read(
    mut form: PrincipalForm,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<Application> {
    if let Some(directory) = form.directory.take() {
        form.fill(&Folder::open(&directory, problems)?, problems);
    }
    let guid = "11111111-2222-3333-4444-555555555555";
    let table = form.origin.clone();
    let mut there = |given: Option<Given>, name: &str| {
        if given.is_none() {
            let problem = format!("{name} is missing; expected one such as {name} = {guid:?}");
            problems.add(ConfigError::new(&table, problem));
        }
        given
    };
    let tenant = there(form.tenant_id.take(), "tenant_id");
    let client = there(form.client_id.take(), "client_id");
    let subscription = form.subscription_id.take();
    let mut read = |given: Option<Given>, check: fn(&str) -> Result<(), String>| {
        given.and_then(|given| id(given, check, environment, problems))
    };
    let subscription_id = read(subscription, names::check_guid);
    let tenant_id = read(tenant, names::check_tenant);
    let client_id = read(client, names::check_guid);
    let ends = form.client_secret_expires.take();
    let secret_expires =
        ends.and_then(|day| end_of_secret(&day, form.client_secret.is_some(), problems));
    let proof = proof(form, environment, problems);
    Some(Application {
        subscription_id,
        tenant_id: tenant_id?,
        client_id: client_id?,
        proof: proof?,
        secret_expires,
    })
}

impl PrincipalForm {
    /// Takes from a folder what was not written.
    fn fill(&mut self, folder: &Folder, problems: &mut Problems) {
        let proven = self.client_certificate.is_some() || self.federated_token_file.is_some();
        let parts = [
            ("the tenant", TENANT_NAMES, &mut self.tenant_id, true),
            ("the client id", CLIENT_NAMES, &mut self.client_id, true),
            (
                "the client secret",
                SECRET_NAMES,
                &mut self.client_secret,
                !proven,
            ),
            (
                "the subscription",
                SUBSCRIPTION_NAMES,
                &mut self.subscription_id,
                false,
            ),
        ];
        for (value, names, part, wanted) in parts {
            // What is proven otherwise has no use for a secret that lies there too.
            if part.is_none() && (wanted || names == SUBSCRIPTION_NAMES) {
                *part = folder.find(names, problems);
            }
            if part.is_none() && wanted {
                problems.add(folder.lacks(value, names));
            }
        }
    }
}

fn end_of_secret(day: &Located<String>, has_secret: bool, problems: &mut Problems) -> Option<Date> {
    if !has_secret {
        let problem = "there is no client_secret here that could end; a certificate tells its end \
                       by itself";
        problems.add(ConfigError::new(&day.origin, problem));
    }
    let problem = "not a date; expected one such as 2027-03-01";
    let parsed = day.value.parse::<Date>();
    problems.keep(parsed.map_err(|_| ConfigError::new(&day.origin, problem)))
}

fn proof(form: PrincipalForm, environment: &Environment, problems: &mut Problems) -> Option<Proof> {
    let PrincipalForm {
        origin,
        client_secret,
        client_certificate,
        federated_token_file,
        source,
        ..
    } = form;
    match (client_secret, client_certificate, federated_token_file) {
        (Some(secret), None, None) => secret.read(environment, problems).map(Proof::Secret),
        (None, Some(pem), None) => pem.read_pem(environment, problems).map(Proof::Certificate),
        (None, None, Some(file)) => Some(Proof::Federated {
            token_file: token_path(file, problems),
            source,
        }),
        (None, None, None) => {
            problems.add(nothing_proves(&origin));
            None
        }
        _ => {
            let problem = "keep one of client_secret, client_certificate and federated_token_file";
            problems.add(ConfigError::new(&origin, problem));
            None
        }
    }
}

fn nothing_proves(table: &Origin) -> ConfigError {
    let problem = match table {
        Origin::File { field, .. } if field.ends_with("workload_identity") => {
            "token_file is missing, and AZURE_FEDERATED_TOKEN_FILE is not set; expected one such \
             as token_file = \"/var/run/secrets/azure/tokens/azure-identity-token\""
        }
        _ => {
            "the client secret is missing; expected one such as client_secret_file = \
             \"/run/secrets/client-secret\" or client_secret_env = \"NAME_OF_A_VARIABLE\", or a \
             client_certificate_file, or a federated_token_file"
        }
    };
    ConfigError::new(table, problem)
}
