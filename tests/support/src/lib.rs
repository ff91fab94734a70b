//! Provides what Backstop's tests run against: real servers, a fault proxy and scripted answers.
//!
//! - [`Servers`] starts MinIO, Azurite and a small Entra authority, and stops them whatever happens to the test.
//! - [`Residue`] says what a run left behind, read without Backstop's own code.
//! - [`Proxy`] stands before a real server: it delays, counts, loses replies and stops answering.
//! - [`Scripted`] answers with exactly the bytes it was given.
//! - [`BlackHole`] and [`refused_port`] are hosts that are not there.
//! - [`assert_absent`] looks for planted secrets in any of their forms.
//! - [`Cli`] runs the built binary in a clean environment.
//!
//! Everything runs on threads of its own, so that a test may use any runtime, paused clocks included. All traffic stays
//! on the loopback interface.

mod cli;
mod error;
mod listen;
mod listener;
mod proxy;
mod residue;
mod scratch;
mod scripted;
mod secrets;
mod servers;
mod shared_key;
mod sync;
mod wire;

pub use cli::{Cli, Finished, Running};
pub use error::{Error, Result};
pub use listen::{BlackHole, refused_port};
pub use proxy::{Action, Pause, Phase, Proxy, Seen};
pub use residue::{Content, Residue};
pub use scratch::Scratch;
pub use scripted::{Answer, Scripted};
pub use secrets::{assert_absent, forms};
pub use servers::azurite::Azurite;
pub use servers::entra::Entra;
pub use servers::minio::{Bucket, Minio};
pub use servers::{AzuriteEntra, Servers};
pub use wire::{Request, Response};
