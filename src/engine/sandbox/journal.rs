//! The record of what a run wrote.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use backstop_contract::{ObjectKey, UploadId, VersionId};

use crate::report::Left;

/// The record of what a run wrote and has not removed.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Mutex<BTreeMap<ObjectKey, Entry>>,
    wrote: AtomicBool,
    saw_versions: AtomicBool,
}

/// What a run wrote on one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The size of the object the key shows, on a bucket without versions.
    pub live: Option<u64>,
    /// The versions written, with their sizes.
    pub versions: Vec<(VersionId, u64)>,
    /// Whether a delete by key came after the last write.
    pub hidden: bool,
    /// The delete markers left.
    pub markers: Vec<VersionId>,
    /// The uploads begun and neither completed nor aborted, with the bytes of their parts.
    pub uploads: Vec<(UploadId, u64)>,
    /// Writes that were sent and have no answer.
    pub unsettled_writes: u32,
    /// Uploads whose beginning was sent and has no answer.
    pub unsettled_uploads: u32,
}

impl Entry {
    fn is_empty(&self) -> bool {
        let Self {
            live,
            versions,
            hidden: _,
            markers,
            uploads,
            unsettled_writes,
            unsettled_uploads,
        } = self;
        live.is_none()
            && versions.is_empty()
            && markers.is_empty()
            && uploads.is_empty()
            && unsettled_writes + unsettled_uploads == 0
    }
}

impl Journal {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<ObjectKey, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the entry of a key, and forgets it once nothing is left on the key.
    pub(super) fn change(&self, key: &ObjectKey, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.lock();
        let entry = entries.entry(key.clone()).or_default();
        change(entry);
        if entry.is_empty() {
            entries.remove(key);
        }
    }

    /// Returns what the run wrote on a key.
    #[must_use]
    pub(crate) fn entry(&self, key: &ObjectKey) -> Entry {
        self.lock().get(key).cloned().unwrap_or_default()
    }

    /// Returns the keys on which something is left.
    #[must_use]
    pub(crate) fn keys(&self) -> Vec<ObjectKey> {
        self.lock().keys().cloned().collect()
    }

    /// Notes that something was written, whatever becomes of it, and whether as a version.
    pub(super) fn note_write(&self, versioned: bool) {
        self.wrote.store(true, Ordering::Relaxed);
        self.saw_versions.fetch_or(versioned, Ordering::Relaxed);
    }

    /// Returns whether the bucket was seen to keep versions.
    #[must_use]
    pub(crate) fn saw_versions(&self) -> bool {
        self.saw_versions.load(Ordering::Relaxed)
    }

    /// Returns whether anything was written.
    #[must_use]
    pub(crate) fn wrote(&self) -> bool {
        self.wrote.load(Ordering::Relaxed)
    }

    /// Returns whether a write is among them that has no answer.
    #[must_use]
    pub(crate) fn is_unsettled(&self) -> bool {
        self.lock()
            .values()
            .any(|entry| entry.unsettled_writes + entry.unsettled_uploads > 0)
    }

    /// Counts what is left.
    #[must_use]
    pub(crate) fn left(&self) -> Left {
        let mut left = Left::default();
        for entry in self.lock().values() {
            let shown = entry.live.is_some() || (!entry.versions.is_empty() && !entry.hidden);
            left.objects += u64::from(shown);
            left.versions += entry.versions.len() as u64;
            left.markers += entry.markers.len() as u64;
            left.uploads += entry.uploads.len() as u64;
            left.bytes += entry.live.unwrap_or(0)
                + entry.versions.iter().map(|(_, size)| size).sum::<u64>()
                + entry.uploads.iter().map(|(_, size)| size).sum::<u64>();
        }
        left
    }
}
