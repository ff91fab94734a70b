//! Makes a target of a URL, the flags beside it and the environment.

use std::path::PathBuf;

use super::address::{self, Place};
use super::azure::{AzureForm, CredentialsForm};
use super::backups::BackupsForm;
use super::connection_string::ConnectionString;
use super::environment::Environment;
use super::file::{StoreForm, TargetForm};
use super::origin::{Located, Origin};
use super::problem::{ConfigError, ConfigErrors, Problems};
use super::s3::S3Form;
use super::target::{self, Target};

/// The flags that complete a URL, exactly as given.
#[derive(Debug, Clone, Default)]
pub struct UrlFlags {
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--addressing`.
    pub addressing: Option<String>,
    /// `--ca-file`.
    pub ca_file: Option<PathBuf>,
    /// `--access`.
    pub access: Option<String>,
    /// `--expect-principal`.
    pub expect_principal: Option<String>,
    /// `--allow-http`.
    pub allow_http: bool,
    /// `--credentials`, which is of use without a URL too: for every target whose credentials the
    /// configuration does not name.
    pub credentials: Option<PathBuf>,
}

impl UrlFlags {
    /// Returns the names of the flags that were given and are of use with a URL alone.
    #[must_use]
    pub fn given(&self) -> Vec<&'static str> {
        let flags = [
            ("--endpoint-url", self.endpoint_url.is_some()),
            ("--region", self.region.is_some()),
            ("--addressing", self.addressing.is_some()),
            ("--ca-file", self.ca_file.is_some()),
            ("--access", self.access.is_some()),
            ("--expect-principal", self.expect_principal.is_some()),
            ("--allow-http", self.allow_http),
        ];
        let given = flags.into_iter().filter(|(_, given)| *given);
        given.map(|(name, _)| name).collect()
    }
}

/// Returns whether a TARGET argument is a URL or ARN rather than a name.
#[must_use]
pub fn is_url(text: &str) -> bool {
    text.contains("://") || text.starts_with("arn:")
}

/// Makes a target of a URL.
///
/// # Errors
///
/// The URL, a flag or a variable is wrong, or there are no credentials. A URL that may hold a
/// secret is not repeated.
pub fn url_target(
    text: &str,
    flags: &UrlFlags,
    environment: &Environment,
) -> Result<Target, ConfigErrors> {
    let mut problems = Problems::default();
    let form = form(text, flags, environment, &mut problems)?;
    let target = target::validate(form, environment, &[], &mut problems);
    problems.finish(target)
}

/// Makes a target of a URL without credentials, which need not be there yet.
///
/// # Errors
///
/// As for [`url_target`], but for what is wrong with credentials.
pub fn url_target_bare(
    text: &str,
    flags: &UrlFlags,
    environment: &Environment,
) -> Result<Target, ConfigErrors> {
    let environment = environment.without_credentials();
    let mut problems = Problems::default();
    let form = form(text, flags, &environment, &mut problems)?.bare();
    let target = target::validate(form, &environment, &[], &mut problems);
    problems.finish(target)
}

/// Reads a URL and the flags beside it as a target is written.
pub(super) fn form(
    text: &str,
    flags: &UrlFlags,
    environment: &Environment,
    problems: &mut Problems,
) -> Result<TargetForm, ConfigError> {
    let refuse = |problem: String| ConfigError::new(&Origin::Argument, problem);
    let place = address::parse(text).map_err(refuse)?;
    Ok(TargetForm {
        name: argument(text.to_owned()),
        access: flag("--access", flags.access.as_ref()),
        expect_principal: flag("--expect-principal", flags.expect_principal.as_ref()),
        retention: None,
        timeout: None,
        store: store(place, flags, environment, problems),
        levels: Vec::new(),
        folder: None,
        sweep_after: None,
        keep_probe: false,
        backups: BackupsForm::default(),
        ping: None,
    })
}

fn argument<T>(value: T) -> Located<T> {
    Located::new(value, Origin::Argument)
}

fn flag<T: Clone>(name: &'static str, value: Option<&T>) -> Option<Located<T>> {
    Some(Located::new(value?.clone(), Origin::Flag(name)))
}

fn store(
    place: Place,
    flags: &UrlFlags,
    environment: &Environment,
    problems: &mut Problems,
) -> StoreForm {
    let endpoint_flag = flag("--endpoint-url", flags.endpoint_url.as_ref());
    match place {
        Place::S3 {
            bucket,
            prefix,
            region,
        } => {
            let mut form = s3_form(bucket, prefix, flags);
            form.region = form.region.or(region.map(argument));
            form.endpoint_url = endpoint_flag;
            StoreForm::S3(Box::new(form))
        }
        Place::Minio {
            endpoint,
            bucket,
            prefix,
        } => {
            if let Some(flag) = &endpoint_flag {
                let problem = "the minio URL names the endpoint already; drop this flag";
                problems.add(ConfigError::new(&flag.origin, problem));
            }
            let mut form = s3_form(bucket, prefix, flags);
            form.endpoint_url = Some(argument(endpoint));
            StoreForm::Minio(Box::new(form))
        }
        Place::Azure {
            account,
            container,
            prefix,
            endpoint,
        } => {
            refuse_s3_flags(flags, problems);
            check_connection_string(&account, &environment.in_force(false), problems);
            StoreForm::Azure(Box::new(AzureForm {
                origin: Origin::Argument,
                account: Some(argument(account)),
                container: Some(argument(container)),
                prefix: Some(argument(prefix)),
                cloud: None,
                endpoint_url: endpoint_flag.or(endpoint.map(argument)),
                endpoint_suffix: None,
                authority_host: None,
                management: None,
                management_endpoint: None,
                ca_file: flag("--ca-file", flags.ca_file.as_ref()),
                allow_http: flag("--allow-http", Some(&flags.allow_http)),
                credentials: CredentialsForm::default(),
            }))
        }
    }
}

fn s3_form(bucket: String, prefix: String, flags: &UrlFlags) -> S3Form {
    S3Form {
        origin: Origin::Argument,
        bucket: Some(argument(bucket)),
        prefix: Some(argument(prefix)),
        region: flag("--region", flags.region.as_ref()),
        endpoint_url: None,
        sts_endpoint_url: None,
        addressing: flag("--addressing", flags.addressing.as_ref()),
        ca_file: flag("--ca-file", flags.ca_file.as_ref()),
        checksums: None,
        encryption: None,
        kms_key_id: None,
        storage_class: None,
        allow_http: flag("--allow-http", Some(&flags.allow_http)),
        credentials: None,
    }
}

fn refuse_s3_flags(flags: &UrlFlags, problems: &mut Problems) {
    for name in flags.given() {
        if matches!(name, "--region" | "--addressing") {
            let problem = "Azure Blob Storage has nothing of this kind; drop this flag";
            problems.add(ConfigError::new(&Origin::Flag(name), problem));
        }
    }
}

/// A connection string of another account must not go unnoticed where nothing else is set.
fn check_connection_string(account: &str, environment: &Environment, problems: &mut Problems) {
    const OTHERS: [&str; 5] = [
        "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_STORAGE_KEY",
    ];
    let named = ConnectionString::of(environment).and_then(|string| string.account);
    let Some(named) = named.filter(|named| named != account) else {
        return;
    };
    if OTHERS.iter().all(|name| environment.get(name).is_none()) {
        let origin = Origin::Variable(super::connection_string::VARIABLE.to_owned());
        let problem = format!("it is for the account {named}, and the target is in {account}");
        problems.add(ConfigError::new(&origin, problem));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AzureCredentials, S3Credentials, StoreConfig, Which};
    use crate::report::Access;

    const KEYS: [(&str, &str); 2] = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
    ];

    fn environment(extra: &[(&str, &str)]) -> Environment {
        KEYS.iter().chain(extra).copied().collect()
    }

    #[test]
    fn a_url_and_the_usual_variables_are_enough() {
        let environment = environment(&[("AWS_DEFAULT_REGION", "eu-west-1")]);
        let flags = UrlFlags {
            access: Some("put-get".to_owned()),
            ..UrlFlags::default()
        };
        let target =
            url_target("s3://acme-backups/production", &flags, &environment).expect("target");
        assert_eq!(target.name, "s3://acme-backups/production");
        assert_eq!(target.prefix.as_str(), "production/");
        assert_eq!(target.access, Access::PutGet);
        assert_eq!(target.store.region(), Some("eu-west-1"));
        let StoreConfig::S3(store) = &target.store else {
            panic!("{target:?}");
        };
        let S3Credentials::AccessKey { id, .. } = &store.credentials else {
            panic!("{target:?}");
        };
        assert_eq!(id, "AKIDEXAMPLE");
        assert!(!format!("{target:?}").contains("hunter2"));
    }

    #[test]
    fn the_flag_beats_the_url_beats_the_variable() {
        let environment =
            environment(&[("AWS_REGION", "env-1"), ("AWS_ENDPOINT_URL", "https://env")]);
        let url = "https://acme.s3.url-1.amazonaws.com/";
        let plain = url_target(url, &UrlFlags::default(), &environment).expect("target");
        assert_eq!(plain.store.region(), Some("url-1"));
        assert_eq!(plain.store.endpoint(), Some("https://env"));
        let flags = UrlFlags {
            region: Some("flag-1".to_owned()),
            endpoint_url: Some("https://flag".to_owned()),
            ..UrlFlags::default()
        };
        let flagged = url_target(url, &flags, &environment).expect("target");
        assert_eq!(flagged.store.region(), Some("flag-1"));
        assert_eq!(flagged.store.endpoint(), Some("https://flag"));
    }

    #[test]
    fn plain_http_is_a_risk_near_and_an_error_far() {
        let environment = environment(&[]);
        let flags = UrlFlags::default();
        let near =
            url_target("minio+http://127.0.0.1:9000/bucket", &flags, &environment).expect("near");
        assert_eq!(near.risks.len(), 1);
        let far = "minio+http://minio.example.com/bucket";
        let error = url_target(far, &flags, &environment)
            .expect_err("far")
            .to_string();
        assert!(error.starts_with("TARGET: plain http"), "{error}");
        let flags = UrlFlags {
            allow_http: true,
            ..UrlFlags::default()
        };
        assert!(url_target(far, &flags, &environment).is_ok());
    }

    #[test]
    fn azure_takes_the_first_credential_it_finds() {
        let guid = "11111111-2222-3333-4444-555555555555";
        let string = "AccountName=acme;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/acme";
        let all = [
            ("AZURE_STORAGE_CONNECTION_STRING", string),
            ("AZURE_STORAGE_KEY", "a2V5"),
            ("AZURE_STORAGE_SAS_TOKEN", "?sv=1&sig=x"),
            ("AZURE_CLIENT_SECRET", "hunter2"),
            ("AZURE_CLIENT_ID", guid),
            ("AZURE_TENANT_ID", "acme.com"),
        ];
        let kinds: Vec<_> = [1, 2, 3, 6]
            .into_iter()
            .map(|set| {
                let flags = UrlFlags {
                    endpoint_url: (set == 6).then(|| "https://127.0.0.1:1/acme".to_owned()),
                    ..UrlFlags::default()
                };
                let environment = all.into_iter().take(set).collect();
                let target =
                    url_target("azure://acme/backups", &flags, &environment).expect("target");
                let StoreConfig::Azure(store) = target.store else {
                    panic!("not Azure");
                };
                match store.credentials {
                    AzureCredentials::Application(_) => "principal",
                    AzureCredentials::ManagedIdentity(_) => "managed",
                    AzureCredentials::AccountKey(_) => "key",
                    AzureCredentials::Sas(_) => "sas",
                }
            })
            .collect();
        assert_eq!(kinds, ["key", "key", "sas", "principal"]);
    }

    #[test]
    fn without_azure_credentials_the_identity_of_the_machine_is_asked_for() {
        let guid = "11111111-2222-3333-4444-555555555555";
        for (variables, expected) in [
            (&[][..], Which::System),
            (
                &[("AZURE_CLIENT_ID", guid)],
                Which::ClientId(guid.to_owned()),
            ),
        ] {
            let flags = UrlFlags::default();
            let environment = variables.iter().copied().collect();
            let target = url_target("azure://acme/backups", &flags, &environment).expect("target");
            let StoreConfig::Azure(store) = target.store else {
                panic!("not Azure");
            };
            let AzureCredentials::ManagedIdentity(identity) = store.credentials else {
                panic!("{:?}", store.credentials);
            };
            assert_eq!(identity.which, expected);
            let passed: Vec<_> = identity
                .passed_over
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(
                passed,
                [
                    "client secret: AZURE_CLIENT_SECRET is not set",
                    "client certificate: AZURE_CLIENT_CERTIFICATE_PATH is not set",
                    "workload identity: AZURE_FEDERATED_TOKEN_FILE is not set",
                    "shared access signature: AZURE_STORAGE_SAS_TOKEN is not set",
                    "account key: AZURE_STORAGE_KEY is not set",
                    "connection string: AZURE_STORAGE_CONNECTION_STRING is not set",
                ]
            );
        }
    }

    #[test]
    fn an_account_lies_in_the_cloud_that_everything_agrees_on() {
        let key = ("AZURE_STORAGE_KEY", "a2V5");
        for (url, variables, host) in [
            (
                "azure://acme/backups",
                &[key][..],
                "acme.blob.core.windows.net",
            ),
            (
                "azure://acme/backups",
                &[("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us")],
                "acme.blob.core.usgovcloudapi.net",
            ),
            (
                "azure://acme/backups",
                &[("AZURE_CLOUD_NAME", "azureChinaCloud")],
                "acme.blob.core.chinacloudapi.cn",
            ),
            // An authority that is set for others has no say against a key.
            (
                "https://acme.blob.core.usgovcloudapi.net/backups",
                &[
                    key,
                    ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com"),
                ],
                "acme.blob.core.usgovcloudapi.net",
            ),
        ] {
            let environment = variables.iter().copied().collect();
            let target = url_target(url, &UrlFlags::default(), &environment).expect(url);
            let StoreConfig::Azure(store) = target.store else {
                panic!("not Azure");
            };
            assert_eq!(store.host(), host);
        }
    }

    #[test]
    fn tokens_never_go_over_plain_http() {
        let environment: Environment = [("AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=x")]
            .into_iter()
            .collect();
        for (endpoint, fine) in [
            ("http://127.0.0.1:10000/acme", true),
            ("http://10.0.0.5:10000/acme", false),
            ("https://10.0.0.5:10000/acme", true),
        ] {
            let flags = UrlFlags {
                endpoint_url: Some(endpoint.to_owned()),
                allow_http: true,
                ..UrlFlags::default()
            };
            let result = url_target("azure://acme/backups", &flags, &environment);
            assert_eq!(result.is_ok(), fine, "{endpoint}");
        }
    }

    #[test]
    fn half_an_access_key_is_an_error() {
        let environment: Environment = [("AWS_SECRET_ACCESS_KEY", "hunter2")].into_iter().collect();
        let error = url_target("s3://acme", &UrlFlags::default(), &environment).expect_err("half");
        let error = error.to_string();
        assert!(
            error.contains("AWS_ACCESS_KEY_ID") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
