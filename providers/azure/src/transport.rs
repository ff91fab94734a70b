//! The one HTTP stack, under the SDK's clients and under our own requests.
//!
//! # Why
//!
//! The SDK's own adapter keeps the URL inside its errors, and with a SAS the URL is the credential;
//! ours reduces a failure to a [`WireFailure`] at once. The read timeout of the HTTP client runs
//! while a body is being sent, which kills a large upload over a slow line; ours is about silence.

use std::error::Error as StdError;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind as CoreKind;
use azure_core::http::headers::{CONTENT_LENGTH, HeaderName, HeaderValue, Headers};
use azure_core::http::response::PinnedStream;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Method, Request};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::{Instant, timeout, timeout_at};

use crate::wire_failure::{self, WireFailure};

/// How much of a body is handed to the connection at once: what "progress" is measured in.
const PIECE: usize = 64 * 1024;
/// How much sent data the operating system may hold back after we have handed it over, in bytes.
const IN_FLIGHT: u64 = 4 * 1024 * 1024;
/// The slowest line whose upload is not called silent, in bytes a second.
const SLOWEST: u64 = 128 * 1024;
/// How much of a refusal is read, in bytes: an error page may be endless.
const LONGEST_REFUSAL: usize = 64 * 1024;
/// How long a page of a listing may be, in bytes: it is held in memory before it is read. One of
/// 5,000 names of 1,024 characters, with all that is told of each, is near 20 MiB.
const LONGEST_PAGE: usize = 24 * 1024 * 1024;
/// How long any other answer may be that is no blob, in bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// How much of an answer's body is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    /// All of it: a blob, which is not collected.
    Blob,
    /// The beginning: a refusal, whose code stands there.
    Refusal,
    /// All of it, and more than this is a failure.
    Answer(usize),
}

impl Room {
    fn of(request: &Request, is_success: bool) -> Self {
        // The one GET with neither a `comp` nor a `restype` is Get Blob; that of the services that say who
        // we are has an `api-version`.
        let reads = request.method() == Method::Get;
        let has = |wanted: &str| request.url().query_pairs().any(|(name, _)| name == wanted);
        // A SAS may have an `api-version` too.
        let named = has("comp") || has("restype") || (has("api-version") && !has("sig"));
        let mut pairs = request.url().query_pairs();
        let lists = reads && pairs.any(|(name, value)| name == "comp" && value == "list");
        match (is_success, reads && !named) {
            (false, _) => Self::Refusal,
            (true, true) => Self::Blob,
            (true, false) if lists => Self::Answer(LONGEST_PAGE),
            (true, false) => Self::Answer(LONGEST_ANSWER),
        }
    }
}

/// Sends a request once and tells its failure without its URL.
#[derive(Debug)]
pub(crate) struct Wire {
    client: reqwest::Client,
    patience: Duration,
    completion: Duration,
}

impl Wire {
    /// Takes the client, and how long an answer may keep silent: any, and that to Put Block List.
    pub(crate) fn new(client: reqwest::Client, patience: Duration, completion: Duration) -> Self {
        Self {
            client,
            patience,
            completion,
        }
    }

    /// Returns how long the answer to a request may keep silent.
    fn silence(&self, request: &Request) -> Duration {
        let mut pairs = request.url().query_pairs();
        let commits = pairs.any(|(name, value)| name == "comp" && value == "blocklist");
        if commits && request.method() == Method::Put {
            self.completion
        } else {
            self.patience
        }
    }
}

#[async_trait]
impl HttpClient for Wire {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let progress = Arc::new(Progress::default());
        let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
            .map_err(|error| azure_core::Error::new(CoreKind::Other, error))?;
        let mut outgoing = self.client.request(method, request.url().clone());
        for (name, value) in request.headers().iter() {
            outgoing = outgoing.header(name.as_str(), value.as_str());
        }
        let size = request.body().len().unwrap_or(0);
        if let Body::Bytes(bytes) = request.body()
            && !bytes.is_empty()
        {
            if request
                .headers()
                .get_optional_str(&CONTENT_LENGTH)
                .is_none()
            {
                outgoing = outgoing.header("content-length", size);
            }
            let pieces = pieces(bytes.clone(), Arc::clone(&progress));
            outgoing = outgoing.body(reqwest::Body::wrap_stream(pieces));
        }
        let silence = self.silence(request);
        let patience = silence + Duration::from_secs(size.min(IN_FLIGHT) / SLOWEST);
        let answer = match within(patience, &progress, outgoing.send()).await {
            Some(Ok(answer)) => answer,
            Some(Err(error)) => return Err(wire_error(wire_failure::of(error))),
            None => return Err(wire_error(WireFailure::silent(silence))),
        };
        let status = answer.status().as_u16();
        let headers = headers(answer.headers());
        let room = Room::of(request, answer.status().is_success());
        let body = incoming(answer.bytes_stream(), silence, room);
        Ok(AsyncRawResponse::new(status.into(), headers, body))
    }
}

fn wire_error(failure: WireFailure) -> azure_core::Error {
    azure_core::Error::with_error(CoreKind::Io, failure, "no answer")
}

fn headers(map: &reqwest::header::HeaderMap) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in map {
        // A header that is not text is none that this service sends.
        if let Ok(value) = value.to_str() {
            headers.insert(
                HeaderName::from(name.as_str().to_owned()),
                HeaderValue::from(value.to_owned()),
            );
        }
    }
    headers
}

/// When the connection last took something of the body.
#[derive(Debug)]
struct Progress(Mutex<Instant>);

impl Default for Progress {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl Progress {
    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the body in pieces, without copying, and notes when each is taken.
fn pieces(
    body: Bytes,
    progress: Arc<Progress>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    stream::iter((0..body.len()).step_by(PIECE)).map(move |start| {
        progress.note();
        Ok(body.slice(start..body.len().min(start + PIECE)))
    })
}

/// Waits for an answer for as long as the body moves, and `patience` longer.
async fn within<F: Future>(
    patience: Duration,
    progress: &Progress,
    answer: F,
) -> Option<F::Output> {
    tokio::pin!(answer);
    loop {
        let deadline = progress.last() + patience;
        if let Ok(answer) = timeout_at(deadline, &mut answer).await {
            return Some(answer);
        }
        if progress.last() + patience <= deadline {
            return None;
        }
    }
}

/// Returns the body of an answer, which ends in an error when it keeps silent for too long.
fn incoming(
    body: impl Stream<Item = reqwest::Result<Bytes>> + Send + 'static,
    patience: Duration,
    room: Room,
) -> PinnedStream {
    let chunks = stream::unfold(Some(Box::pin(body)), move |open| async move {
        let mut body = open?;
        match timeout(patience, body.next()).await {
            Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(body))),
            Ok(Some(Err(error))) => Some((Err(wire_error(wire_failure::of(error))), None)),
            Ok(None) => None,
            Err(_) => Some((Err(wire_error(WireFailure::silent(patience))), None)),
        }
    });
    match room {
        Room::Blob => Box::pin(chunks),
        Room::Refusal => shortened(chunks),
        Room::Answer(room) => bounded(chunks, room),
    }
}

fn bounded(
    body: impl Stream<Item = azure_core::Result<Bytes>> + Send + 'static,
    room: usize,
) -> PinnedStream {
    Box::pin(body.scan(Some(room), move |left, chunk| {
        let kept = left.map(|held| {
            let chunk = chunk?;
            *left = held.checked_sub(chunk.len());
            match left {
                Some(_) => Ok(chunk),
                None => Err(wire_error(WireFailure::endless(room))),
            }
        });
        std::future::ready(kept)
    }))
}

fn shortened(body: impl Stream<Item = azure_core::Result<Bytes>> + Send + 'static) -> PinnedStream {
    Box::pin(body.scan(LONGEST_REFUSAL, |left, chunk| {
        let kept = match chunk {
            _ if *left == 0 => None,
            Ok(chunk) => {
                let kept = chunk.slice(..chunk.len().min(*left));
                *left -= kept.len();
                Some(Ok(kept))
            }
            Err(error) => Some(Err(error)),
        };
        std::future::ready(kept)
    }))
}

/// Resolves names as the standard resolver does, and marks its failure as what it is.
#[derive(Debug)]
pub(crate) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(|error| NotResolved(format!("{}: {error}", name.as_str())))?
                .collect();
            if found.is_empty() {
                return Err(NotResolved("no address".to_owned()).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The failure to resolve a name.
#[derive(Debug)]
pub(crate) struct NotResolved(String);

impl fmt::Display for NotResolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for NotResolved {}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_moves_is_not_silent() {
        let progress = Progress::default();
        let upload = async {
            for _ in 0..20 {
                tokio::time::sleep(SECOND).await;
                progress.note();
            }
        };
        assert_eq!(within(2 * SECOND, &progress, upload).await, Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_stops_is_given_up() {
        let (progress, begun) = (Progress::default(), Instant::now());
        let upload = async {
            tokio::time::sleep(SECOND).await;
            progress.note();
            std::future::pending::<()>().await;
        };
        assert_eq!(within(2 * SECOND, &progress, upload).await, None);
        assert_eq!(begun.elapsed(), 3 * SECOND);
    }

    #[tokio::test]
    async fn a_body_is_cut_into_pieces_and_stays_the_same() {
        let body = Bytes::from(vec![7; 2 * PIECE + 1]);
        let pieces: Vec<_> = pieces(body.clone(), Arc::default()).collect().await;
        let whole: Vec<u8> = pieces.into_iter().flatten().flatten().collect();
        assert_eq!(whole, body);
    }

    #[test]
    fn a_blob_alone_may_be_of_any_length() {
        for (method, url, success, room) in [
            (Method::Get, "https://h/c/k", true, Room::Blob),
            (Method::Get, "https://h/c/k?versionid=1", true, Room::Blob),
            (Method::Get, "https://h/c/k?sv=1&sig=2", true, Room::Blob),
            (
                Method::Get,
                "https://h/c/k?api-version=1&sig=2",
                true,
                Room::Blob,
            ),
            (Method::Get, "https://h/c/k", false, Room::Refusal),
            (
                Method::Get,
                "https://h/c?restype=container&comp=list",
                true,
                Room::Answer(LONGEST_PAGE),
            ),
            (
                Method::Get,
                "https://h/c?restype=container",
                true,
                Room::Answer(LONGEST_ANSWER),
            ),
            (
                Method::Post,
                "https://login/t/token",
                true,
                Room::Answer(LONGEST_ANSWER),
            ),
            (
                Method::Get,
                "http://169.254.169.254/metadata/identity/oauth2/token?api-version=1",
                true,
                Room::Answer(LONGEST_ANSWER),
            ),
            (
                Method::Put,
                "https://h/c/k",
                true,
                Room::Answer(LONGEST_ANSWER),
            ),
        ] {
            let request = Request::new(url::Url::parse(url).expect("a URL"), method);
            assert_eq!(Room::of(&request, success), room, "{url}");
        }
    }

    #[tokio::test]
    async fn an_endless_answer_is_a_failure() {
        let chunk = Bytes::from(vec![b'x'; 1024 * 1024]);
        let endless = stream::repeat_with(move || Ok(chunk.clone()));
        let read: Vec<_> = bounded(endless, LONGEST_PAGE).collect().await;
        assert_eq!(read.len(), 25, "24 MiB and the failure");
        let error = read.into_iter().last().and_then(Result::err);
        assert!(format!("{error:?}").contains("longer than"), "{error:?}");
    }

    #[tokio::test]
    async fn an_endless_refusal_is_read_to_a_limit() {
        let chunk = Bytes::from(vec![b'x'; 50_000]);
        let endless = stream::repeat_with(move || Ok(chunk.clone()));
        let kept: usize = shortened(endless)
            .map(|chunk| chunk.map_or(0, |chunk| chunk.len()))
            .fold(0, |sum, size| std::future::ready(sum + size))
            .await;
        assert_eq!(kept, LONGEST_REFUSAL);
    }
}
