//! From where a verdict is made.

use url::Url;

use crate::config::{Environment, StoreConfig, Target};
use crate::report::Vantage;

/// Returns from where a target is verified: this host, and the proxy that the environment puts in
/// between.
pub(super) fn vantage(target: &Target, environment: &Environment) -> Vantage {
    Vantage {
        host: host_name(environment),
        addresses: Vec::new(),
        proxy: proxy(target, environment),
    }
}

fn host_name(environment: &Environment) -> Option<String> {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let read = files
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok());
    let name = read.or_else(|| environment.get("HOSTNAME").map(str::to_owned))?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Returns the proxy that HTTP clients take from the environment, without its credentials.
fn proxy(target: &Target, environment: &Environment) -> Option<String> {
    let (plain, host) = destination(target);
    let either = |name: &str| {
        let lower = name.to_ascii_lowercase();
        environment.get(&lower).or_else(|| environment.get(name))
    };
    let name = if plain { "HTTP_PROXY" } else { "HTTPS_PROXY" };
    let proxy = either(name).or_else(|| either("ALL_PROXY"))?;
    if either("NO_PROXY").is_some_and(|list| is_exempt(&host, list)) {
        return None;
    }
    // Without a scheme the clients take it for http.
    let url = Url::parse(proxy)
        .ok()
        .filter(Url::has_host)
        .or_else(|| Url::parse(&format!("http://{proxy}")).ok())?;
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    Some(format!("{}://{}{port}", url.scheme(), url.host_str()?))
}

/// Returns whether requests are plain, and the host they go to.
fn destination(target: &Target) -> (bool, String) {
    let endpoint = match &target.store {
        StoreConfig::S3(store) | StoreConfig::Minio(store) => store.endpoint.as_ref(),
        StoreConfig::Azure(store) => store.endpoint.as_ref(),
    };
    match (endpoint, &target.store) {
        (Some(endpoint), _) => (endpoint.is_plain(), endpoint.host().to_owned()),
        (None, StoreConfig::Azure(store)) => {
            (false, format!("{}.blob.core.windows.net", store.account))
        }
        (None, StoreConfig::S3(_) | StoreConfig::Minio(_)) => {
            (false, "s3.amazonaws.com".to_owned())
        }
    }
}

fn is_exempt(host: &str, list: &str) -> bool {
    list.split(',').map(str::trim).any(|entry| {
        let entry = entry.trim_start_matches("*.").trim_start_matches('.');
        let under = |rest: &str| rest.is_empty() || rest.ends_with('.');
        entry == "*" || (!entry.is_empty() && host.strip_suffix(entry).is_some_and(under))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{UrlFlags, url_target};

    fn through(variables: &[(&str, &str)]) -> Option<String> {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
        ];
        let environment: Environment = keys.iter().chain(variables).copied().collect();
        let target = url_target("s3://acme-backups", &UrlFlags::default(), &environment);
        vantage(&target.expect("target"), &environment).proxy
    }

    #[test]
    fn a_proxy_is_named_without_its_credentials() {
        let proxy = through(&[("https_proxy", "http://user:hunter2@proxy.acme.com:3128/")]);
        assert_eq!(proxy.as_deref(), Some("http://proxy.acme.com:3128"));
        let bare = through(&[("ALL_PROXY", "proxy.acme.com:3128")]);
        assert_eq!(bare.as_deref(), Some("http://proxy.acme.com:3128"));
        assert_eq!(through(&[("HTTP_PROXY", "http://proxy.acme.com")]), None);
        assert_eq!(through(&[]), None);
    }

    #[test]
    fn exempt_hosts_are_reached_directly() {
        for (list, exempt) in [
            ("amazonaws.com", true),
            (".amazonaws.com", true),
            ("localhost, *.amazonaws.com", true),
            ("*", true),
            ("naws.com", false),
            ("", false),
        ] {
            let proxy = through(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)]);
            assert_eq!(proxy.is_none(), exempt, "{list}");
        }
    }
}
