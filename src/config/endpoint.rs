//! The address of a service.

use std::fmt;

use url::Url;

use super::host::{Reach, reach};
use super::origin::Located;
use super::problem::ConfigError;

/// The address of a service: scheme, host and port, and nothing secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
}

/// What an endpoint may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndpointRules<'a> {
    /// Whether plain http was allowed by the user, wherever the host is.
    pub(super) allow_http: bool,
    /// The one path segment that may follow, such as the account of an Azure emulator.
    pub(super) path: Option<&'a str>,
}

impl Endpoint {
    /// Takes an endpoint as written.
    ///
    /// # Errors
    ///
    /// It is not a URL of http or https, has a path, query or credentials, or would cross a public
    /// network unencrypted. What may hold a secret is not repeated.
    pub(super) fn new(
        written: &Located<String>,
        rules: EndpointRules<'_>,
    ) -> Result<Self, ConfigError> {
        let refuse = |problem: &str| Err(ConfigError::new(&written.origin, problem));
        let Ok(url) = Url::parse(written.value.trim()) else {
            return refuse("not a URL; expected one such as https://minio.example.com:9000");
        };
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return refuse("expected a URL that begins with https:// or http:// and names a host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(
                "it holds a user name or password, so it is not repeated here; credentials belong \
                 in files or variables of their own",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse(
                "it has a query, which may hold a signature, so it is not repeated here; expected \
                 scheme, host and port alone",
            );
        }
        let path = url.path().trim_matches('/');
        if !path.is_empty() && rules.path != Some(path) {
            return refuse(match rules.path {
                None => "it has a path; expected scheme, host and port alone",
                Some(_) => {
                    "it has a path that is not the account's name; expected scheme, host and \
                     port, and for an emulator the account behind them"
                }
            });
        }
        let endpoint = Self { url };
        if endpoint.is_plain() && endpoint.reach() == Reach::Public && !rules.allow_http {
            return refuse(
                "plain http would send requests over a public network unencrypted; use https, or \
                 set allow_http = true (with a URL: --allow-http) where the network is trusted",
            );
        }
        Ok(endpoint)
    }

    /// Returns the endpoint as a URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Returns whether requests go over plain http.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// Returns the host as it is written in the URL.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(super) fn reach(&self) -> Reach {
        self.url.host().as_ref().map_or(Reach::Public, reach)
    }

    /// Returns what there is to say about it, in a sentence without a period.
    pub(super) fn risk(&self) -> Option<String> {
        let host = self.host();
        match (self.is_plain(), self.reach()) {
            (false, _) => None,
            (true, Reach::Loopback) => Some(format!(
                "plain http to this machine ({host}): right for a trial, not for backups"
            )),
            (true, _) => Some(format!(
                "plain http to {host}: backups and requests cross the network unencrypted"
            )),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::origin::Origin;

    fn endpoint(text: &str, allow_http: bool, path: Option<&str>) -> Result<Endpoint, ConfigError> {
        let written = Located::new(text.to_owned(), Origin::Flag("--endpoint-url"));
        Endpoint::new(&written, EndpointRules { allow_http, path })
    }

    #[test]
    fn plain_http_stays_near() {
        for good in [
            "http://127.0.0.1:9000",
            "http://localhost",
            "http://10.0.0.5:9000/",
        ] {
            let endpoint = endpoint(good, false, None).expect(good);
            assert_eq!(endpoint.as_str(), good.trim_end_matches('/'));
            assert!(endpoint.risk().is_some(), "{good}");
        }
        assert!(endpoint("http://minio.example.com", false, None).is_err());
        assert!(endpoint("http://minio.example.com", true, None).is_ok());
        let https = endpoint("https://minio.example.com", false, None).expect("https");
        assert_eq!(https.risk(), None);
    }

    #[test]
    fn what_may_be_secret_is_refused_and_not_repeated() {
        for bad in [
            "https://user:hunter2@host",
            "https://hunter2@host",
            "https://host/?sig=hunter2",
            "https://host/#hunter2",
            "ftp://hunter2",
            "hunter2",
            "https://host/hunter2",
        ] {
            let error = endpoint(bad, true, None).expect_err(bad).to_string();
            assert!(error.starts_with("--endpoint-url: "), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_emulator_may_have_the_account_behind_it() {
        let url = "http://127.0.0.1:10000/devstoreaccount1";
        assert!(endpoint(url, false, None).is_err());
        let taken = endpoint(url, false, Some("devstoreaccount1")).expect("taken");
        assert_eq!(taken.as_str(), url);
        assert!(endpoint(url, false, Some("other")).is_err());
    }
}
