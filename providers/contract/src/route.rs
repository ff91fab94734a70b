//! Where requests go.

use std::fmt;

/// Where the requests of a store go, as its provider's client sends them; nothing secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The host that is asked, the bucket before it where that is how it is addressed.
    pub target: Hop,
    /// The same host without the bucket before it, where there is one.
    pub parent: Option<String>,
    /// The path under which the service is, with a slash at its end.
    pub path: String,
    /// Whether requests are encrypted.
    pub secure: bool,
    /// The proxy on the way.
    pub proxy: Option<Proxy>,
}

/// One host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The name or the address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// A proxy on the way, without its user and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Where it is.
    pub hop: Hop,
    /// What is spoken with it, such as `http`.
    pub scheme: String,
    /// The variable that names it, where one does.
    pub variable: Option<String>,
}

impl Hop {
    /// Takes the host of a URL, which is in brackets when it is an address of the sixth version.
    #[must_use]
    pub fn new(host: &str, port: u16) -> Self {
        let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        Self {
            host: bare.unwrap_or(host).to_owned(),
            port,
        }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Proxy {
    /// Takes a proxy by its URL's parts; without a port it has the one of its scheme.
    #[must_use]
    pub fn new(scheme: &str, host: &str, port: Option<u16>, variable: Option<&str>) -> Self {
        let usual = match scheme {
            "https" => 443,
            "http" => 80,
            _ => 1080,
        };
        Self {
            hop: Hop::new(host, port.unwrap_or(usual)),
            scheme: scheme.to_owned(),
            variable: variable.map(str::to_owned),
        }
    }

    /// Returns its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.hop)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {}", self.url())?;
        match &self.variable {
            Some(variable) => write!(f, " (from {variable})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hops_and_proxies_are_written_as_they_are_typed() {
        assert_eq!(Hop::new("[::1]", 9000).to_string(), "[::1]:9000");
        assert_eq!(Hop::new("h", 1).to_string(), "h:1");
        let proxy = Proxy::new("http", "p", None, Some("HTTP_PROXY"));
        assert_eq!(proxy.to_string(), "the proxy http://p:80 (from HTTP_PROXY)");
    }
}
