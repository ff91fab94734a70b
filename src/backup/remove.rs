//! One backup out of a store, for good.

use std::sync::Arc;

use backstop_contract::{
    Capability, DeleteOptions, Error, ErrorKind, KeyPrefix, ObjectKey, ObjectStore, ObjectStoreExt,
};
use futures::StreamExt as _;
use jiff::Timestamp;

use super::fetch::pages;
use super::id::BackupId;
use super::inventory::Inventory;
use super::kind::Kind;
use super::layout::Layout;
use super::look::{LookError, Pointed, pointer};
use super::pointer::Pointer;
use super::prune::Removal;
use super::push::{Latest, point};
use super::uploads;

/// How many objects are deleted at a time.
const AT_ONCE: usize = 8;
/// How many keys are held at a time.
const MOST: usize = 10_000;
/// How many failures are named.
const NAMED: usize = 5;

/// What became of a backup that was to be removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many objects were deleted.
    pub objects: u64,
    /// How many of them are only hidden: the bucket keeps versions.
    pub hidden: u64,
    /// How many unfinished uploads were ended.
    pub uploads: u64,
    /// What could not be removed, and why; the first of them.
    pub failures: Vec<String>,
}

/// Removes one backup, its manifest first, so that it is called complete no longer.
///
/// # Errors
///
/// The prefix leaves no room, or the folder cannot be listed.
pub async fn remove(
    store: &Arc<dyn ObjectStore>,
    layout: &Layout,
    removal: &Removal,
) -> Result<Removed, LookError> {
    let mut removed = Removed::default();
    let folder = layout.backup(removal.kind, &removal.id)?;
    let manifest = layout.manifest(removal.kind, &removal.id)?;
    if removal.complete {
        delete(store, &manifest, &mut removed).await;
        if !removed.failures.is_empty() {
            return Ok(removed);
        }
    }
    loop {
        let keys = keys(store, &folder).await?;
        if keys.is_empty() {
            break;
        }
        let before = removed.objects;
        let deleted = keys.iter().map(|key| async move {
            let mut one = Removed::default();
            delete(store, key, &mut one).await;
            one
        });
        let mut deleted = futures::stream::iter(deleted).buffer_unordered(AT_ONCE);
        while let Some(one) = deleted.next().await {
            removed.merge(one);
        }
        if removed.objects == before || !removed.failures.is_empty() {
            break;
        }
    }
    end_uploads(store, &folder, &mut removed).await;
    Ok(removed)
}

impl Removed {
    fn merge(&mut self, other: Self) {
        self.objects += other.objects;
        self.hidden += other.hidden;
        self.uploads += other.uploads;
        let room = NAMED.saturating_sub(self.failures.len());
        self.failures.extend(other.failures.into_iter().take(room));
    }

    fn failed(&mut self, error: &Error) {
        self.failures.push(error.to_string());
    }
}

async fn keys(
    store: &Arc<dyn ObjectStore>,
    folder: &KeyPrefix,
) -> Result<Vec<ObjectKey>, LookError> {
    let mut keys = Vec::new();
    pages(&**store, folder, false, |page| {
        // A store that lists beyond the folder must not lead there.
        let within = page.objects.into_iter().map(|object| object.key);
        keys.extend(within.filter(|key| folder.holds(key)));
        keys.len() < MOST
    })
    .await?;
    Ok(keys)
}

async fn delete(store: &Arc<dyn ObjectStore>, key: &ObjectKey, removed: &mut Removed) {
    // What is gone already is what was wanted, so it may be asked again.
    match store.delete_settled(key, DeleteOptions::default()).await {
        Ok(done) => {
            removed.objects += 1;
            removed.hidden += u64::from(done.delete_marker);
        }
        Err(error) if error.kind() == ErrorKind::ObjectNotFound => removed.objects += 1,
        Err(error) => removed.failed(&error),
    }
}

/// Ends the uploads that a push left open, as far as they can be found.
async fn end_uploads(store: &Arc<dyn ObjectStore>, folder: &KeyPrefix, removed: &mut Removed) {
    if !store.capabilities().has(Capability::AbortMultipart) {
        return;
    }
    let uploads = match uploads::open(&**store, folder).await {
        Ok(uploads) => uploads,
        Err(error) => return removed.failed(&error),
    };
    for upload in uploads {
        match store.abort_multipart(&upload.key, &upload.id).await {
            Ok(()) => removed.uploads += 1,
            Err(error) if error.kind() == ErrorKind::UploadNotFound => {}
            Err(error) => removed.failed(&error),
        }
    }
}

/// Leads the pointer of a kind to the newest complete backup, where it led to one that was removed.
///
/// # Errors
///
/// The store failed, or the prefix leaves no room.
pub async fn repoint(
    store: &Arc<dyn ObjectStore>,
    layout: &Layout,
    inventory: &Inventory,
    kind: Kind,
    removed: &[BackupId],
    now: Timestamp,
) -> Result<Option<Latest>, LookError> {
    let Pointed::To(found) = pointer(&**store, layout, kind).await? else {
        return Ok(None);
    };
    let newest = inventory.newest_of_ours(kind);
    let Some(to) = newest.filter(|_| removed.contains(&found.id)) else {
        return Ok(None);
    };
    let Ok(id) = BackupId::parse(&to.id) else {
        return Ok(None);
    };
    let to = Pointer::to(kind, id, to.size.unwrap_or_default());
    point(&**store, layout, &to, Some(now)).await.map(Some)
}
