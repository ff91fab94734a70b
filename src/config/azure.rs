//! Validates a container of Azure Blob Storage.

use backstop_contract::KeyPrefix;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::connection_string::{self, ConnectionString};
use super::endpoint::{Endpoint, EndpointRules};
use super::environment::Environment;
use super::file::{AzureForm, PrincipalForm};
use super::given::{Given, Sourced};
use super::host::Reach;
use super::names;
use super::origin::{Located, Origin};
use super::problem::{ConfigError, Problems};
use super::target::{prefix, read_ca, required};

/// A container of Azure Blob Storage, validated.
#[derive(Debug, Clone)]
pub struct AzureStore {
    /// The storage account.
    pub account: String,
    /// The container.
    pub container: String,
    /// The blob service's endpoint; absent for the account's own in the public cloud.
    pub endpoint: Option<Endpoint>,
    /// The authority that issues tokens; absent for the public cloud's.
    pub authority: Option<Endpoint>,
    /// The certificates to trust beside the system's, in PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// Who asks.
    pub credentials: AzureCredentials,
}

/// Who asks Azure Blob Storage.
#[derive(Debug, Clone)]
pub enum AzureCredentials {
    /// A service principal with a client secret.
    ServicePrincipal(ServicePrincipal),
    /// One of the account's two keys.
    AccountKey(Sourced),
    /// A shared access signature.
    Sas(Sourced),
}

/// A service principal.
#[derive(Debug, Clone)]
pub struct ServicePrincipal {
    /// The subscription; nothing on the data plane needs it.
    pub subscription_id: Option<String>,
    /// The tenant: a GUID or a domain.
    pub tenant_id: String,
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Sourced,
    /// The day the secret ends, where the configuration says so.
    pub client_secret_expires: Option<Date>,
}

/// The last days of a client secret, in which it is a risk.
const LAST_DAYS: i32 = 30;

impl AzureCredentials {
    /// Returns what there is to say about the secret's declared end, in a sentence without a
    /// period.
    pub(super) fn risk(&self) -> Option<String> {
        let Self::ServicePrincipal(principal) = self else {
            return None;
        };
        let ends = principal.client_secret_expires?;
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let days = today.until(ends).ok()?.get_days();
        match days {
            ..0 => Some(format!("the client secret ended on {ends}, as configured")),
            0..LAST_DAYS => Some(format!("the client secret ends on {ends}, in {days} days")),
            _ => None,
        }
    }
}

/// The authority that goes with a blob endpoint outside of the public cloud.
const CLOUDS: [(&str, &str); 2] = [
    (
        ".core.usgovcloudapi.net",
        "https://login.microsoftonline.us",
    ),
    (".core.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
];

/// Validates the form of a container.
pub(super) fn validate(
    form: AzureForm,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<(AzureStore, KeyPrefix)> {
    let account = name(
        form.account.as_ref(),
        &form.origin,
        "account",
        names::check_account,
        problems,
    );
    let container = name(
        form.container.as_ref(),
        &form.origin,
        "container",
        names::check_container,
        problems,
    );
    let prefix = prefix(form.prefix.as_ref(), problems);
    let ca_pem = problems.keep_some(form.ca_file.as_ref().map(read_ca));
    let string = ConnectionString::of(environment).filter(|string| {
        string
            .account
            .as_ref()
            .is_none_or(|named| Some(named) == account.as_ref())
    });
    let allow_http = form.allow_http.as_ref().is_some_and(|allow| allow.value);
    let written = form
        .endpoint_url
        .or_else(|| string.as_ref()?.endpoint.clone());
    let endpoint = written.as_ref().map(|url| {
        let rules = EndpointRules {
            allow_http,
            path: account.as_deref(),
        };
        Endpoint::new(url, rules)
    });
    let endpoint = problems.keep_some(endpoint);
    let authority = authority(
        form.authority_host,
        endpoint.as_ref(),
        environment,
        problems,
    );
    let given = Credentials {
        principal: form.principal,
        account_key: form.account_key,
        sas_token: form.sas_token,
    };
    let given = given.or_usual(&form.origin, environment, string, problems)?;
    let credentials = given.read(environment, problems)?;
    if let (Some(endpoint), Some(written)) = (&endpoint, &written) {
        problems.keep(check_plain(endpoint, &written.origin, &credentials));
    }
    let store = AzureStore {
        account: account?,
        container: container?,
        endpoint,
        authority,
        ca_pem,
        credentials,
    };
    Some((store, prefix?))
}

fn name(
    written: Option<&Located<String>>,
    table: &Origin,
    field: &str,
    check: fn(&str) -> Result<(), String>,
    problems: &mut Problems,
) -> Option<String> {
    let example = if field == "account" {
        "acmebackups"
    } else {
        "backups"
    };
    let written = required(written, table, field, example, problems)?;
    checked(written, check, problems)
}

fn checked(
    written: &Located<String>,
    check: fn(&str) -> Result<(), String>,
    problems: &mut Problems,
) -> Option<String> {
    let named = |problem| {
        let problem = format!("{:?} is {problem}", written.value);
        ConfigError::new(&written.origin, problem)
    };
    problems.keep(check(&written.value).map_err(named))?;
    Some(written.value.clone())
}

fn authority(
    written: Option<Located<String>>,
    endpoint: Option<&Endpoint>,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<Endpoint> {
    const VARIABLE: &str = "AZURE_AUTHORITY_HOST";
    let usual = || {
        let url = environment.get(VARIABLE)?.to_owned();
        Some(Located::new(url, Origin::Variable(VARIABLE.to_owned())))
    };
    let of_cloud = || {
        let host = endpoint?.host();
        let (_, url) = CLOUDS.iter().find(|(suffix, _)| host.ends_with(suffix))?;
        Some(Located::new((*url).to_owned(), Origin::Argument))
    };
    let mut url = written.or_else(usual).or_else(of_cloud)?;
    if !url.value.contains("://") {
        url.value.insert_str(0, "https://");
    }
    let rules = EndpointRules {
        allow_http: false,
        path: None,
    };
    let authority = problems.keep(Endpoint::new(&url, rules))?;
    if authority.is_plain() {
        let problem =
            "the client secret is sent to it, so plain http is never used; expected https";
        problems.add(ConfigError::new(&url.origin, problem));
    }
    Some(authority)
}

/// Refuses plain http for what anybody on the way could use as it is.
fn check_plain(
    endpoint: &Endpoint,
    origin: &Origin,
    credentials: &AzureCredentials,
) -> Result<(), ConfigError> {
    let problem = match credentials {
        AzureCredentials::ServicePrincipal(_) => {
            "a service principal's token is never sent over plain http; use https"
        }
        AzureCredentials::Sas(_) if endpoint.reach() != Reach::Loopback => {
            "a shared access signature is never sent over plain http beyond this machine; use https"
        }
        _ => return Ok(()),
    };
    if endpoint.is_plain() {
        Err(ConfigError::new(origin, problem))
    } else {
        Ok(())
    }
}

/// The credentials as written, of which one must be left.
struct Credentials {
    principal: Option<PrincipalForm>,
    account_key: Option<Given>,
    sas_token: Option<Given>,
}

impl Credentials {
    /// Falls back to the variables of Azure's own tools where none are written.
    fn or_usual(
        self,
        table: &Origin,
        environment: &Environment,
        string: Option<ConnectionString>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let written = [
            self.principal.is_some(),
            self.account_key.is_some(),
            self.sas_token.is_some(),
        ];
        match written.iter().filter(|given| **given).count() {
            1 => return Some(self),
            0 => {}
            _ => {
                let problem = "several credentials are given; keep one of service_principal, \
                               account_key and sas_token";
                problems.add(ConfigError::new(table, problem));
                return None;
            }
        }
        let usual = |name: &str| environment.get(name).map(|_| Given::usual_variable(name));
        let string = string.unwrap_or_default();
        let principal = PrincipalForm::usual(environment);
        let sas = usual("AZURE_STORAGE_SAS_TOKEN");
        let key = usual("AZURE_STORAGE_KEY");
        let (principal, sas_token, account_key) = match (principal, sas, key) {
            (Some(principal), _, _) => (Some(principal), None, None),
            (None, Some(sas), _) => (None, Some(sas), None),
            (None, None, Some(key)) => (None, None, Some(key)),
            (None, None, None) => match (string.sas, string.key) {
                (Some(sas), _) => (None, Some(Given::Part(sas)), None),
                (None, Some(key)) => (None, None, Some(Given::Part(key))),
                (None, None) => {
                    problems.add(ConfigError::new(table, nothing_usual(environment)));
                    return None;
                }
            },
        };
        Some(Self {
            principal,
            account_key,
            sas_token,
        })
    }

    fn read(self, environment: &Environment, problems: &mut Problems) -> Option<AzureCredentials> {
        if let Some(form) = self.principal {
            return read_principal(form, environment, problems)
                .map(AzureCredentials::ServicePrincipal);
        }
        if let Some(key) = self.account_key {
            return problems
                .keep(key.read(environment))
                .map(AzureCredentials::AccountKey);
        }
        let sas = self.sas_token?;
        let origin = sas.origin().clone();
        let sas = problems.keep(sas.read(environment))?;
        let text = sas.secret.expose();
        if text.contains("://") || !text.contains("sig=") {
            let problem = "this is not a SAS token; expected what stands behind the '?' of a SAS \
                           URL: sv=…&sig=…";
            problems.add(ConfigError::new(&origin, problem));
        }
        Some(AzureCredentials::Sas(sas))
    }
}

fn nothing_usual(environment: &Environment) -> String {
    let missing: Vec<_> = PrincipalForm::VARIABLES
        .into_iter()
        .filter(|name| environment.get(name).is_none())
        .collect();
    let partly = match missing.len() {
        3 => String::new(),
        _ => format!(" (now missing: {})", missing.join(", ")),
    };
    format!(
        "there are no credentials; set AZURE_TENANT_ID, AZURE_CLIENT_ID and \
         AZURE_CLIENT_SECRET{partly}, or AZURE_STORAGE_SAS_TOKEN, or AZURE_STORAGE_KEY, or \
         {} for this account",
        connection_string::VARIABLE
    )
}

impl PrincipalForm {
    const VARIABLES: [&str; 3] = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"];

    /// Returns the service principal of the environment, where all of it is set.
    fn usual(environment: &Environment) -> Option<Self> {
        let origin = |name: &str| Origin::Variable(name.to_owned());
        let text = |name: &str| {
            let value = environment.get(name)?.to_owned();
            Some(Located::new(value, origin(name)))
        };
        let [tenant, client, secret] = Self::VARIABLES;
        environment.get(secret)?;
        Some(Self {
            origin: origin(tenant),
            subscription_id: text("AZURE_SUBSCRIPTION_ID"),
            tenant_id: Some(text(tenant)?),
            client_id: Some(text(client)?),
            client_secret: Some(Given::usual_variable(secret)),
            client_secret_expires: None,
        })
    }
}

fn read_principal(
    form: PrincipalForm,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<ServicePrincipal> {
    let guid = "11111111-2222-3333-4444-555555555555";
    let subscription = form.subscription_id.as_ref();
    let subscription_id = subscription.and_then(|id| checked(id, names::check_guid, problems));
    let tenant = required(
        form.tenant_id.as_ref(),
        &form.origin,
        "tenant_id",
        guid,
        problems,
    );
    let tenant_id = tenant.and_then(|id| checked(id, names::check_tenant, problems));
    let client = required(
        form.client_id.as_ref(),
        &form.origin,
        "client_id",
        guid,
        problems,
    );
    let client_id = client.and_then(|id| checked(id, names::check_guid, problems));
    if form.client_secret.is_none() {
        let problem = "the client secret is missing; expected one such as client_secret_file = \
                       \"/run/secrets/client-secret\" or client_secret_env = \"NAME_OF_A_VARIABLE\"";
        problems.add(ConfigError::new(&form.origin, problem));
    }
    let secret = form.client_secret.map(|secret| secret.read(environment));
    let client_secret = problems.keep_some(secret);
    let client_secret_expires = problems.keep_some(form.client_secret_expires.map(|date| {
        let problem = "not a date; expected one such as 2027-03-01";
        let parsed = date.value.parse::<Date>();
        parsed.map_err(|_| ConfigError::new(&date.origin, problem))
    }));
    Some(ServicePrincipal {
        subscription_id,
        tenant_id: tenant_id?,
        client_id: client_id?,
        client_secret: client_secret?,
        client_secret_expires,
    })
}
