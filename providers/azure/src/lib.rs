//! Azure Blob Storage behind the contract of Backstop.
//!
//! [`connect()`] turns an [`AzureConfig`] into an [`AzureStore`] without sending anything.
//!
//! | module | holds |
//! | --- | --- |
//! | [`config`], [`credentials`], [`cloud`] | what is needed to reach a container |
//! | [`mod@connect`] | the pipelines, the faults of a configuration |
//! | `client`, `transport`, `proxy`, `observe` | the one HTTP stack and what sits on it |
//! | `shared_key`, `sas` | the signatures |
//! | `tokens` | the tokens, asked for once |
//! | `entra`, `certificate`, `federated`, `metadata` | who issues them, and what proves us |
//! | `who`, `claims`, `challenge`, `management`, `shape` | who we are, and what looks wrong |
//! | `ask` | one request in the making: its place, its failures, its success |
//! | `request`, `listing` | what the SDK's clients have no knob for |
//! | [`store`], `list`, `body`, `multipart`, `inspect` | the operations |
//! | `classify`, `aadsts`, `auth_failure`, `wire_failure`, `evidence` | what a refusal means, and what is kept of it |
//! | `policy` | the data actions that each operation needs |
//!
//! # Why
//!
//! `azure_storage_blob` carries what it can carry exactly: facts, deletes and blocks. It has no
//! delimiter, splits a download into parallel requests and computes no wrong checksum on purpose, so
//! listings, reads and writes go through the same `azure_core` pipeline from `request`. Both use
//! one transport, one credential and one set of policies; the SDK's retries are off.

mod aadsts;
mod ask;
mod auth_failure;
mod body;
mod certificate;
mod challenge;
mod claims;
mod classify;
mod client;
pub mod cloud;
pub mod config;
pub mod connect;
pub mod credentials;
mod entra;
mod evidence;
mod federated;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod foreign;
mod inspect;
mod list;
mod listing;
mod management;
mod metadata;
mod multipart;
mod observe;
mod policy;
mod proxy;
mod request;
mod sas;
mod shape;
mod shared_key;
pub mod store;
mod tokens;
mod transport;
mod who;
mod wire_failure;

pub use certificate::CertificateFault;
pub use cloud::Cloud;
pub use config::AzureConfig;
pub use connect::{ConnectError, connect};
pub use credentials::{Application, AzureCredentials, ManagedIdentity, Proof, Which};
pub use store::{AzureStore, PROVIDER};
