//! What the network answered on the way to the service, as data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the network answered, timed by Backstop itself beside its first requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// The host that requests go to.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether requests are encrypted.
    pub secure: bool,
    /// The proxy on the way, without its credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// What the name led to, in the resolver's order: of the proxy where there is one.
    pub addresses: Vec<Address>,
    /// How long the name took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve_ms: Option<u64>,
    /// Whether the name without the bucket before it has an address; asked only where the one with it
    /// has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_resolves: Option<bool>,
    /// What TLS showed; absent over plain http and where none came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// How the handshake failed, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_failure: Option<String>,
    /// What the other side speaks, where that is not the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<Speaker>,
    /// How far the server's clock is ahead of this host's, in seconds; negative when it is behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_s: Option<i64>,
}

/// One address of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The address.
    pub ip: std::net::IpAddr,
    /// Where such an address leads.
    pub range: Range,
    /// How long a connection took, in milliseconds; absent where none was tried or came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<u64>,
    /// Why no connection came about, where one was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Range {
    /// This machine.
    Loopback,
    /// A private network, such as that of a private endpoint.
    Private,
    /// The link alone, such as a metadata service.
    LinkLocal,
    /// The internet.
    Public,
}

/// What TLS showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// The protocol, such as `TLSv1.3`.
    pub protocol: String,
    /// The certificates that the server sent, its own first.
    pub chain: Vec<Certificate>,
    /// How long the handshake took, in milliseconds.
    pub handshake_ms: u64,
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Whose it is.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The host names and addresses that it is for.
    pub names: Vec<String>,
    /// From when it holds.
    pub not_before: Timestamp,
    /// Until when it holds.
    pub not_after: Timestamp,
    /// The certificate in PEM.
    pub pem: String,
}

/// What the other side speaks, where it is not the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speaker {
    /// What it is.
    pub kind: SpeakerKind,
    /// What gave it away, such as a header or the beginning of the answer, without control characters.
    pub mark: String,
}

/// What answers in place of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpeakerKind {
    /// `MinIO`'s web console.
    MinioConsole,
    /// A login page between this host and the internet.
    CaptivePortal,
    /// A proxy or a gateway with a page of its own.
    Proxy,
    /// A web page of something else.
    WebPage,
    /// A server that wants TLS, asked in plain http.
    WantsTls,
    /// A server of plain http, asked with TLS.
    WantsPlain,
    /// An API for objects, and not the one that was meant: S3 for Azure or the other way round.
    OtherService,
    /// Something else.
    Unknown,
}
