//! Azure Blob Storage behind the contract of Backstop.
//!
//! [`connect()`] turns an [`AzureConfig`] into an [`AzureStore`] without sending anything.
//!
//! | module | holds |
//! | --- | --- |
//! | [`config`], [`credentials`] | what is needed to reach a container |
//! | [`mod@connect`] | the HTTP client, the pipelines, the faults of a configuration |
//! | `transport`, `observe`, `shared_key`, `sas`, `entra` | the one HTTP stack and what sits on it |
//! | `ask` | one request in the making: its place, its failures, its success |
//! | `request`, `listing` | what the SDK's clients have no knob for |
//! | [`store`], `list`, `body`, `multipart`, `inspect` | the operations |
//! | `classify`, `evidence` | what a refusal means, and what is kept of it |
//! | `policy` | the data actions that each operation needs |
//!
//! # Why
//!
//! `azure_storage_blob` carries what it can carry exactly: facts, deletes and blocks. It has no
//! delimiter, splits a download into parallel requests and computes no wrong checksum on purpose, so
//! listings, reads and writes go through the same `azure_core` pipeline from `request`. Both use
//! one transport, one credential and one set of policies; the SDK's retries are off.

mod ask;
mod body;
mod classify;
pub mod config;
pub mod connect;
pub mod credentials;
mod entra;
mod evidence;
mod inspect;
mod list;
mod listing;
mod multipart;
mod observe;
mod policy;
mod request;
mod sas;
mod shared_key;
pub mod store;
mod transport;

pub use config::AzureConfig;
pub use connect::{ConnectError, connect};
pub use credentials::AzureCredentials;
pub use store::{AzureStore, PROVIDER};
