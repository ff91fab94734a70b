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
# The longest that one run may take.
# timeout = \"60s\"
";

const S3_MORE: &str = "\
# encryption = \"SSE-KMS\"             # or \"SSE-S3\"
# kms_key_id = \"alias/backups\"
# storage_class = \"STANDARD_IA\"
";

const COMMON_MORE: &str = "\
# addressing = \"path\"                # or \"virtual\"
# ca_file = \"ca.pem\"                 # trusted beside the system's certificates
# checksums = \"when-supported\"       # or \"when-required\", for stores that refuse checksums
";

const AZURE_MORE: &str = "\
# ca_file = \"ca.pem\"                 # trusted beside the system's certificates
# authority_host = \"https://login.microsoftonline.com\"
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
                "{HEAD}\n{body}{COMMON_MORE}{S3_MORE}{}",
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
            format!("{HEAD}\n{body}{COMMON_MORE}{}", keys("minio", environment))
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
                "{HEAD}\n{body}{AZURE_MORE}{}",
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

/// The table of an access key: as it is in the environment, else as an example in comments.
fn keys(provider: &str, environment: &Environment) -> String {
    let table = format!("[targets.primary.{provider}.credentials]\n");
    if environment.get("AWS_ACCESS_KEY_ID").is_none() {
        return format!(
            "\n# Without this table the usual chain is asked: AWS_* variables, profile, web\n\
             # identity, container, instance.\n# {table}\
             # access_key_id_file     = \"/run/secrets/id\"\n\
             # secret_access_key_file = \"/run/secrets/key\"\n"
        );
    }
    let token = match environment.get("AWS_SESSION_TOKEN") {
        Some(_) => "session_token_env = \"AWS_SESSION_TOKEN\"\n",
        None => "",
    };
    format!(
        "\n# Or …_file = \"/run/secrets/…\"; each target may have variables of its own.\n{table}\
         access_key_id_env = \"AWS_ACCESS_KEY_ID\"\n\
         secret_access_key_env = \"AWS_SECRET_ACCESS_KEY\"\n{token}"
    )
}

fn azure_credentials(environment: &Environment) -> String {
    for (field, name) in [
        ("sas_token_env", "AZURE_STORAGE_SAS_TOKEN"),
        ("account_key_env", "AZURE_STORAGE_KEY"),
    ] {
        let principal = environment.get("AZURE_CLIENT_SECRET").is_some();
        if !principal && environment.get(name).is_some() {
            return format!("{field} = {}\n", quoted(name));
        }
    }
    if environment
        .get(super::connection_string::VARIABLE)
        .is_some()
        && environment.get("AZURE_CLIENT_ID").is_none()
    {
        let variable = super::connection_string::VARIABLE;
        return format!("# The key or signature is read from {variable}.\n");
    }
    let id = |name: &str| {
        let id = environment
            .get(name)
            .unwrap_or("00000000-0000-0000-0000-000000000000");
        quoted(id)
    };
    format!(
        "\n[targets.primary.azure.service_principal]\n\
         subscription_id = {}\ntenant_id = {}\nclient_id = {}\n\
         client_secret_env = \"AZURE_CLIENT_SECRET\"\n\
         # client_secret_file = \"/run/secrets/client-secret\"\n\
         # client_secret_expires = \"2027-03-01\"   # the service does not tell it\n",
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
        let text = holds(None, &[("AZURE_STORAGE_CONNECTION_STRING", string)]);
        assert!(
            text.contains("endpoint_url = \"https://acme.example.com\""),
            "{text}"
        );
    }
}
