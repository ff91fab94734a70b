//! A commented configuration file to begin with.

use super::address::{self, Place};
use super::connection_string::ConnectionString;
use super::environment::Environment;
use super::origin::Origin;
use super::problem::ConfigError;
use super::show::quoted;

const HEAD: &str = "\
# Backstop: where backups are kept, and what the credentials are meant to be able to do.
# `backstop config check` reads this file, `backstop verify` verifies every target in it.
# Secrets are never written here: each comes from a file (…_file) or a variable (…_env).

# Whose backups these are.
# installation = \"acme-production\"

[targets.primary]
# What the credentials are meant to be able to do:
#   full         put, get, head, list, delete
#   put-get      put and get
#   put-only     put, and nothing else
#   append-only  put and read, but neither change nor remove
#   read-only    read and list, as a restore site does
# Not declared, `backstop verify` tells which of them fit.
# access = \"put-get\"
# Who the credentials have to make us; anybody else is a failure.
# expect_principal = \"*:role/backup\"
# How long backups are to be kept: a lifecycle rule that takes them away sooner is a risk.
# retention = \"30d\"
# The longest that one run may take.
# timeout = \"60s\"
";

const S3_MORE: &str = "\
# encryption = \"SSE-KMS\"             # or \"SSE-S3\"
# kms_key_id = \"alias/backups\"
# storage_class = \"STANDARD_IA\"
";

const COMMON_MORE: &str = "\
# sts_endpoint_url = \"https://sts.example.com\"   # where roles come from, if not the usual place
# addressing = \"path\"                # or \"virtual\"
# ca_file = \"ca.pem\"                 # trusted beside the system's certificates
# checksums = \"when-supported\"       # or \"when-required\", for stores that refuse checksums
";

const AZURE_MORE: &str = "\
# cloud = \"public\"                   # or \"us-government\", \"china\"
# endpoint_suffix = \"blob.core.mycloud.example\"   # of any other cloud
# authority_host = \"https://login.microsoftonline.com\"
# management = true                  # ask for the subscription; its format is checked in any case
# management_endpoint = \"https://management.azure.com\"
# ca_file = \"ca.pem\"                 # trusted beside the system's certificates
";

/// The ways to come by credentials of S3 and `MinIO`, for a table that is there or not.
const WAYS: &str = "\
# kind pins one way, so that nothing falls through to another identity:
#   access-key    the fields above, or the folder of a Kubernetes secret
#   profile       of ~/.aws
#   process       a command that prints credentials
#   assume-role   a role, with source_profile, source or an access key
#   node-role     the role of the machine, by its metadata service
#   web-identity  a role for the token of a service account
#   container     EKS Pod Identity, ECS
#   chain         the first of environment, profile, web identity, container, node role
# kind = \"node-role\"
# directory = \"/run/secrets/backup\"
# profile = \"backup\"
# credential_process = \"/opt/bin/keys --json\"
# role_arn = \"arn:aws:iam::123456789012:role/backup\"
# external_id_file = \"/run/secrets/external-id\"   # or written down, or …_env
# session_name = \"backstop\"
# duration = \"1h\"
# source_profile = \"default\"
# source = \"node-role\"
# token_file = \"/var/run/secrets/eks.amazonaws.com/serviceaccount/token\"
";

/// The other ways to come by credentials of Azure; one of them is left in the end.
const AZURE_WAYS: &str = "
# In place of the credentials above, one of these:
# [targets.primary.azure.workload_identity]   # what is left out, AZURE_* variables say
# tenant_id = \"00000000-0000-0000-0000-000000000000\"
# client_id = \"00000000-0000-0000-0000-000000000000\"
# token_file = \"/var/run/secrets/azure/tokens/azure-identity-token\"
# [targets.primary.azure.managed_identity]    # without an id, the machine's own
# client_id = \"00000000-0000-0000-0000-000000000000\"
# or, in [targets.primary.azure]: account_key_file, sas_token_file, connection_string_file
";

/// What is kept of the sandbox and said of backups, in every file.
const SANDBOX: &str = "
# How fresh backups have to be, by kind: on-demand, upgrade, scheduled.
# [targets.primary.kinds.upgrade]
# max_age = \"2h\"
# min_size = \"10MiB\"

# A target whose own credentials may only put can have others that read, with the same fields,
# in the table targets.primary.reader.

# Backups that another tool makes: {time:…} as in strptime, {name} any text. The newest of any name
# counts, so what must be fresh by itself, such as one of two databases, is a target of its own.
# [targets.primary.layouts.dumps]
# prefix = \"dumps/\"                 # from the bucket's root
# pattern = \"db-{time:%Y%m%d-%H%M%S}.sql.gz\"
# kind = \"scheduled\"
# min_size = \"1MiB\"
# complete_when = \"{id}.done\"       # without it, none is ever called complete

# [targets.primary.sandbox]
# folder = \".backstop\"              # under the prefix, where runs write
# sweep_after = \"24h\"               # what killed runs left is removed once it is that old
# keep_probe = true                  # one small object stays, and each run first reads it back
";

/// Returns a commented configuration file for the place a URL names, or for what the environment
/// says.
///
/// It holds no secret, only references to variables, and is read by
/// [`ConfigFile`](super::ConfigFile) as it is.
///
/// # Errors
///
/// The URL names no place, or may hold a secret.
pub fn starter(url: Option<&str>, environment: &Environment) -> Result<String, ConfigError> {
    let place = match url {
        Some(url) => {
            address::parse(url).map_err(|problem| ConfigError::new(&Origin::Argument, problem))?
        }
        None => guess(environment),
    };
    Ok(match place {
        Place::S3 {
            bucket,
            prefix,
            region,
        } => {
            let mut body = names("s3", &[("bucket", &bucket), ("prefix", &prefix)]);
            let region = region.as_deref().or_else(|| region_of(environment));
            body += &maybe("region", region, "eu-west-1");
            let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];
            let endpoint = endpoint.iter().find_map(|name| environment.get(name));
            body += &maybe(
                "endpoint_url",
                endpoint.filter(|url| clean(url)),
                "https://s3.example.com",
            );
            format!(
                "{HEAD}\n{body}{COMMON_MORE}{S3_MORE}{}{SANDBOX}",
                keys("s3", environment)
            )
        }
        Place::Minio {
            endpoint,
            bucket,
            prefix,
        } => {
            let fields = [
                ("endpoint_url", &endpoint),
                ("bucket", &bucket),
                ("prefix", &prefix),
            ];
            let body = names("minio", &fields.map(|(name, value)| (name, value.as_str())));
            format!(
                "{HEAD}\n{body}{COMMON_MORE}{}{SANDBOX}",
                keys("minio", environment)
            )
        }
        Place::Azure {
            account,
            container,
            prefix,
            endpoint,
        } => {
            let fields = [
                ("account", &account),
                ("container", &container),
                ("prefix", &prefix),
            ];
            let mut body = names("azure", &fields.map(|(name, value)| (name, value.as_str())));
            let string = ConnectionString::of(environment).and_then(|string| string.endpoint);
            let endpoint = endpoint.or(string.map(|url| url.value).filter(|url| clean(url)));
            let example = "https://acmebackups.blob.core.windows.net";
            body += &maybe("endpoint_url", endpoint.as_deref(), example);
            format!(
                "{HEAD}\n{body}{AZURE_MORE}{}{SANDBOX}",
                azure_credentials(environment)
            )
        }
    })
}

/// What the environment lets one guess where no URL was given.
fn guess(environment: &Environment) -> Place {
    let string = ConnectionString::of(environment).and_then(|string| string.account);
    let account = environment
        .get("AZURE_STORAGE_ACCOUNT")
        .map(str::to_owned)
        .or(string);
    let azure = account.is_some() || environment.get("AZURE_TENANT_ID").is_some();
    if azure {
        Place::Azure {
            account: account.unwrap_or_else(|| "acmebackups".to_owned()),
            container: "backups".to_owned(),
            prefix: String::new(),
            endpoint: None,
        }
    } else {
        Place::S3 {
            bucket: "acme-backups".to_owned(),
            prefix: "production/".to_owned(),
            region: None,
        }
    }
}

fn region_of(environment: &Environment) -> Option<&str> {
    let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    names.iter().find_map(|name| environment.get(name))
}

/// Whether a URL of the environment can be written down: nothing in it can be a secret.
fn clean(url: &str) -> bool {
    !url.contains(['@', '?', '#'])
}

fn names(provider: &str, fields: &[(&str, &str)]) -> String {
    let lines = fields.iter().map(|(name, value)| {
        let value = Some(*value).filter(|value| !value.is_empty());
        maybe(name, value, "production/")
    });
    format!(
        "[targets.primary.{provider}]\n{}",
        lines.collect::<String>()
    )
}

fn maybe(name: &str, value: Option<&str>, example: &str) -> String {
    match value {
        Some(value) => format!("{name} = {}\n", quoted(value)),
        None => format!("# {name} = {}\n", quoted(example)),
    }
}

/// The table of credentials: as they are in the environment, else as examples in comments.
fn keys(provider: &str, environment: &Environment) -> String {
    let table = format!("[targets.primary.{provider}.credentials]\n");
    if environment.get("AWS_ACCESS_KEY_ID").is_some() {
        let token = match environment.get("AWS_SESSION_TOKEN") {
            Some(_) => "session_token_env = \"AWS_SESSION_TOKEN\"\n",
            None => "",
        };
        return format!(
            "\n# Or …_file = \"/run/secrets/…\"; each target may have variables of its own.\n{table}\
             access_key_id_env = \"AWS_ACCESS_KEY_ID\"\n\
             secret_access_key_env = \"AWS_SECRET_ACCESS_KEY\"\n{token}{WAYS}"
        );
    }
    let set = |name: &str| environment.get(name).is_some();
    if set("AWS_ROLE_ARN") && set("AWS_WEB_IDENTITY_TOKEN_FILE") {
        return format!(
            "\n# AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE say the rest.\n{table}\
             kind = \"web-identity\"\n"
        );
    }
    format!(
        "\n# Without this table the usual chain is asked: AWS_* variables, profile, web\n\
         # identity, container, node role.\n# {table}\
         # access_key_id_file     = \"/run/secrets/id\"\n\
         # secret_access_key_file = \"/run/secrets/key\"\n{WAYS}"
    )
}

fn azure_credentials(environment: &Environment) -> String {
    let set = |name: &str| environment.get(name).is_some();
    let proofs = [
        ("AZURE_CLIENT_SECRET", "service_principal"),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "service_principal"),
        ("AZURE_FEDERATED_TOKEN_FILE", "workload_identity"),
    ];
    let proof = proofs.into_iter().find(|(name, _)| set(name));
    let fields = [
        ("sas_token_env", "AZURE_STORAGE_SAS_TOKEN"),
        ("account_key_env", "AZURE_STORAGE_KEY"),
        ("connection_string_env", super::connection_string::VARIABLE),
    ];
    let field = fields.into_iter().find(|(_, name)| set(name));
    match (proof, field) {
        (Some((_, "workload_identity")), _) => {
            "\n# The variables AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE say \
             the rest.\n[targets.primary.azure.workload_identity]\n"
                .to_owned()
        }
        (None, Some((field, name))) => format!("{field} = {}\n", quoted(name)),
        _ => format!("{}{AZURE_WAYS}", principal(environment)),
    }
}

fn principal(environment: &Environment) -> String {
    let id = |name: &str| {
        let id = environment
            .get(name)
            .unwrap_or("00000000-0000-0000-0000-000000000000");
        quoted(id)
    };
    let certificate = environment.get("AZURE_CLIENT_CERTIFICATE_PATH");
    let secret = environment.get("AZURE_CLIENT_SECRET").is_some();
    let proof = match certificate.filter(|_| !secret) {
        Some(path) => format!("client_certificate_file = {}\n", quoted(path)),
        None => "client_secret_env = \"AZURE_CLIENT_SECRET\"\n\
                 # client_secret_file = \"/run/secrets/client-secret\"\n\
                 # client_secret_expires = \"2027-03-01\"   # the service does not tell it\n\
                 # client_certificate_file = \"/run/secrets/client.pem\"   # in place of the secret\n\
                 # federated_token_file = \"/run/secrets/token\"           # or of both\n\
                 # directory = \"/run/secrets/azure\"   # or all of it from a Kubernetes secret\n"
            .to_owned(),
    };
    format!(
        "\n[targets.primary.azure.service_principal]\n\
         subscription_id = {}\ntenant_id = {}\nclient_id = {}\n{proof}",
        id("AZURE_SUBSCRIPTION_ID"),
        id("AZURE_TENANT_ID"),
        id("AZURE_CLIENT_ID"),
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{ConfigErrors, ConfigFile};

    fn holds(url: Option<&str>, variables: &[(&str, &str)]) -> String {
        let environment: Environment = variables.iter().copied().collect();
        let text = starter(url, &environment).expect("starter");
        let file = ConfigFile::parse(Path::new("x.toml"), text.clone()).expect("parses");
        assert!(!text.contains("hunter2"), "{text}");
        let mut variables = variables.to_vec();
        variables.push(("AZURE_CLIENT_SECRET", "hunter2"));
        let environment: Environment = variables.into_iter().collect();
        let targets = file.targets(file.names(), &environment, &[]);
        assert_eq!(targets.map(|targets| targets.len()), Ok(1), "{text}");
        uncommented(&text);
        text
    }

    fn is_name(text: &str) -> bool {
        let text = text.trim_end();
        text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    }

    /// What is offered in comments must be right as well.
    fn uncommented(text: &str) {
        let lines = text.lines().map(|line| match line.strip_prefix("# ") {
            Some(field)
                if field
                    .split_once(" = ")
                    .is_some_and(|(name, _)| is_name(name)) =>
            {
                field
            }
            Some(table) if table.starts_with('[') => table,
            _ => line,
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        let errors = ConfigFile::parse(Path::new("x.toml"), text.clone()).err();
        let twice = errors.iter().flat_map(ConfigErrors::iter);
        let others: Vec<_> = twice
            .filter(|error| !error.problem().contains("twice"))
            .collect();
        assert!(others.is_empty(), "{others:?}\n{text}");
    }

    #[test]
    fn every_starter_parses_and_validates() {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("AWS_SESSION_TOKEN", "hunter2"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", "https://s3.acme.com"),
        ];
        let text = holds(None, &keys);
        assert!(text.contains("secret_access_key_env = \"AWS_SECRET_ACCESS_KEY\""));
        assert!(text.contains("region = \"eu-west-1\""));
        holds(None, &[]);
        holds(Some("s3://acme/a b\"c"), &[]);
        holds(Some("minio+http://127.0.0.1:9000/acme/x"), &keys);
        holds(Some("azure://acme/backups"), &[]);
        holds(
            Some("azure://acme/backups"),
            &[("AZURE_STORAGE_KEY", "hunter2")],
        );
        holds(
            None,
            &[
                ("AZURE_STORAGE_ACCOUNT", "acme"),
                ("AZURE_STORAGE_SAS_TOKEN", "sig=hunter2"),
            ],
        );
        let string = "AccountName=acme;AccountKey=hunter2;BlobEndpoint=https://acme.example.com";
        let roles = [
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/backup"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token"),
        ];
        assert!(holds(None, &roles).contains("kind = \"web-identity\""));
        let guid = "11111111-2222-3333-4444-555555555555";
        let text = holds(None, &[("AZURE_STORAGE_CONNECTION_STRING", string)]);
        assert!(text.contains("connection_string_env"), "{text}");
        let workload = [
            ("AZURE_TENANT_ID", guid),
            ("AZURE_CLIENT_ID", guid),
            ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/token"),
        ];
        let text = starter(
            Some("azure://acme/backups"),
            &workload.into_iter().collect(),
        );
        let file = ConfigFile::parse(Path::new("x.toml"), text.expect("text")).expect("file");
        let workload = workload.into_iter().collect();
        let targets = file.targets(file.names(), &workload, &[]).expect("targets");
        assert!(format!("{targets:?}").contains("Federated"), "{targets:?}");
        let text = holds(None, &[("AZURE_STORAGE_CONNECTION_STRING", string)]);
        assert!(
            text.contains("endpoint_url = \"https://acme.example.com\""),
            "{text}"
        );
    }
}
