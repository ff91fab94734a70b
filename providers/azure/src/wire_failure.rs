//! A request without an answer: what the failures of the HTTP client mean.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use backstop_contract::{ErrorKind, Sent};

use crate::transport::NotResolved;

/// What is said when a proxy wants to know who asks.
pub(crate) const PROXY_WANTS: &str = "the proxy wants a user and a password";

/// A request without an answer, or an answer that broke off; it holds no URL.
#[derive(Debug, Clone)]
pub(crate) struct WireFailure {
    kind: ErrorKind,
    sent: Sent,
    text: String,
}

impl WireFailure {
    /// Returns what it means.
    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns whether the request can have had an effect.
    pub(crate) fn sent(&self) -> Sent {
        self.sent
    }

    /// Creates the failure of an answer that is longer than any of the service's.
    pub(crate) fn endless(longest: usize) -> Self {
        Self {
            kind: ErrorKind::MalformedResponse,
            sent: Sent::Answered,
            text: format!("the answer is longer than {longest} bytes"),
        }
    }

    /// Creates the failure of an answer that kept silent.
    pub(crate) fn silent(patience: Duration) -> Self {
        Self {
            kind: ErrorKind::TimedOut,
            sent: Sent::Maybe,
            text: format!("nothing came for {} ms", patience.as_millis()),
        }
    }
}

impl fmt::Display for WireFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for WireFailure {}

/// Decides what a failure of the HTTP client means.
pub(crate) fn of(error: reqwest::Error) -> WireFailure {
    let error = error.without_url();
    let (before, is_timeout) = (error.is_connect() || error.is_builder(), error.is_timeout());
    let Causes { mark, root } = Causes::of(&error);
    let kind = match mark {
        Some(Mark::NotResolved) => ErrorKind::NameNotResolved,
        Some(Mark::Tls) => ErrorKind::TlsRejected,
        Some(Mark::Proxy) => ErrorKind::Unauthenticated,
        // No connection in time.
        _ if is_timeout => ErrorKind::TimedOut,
        Some(Mark::NoHttp) => ErrorKind::MalformedResponse,
        // A header that cannot be sent, such as a token with a line break.
        None if error.is_builder() => ErrorKind::Unexpected,
        // Refused, reset, closed, broken off.
        None => ErrorKind::Unreachable,
    };
    WireFailure {
        kind,
        sent: if before { Sent::No } else { Sent::Maybe },
        text: root,
    }
}

/// What a cause is known by; of several the first decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// The name has no address.
    NotResolved,
    /// The certificate or the protocol was refused, also when the server speaks no TLS.
    Tls,
    /// A proxy wants to know who asks.
    Proxy,
    /// The answer is no HTTP.
    NoHttp,
}

impl Mark {
    fn of(cause: &(dyn StdError + 'static)) -> Option<Self> {
        let is_parse = |error: &hyper::Error| error.is_parse();
        if cause.is::<NotResolved>() {
            Some(Self::NotResolved)
        } else if cause.is::<rustls::Error>() {
            Some(Self::Tls)
        } else if cause.downcast_ref().is_some_and(is_parse) {
            Some(Self::NoHttp)
        } else if cause.to_string().ends_with("proxy authorization required") {
            // The type of this failure is the HTTP client's own affair.
            Some(Self::Proxy)
        } else {
            None
        }
    }
}

/// What the causes of a failure tell.
struct Causes {
    mark: Option<Mark>,
    root: String,
}

impl Causes {
    fn of(error: &(dyn StdError + 'static)) -> Self {
        let (mut marks, mut root) = (Vec::new(), String::new());
        let mut next = Some(error);
        while let Some(cause) = next {
            marks.extend(Mark::of(cause));
            root = cause.to_string();
            // An I/O error skips what it wraps when asked for its source.
            let wrapped = cause
                .downcast_ref::<std::io::Error>()
                .and_then(std::io::Error::get_ref);
            next = match wrapped {
                Some(inner) => Some(inner),
                None => cause.source(),
            };
        }
        let mark = marks.into_iter().min();
        if mark == Some(Mark::Proxy) {
            PROXY_WANTS.clone_into(&mut root);
        }
        Self { mark, root }
    }
}

#[cfg(test)]
mod tests {
    use backstop_testkit::{Response, Scripted};

    use super::*;

    #[tokio::test]
    async fn a_proxy_that_lets_nothing_pass_is_told_from_one_that_asks() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        for (status, kind, told) in [
            (407, ErrorKind::Unauthenticated, PROXY_WANTS),
            (403, ErrorKind::Unreachable, "tunnel"),
        ] {
            let refused = Response::new(status, "").with("Connection", "close");
            let proxy = Scripted::sequence(vec![refused.into()]).expect("a proxy");
            let client = reqwest::Client::builder()
                .tls_certs_only([])
                .proxy(reqwest::Proxy::all(proxy.endpoint()).expect("a proxy"))
                .build()
                .expect("a client");
            let error = client.get("https://blob.invalid/").send().await;
            let failure = of(error.expect_err("no tunnel"));
            assert_eq!((failure.kind(), failure.sent()), (kind, Sent::No));
            assert!(failure.to_string().contains(told), "{failure}");
        }
    }
}
