//! The removal of what killed runs left behind.

use std::collections::BTreeSet;
use std::time::Duration;

use backstop_contract::{
    Capability, Error, ErrorKind, KeyPrefix, ListOptions, ObjectKey, ObjectStore, ObjectVersion,
};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::clean::{abandon, uploads_on};
use super::open::remove;
use crate::check::{CheckStore, Keys};

/// How many leftovers are removed at the same time.
const PARALLEL: usize = 8;
/// The most pages of the folder that one run looks at.
const MOST_PAGES: usize = 100;
/// The resolution of the server's clock in a Date header.
const RESOLUTION: SignedDuration = SignedDuration::from_secs(1);

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// The leftovers that were removed.
    pub removed: u64,
    /// The leftovers that could not be.
    pub kept: u64,
}

/// Removes what other runs left in the folder once it is older than `age` by the server's clock:
/// objects, versions, markers and open uploads.
pub(crate) async fn sweep(store: &CheckStore, keys: &Keys, age: Duration, now: Timestamp) -> Swept {
    let Ok(found) = everything(store, &keys.folder).await else {
        return Swept::default();
    };
    let old: Vec<ObjectVersion> = found
        .into_iter()
        .filter(|it| keys.is_of_a_run(&it.key) && !keys.own.holds(&it.key))
        .filter(|it| is_old(it, age, now))
        .collect();
    // Uploads first: an object is what leads a later sweep to the upload on its key.
    let with_uploads: BTreeSet<ObjectKey> = old
        .iter()
        .filter(|it| Keys::may_hold_an_upload(&it.key))
        .map(|it| it.key.clone())
        .collect();
    let stuck: BTreeSet<ObjectKey> = stream::iter(with_uploads)
        .map(|key| async move { end_uploads(store, &key).await.err().map(|_| key) })
        .buffer_unordered(PARALLEL)
        .filter_map(|stuck| async move { stuck })
        .collect()
        .await;
    let stuck = &stuck;
    stream::iter(old)
        .map(|it| async move {
            !stuck.contains(&it.key) && remove(store, &it.key, it.version).await.is_ok()
        })
        .buffer_unordered(PARALLEL)
        .fold(Swept::default(), |mut swept, removed| async move {
            if removed {
                swept.removed += 1;
            } else {
                swept.kept += 1;
            }
            swept
        })
        .await
}

fn is_old(found: &ObjectVersion, age: Duration, now: Timestamp) -> bool {
    let Ok(age) = SignedDuration::try_from(age) else {
        return false;
    };
    found
        .last_modified
        .is_some_and(|written| now.duration_since(written) + RESOLUTION >= age)
}

async fn end_uploads(store: &CheckStore, key: &ObjectKey) -> Result<(), Error> {
    for upload in uploads_on(store, key).await? {
        abandon(store, key, &upload.id).await?;
    }
    Ok(())
}

/// Returns what is still in the run's own folder after its clean-up.
///
/// # Errors
///
/// Those of the listing.
pub(crate) async fn residue(store: &CheckStore, keys: &Keys) -> Result<Vec<ObjectVersion>, Error> {
    everything(store, &keys.own).await
}

/// Lists a folder with its versions, or without them where they cannot be listed.
async fn everything(store: &CheckStore, folder: &KeyPrefix) -> Result<Vec<ObjectVersion>, Error> {
    if !store.capabilities().has(Capability::Versions) {
        return objects(store, folder).await;
    }
    match versions(store, folder).await {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::Unsupported
            ) =>
        {
            objects(store, folder).await
        }
        answer => answer,
    }
}

async fn versions(store: &CheckStore, folder: &KeyPrefix) -> Result<Vec<ObjectVersion>, Error> {
    let mut found = Vec::new();
    let mut page = None;
    for _ in 0..MOST_PAGES {
        let listed = store.list_versions(folder.as_str(), page).await?;
        found.extend(listed.versions);
        page = listed.next;
        if page.is_none() {
            break;
        }
    }
    Ok(found)
}

async fn objects(store: &CheckStore, folder: &KeyPrefix) -> Result<Vec<ObjectVersion>, Error> {
    let mut found = Vec::new();
    let mut page = None;
    for _ in 0..MOST_PAGES {
        let options = ListOptions {
            page,
            ..ListOptions::default()
        };
        let listed = store.list(folder, options).await?;
        found.extend(listed.objects.into_iter().map(|object| ObjectVersion {
            key: object.key,
            version: None,
            latest: true,
            delete_marker: false,
            size: object.size,
            last_modified: object.last_modified,
        }));
        page = listed.next;
        if page.is_none() {
            break;
        }
    }
    Ok(found)
}
