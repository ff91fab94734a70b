//! Where requests go.

/// Where the requests of a store go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The host that is asked, the bucket before it where that is how it is addressed.
    pub target: Hop,
    /// The same host without the bucket before it, where there is one.
    pub parent: Option<String>,
    /// Whether requests are encrypted.
    pub secure: bool,
    /// The proxy on the way; its credentials are not part of it.
    pub proxy: Option<Hop>,
}

/// One host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The name or the address.
    pub host: String,
    /// The port.
    pub port: u16,
}
