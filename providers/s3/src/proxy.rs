//! The proxy on the way to a host, for people to read.

use std::fmt;

use aws_smithy_http_client::proxy::ProxyConfig;
use hyper_util::client::proxy::matcher::Matcher;

/// The variables that name a proxy, by the scheme of the request; the first that is set holds.
const VARIABLES: [(&str, [&str; 4]); 2] = [
    (
        "https",
        ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
    ),
    (
        "http",
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    ),
];

/// Which proxy leads to which host.
pub(crate) struct Proxy {
    /// What the HTTP client goes by.
    pub(crate) config: ProxyConfig,
    /// The same once more, to be asked.
    matcher: Matcher,
    of_environment: bool,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest may hold a user and a password.
        f.debug_struct("Proxy")
            .field("of_environment", &self.of_environment)
            .finish_non_exhaustive()
    }
}

impl Proxy {
    /// Takes the proxies that the environment names.
    pub(crate) fn of_environment() -> Self {
        Self {
            config: ProxyConfig::from_env(),
            matcher: Matcher::from_env(),
            of_environment: true,
        }
    }

    /// Takes one proxy for everything.
    #[cfg(test)]
    pub(crate) fn of_test(url: &str) -> Self {
        Self {
            config: ProxyConfig::all(url).expect("a proxy"),
            matcher: Matcher::builder().all(url).build(),
            of_environment: false,
        }
    }

    /// Says which proxy a request goes through, if any, without its user and password.
    pub(crate) fn on_the_way_to(&self, uri: &str) -> Option<String> {
        self.leading_to(uri).map(|proxy| format!("through {proxy}"))
    }

    /// Returns the proxy that a request goes through, if any.
    pub(crate) fn leading_to(&self, uri: &str) -> Option<backstop_contract::Proxy> {
        let uri = uri.parse::<http::Uri>().ok()?;
        let found = self.matcher.intercept(&uri)?;
        let proxy = found.uri();
        Some(backstop_contract::Proxy::new(
            proxy.scheme_str().unwrap_or("http"),
            proxy.host()?,
            proxy.port_u16(),
            self.variable(uri.scheme_str()?),
        ))
    }

    fn variable(&self, scheme: &str) -> Option<&'static str> {
        let is_set = |name: &&&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let (_, names) = VARIABLES.iter().find(|(of, _)| *of == scheme)?;
        let name = names.iter().find(is_set).copied();
        name.filter(|_| self.of_environment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let proxy = Proxy::of_test("http://user:planted-password@proxy.example:3128");
        let fact = proxy.on_the_way_to("https://sts.eu-west-1.amazonaws.com/?x=y");
        assert_eq!(
            fact.as_deref(),
            Some("through the proxy http://proxy.example:3128")
        );
        assert!(!format!("{proxy:?}").contains("planted"));
    }
}
