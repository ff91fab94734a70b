//! What checks learn for those that follow.

use std::collections::BTreeMap;

use backstop_contract::{ETag, ObjectKey, VersionId};

use super::probe::Probe;
use crate::report::Survivor;

/// What checks learned for those that follow.
#[derive(Debug, Default)]
pub struct Facts {
    /// Whether the object was read back with success.
    pub was_read: bool,
    /// Whether something else came back when the object was read.
    pub was_misread: bool,
    /// The object as first written.
    pub object: Option<Written>,
    /// The object as overwritten.
    pub overwritten: Option<Written>,
    /// Whether the object was deleted, and whether only a marker hides it.
    pub deleted: Option<Deleted>,
    /// The object that stays for the next run.
    pub survivor: Option<Survivor>,
    /// What checks have written on keys of the run's own and will not touch again, with the sizes.
    pub standing: BTreeMap<ObjectKey, u64>,
}

/// An object that was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// What was written.
    pub probe: Probe,
    /// Its version.
    pub version: Option<VersionId>,
    /// The tag that the write was answered with; absent where it was sent more than once, since
    /// then the answer may be that of another write.
    pub etag: Option<ETag>,
}

/// How the object was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone.
    Gone,
    /// A marker hides it.
    Hidden,
}

impl Written {
    /// Returns the version that an overwrite leaves alone: not the "null" one of a bucket whose
    /// versioning is suspended.
    #[must_use]
    pub fn kept_version(&self) -> Option<&VersionId> {
        self.version
            .as_ref()
            .filter(|version| version.as_str() != "null")
    }
}

/// Returns a tag without the quotes, which some services leave out, and without the mark of weakness,
/// which proxies add.
pub(super) fn bare(etag: &ETag) -> &str {
    etag.as_str().trim_start_matches("W/").trim_matches('"')
}
