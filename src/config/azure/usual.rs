//! What the environment has for a target that names nothing, in the order of Azure's own tools.

use std::path::PathBuf;

use backstop_contract::PassedOver;

use super::credentials::Chosen;
use super::form::PrincipalForm;
use super::principal::{CLIENT, TENANT, TOKEN_FILE, token_file};
use crate::config::connection_string::{self, ConnectionString};
use crate::config::environment::Environment;
use crate::config::given::Given;
use crate::config::origin::{Located, Origin};
use crate::config::problem::{ConfigError, Problems};

const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const SAS: &str = "AZURE_STORAGE_SAS_TOKEN";
const KEY: &str = "AZURE_STORAGE_KEY";

/// The links of the chain before its last, each with the variable that configures it.
const LINKS: [(&str, &str); 6] = [
    ("client secret", SECRET),
    ("client certificate", CERTIFICATE),
    ("workload identity", TOKEN_FILE),
    ("shared access signature", SAS),
    ("account key", KEY),
    ("connection string", connection_string::VARIABLE),
];

/// Returns the first of them that is set, else the managed identity of where this runs.
///
/// The connection string is that of the environment, or why it is of no use here. One that is half
/// set is a problem: nothing falls through to another principal.
pub(super) fn choose(
    string: Result<ConnectionString, String>,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<Chosen> {
    for proof in [SECRET, CERTIFICATE, TOKEN_FILE] {
        if environment.get(proof).is_some() {
            let form = principal(proof, environment, problems)?;
            return Some(Chosen::Principal(Box::new(form)));
        }
    }
    if let Some(sas) = environment.given(SAS) {
        return Some(Chosen::Sas(sas));
    }
    if let Some(key) = environment.given(KEY) {
        return Some(Chosen::AccountKey(key));
    }
    let unusable = match string {
        Ok(string) => match string.into_credential() {
            Some(chosen) => return Some(chosen),
            None => "it has neither a key nor a signature".to_owned(),
        },
        Err(why) => why,
    };
    if let Some(over) = environment.laid_over() {
        let wanted = "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or \
                      AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or \
                      AZURE_STORAGE_CONNECTION_STRING";
        problems.add(over.lacks("Azure", wanted));
        return None;
    }
    let passed_over = LINKS.iter().map(|(link, variable)| PassedOver {
        link: (*link).to_owned(),
        reason: match environment.get(variable) {
            Some(_) => format!("{variable}: {unusable}"),
            None => format!("{variable} is not set"),
        },
    });
    Some(Chosen::LastLink(
        environment.given(CLIENT),
        passed_over.collect(),
    ))
}

fn principal(
    proof: &str,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<PrincipalForm> {
    let missing: Vec<_> = [TENANT, CLIENT]
        .into_iter()
        .filter(|name| environment.get(name).is_none())
        .collect();
    let at = environment.located(proof)?;
    if !missing.is_empty() {
        let problem = format!(
            "it goes together with {TENANT} and {CLIENT}; now missing: {}",
            missing.join(", ")
        );
        problems.add(ConfigError::new(&at.origin, problem));
        return None;
    }
    let certificate = |path: Located<String>| {
        let path = Located::new(PathBuf::from(path.value), path.origin);
        Given::File(path)
    };
    let only = |name: &str| name == proof;
    Some(PrincipalForm {
        origin: Origin::Variable(TENANT.to_owned()),
        subscription_id: environment.given("AZURE_SUBSCRIPTION_ID"),
        tenant_id: environment.given(TENANT),
        client_id: environment.given(CLIENT),
        client_secret: only(SECRET).then(|| environment.given(SECRET)).flatten(),
        client_secret_expires: None,
        client_certificate: only(CERTIFICATE).then(|| certificate(at)),
        federated_token_file: only(TOKEN_FILE).then(|| token_file(environment)).flatten(),
        directory: None,
        source: environment.variable(proof)?.source(),
    })
}
