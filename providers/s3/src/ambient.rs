//! What surrounds the process: its variables and the AWS files.
//!
//! # Why
//!
//! Tests cannot set variables of their own process, so everything that credentials depend on is
//! asked here. The types are the SDK's, which can be given by hand.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::Path;

use aws_config::profile::{self, ProfileSet};
use aws_runtime::env_config::EnvConfigValue;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::origin::Origin;
use aws_types::os_shim_internal::{Env, Fs};
use url::Url;

/// The variables of the process, and the files it can read.
#[derive(Clone)]
pub(crate) struct Ambient {
    env: Env,
    fs: Fs,
}

/// Where the token service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenService {
    /// Amazon's, in the region.
    Amazon,
    /// At an address of its own.
    At(String),
    /// At the address that is meant for every service, which is a storage endpoint: refused.
    Storage(String),
}

impl fmt::Debug for Ambient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variables hold secrets.
        f.debug_struct("Ambient").finish_non_exhaustive()
    }
}

impl Ambient {
    /// Takes what surrounds this process.
    pub(crate) fn of_process() -> Self {
        Self {
            env: Env::real(),
            fs: Fs::real(),
        }
    }

    /// Takes what a test wants around it.
    #[cfg(test)]
    pub(crate) fn of_test(variables: &[(&str, &str)], files: &[(&str, &str)]) -> Self {
        let home = [("HOME", "/home/of-test")];
        let variables: Vec<_> = variables.iter().chain(&home).copied().collect();
        Self {
            env: Env::from_slice(&variables),
            fs: Fs::from_slice(files),
        }
    }

    /// Returns a variable, unless it is not set or blank.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = self.env.get(name).ok()?;
        (!value.trim().is_empty()).then_some(value)
    }

    /// Returns whether a variable says yes.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.variable(name)
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
    }

    /// Reads a file.
    pub(crate) async fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.fs.read_to_end(path).await
    }

    /// Reads the AWS files with one profile selected: a named one, else that of `AWS_PROFILE`.
    pub(crate) async fn profiles(&self, name: Option<&str>) -> Result<ProfileSet, String> {
        let name = name.map(|name| Cow::Owned(name.to_owned()));
        profile::load(&self.fs, &self.env, &EnvConfigFiles::default(), name)
            .await
            .map_err(|error| error.to_string())
    }

    /// Finds out where the token service is, as the SDKs do but for what would hand a token to a
    /// store.
    ///
    /// See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>.
    pub(crate) async fn token_service(&self, profile: Option<&str>) -> TokenService {
        let profiles = self.profiles(profile).await.ok();
        let profiles = profiles.as_ref();
        let ignored = |key: &str| {
            let of_profile = profiles.and_then(|profiles| profiles.get(key));
            of_profile.is_some_and(|value| value.eq_ignore_ascii_case("true"))
        };
        if self.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            || ignored("ignore_configured_endpoint_urls")
        {
            return TokenService::Amazon;
        }
        let endpoint = EnvConfigValue::new()
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .service_id("STS");
        let Some((url, source)) = endpoint.load(&self.env, profiles) else {
            return TokenService::Amazon;
        };
        let origin: Origin = (&source).into();
        let own = [
            Origin::service_environment_variable(),
            Origin::service_profile_file(),
        ];
        if own.contains(&origin) {
            TokenService::At(url.into_owned())
        } else {
            TokenService::Storage(without_secrets(&url))
        }
    }
}

/// Returns the scheme, the host and the port of a URL.
fn without_secrets(url: &str) -> String {
    let Ok(url) = Url::parse(url) else {
        return "a storage endpoint".to_owned();
    };
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    format!("{}://{host}{port}", url.scheme())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_token_service_is_never_where_storage_is() {
        let at = |url: &str| TokenService::At(url.to_owned());
        let storage = |url: &str| TokenService::Storage(url.to_owned());
        let general = ("AWS_ENDPOINT_URL", "http://user:planted@minio:9000/x");
        let own = ("AWS_ENDPOINT_URL_STS", "http://sts:9001");
        let ignored = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
        let profile = "[default]\nendpoint_url = http://minio:9000\n";
        let services = "[default]\nendpoint_url = http://minio:9000\nservices = here\n\
                        [services here]\nsts =\n  endpoint_url = http://sts:9001\n";
        for (variables, file, expected) in [
            (vec![], "", TokenService::Amazon),
            (vec![general], "", storage("http://minio:9000")),
            (vec![own], "", at("http://sts:9001")),
            (vec![general, own], "", at("http://sts:9001")),
            (vec![general, ignored], "", TokenService::Amazon),
            (vec![], profile, storage("http://minio:9000")),
            (vec![own], profile, at("http://sts:9001")),
            (vec![], services, at("http://sts:9001")),
            (
                vec![("AWS_ENDPOINT_URL_S3", "http://minio:9000")],
                "",
                TokenService::Amazon,
            ),
        ] {
            let ambient = Ambient::of_test(&variables, &[("/home/of-test/.aws/config", file)]);
            let found = ambient.token_service(None).await;
            assert_eq!(found, expected, "{variables:?} {file}");
        }
    }

    #[test]
    fn debug_shows_no_variable() {
        let ambient = Ambient::of_test(&[("AWS_SECRET_ACCESS_KEY", "planted")], &[]);
        assert!(!format!("{ambient:?}").contains("planted"));
    }
}
