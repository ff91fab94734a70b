//! Every way to come by credentials, and what went wrong on it.
//!
//! | module | holds |
//! | --- | --- |
//! | `loader` | one value for all requests of a store: fetched once, kept, renewed |
//! | `source` | the ways by name, and what they share |
//! | `chain` | the usual order of ways, each link heard about |
//! | `environment`, `profile`, `process` | what lies on this machine |
//! | `node`, `container` | what the surroundings hand out over HTTP |
//! | `roles`, `sts` | what the token service gives for other credentials, or for a token |
//! | `token` | the token of an OIDC provider: its file, and what it claims |
//! | `document`, `http` | JSON with credentials, and the requests that fetch it |
//! | `shape` | what looks wrong with an access key |
//!
//! # Why
//!
//! The SDK has most of these. It hides what a verifier must tell: which link of its chain had none
//! and why, the status and the code of a refusal, and that a link which is configured and fails
//! makes way for the next one, so that requests succeed as somebody else. Only single sign-on is
//! left to it.

mod chain;
mod container;
mod document;
mod environment;
mod held;
mod http;
mod loader;
mod node;
mod process;
mod profile;
mod roles;
mod shape;
mod source;
mod sts;
mod token;

pub(crate) use chain::needs_tokens;
pub(crate) use held::Failure;
pub(crate) use http::Http;
pub(crate) use loader::Loader;
pub(crate) use node::{Node, Patience};
pub(crate) use source::{Around, Source};
pub(crate) use sts::{Caller, NO_ROLE, Sts, not_storage};

/// Reads bytes as everything that hands out credentials may write.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn try_bytes(bytes: &[u8]) {
    for writer in [document::Writer::Service, document::Writer::Command] {
        // What is wrong is told; here it is enough that something is.
        let _ = document::read(bytes, writer);
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = token::facts(&text);
    let _ = shape::doubts(&text, &text, Some(&text));
}
