//! What the proxy can do to connections, requests and answers.

use std::time::Duration;

use crate::Response;

/// One way in which the wire breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nobody listens any more, and open connections are reset.
    Refused,
    /// Connections are taken and nobody speaks on them, the open ones included.
    Silent,
    /// The certificate ended long ago; open connections are closed. Only over TLS, as all of this kind.
    ExpiredCertificate,
    /// The certificate is of an authority that nobody knows.
    UnknownCertificate,
    /// The certificate is for another name.
    MisnamedCertificate,
    /// The hello is answered with an alert: no version of TLS is had by both.
    OldTls,
    /// The request is swallowed: the server never sees it, and no answer comes.
    BlackHole,
    /// The connection is reset before any answer; the server never sees the request.
    ResetBeforeHead,
    /// The server does it, the head of its answer comes, and the connection is reset.
    ResetAfterHead,
    /// The server does it, and the connection is reset after so many bytes of the answer's body.
    ResetAt(usize),
    /// The server does it, and the connection is closed before any answer.
    LostReply,
    /// The request is late by so much.
    Latency(Duration),
    /// The answer comes byte by byte, each after so long.
    Drip(Duration),
    /// The head announces more than comes before the connection is closed.
    Truncated,
    /// The head announces one byte less than comes; of an empty body it announces some.
    WrongLength,
    /// The lowest bit of one byte of the body is another one, counted from 0.
    FlippedBit(usize),
    /// The body never ends.
    EndlessBody,
    /// The head never ends.
    EndlessHeaders,
    /// This is answered, and the server never sees the request.
    Answer(Response),
    /// A redirect to the same path at another base URL is answered, and the server never sees the request.
    Redirect(String),
}

impl Fault {
    /// Says whether it is one of connections: it holds from the first request that it is meant for on.
    #[must_use]
    pub fn is_of_connections(&self) -> bool {
        matches!(
            self,
            Self::Refused
                | Self::Silent
                | Self::ExpiredCertificate
                | Self::UnknownCertificate
                | Self::MisnamedCertificate
                | Self::OldTls
        )
    }

    /// Says whether the server gets to see the request.
    pub(super) fn reaches_the_server(&self) -> bool {
        !self.is_of_connections()
            && !matches!(
                self,
                Self::BlackHole | Self::ResetBeforeHead | Self::Answer(_) | Self::Redirect(_)
            )
    }
}
