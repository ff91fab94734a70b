//! What a bucket can be asked about itself.

use serde::{Deserialize, Serialize};

/// One thing a bucket can be asked about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Aspect {
    /// Whether the bucket keeps the earlier versions of an object.
    Versioning,
    /// Whether the server says that it is up.
    Liveness,
    /// Whether the server has enough drives to take a write.
    WriteQuorum,
}

impl Aspect {
    /// Returns the stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Versioning => "versioning",
            Self::Liveness => "liveness",
            Self::WriteQuorum => "write-quorum",
        }
    }
}

/// What a bucket answered about one [`Aspect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inspected {
    /// The answer is yes: versions are kept, the server is up, the quorum is there.
    Yes,
    /// The answer is no.
    No,
}
