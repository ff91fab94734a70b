//! Provides what Backstop's tests run against: real servers, a fault proxy and scripted answers.
//!
//! - [`Servers`] starts MinIO, Azurite and a small Entra authority, and stops them whatever happens to the test.
//! - [`Residue`] says what a run left behind, read without Backstop's own code.
//! - [`Proxy`] stands before a real server: it delays, counts, loses replies, stops answering, and breaks connections,
//!   requests and answers with any [`Fault`].
//! - [`Shown`] is a certificate for a time of the test's choice, and serves with it.
//! - [`Altering`] stands before a real server too, and changes what it answers.
//! - [`Scripted`] answers with exactly the bytes it was given.
//! - [`Imds`], [`ContainerAgent`], [`Oidc`] and [`Sts`] are the services that tell who somebody is on AWS; [`Minted`]
//!   credentials are of the real MinIO. [`Entra`] and [`AzureImds`] are those of Azure. Each refuses what the real one
//!   refuses, in the same words.
//! - [`Tunnel`] is a forward proxy that shows where requests would have gone.
//! - [`BlackHole`] and [`refused_port`] are hosts that are not there.
//! - [`assert_absent`] looks for planted secrets in any of their forms.
//! - [`Readers`] are the parsers of those who read metrics and plugins.
//! - [`Cli`] runs the built binary in a clean environment.
//!
//! Everything runs on threads of its own, so that a test may use any runtime, paused clocks included. All traffic stays
//! on the loopback interface.

mod altering;
mod azure_imds;
mod cli;
mod container;
mod error;
mod fields;
mod imds;
mod jwt;
mod keys;
mod listen;
mod listener;
mod minted;
mod oidc;
mod proxy;
mod readers;
mod residue;
mod scratch;
mod scripted;
mod secrets;
mod servers;
mod shared_key;
mod shown;
mod sigv4;
mod sts;
mod sync;
mod tunnel;
mod wire;

pub use altering::Altering;
pub use azure_imds::AzureImds;
pub use cli::{Cli, Finished, Running};
pub use container::ContainerAgent;
pub use error::{Error, Result};
pub use imds::Imds;
pub use listen::{BlackHole, refused_port};
pub use minted::Minted;
pub use oidc::{Claims, Oidc};
pub use proxy::{Action, Fault, Pause, Phase, Proxy, Seen};
pub use readers::Readers;
pub use residue::{Content, Residue};
pub use scratch::Scratch;
pub use scripted::{Answer, Scripted};
pub use secrets::{assert_absent, forms};
pub use servers::azurite::Azurite;
pub use servers::entra::Entra;
pub use servers::minio::{Bucket, Minio};
pub use servers::{AzuriteEntra, Servers};
pub use shown::Shown;
pub use sts::{Sts, StsRules};
pub use tunnel::Tunnel;
pub use wire::{Request, Response};
