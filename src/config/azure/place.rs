//! Where everything is: the blob service, the authority, the management plane.

use super::cloud::{self, Cloud, Hint};
use super::credentials::AzureCredentials;
use super::form::AzureForm;
use crate::config::connection_string::ConnectionString;
use crate::config::endpoint::{Endpoint, EndpointRules};
use crate::config::environment::Environment;
use crate::config::names;
use crate::config::origin::{Located, Origin};
use crate::config::problem::{ConfigError, Problems};

/// The places that are named, and what they tell of the cloud.
pub(super) struct Place {
    pub(super) endpoint: Option<Endpoint>,
    pub(super) endpoint_origin: Origin,
    pub(super) suffix: Option<String>,
    pub(super) authority: Option<Endpoint>,
    pub(super) management: Option<Endpoint>,
    hints: Vec<Hint>,
    /// The authority's own, which counts where a token is asked for.
    of_authority: Option<Hint>,
    authority_written: bool,
}

impl Place {
    /// Reads the places of a form, of its connection string and of the environment.
    pub(super) fn of(
        form: &AzureForm,
        string: Option<&ConnectionString>,
        account: Option<&str>,
        environment: &Environment,
        problems: &mut Problems,
    ) -> Self {
        let mut hints = Vec::new();
        let cloud = form.cloud.clone();
        let cloud = cloud.or_else(|| environment.located("AZURE_CLOUD_NAME"));
        if let Some(written) = &cloud {
            let named = problems.keep(Cloud::of_name(written));
            hints.extend(named.map(|cloud| Hint::named(cloud, &written.origin)));
        }
        let suffix = suffix(form, problems);
        let url = form.endpoint_url.clone();
        let url = url.or_else(|| string.filter(|_| suffix.is_none())?.endpoint.clone());
        let endpoint = problems.keep_some(url.as_ref().map(|url| {
            let allow_http = form.allow_http.as_ref().is_some_and(|allow| allow.value);
            let path = account;
            Endpoint::new(url, EndpointRules { allow_http, path })
        }));
        let endpoint_origin = url.map_or_else(|| form.origin.clone(), |url| url.origin);
        if let Some(endpoint) = &endpoint {
            hints.extend(Hint::of_host(
                "the endpoint",
                endpoint.host(),
                &endpoint_origin,
            ));
        }
        if let (Some(suffix), Some(written)) = (&suffix, &form.endpoint_suffix) {
            hints.extend(Hint::of_host("the suffix", suffix, &written.origin));
        }
        if let Some(suffix) = string.and_then(|string| string.suffix.as_ref()) {
            hints.extend(Hint::of_host("the suffix", &suffix.value, &suffix.origin));
        }
        let management = form.management_endpoint.as_ref();
        let management = management.and_then(|url| encrypted(url, "a token", problems));
        if let (Some(management), Some(written)) = (&management, &form.management_endpoint) {
            let host = management.host();
            hints.extend(Hint::of_host("the management plane", host, &written.origin));
        }
        let (authority, of_authority) = authority(form, environment, problems);
        Self {
            of_authority,
            authority_written: form.authority_host.is_some(),
            endpoint,
            endpoint_origin,
            suffix,
            authority,
            management,
            hints,
        }
    }

    /// Returns the cloud that everything agrees on; what does not is a problem.
    ///
    /// An authority that the environment names has no say against an account key, which never
    /// goes there.
    pub(super) fn cloud(
        &mut self,
        credentials: &AzureCredentials,
        problems: &mut Problems,
    ) -> Cloud {
        let counts = credentials.by_token() || self.authority_written || self.hints.is_empty();
        let hint = self.of_authority.take().filter(|_| counts);
        self.hints.extend(hint);
        cloud::agreed(&self.hints, problems)
    }
}

/// Returns the authority, and what it tells of the cloud.
fn authority(
    form: &AzureForm,
    environment: &Environment,
    problems: &mut Problems,
) -> (Option<Endpoint>, Option<Hint>) {
    let written = form.authority_host.clone();
    let Some(url) = written.or_else(|| environment.located("AZURE_AUTHORITY_HOST")) else {
        return (None, None);
    };
    let authority = encrypted(&url, "the client secret", problems);
    let hint = authority
        .as_ref()
        .and_then(|authority| Hint::of_host("the authority", authority.host(), &url.origin));
    (authority, hint)
}

fn suffix(form: &AzureForm, problems: &mut Problems) -> Option<String> {
    let written = form.endpoint_suffix.as_ref()?;
    if form.endpoint_url.is_some() {
        let problem = "endpoint_url names the whole host already; drop endpoint_suffix";
        problems.add(ConfigError::new(&written.origin, problem));
    }
    super::checked(written, names::check_suffix, problems)
}

/// Takes the address of something that is sent what nobody on the way may see.
fn encrypted(written: &Located<String>, what: &str, problems: &mut Problems) -> Option<Endpoint> {
    let mut url = written.clone();
    if !url.value.contains("://") {
        url.value.insert_str(0, "https://");
    }
    let rules = EndpointRules {
        allow_http: true,
        path: None,
    };
    let endpoint = problems.keep(Endpoint::new(&url, rules))?;
    if endpoint.is_plain() {
        let problem = format!("{what} is sent to it, so plain http is never used; expected https");
        problems.add(ConfigError::new(&url.origin, problem));
    }
    Some(endpoint)
}
