//! The removal of what killed runs left behind.

use std::collections::BTreeSet;
use std::time::Duration;

use backstop_contract::{
    Capability, Error, KeyPrefix, ListOptions, ObjectKey, ObjectStore, ObjectVersion,
};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::clean::{abandon, cannot_list, list_versions, remove_found, uploads_on};
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
pub(crate) async fn sweep(
    store: &CheckStore,
    keys: &Keys,
    age: Duration,
    now: Timestamp,
    versioned: bool,
) -> Swept {
    // On a bucket that keeps versions a delete by key would leave a marker more: there, what is not
    // shown with its version stays.
    let listed = if versioned {
        list_versions(store, keys.folder.as_str()).await
    } else {
        everything(store, &keys.folder).await
    };
    let Ok(found) = listed else {
        return Swept::default();
    };
    let old: Vec<ObjectVersion> = found
        .into_iter()
        .filter(|it| keys.is_of_a_run(&it.key) && !keys.own.holds(&it.key))
        .filter(|it| is_old(it.last_modified, age, now))
        .collect();
    // Uploads first: an object is what leads a later sweep to the upload on its key.
    let with_uploads: BTreeSet<ObjectKey> = old
        .iter()
        .filter(|it| Keys::may_hold_an_upload(&it.key))
        .map(|it| it.key.clone())
        .collect();
    let stuck: BTreeSet<ObjectKey> = stream::iter(with_uploads)
        .map(|key| async move {
            let ended = end_uploads(store, &key, age, now).await;
            (!matches!(ended, Ok(true))).then_some(key)
        })
        .buffer_unordered(PARALLEL)
        .filter_map(|stuck| async move { stuck })
        .collect()
        .await;
    let stuck = &stuck;
    stream::iter(old)
        .map(|it| async move { !stuck.contains(&it.key) && remove_found(store, &it).await.is_ok() })
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

fn is_old(written: Option<Timestamp>, age: Duration, now: Timestamp) -> bool {
    let Ok(age) = SignedDuration::try_from(age) else {
        return false;
    };
    written.is_some_and(|written| now.duration_since(written) + RESOLUTION >= age)
}

/// Ends the old uploads on a key; returns whether none is left.
async fn end_uploads(
    store: &CheckStore,
    key: &ObjectKey,
    age: Duration,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut none_left = true;
    for upload in uploads_on(store, key).await? {
        if is_old(upload.begun, age, now) {
            abandon(store, key, &upload.id).await?;
        } else {
            none_left = false;
        }
    }
    Ok(none_left)
}

/// Lists a folder with its versions, or without them where they cannot be listed.
pub(super) async fn everything(
    store: &CheckStore,
    folder: &KeyPrefix,
) -> Result<Vec<ObjectVersion>, Error> {
    if !store.capabilities().has(Capability::Versions) {
        return objects(store, folder).await;
    }
    match list_versions(store, folder.as_str()).await {
        Err(error) if cannot_list(&error) => objects(store, folder).await,
        answer => answer,
    }
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
