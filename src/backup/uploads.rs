//! Uploads that a push began and did not end.

use std::collections::{BTreeMap, HashSet};

use backstop_contract::{Capability, ErrorKind, KeyPrefix, ObjectStore, Result, Upload};
use jiff::Timestamp;

use super::id::BackupId;

/// The most pages that are read, of a thousand uploads each.
const MOST_PAGES: usize = 100;

/// Returns the open uploads of keys in a folder; none where they cannot be listed, or may not be.
///
/// # Errors
///
/// The store failed, or refused for another reason than a missing permission.
pub(super) async fn open(store: &dyn ObjectStore, folder: &KeyPrefix) -> Result<Vec<Upload>> {
    let can = |capability| store.capabilities().has(capability);
    if !can(Capability::ListUploads) {
        return Ok(Vec::new());
    }
    let prefix = if can(Capability::ListUploadsByPrefix) {
        folder.as_str()
    } else {
        ""
    };
    let (mut found, mut seen, mut page) = (Vec::new(), HashSet::new(), None);
    for _ in 0..MOST_PAGES {
        let listed = match store.list_uploads(prefix, page).await {
            Err(error) if is_hidden(error.kind()) => break,
            listed => listed?,
        };
        // A store that lists beyond the folder must not lead there.
        let within = listed.uploads.into_iter();
        found.extend(within.filter(|upload| folder.holds(&upload.key)));
        match listed.next {
            Some(next) if seen.insert(next.clone()) => page = Some(next),
            _ => break,
        }
    }
    Ok(found)
}

/// The uploads that the push of one backup left open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Left {
    /// How many.
    pub(super) number: u64,
    /// When the last of them was begun, by the server's clock.
    pub(super) begun: Option<Timestamp>,
}

impl Left {
    /// Says of a backup without a manifest what it is.
    pub(super) fn tell(self) -> String {
        let told = "it has no manifest: it is being made, or was cut off";
        match self.number {
            0 => told.to_owned(),
            number => format!("{told}; open uploads: {number}"),
        }
    }
}

/// Returns what pushes left open in the folder of a kind, by backup.
///
/// # Errors
///
/// As [`open`].
pub(super) async fn by_backup(
    store: &dyn ObjectStore,
    kind: &KeyPrefix,
) -> Result<BTreeMap<BackupId, Left>> {
    let mut left: BTreeMap<BackupId, Left> = BTreeMap::new();
    for upload in open(store, kind).await? {
        let below = upload.key.as_str().strip_prefix(kind.as_str());
        let folder = below.and_then(|below| below.split_once('/'));
        if let Some(Ok(id)) = folder.map(|(id, _)| BackupId::parse(id)) {
            let of = left.entry(id).or_default();
            of.number += 1;
            of.begun = of.begun.max(upload.begun);
        }
    }
    Ok(left)
}

fn is_hidden(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::PermissionDenied | ErrorKind::Unsupported)
}
