//! The way to the service, and what the network answers on it.
//!
//! A [`Prober`] resolves, connects and shakes hands beside the first requests of a run and never
//! before them, so that a run pays nothing for it. [`Heard`] keeps what the run's own answers tell
//! of the way: that there are any, and the server's clock.
//!
//! # Why
//!
//! The requests themselves say only that they failed. Which address was not there, which
//! certificate is the wrong one and who answers in place of the service is seen by whoever walks
//! the way step by step; nothing of it is sent along with a credential.

mod ask;
mod certificate;
mod handshake;
mod heard;
mod join;
mod prober;
mod range;
mod resolve;
pub mod speaker;
mod tunnel;

pub use backstop_contract::{Hop, Proxy, Route};
pub use handshake::{Obstacle, Shaken};
pub use heard::Heard;
pub use join::{Joined, Refusal};
pub use prober::Prober;
pub use range::range;
pub use resolve::{Miss, Resolved};
