//! Timing of silence: a request or an answer may take long, but it must not stand still.
//!
//! # Why
//!
//! The SDK's read timeout runs from the first byte of the request to the head of the answer, so a
//! part of 1 GiB on a slow line would be cut off while it makes progress; and nothing of the SDK
//! bounds the gap between two chunks of a small answer. Its stalled-stream protection measures a
//! throughput instead, with a grace of its own. One clock that every moved chunk sets back
//! replaces all three.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use crate::wire::{Room, WireError};

/// The largest piece of a request's body that is handed to the connection at once, in bytes.
///
/// A body in memory is one chunk; cut into pieces, its progress can be seen.
const PIECE: usize = 64 * 1024;

/// How many bytes may lie in the sockets' buffers between us and the server, unseen.
const BUFFERED: u64 = 8 * 1024 * 1024;

/// How a request moves.
#[derive(Debug, Clone)]
pub(crate) struct Progress(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    last: Instant,
    handed: u64,
    taken: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            last: Instant::now(),
            handed: 0,
            taken: false,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, bytes: usize) {
        let mut state = self.state();
        state.last = Instant::now();
        state.handed += bytes as u64;
    }

    /// Returns whether a connection took the request over, so that it may have been sent.
    pub(crate) fn taken(&self) -> bool {
        self.state().taken
    }

    /// Returns when the silence has lasted for `limit`.
    ///
    /// What was handed to the connection may still be on its way at 1 MB/s.
    fn deadline(&self, limit: Duration) -> Instant {
        let state = self.state();
        state.last + limit + Duration::from_micros(state.handed.min(BUFFERED))
    }

    /// Waits for `work` as long as no silence of it is longer than `limit`.
    pub(crate) async fn bound<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            if let Ok(done) = timeout_at(self.deadline(limit), work.as_mut()).await {
                return Some(done);
            }
            if self.deadline(limit) <= Instant::now() {
                return None;
            }
        }
    }
}

/// A request's body that notes each piece the connection takes.
struct Sending {
    body: SdkBody,
    rest: Bytes,
    progress: Progress,
}

/// Wraps a request's body, so that `progress` follows it; an empty one too, since the connection
/// looks at it when it takes the request over.
pub(crate) fn sending(body: SdkBody, progress: Progress) -> SdkBody {
    SdkBody::from_body_1_x(Sending {
        body,
        rest: Bytes::new(),
        progress,
    })
}

impl Body for Sending {
    type Data = Bytes;
    type Error = aws_smithy_types::body::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let piece = self.rest.len().min(PIECE);
        self.progress.note(piece);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.progress.state().taken = true;
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.body.content_length() {
            Some(length) => SizeHint::with_exact(length + self.rest.len() as u64),
            None => SizeHint::default(),
        }
    }
}

/// An answer's body that fails when no chunk comes for `limit`, or more than there is room for.
struct Receiving {
    body: SdkBody,
    room: Room,
    left: Room,
    limit: Duration,
    silence: Option<Pin<Box<Sleep>>>,
}

/// Wraps an answer's body, so that it can neither stand still nor be larger than `room`.
pub(crate) fn receiving(body: SdkBody, limit: Duration, room: Room) -> SdkBody {
    if body.content_length() == Some(0) {
        return body;
    }
    SdkBody::from_body_1_x(Receiving {
        body,
        room,
        left: room,
        limit,
        silence: None,
    })
}

impl Room {
    /// Returns what is left behind a piece of the answer; nothing where it was too large.
    #[expect(
        clippy::naive_bytecount,
        reason = "a piece is a few KiB; the lint's crate is no gain there"
    )]
    fn without(self, piece: &[u8]) -> Option<Self> {
        // What is no text need not be looked through.
        let marks = if self.marks == u64::MAX {
            0
        } else {
            piece.iter().filter(|byte| **byte == b'<').count() as u64
        };
        Some(Self {
            bytes: self.bytes.checked_sub(piece.len() as u64)?,
            marks: self.marks.checked_sub(marks)?,
        })
    }
}

impl Body for Receiving {
    type Data = Bytes;
    type Error = aws_smithy_types::body::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.silence = None;
            if let Some(Ok(data)) = frame
                .as_ref()
                .map(|frame| frame.as_ref().map(Frame::data_ref))
            {
                let data = data.map_or(&[][..], |data| &data[..]);
                let Some(left) = self.left.without(data) else {
                    let error = WireError::endless_body(self.room);
                    return Poll::Ready(Some(Err(error.into())));
                };
                self.left = left;
            }
            let frame =
                frame.map(|frame| frame.map_err(|error| WireError::in_body(&*error).into()));
            return Poll::Ready(frame);
        }
        // The clock runs only while somebody waits: a slow reader is not a silent server.
        let limit = self.limit;
        let silence = self
            .silence
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + limit)));
        ready!(silence.as_mut().poll(context));
        Poll::Ready(Some(Err(WireError::stalled_body(limit).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
