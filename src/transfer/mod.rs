//! Bytes to a store and back: in parts, in parallel, in bounded memory, each part hashed once.
//!
//! | file | holds |
//! | --- | --- |
//! | `pool` | the memory and the requests that all transfers of a command share |
//! | `source` | where bytes come from: a file by offset, a pipe, memory |
//! | `part` | how large parts are, and what is known of each |
//! | `upload` | bytes to one object |
//! | `download` | one object to a file or a pipe |
//! | `progress` | who is told how far it is |
//! | `error` | what went wrong |
//!
//! # Why
//!
//! The SHA-256 of a part is computed where its bytes are read, handed down to the provider, which
//! signs the request with it, and returned, so that a manifest can keep it: one pass over the bytes.
//! A download is believed part by part against the same hashes. What has no hashes is held to its
//! length alone, and its caller is told so.

mod download;
mod error;
mod part;
mod pool;
mod progress;
mod source;
#[cfg(test)]
mod tests;
mod upload;

pub use download::{
    Downloaded, Proof, Wanted, download, download_by, download_to, owner_beside, partial_of,
};
pub use error::TransferError;
pub use part::{PartSum, hex, part_sizes};
pub use pool::{Left, Pool, PoolOptions};
pub use progress::{OneOfMany, Progress, Silent};
pub use source::Source;
pub use upload::{SHA256, UploadOptions, Uploaded, upload};
