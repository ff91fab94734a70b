//! A service that is told of the beginning and the end of a run, as healthchecks.io understands it:
//! <https://healthchecks.io/docs/http_api/>.
//!
//! # Why
//!
//! What watches from outside notices the run that never began, which nothing inside can tell. Whoever
//! has the URL can tell the service that all is well, so it is a secret: nothing here prints it, and
//! no error of the HTTP client, which would, leaves this module.

use std::error::Error as StdError;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use backstop_contract::Secret;
use reqwest::{Client, Response, redirect, retry};
use tokio::time::timeout;
use url::Url;

/// The longest that one ping may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of a body that the service takes unless it says otherwise, and the most that are
/// ever sent.
const LIMIT: usize = 10_000;
/// The header by which the service says how much it takes.
const LIMIT_HEADER: &str = "ping-body-limit";
/// How much of an answer is looked at, in bytes.
const ANSWER: usize = 64;
/// Answers with a good status that say no all the same.
const REFUSALS: [&str; 2] = ["OK (not found)", "OK (rate limited)"];

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The run begins.
    Start,
    /// It ended well.
    Success,
    /// It did not.
    Fail,
}

impl Signal {
    /// Returns what it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Success => "success",
            Self::Fail => "fail",
        }
    }
}

/// Where a ping goes, and whom to trust there.
#[derive(Clone)]
pub struct Address {
    /// The URL that the service gave.
    pub url: Secret,
    /// Certificates in PEM to trust beside the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// Whether plain http may go to other machines than this one.
    pub allow_http: bool,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("ca_pem", &self.ca_pem.is_some())
            .field("allow_http", &self.allow_http)
            .finish_non_exhaustive()
    }
}

/// Why a URL cannot be pinged, in words that do not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit(&'static str);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Why a ping was not taken, in words that do not repeat the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Looks whether a URL can be pinged.
///
/// # Errors
///
/// It is no URL, not of https or http, or would cross a network unencrypted.
pub fn check(url: &str, allow_http: bool) -> Result<(), Unfit> {
    parse(url, allow_http).map(drop)
}

fn parse(text: &str, allow_http: bool) -> Result<Url, Unfit> {
    let url = Url::parse(text.trim()).map_err(|_| {
        Unfit("not a URL, so it is not repeated here; expected one such as https://hc-ping.com/ID")
    })?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Err(Unfit(
            "expected a URL that begins with https:// and names a host; it is not repeated here",
        ));
    }
    if url.scheme() == "http" && !is_loopback(&url) && !allow_http {
        return Err(Unfit(
            "plain http would show the URL, which is a secret, to the network; use https, or set \
             allow_http = true beside it where the network is trusted",
        ));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Pings of one run, which the service knows to belong together.
pub struct Pinger {
    client: Client,
    url: Url,
    run: String,
}

impl fmt::Debug for Pinger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pinger").finish_non_exhaustive()
    }
}

impl Pinger {
    /// Prepares the pings of one run; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The URL cannot be pinged, or the certificates cannot be read.
    pub fn new(address: &Address) -> Result<Self, Failure> {
        let url = parse(address.url.expose(), address.allow_http);
        let url = url.map_err(|unfit| Failure(unfit.to_string()))?;
        Ok(Self {
            client: client(&url, address.ca_pem.as_deref())?,
            url,
            run: random_uuid(),
        })
    }

    /// Sends a signal with the last lines of a text, at most `limit` bytes of them, and returns how
    /// many bytes the service takes.
    ///
    /// # Errors
    ///
    /// It was not taken in time, or not at all.
    pub async fn send(&self, signal: Signal, text: &str, limit: usize) -> Result<usize, Failure> {
        let request = self
            .client
            .post(self.url_of(signal))
            .header("content-type", "text/plain; charset=utf-8")
            .body(last_lines(text, limit.min(LIMIT)).to_owned());
        let exchange = async {
            let answer = request.send().await.map_err(|error| told(&error))?;
            taken(answer).await
        };
        let late = |_| Failure(format!("no answer within {} s", PATIENCE.as_secs()));
        timeout(PATIENCE, exchange).await.map_err(late)?
    }

    /// How many bytes are sent where the service did not say how many it takes.
    pub const LIMIT: usize = LIMIT;

    fn url_of(&self, signal: Signal) -> Url {
        let mut url = self.url.clone();
        let word = match signal {
            Signal::Success => "",
            Signal::Start | Signal::Fail => signal.name(),
        };
        if !word.is_empty() {
            let path = format!("{}/{word}", url.path().trim_end_matches('/'));
            url.set_path(&path);
        }
        url.query_pairs_mut().append_pair("rid", &self.run);
        url
    }
}

fn client(url: &Url, ca_pem: Option<&[u8]>) -> Result<Client, Failure> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // A failure means that somebody else was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let mut builder = Client::builder()
        .http1_only()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .user_agent(concat!("backstop/", env!("CARGO_PKG_VERSION")));
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    if url.scheme() != "https" {
        // No roots at all: loading the system's takes longer than a request.
        builder = builder.tls_certs_only([]);
    } else if let Some(pem) = ca_pem {
        let unread = |_| Failure("the certificates to trust cannot be read".to_owned());
        let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(unread)?;
        builder = builder.tls_certs_merge(certificates);
    }
    let unbuilt = |_| Failure("the system's certificates cannot be read".to_owned());
    builder.build().map_err(unbuilt)
}

/// Reads whether the service took a ping, and how large a body it takes.
async fn taken(mut answer: Response) -> Result<usize, Failure> {
    let status = answer.status();
    let limit = answer.headers().get(LIMIT_HEADER);
    let limit = limit.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    if status.is_redirection() {
        let text = format!("http {}: redirects are not followed", status.as_u16());
        return Err(Failure(text));
    }
    if !status.is_success() {
        return Err(Failure(format!("http {}", status.as_u16())));
    }
    let mut said = Vec::new();
    while said.len() < ANSWER {
        match answer.chunk().await {
            Ok(Some(chunk)) => said.extend_from_slice(&chunk[..chunk.len().min(ANSWER)]),
            // It was taken; what else was to be said is no matter.
            Ok(None) | Err(_) => break,
        }
    }
    match REFUSALS
        .iter()
        .find(|refusal| said.starts_with(refusal.as_bytes()))
    {
        Some(refusal) => Err(Failure(format!("the service answered {refusal:?}"))),
        None => Ok(limit.unwrap_or(LIMIT)),
    }
}

/// Tells why no answer came, without the words of the client, which hold the URL.
fn told(error: &reqwest::Error) -> Failure {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = next {
        if cause.is::<rustls::Error>() {
            return Failure("TLS failed: its certificate is not trusted here".to_owned());
        }
        // An I/O error skips what it wraps when asked for its source.
        let wrapped = cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    let words = if error.is_connect() {
        "no connection came about"
    } else {
        "the connection broke"
    };
    Failure(words.to_owned())
}

/// Returns as many last lines as fit; of a line that is longer, its end.
fn last_lines(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let start = (text.len() - limit..=text.len()).find(|at| text.is_char_boundary(*at));
    let tail = &text[start.unwrap_or(text.len())..];
    match tail.split_once('\n') {
        Some((_, rest)) if !rest.is_empty() => rest,
        _ => tail,
    }
}

/// Makes a random UUID of version 4.
fn random_uuid() -> String {
    let random = || RandomState::new().hash_one(std::process::id());
    let (high, low) = (random(), random());
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_stays_on_this_machine_or_is_encrypted() {
        for (url, allow_http, good) in [
            ("https://hc.example/ping/1", false, true),
            ("https://hc.example/ping/key/slug?create=1", false, true),
            ("http://127.0.0.1:8000/ping/1", false, true),
            ("http://localhost/ping/1", false, true),
            ("http://[::1]/ping/1", false, true),
            ("http://10.0.0.1/hunter2", false, false),
            ("http://10.0.0.1/hunter2", true, true),
            ("http://localhost.example/hunter2", false, false),
            ("ftp://hunter2", true, false),
            ("hunter2", true, false),
            ("", true, false),
        ] {
            let checked = check(url, allow_http);
            assert_eq!(checked.is_ok(), good, "{url}");
            let told = format!("{checked:?} {}", checked.err().unwrap_or(Unfit("")));
            assert!(!told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn each_signal_has_its_address() {
        for (url, signal, expected) in [
            ("https://h/p", Signal::Start, "https://h/p/start?rid=R"),
            ("https://h/p", Signal::Success, "https://h/p?rid=R"),
            ("https://h/p/", Signal::Fail, "https://h/p/fail?rid=R"),
            (
                "https://h/k/slug?create=1",
                Signal::Fail,
                "https://h/k/slug/fail?create=1&rid=R",
            ),
            (
                "https://h/k/slug?create=1",
                Signal::Success,
                "https://h/k/slug?create=1&rid=R",
            ),
        ] {
            let address = Address {
                url: Secret::new(url.replace("https", "http")),
                ca_pem: None,
                allow_http: true,
            };
            let pinger = Pinger::new(&address).expect("a pinger");
            assert_eq!(pinger.run.len(), 36);
            let made = pinger.url_of(signal).to_string().replace(&pinger.run, "R");
            assert_eq!(made.replace("http:", "https:"), expected);
            let shown = format!("{address:?} {pinger:?}");
            assert!(
                !shown.contains("slug") && !shown.contains("http://"),
                "{shown}"
            );
        }
    }

    #[test]
    fn the_last_lines_are_kept_whole() {
        for (text, limit, expected) in [
            ("a\nb\nc\n", 100, "a\nb\nc\n"),
            ("aaa\nb\nc\n", 5, "b\nc\n"),
            ("aaa\nb\nc\n", 4, "c\n"),
            ("aaaa", 2, "aa"),
            ("éé", 3, "é"),
            ("aaa\n", 2, "a\n"),
            ("abc", 0, ""),
        ] {
            assert_eq!(last_lines(text, limit), expected, "{text:?} {limit}");
        }
    }

    #[test]
    fn every_run_has_an_id_of_its_own() {
        let (one, other) = (random_uuid(), random_uuid());
        assert_ne!(one, other);
        let groups: Vec<_> = one.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert_eq!(one.chars().nth(14), Some('4'));
        assert!(
            one.chars().nth(19).is_some_and(|c| "89ab".contains(c)),
            "{one}"
        );
    }
}
