//! The optional behaviours a store has or lacks, and its limits.

use serde::{Deserialize, Serialize};

/// One optional behaviour of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Capability {
    /// A put can be made conditional on the key being absent.
    PutIfAbsent,
    /// An open multipart upload can be aborted.
    AbortMultipart,
    /// Open multipart uploads can be listed.
    ListUploads,
    /// Open multipart uploads are found by the beginning of their keys; elsewhere by a whole key, and
    /// all of the bucket at once.
    ListUploadsByPrefix,
    /// Versions can be listed, read and deleted by their id.
    Versions,
    /// The version that a key shows now can be deleted by its id, without deleting the key first.
    DeleteShownVersion,
    /// A put can declare a Content-MD5 that the service must compare.
    ContentMd5,
    /// A put can declare a CRC32 that the service must compare.
    Crc32,
    /// A put and a part can come with their SHA-256, which the service must compare.
    Sha256,
    /// A delete of an absent key succeeds instead of answering "not found".
    DeleteAbsent,
    /// Listings can be folded at a delimiter.
    Delimiter,
    /// The server can be asked for its liveness and write quorum.
    Health,
}

/// The optional behaviours of a store and its [`Limits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    behaviours: Vec<Capability>,
    /// What the service accepts at most and at least.
    pub limits: Limits,
}

impl Capabilities {
    /// Creates the capabilities of a store.
    #[must_use]
    pub fn new(behaviours: impl Into<Vec<Capability>>, limits: Limits) -> Self {
        Self {
            behaviours: behaviours.into(),
            limits,
        }
    }

    /// Returns whether the store has a behaviour.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.behaviours.contains(&capability)
    }

    /// Returns the same capabilities without one behaviour.
    #[must_use]
    pub fn without(mut self, capability: Capability) -> Self {
        self.behaviours.retain(|held| *held != capability);
        self
    }
}

/// What a service accepts at most and at least, in bytes where not said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The smallest size of a part that is not the last one.
    pub smallest_part: u64,
    /// The largest size of a part.
    pub largest_part: u64,
    /// How many parts an upload may have.
    pub parts: u32,
    /// The largest object that one put may write.
    pub largest_put: u64,
    /// The longest key.
    pub longest_key: usize,
}
