//! The HTTP client under the SDK: every answer observed, every silence timed.
//!
//! # Why
//!
//! An interceptor of the SDK sees an attempt; only the connector sees the request leave, so it can
//! say whether one was sent. All of it is therefore done here, once, for the bucket's requests and
//! for those that fetch credentials.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws_smithy_http_client::pool;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use backstop_contract::{ErrorKind, Exchange, Operation, Sent, WireObserver, current_attempt};
use jiff::Timestamp;
use url::Url;

use crate::classify;
use crate::pace::{Progress, receiving, sending};
use crate::proxy::Proxy;
use crate::route::is_direct;
use crate::trust::Trust;

/// How much of an answer is taken that is no object: it is held in memory before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// Its length, in bytes.
    pub(crate) bytes: u64,
    /// Its marks `<`: what is read becomes far larger than its text, for every element alike.
    pub(crate) marks: u64,
}

impl Room {
    /// An object: it is not collected, and it is no text.
    const OBJECT: Self = Self {
        bytes: u64::MAX,
        marks: u64::MAX,
    };
    /// A page of 1,000 keys has less than 4 MiB, and fewer than 40 marks for each.
    const PAGE: Self = Self {
        bytes: 4 * 1024 * 1024,
        marks: 60_000,
    };
    /// Everything else fits on a page of paper.
    const WORD: Self = Self {
        bytes: 1024 * 1024,
        marks: 20_000,
    };

    /// A refusal is a sentence, whatever was asked; a run may have many of them at the same time.
    const REFUSAL: Self = Self {
        bytes: 64 * 1024,
        marks: 1_000,
    };

    fn of(operation: Operation, is_success: bool) -> Self {
        match operation {
            _ if !is_success => Self::REFUSAL,
            Operation::GetObject => Self::OBJECT,
            // A lifecycle may have 1,000 rules.
            Operation::ListObjects
            | Operation::ListVersions
            | Operation::ListUploads
            | Operation::ListParts
            | Operation::Inspect => Self::PAGE,
            _ => Self::WORD,
        }
    }
}

/// A request that got no answer, or an answer that broke off.
#[derive(Debug, Clone)]
pub(crate) struct WireError {
    pub(crate) kind: ErrorKind,
    pub(crate) sent: Sent,
    pub(crate) text: String,
    /// The status, where a proxy answered instead of the host.
    pub(crate) status: Option<u16>,
    /// Which proxy was on the way, if any.
    pub(crate) through: Option<String>,
}

/// The proxy that an answer came through.
#[derive(Debug, Clone)]
pub(crate) struct Through(pub(crate) String);

/// How a proxy says that it wants a user and a password.
const PROXY_AUTHORIZATION: u16 = 407;

impl WireError {
    /// Names a failure that no proxy had a part in.
    pub(crate) fn new(kind: ErrorKind, sent: Sent, text: String) -> Self {
        Self {
            kind,
            sent,
            text,
            status: None,
            through: None,
        }
    }

    /// Names a proxy that let nothing pass.
    fn at_the_door(through: String) -> Self {
        Self {
            status: Some(PROXY_AUTHORIZATION),
            through: Some(through),
            ..Self::new(
                ErrorKind::Unauthenticated,
                Sent::No,
                "the proxy wants a user and a password".to_owned(),
            )
        }
    }

    /// Names the failure of an answer's body, whose request was sent for certain.
    pub(crate) fn in_body(error: &(dyn StdError + 'static)) -> Self {
        let (kind, text) = classify::broken(error);
        Self::new(kind, Sent::Maybe, text)
    }

    /// Names an answer that is longer than any of this service's.
    pub(crate) fn endless_body(room: Room) -> Self {
        let Room { bytes, marks } = room;
        let text = format!("the answer is longer than {bytes} bytes or {marks} elements");
        Self::new(ErrorKind::MalformedResponse, Sent::Answered, text)
    }

    /// Names the silence in the middle of an answer's body.
    pub(crate) fn stalled_body(limit: Duration) -> Self {
        let text = format!("the answer's body stood still for {limit:?}");
        Self::new(ErrorKind::TimedOut, Sent::Maybe, text)
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for WireError {}

/// The HTTP client of one store.
#[derive(Debug, Clone)]
pub(crate) struct Wire(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// For hosts behind the proxy, where there is one.
    far: Pools,
    /// For hosts that no proxy leads to.
    direct: Pools,
    proxy: Proxy,
    trust: Trust,
    silence: Silence,
    observer: Arc<dyn WireObserver>,
}

/// How long nothing may come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Silence {
    /// Of nearly every request.
    pub(crate) usual: Duration,
    /// Of one that completes an upload: the service puts the object together before it answers.
    pub(crate) completion: Duration,
}

impl Silence {
    fn of(self, operation: Operation) -> Duration {
        match operation {
            Operation::CompleteMultipart => self.completion,
            _ => self.usual,
        }
    }
}

/// The connections of one way out.
#[derive(Debug, Default)]
struct Pools {
    plain: OnceLock<pool::Client>,
    secure: OnceLock<pool::Client>,
}

impl Wire {
    pub(crate) fn new(
        trust: Trust,
        silence: Silence,
        proxy: Proxy,
        observer: Arc<dyn WireObserver>,
    ) -> Self {
        Self(Arc::new(Shared {
            far: Pools::default(),
            direct: Pools::default(),
            proxy,
            trust,
            silence,
            observer,
        }))
    }

    /// Prepares the client for one scheme and way, so that what is wrong with it shows before a
    /// request.
    ///
    /// Roots are read for TLS alone: a plain endpoint does not pay for them.
    pub(crate) fn prepare(&self, secure: bool, direct: bool) -> Result<&pool::Client, String> {
        let (pools, proxy) = if direct {
            (&self.0.direct, ProxyConfig::disabled())
        } else {
            (&self.0.far, self.0.proxy.config.clone())
        };
        let held = if secure { &pools.secure } else { &pools.plain };
        if let Some(client) = held.get() {
            return Ok(client);
        }
        let builder = pool::ConnectionPool::builder().proxy_config(proxy);
        let pool = if secure {
            builder
                .tls_provider(Provider::rustls(CryptoMode::Ring))
                .tls_context(self.0.trust.context()?)
                .build_https()
        } else {
            builder.build_http()
        }
        .map_err(|error| error.to_string())?;
        let client = pool::Client::new(&pool).map_err(|error| error.to_string())?;
        Ok(held.get_or_init(|| client))
    }

    /// Returns the proxy that leads to a URL, if any.
    pub(crate) fn proxy_to(&self, url: &Url) -> Option<backstop_contract::Proxy> {
        let proxy = Some(&self.0.proxy).filter(|_| !is_direct(url));
        proxy.and_then(|proxy| proxy.leading_to(url.as_str()))
    }

    /// Bounds the body of an answer and marks the way that it came.
    fn received(
        &self,
        asked: &Asked,
        mut response: HttpResponse,
        through: Option<String>,
    ) -> Result<HttpResponse, ConnectorError> {
        if let Some(through) = through {
            if response.status().as_u16() == PROXY_AUTHORIZATION {
                let failure = WireError::at_the_door(through);
                return Err(ConnectorError::other(failure.into(), None));
            }
            response.add_extension(Through(through));
        }
        let body = response.take_body();
        let room = Room::of(asked.operation, response.status().is_success());
        let silence = self.0.silence.of(asked.operation);
        *response.body_mut() = receiving(body, silence, room);
        Ok(response)
    }

    fn note(&self, asked: &Asked, response: Option<&HttpResponse>) {
        let header = |name| response.and_then(|response| response.headers().get(name));
        self.0.observer.observe(&Exchange {
            operation: asked.operation,
            status: response.map(|response| response.status().as_u16()),
            request_id: request_id(response),
            date: header("date").and_then(parse_date),
            elapsed: asked.at.elapsed(),
            attempt: asked.attempt,
        });
    }
}

/// Returns the id that a service gave its answer: the token service has a header of its own.
pub(crate) fn request_id(response: Option<&HttpResponse>) -> Option<String> {
    let headers = response?.headers();
    let id = ["x-amz-request-id", "x-amzn-requestid"]
        .iter()
        .find_map(|name| headers.get(*name));
    id.map(str::to_owned)
}

/// Reads the time of a Date header.
pub(crate) fn parse_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Line {
            wire: self.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

/// The client with the settings of one request.
#[derive(Debug)]
struct Line {
    wire: Wire,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

struct Asked {
    operation: Operation,
    attempt: u32,
    at: Instant,
}

impl HttpConnector for Line {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let secure = request.uri().starts_with("https:");
        let direct = Url::parse(request.uri()).is_ok_and(|url| is_direct(&url));
        let connector = match self.wire.prepare(secure, direct) {
            Ok(client) => client.http_connector(&self.settings, &self.components),
            Err(reason) => {
                let failure = WireError::new(ErrorKind::TlsRejected, Sent::No, reason);
                return HttpConnectorFuture::ready(Err(ConnectorError::other(
                    failure.into(),
                    None,
                )));
            }
        };
        let asked = Asked {
            // What no operation of the store sent was sent to get its credentials.
            operation: request
                .extension::<Operation>()
                .copied()
                .unwrap_or(Operation::Authenticate),
            attempt: current_attempt(),
            at: Instant::now(),
        };
        let host = host_of(request.uri());
        let proxy = Some(&self.wire.0.proxy).filter(|_| !direct);
        let through = proxy.and_then(|proxy| proxy.on_the_way_to(request.uri()));
        let progress = Progress::new();
        let body = request.take_body();
        *request.body_mut() = sending(body, progress.clone());
        let wire = self.wire.clone();
        HttpConnectorFuture::new(async move {
            let silence = wire.0.silence.of(asked.operation);
            let answer = progress.bound(silence, connector.call(request)).await;
            let (kind, text) = match answer {
                Some(Ok(response)) => {
                    wire.note(&asked, Some(&response));
                    return wire.received(&asked, response, through);
                }
                Some(Err(error)) => failed(&error, &host),
                None => (ErrorKind::TimedOut, format!("no answer within {silence:?}")),
            };
            wire.note(&asked, None);
            let sent = if progress.taken() {
                Sent::Maybe
            } else {
                Sent::No
            };
            let failure = match through {
                Some(through) if text.contains("proxy authorization required") => {
                    WireError::at_the_door(through)
                }
                through => WireError {
                    through,
                    ..WireError::new(kind, sent, text)
                },
            };
            Err(ConnectorError::other(failure.into(), None))
        })
    }
}

fn failed(error: &ConnectorError, host: &str) -> (ErrorKind, String) {
    let (kind, text) = classify::broken(error);
    match kind {
        ErrorKind::NameNotResolved => (kind, format!("{host}: {text}")),
        _ => (kind, text),
    }
}

fn host_of(uri: &str) -> String {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest).to_owned()
}
