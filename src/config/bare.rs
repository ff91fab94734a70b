//! Targets before there are credentials.

use std::path::Path;

use super::azure::{AzureCredentials, CredentialsForm, Which};
use super::endpoint::Endpoint;
use super::environment::Environment;
use super::file::{StoreForm, TargetForm};
use super::s3::S3Credentials;
use super::target::{StoreConfig, Target};
use crate::report::TargetInfo;

/// Variables that lead to credentials which the providers find by themselves.
const LEADS: [&str; 9] = [
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "IDENTITY_ENDPOINT",
    "IMDS_ENDPOINT",
    "MSI_ENDPOINT",
];

/// Files of Amazon's tools: the variable that names one, and where it is below home otherwise.
const FILES: [(&str, &str); 2] = [
    ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
    ("AWS_CONFIG_FILE", ".aws/config"),
];

impl Target {
    /// Returns whether anything says who asks, be it right or not: the configuration, a variable, a
    /// file of Amazon's tools. That the machine itself may be somebody is not asked.
    #[must_use]
    pub fn has_credentials(&self, environment: &Environment) -> bool {
        let set = || LEADS.iter().any(|name| environment.get(name).is_some());
        let last_link = match &self.store {
            StoreConfig::S3(store) | StoreConfig::Minio(store) => {
                matches!(store.credentials, S3Credentials::Chain) && !has_files(environment)
            }
            StoreConfig::Azure(store) => match &store.credentials {
                AzureCredentials::ManagedIdentity(identity) => {
                    identity.which == Which::System && !identity.passed_over.is_empty()
                }
                _ => false,
            },
        };
        self.own_credentials || !last_link || set()
    }

    /// Returns what a report says of the place, as far as the configuration tells it.
    #[must_use]
    pub fn info(&self) -> TargetInfo {
        let path = match &self.store {
            StoreConfig::S3(store) => store.bucket.clone(),
            StoreConfig::Minio(store) => match &store.endpoint {
                Some(endpoint) => format!("{}/{}", authority(endpoint), store.bucket),
                None => store.bucket.clone(),
            },
            StoreConfig::Azure(store) => format!("{}/{}", store.account, store.container),
        };
        let provider = self.store.provider();
        let location = format!("{provider}://{path}/{}", self.prefix.as_str());
        TargetInfo {
            name: self.name.clone(),
            provider: provider.to_owned(),
            location: if self.prefix.as_str().is_empty() {
                location.trim_end_matches('/').to_owned()
            } else {
                location
            },
            endpoint: self.store.endpoint().map(str::to_owned),
            region: self.store.region().map(str::to_owned),
        }
    }
}

fn authority(endpoint: &Endpoint) -> &str {
    let text = endpoint.as_str();
    text.split_once("://")
        .map_or(text, |(_, authority)| authority)
}

fn has_files(environment: &Environment) -> bool {
    FILES.iter().any(|(variable, usual)| {
        let named = environment.get(variable).map(Path::new);
        let home = environment.get("HOME").map(Path::new);
        named.is_some_and(Path::is_file)
            || (named.is_none() && home.is_some_and(|home| home.join(usual).is_file()))
    })
}

impl TargetForm {
    /// Forgets who asks: their secrets need not be there yet.
    pub(super) fn bare(mut self) -> Self {
        self.backups.reader = None;
        self.ping = None;
        match &mut self.store {
            StoreForm::S3(form) | StoreForm::Minio(form) => form.credentials = None,
            StoreForm::Azure(form) => {
                form.credentials = CredentialsForm::default();
                // It needs a subscription, which stands beside the credentials.
                form.management = None;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ConfigFile, UrlFlags, url_target, url_target_bare};

    #[test]
    fn secrets_that_are_not_there_are_not_missed() {
        let text = "[targets.a.s3]\nbucket = \"acme\"\n[targets.a.s3.credentials]\n\
                    secret_access_key_file = \"/nowhere/key\"\naccess_key_id = \"AKID\"\n\
                    [targets.b.azure]\naccount = \"acme1\"\ncontainer = \"backups\"\n\
                    account_key_file = \"/nowhere/key\"\n";
        let file = ConfigFile::parse(Path::new("b.toml"), text.to_owned()).expect("a file");
        let names = ["a".to_owned(), "b".to_owned()];
        let half: Environment = [("AWS_SECRET_ACCESS_KEY", "x")].into_iter().collect();
        assert!(file.targets(&names, &half, &[]).is_err());
        let bare = file.bare_targets(&names, &half, &[]).expect("targets");
        let places: Vec<_> = bare.iter().map(|target| target.info().location).collect();
        assert_eq!(places, ["s3://acme", "azure://acme1/backups"]);
        let flags = UrlFlags::default();
        assert!(url_target("s3://acme", &flags, &half).is_err());
        assert!(url_target_bare("s3://acme", &flags, &half).is_ok());
    }

    #[test]
    fn it_is_known_whether_anything_says_who_asks() {
        for (url, variables, expected) in [
            ("s3://acme", &[][..], false),
            ("s3://acme", &[("AWS_PROFILE", "backup")], true),
            (
                "s3://acme",
                &[("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "x")],
                true,
            ),
            ("minio://store:9000/acme", &[], false),
            ("azure://acme1/backups", &[], false),
            (
                "azure://acme1/backups",
                &[("AZURE_STORAGE_KEY", "a2V5")],
                true,
            ),
            (
                "azure://acme1/backups",
                &[("IDENTITY_ENDPOINT", "http://127.0.0.1:1")],
                true,
            ),
        ] {
            let environment = variables.iter().copied().collect();
            let target = url_target(url, &UrlFlags::default(), &environment).expect(url);
            assert_eq!(
                target.has_credentials(&environment),
                expected,
                "{url} {variables:?}"
            );
        }
    }
}
