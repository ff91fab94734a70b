//! What became of the objects a run wrote, as data.

use serde::{Deserialize, Serialize};

/// What became of the objects the run wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleanup {
    /// How far it came.
    pub state: CleanupState,
    /// What is left of this run.
    pub left: Left,
    /// The keys that are left, at most 20 of them.
    pub keys: Vec<String>,
    /// How many leftovers of earlier runs were removed.
    pub swept: u64,
    /// The keys that stay on purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
}

/// How far the clean-up came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CleanupState {
    /// The run wrote nothing.
    #[default]
    NothingWritten,
    /// All of it was removed.
    Clean,
    /// What is left is what these credentials cannot remove, and no more.
    Bounded,
    /// More is left than should be.
    Incomplete,
}

/// What is left in the bucket, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Objects that a listing shows.
    pub objects: u64,
    /// Versions, on a bucket that keeps them, the shown ones included.
    pub versions: u64,
    /// Delete markers.
    pub markers: u64,
    /// Open multipart uploads.
    pub uploads: u64,
    /// The bytes of all objects or versions.
    pub bytes: u64,
}

impl Left {
    /// Returns whether nothing is left.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}
