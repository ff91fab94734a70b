//! What a bucket can be asked about itself.

use serde::{Deserialize, Serialize};

use crate::posture::{AtRest, Exposure, LifecycleRule, ObjectLock};

/// One thing a bucket can be asked about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Aspect {
    /// Whether the bucket keeps the earlier versions of an object: [`Inspected::Yes`],
    /// [`Inspected::No`] or [`Inspected::Suspended`].
    Versioning,
    /// What locks its objects: [`Inspected::ObjectLock`].
    ObjectLock,
    /// How objects are encrypted at rest: [`Inspected::Encryption`].
    Encryption,
    /// The rules that act by age: [`Inspected::Lifecycle`].
    Lifecycle,
    /// What strangers may do by its settings: [`Inspected::Public`].
    PublicAccess,
    /// How long what is deleted can be brought back: [`Inspected::SoftDelete`].
    SoftDelete,
    /// Whether the server says that it is up.
    Liveness,
    /// Whether the server has enough drives to take a write.
    WriteQuorum,
}

impl Aspect {
    /// Every aspect.
    pub const ALL: [Self; 8] = [
        Self::Versioning,
        Self::ObjectLock,
        Self::Encryption,
        Self::Lifecycle,
        Self::PublicAccess,
        Self::SoftDelete,
        Self::Liveness,
        Self::WriteQuorum,
    ];

    /// Returns the stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Versioning => "versioning",
            Self::ObjectLock => "object-lock",
            Self::Encryption => "encryption",
            Self::Lifecycle => "lifecycle",
            Self::PublicAccess => "public-access",
            Self::SoftDelete => "soft-delete",
            Self::Liveness => "liveness",
            Self::WriteQuorum => "write-quorum",
        }
    }
}

/// What a bucket answered about one [`Aspect`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inspected {
    /// The answer is yes: versions are kept, the server is up, the quorum is there.
    Yes,
    /// The answer is no.
    No,
    /// It was yes once: versions that were kept are there, and new ones are not kept.
    Suspended,
    /// What locks the objects.
    ObjectLock(ObjectLock),
    /// How objects are encrypted at rest; absent where they are not.
    Encryption(Option<AtRest>),
    /// What is done by age, one entry a thing; what is switched off is left out.
    Lifecycle(Vec<LifecycleRule>),
    /// What strangers may do.
    Public(Exposure),
    /// For how many days what is deleted can be brought back; absent where it cannot be.
    SoftDelete(Option<u32>),
}
