//! Which proxy a request goes through: the HTTP client decides, and this says so.

use backstop_contract::Proxy;
use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use crate::config;

/// The variables that name a proxy, in the order in which the HTTP client reads them.
const OF_HTTPS: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const OF_HTTP: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// Returns the proxy that requests to a URL go through, without its user and password.
pub(crate) fn leading_to(url: &Url) -> Option<Proxy> {
    proxy_of(url, &Matcher::from_env(), |name| std::env::var(name).ok())
}

/// Tells that requests go through a proxy.
pub(crate) fn fact(proxy: &Proxy) -> String {
    format!("through {proxy}")
}

fn proxy_of(
    url: &Url,
    matcher: &Matcher,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<Proxy> {
    if config::is_loopback(url) {
        return None;
    }
    let target: Uri = url.as_str().parse().ok()?;
    let intercept = matcher.intercept(&target)?;
    let proxy = intercept.uri();
    let names = if url.scheme() == "https" {
        OF_HTTPS
    } else {
        OF_HTTP
    };
    let is_set = |name: &&&str| variable(name).is_some_and(|value| !value.is_empty());
    let from = names.iter().find(is_set).copied();
    // The host alone: a password with an `@` in it ends up before the host, not before the `@`.
    Some(Proxy::new(
        proxy.scheme_str().unwrap_or("http"),
        proxy.host()?,
        proxy.port_u16(),
        Some(from.unwrap_or("the environment")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_is_named_without_its_password() {
        let value = "http://user:planted-proxy-password@proxy.example:3128";
        let matcher = Matcher::builder().https(value).no("near.example").build();
        let set = |name: &str| (name == "https_proxy").then(|| value.to_owned());
        for (url, expected) in [
            (
                "https://acme.blob.core.windows.net/c",
                Some("through the proxy http://proxy.example:3128 (from https_proxy)"),
            ),
            ("http://acme.example/c", None),
            ("https://acme.near.example/c", None),
            ("https://localhost:1/c", None),
            ("https://127.0.0.1:1/c", None),
        ] {
            let url = Url::parse(url).expect("a URL");
            let told = proxy_of(&url, &matcher, set).map(|proxy| fact(&proxy));
            assert_eq!(told.as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn nothing_of_an_odd_password_is_shown() {
        let url = Url::parse("https://acme.blob.core.windows.net/c").expect("a URL");
        for value in [
            "http://user:p@planted@proxy:3128",
            "http://user:pa/planted@proxy:3128",
        ] {
            let matcher = Matcher::builder().https(value).build();
            let proxy = proxy_of(&url, &matcher, |_| Some(value.to_owned()));
            let fact = proxy.map_or_else(String::new, |proxy| fact(&proxy));
            assert!(!fact.contains("planted") && !fact.contains("p@"), "{fact}");
        }
    }
}
