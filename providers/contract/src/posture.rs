//! What a bucket answers about itself, where a yes or a no does not say it.

use jiff::Timestamp;

/// What locks the objects of a bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectLock {
    /// Whether an object can be locked at all.
    pub possible: bool,
    /// How every new object is locked unless its request says otherwise.
    pub default: Option<Retention>,
    /// Whether the container has a retention policy of its own, whose length is not told.
    pub policy: bool,
    /// Whether a legal hold lies on the whole container.
    pub legal_hold: bool,
}

impl ObjectLock {
    /// Returns whether every new object is locked by itself.
    #[must_use]
    pub fn locks_everything(&self) -> bool {
        self.default.is_some() || self.policy || self.legal_hold
    }
}

/// How long an object is locked, and against whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Against whom.
    pub mode: LockMode,
    /// How many days.
    pub days: u32,
}

/// Against whom a lock holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Against everybody without a right of its own to pass over it.
    Governance,
    /// Against everybody.
    Compliance,
}

impl LockMode {
    /// Returns the word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Governance => "governance",
            Self::Compliance => "compliance",
        }
    }
}

/// How objects are encrypted at rest unless their request says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtRest {
    /// The service's own word, such as `AES256` or `aws:kms`.
    pub algorithm: String,
    /// The key, where the service names one.
    pub key: Option<String>,
}

/// One thing that a rule does to objects by their age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleRule {
    /// The rule's name; empty where it has none.
    pub id: String,
    /// How the keys begin that it is for; empty for every key.
    pub prefix: String,
    /// Whether it is for objects with certain tags only.
    pub tagged: bool,
    /// What it does.
    pub effect: LifecycleEffect,
    /// When.
    pub after: After,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifecycleEffect {
    /// It removes what a key shows, or hides it where versions are kept.
    Expires,
    /// It moves what a key shows to another class of storage.
    Moves {
        /// The class.
        class: String,
        /// Whether an object of that class has to be fetched back before it can be read.
        offline: bool,
    },
    /// It removes versions that a key does not show any more.
    ExpiresEarlier,
    /// It aborts uploads that were never completed.
    AbortsUploads,
}

/// When a rule does what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// So many days after the object was written, the version was followed, the upload was begun.
    Days(u32),
    /// From a moment on, whatever the age.
    Date(Timestamp),
}

/// What strangers may do by the bucket's own settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Exposure {
    /// Nothing.
    #[default]
    Nothing,
    /// Read objects whose names they know.
    Read,
    /// Read, and list.
    ReadAndList,
    /// Something: the settings are public and do not tell in which way.
    Something,
}
