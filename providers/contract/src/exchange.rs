//! Every answer that came over the wire.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::operation::Operation;

/// One wire answer: what was asked and what came back, without anything secret.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The wire request kind.
    pub operation: Operation,
    /// The HTTP status of the answer; absent when no answer came.
    pub status: Option<u16>,
    /// The id the service gave the request.
    pub request_id: Option<String>,
    /// The server's clock, from the answer's Date header.
    pub date: Option<Timestamp>,
    /// The time from sending the request to the head of the answer.
    pub elapsed: Duration,
    /// Which attempt at the operation this was, counted from 1.
    pub attempt: u32,
}

/// Sees every [`Exchange`] of a store, successes and refusals alike.
///
/// It is given to a provider when it connects and is called in the task that made the request.
pub trait WireObserver: fmt::Debug + Send + Sync + 'static {
    /// Takes note of one answer.
    fn observe(&self, exchange: &Exchange);
}
