//! What a target says of its place, for what is asked before there are credentials.
//!
//! A policy is written before anybody has the credentials it is for. So no secret is read here, none
//! has to be there, and no certificate either.

use backstop_contract::KeyPrefix;

use crate::report::Access;

use super::azure::Cloud;
use super::backups::BackupsForm;
use super::environment::Environment;
use super::file::{StoreForm, TargetForm};
use super::origin::{Located, Origin};
use super::problem::{ConfigErrors, Problems};
use super::s3::{Encryption, S3Store};
use super::target::{self, StoreConfig, Target};
use super::url::{self, UrlFlags};

/// What a target says of its place, without who asks.
#[derive(Debug, Clone)]
pub struct Outline {
    /// Its name in the configuration, or the URL that was given.
    pub name: String,
    /// What its credentials are meant to be able to do.
    pub access: Access,
    /// The prefix that backups are written under.
    pub prefix: KeyPrefix,
    /// The sandbox's folder under the prefix.
    pub folder: String,
    /// The place.
    pub place: Whereabouts,
}

/// The place of a target, by provider.
#[derive(Debug, Clone)]
pub enum Whereabouts {
    /// A bucket of Amazon S3 or of a store that speaks its protocol.
    S3 {
        /// The bucket's name, or the alias of an access point.
        bucket: String,
        /// The region, where one is named.
        region: Option<String>,
        /// The host of the endpoint, where one is named.
        endpoint: Option<String>,
        /// The encryption that puts ask for.
        encryption: Option<Encryption>,
    },
    /// A bucket of `MinIO`.
    Minio {
        /// The bucket's name.
        bucket: String,
    },
    /// A container of Azure Blob Storage.
    Azure {
        /// The storage account.
        account: String,
        /// The container.
        container: String,
        /// The cloud.
        cloud: Cloud,
    },
}

/// Says where a URL leads, without any credentials.
///
/// # Errors
///
/// The URL, a flag or a variable is wrong. A URL that may hold a secret is not repeated.
pub fn url_outline(
    text: &str,
    flags: &UrlFlags,
    environment: &Environment,
) -> Result<Outline, ConfigErrors> {
    let mut problems = Problems::default();
    let environment = environment.without_credentials();
    let form = url::form(text, flags, &environment, &mut problems)?;
    of_form(form, &environment, problems)
}

/// Says where a target is, from its form.
pub(super) fn of_form(
    mut form: TargetForm,
    environment: &Environment,
    mut problems: Problems,
) -> Result<Outline, ConfigErrors> {
    form.levels.clear();
    form.expect_principal = None;
    form.backups = BackupsForm::default();
    form.ping = None;
    // Nothing is sent, so plain http endangers nothing.
    let plain = Some(Located::new(true, Origin::Argument));
    match &mut form.store {
        StoreForm::S3(form) | StoreForm::Minio(form) => {
            form.credentials = None;
            form.ca_file = None;
            form.allow_http = plain;
        }
        StoreForm::Azure(form) => {
            form.forget_credentials();
            form.allow_http = plain;
        }
    }
    let environment = environment.without_credentials();
    let target = target::validate(form, &environment, &[], &mut problems);
    problems.finish(target.map(Outline::of))
}

impl Outline {
    fn of(target: Target) -> Self {
        let place = match target.store {
            StoreConfig::S3(S3Store {
                bucket,
                region,
                endpoint,
                encryption,
                ..
            }) => Whereabouts::S3 {
                bucket,
                region,
                endpoint: endpoint.map(|endpoint| endpoint.host().to_owned()),
                encryption,
            },
            StoreConfig::Minio(store) => Whereabouts::Minio {
                bucket: store.bucket,
            },
            StoreConfig::Azure(store) => Whereabouts::Azure {
                account: store.account,
                container: store.container,
                cloud: store.cloud,
            },
        };
        Self {
            name: target.name,
            access: target.access,
            prefix: target.prefix,
            folder: target.folder,
            place,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::ConfigFile;

    const FILE: &str = r#"
[targets.amazon]
access = "put-get"
[targets.amazon.s3]
bucket = "acme-backups"
prefix = "production/"
region = "cn-north-1"
encryption = "SSE-KMS"
kms_key_id = "arn:aws-cn:kms:cn-north-1:123456789012:key/1"
ca_file = "/nowhere/ca.pem"
[targets.amazon.s3.credentials]
access_key_id = "AKIDEXAMPLE"
secret_access_key_file = "/nowhere/secret"
[targets.microsoft.azure]
account = "acmebackups"
container = "backups"
management = true
sas_token_env = "NOT_SET"
[targets.microsoft.levels]
checksum = "required"
"#;

    #[test]
    fn no_credential_has_to_be_there() {
        let nothing = Environment::default();
        let file = ConfigFile::parse(Path::new("b.toml"), FILE.to_owned()).expect("a file");
        let names: Vec<String> = file.names().to_vec();
        for name in &names {
            assert!(
                file.targets(std::slice::from_ref(name), &nothing, &[])
                    .is_err(),
                "{name}: it cannot be verified"
            );
            let outline = file.outline(name, &nothing).expect(name);
            assert_eq!(outline.name, *name);
        }
        let amazon = file.outline("amazon", &nothing).expect("amazon");
        assert_eq!(
            (amazon.access, amazon.folder.as_str()),
            (Access::PutGet, ".backstop")
        );
        assert!(matches!(
            amazon.place,
            Whereabouts::S3 { region: Some(region), encryption: Some(Encryption::SseKms { key_id: Some(_) }), .. }
                if region == "cn-north-1"
        ));
        let error = file
            .outline("amazone", &nothing)
            .expect_err("unknown")
            .to_string();
        assert!(error.contains("amazon, microsoft"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_the_credentials_of_the_environment_does_not_matter() {
        let environment: Environment = [
            ("AWS_SECRET_ACCESS_KEY", "half"),
            ("AWS_CA_BUNDLE", "/nowhere"),
            (
                "AZURE_STORAGE_CONNECTION_STRING",
                "AccountName=other;AccountKey=a2V5",
            ),
            ("AWS_REGION", "us-gov-west-1"),
        ]
        .into_iter()
        .collect();
        let flags = UrlFlags::default();
        let outline = url_outline("s3://acme/a", &flags, &environment).expect("s3");
        assert!(matches!(
            outline.place,
            Whereabouts::S3 { region: Some(region), .. } if region == "us-gov-west-1"
        ));
        let outline = url_outline("azure://acme/backups", &flags, &environment).expect("azure");
        assert!(matches!(
            outline.place,
            Whereabouts::Azure { account, .. } if account == "acme"
        ));
        let error = url_outline("s3://Acme", &flags, &environment).expect_err("a name");
        assert!(error.to_string().contains("upper-case"));
    }
}
