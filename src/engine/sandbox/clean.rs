//! The removal of what the run wrote, from its journal.

use std::sync::Arc;

use backstop_contract::{
    Capability, CompleteOptions, Error, ErrorKind, ObjectKey, ObjectStore, ObjectVersion,
    PartNumber, Upload, UploadId,
};
use bytes::Bytes;
use futures::{StreamExt, stream};

use super::journal::{Entry, Journal};
use super::open::remove;
use crate::check::CheckStore;

/// How many keys are cleaned at the same time.
const PARALLEL: usize = 16;

/// How much may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// Everything on the keys: they are the run's own, so that what a write without an answer may
    /// have left on them is looked for.
    All,
    /// What the journal knows: other runs write the same keys.
    Known,
    /// Open uploads only: deleting is denied.
    Uploads,
}

/// Removes what the journal names; what cannot be removed stays in it.
///
/// Returns the first failure.
pub(crate) async fn clean_up(
    store: &CheckStore,
    journal: &Arc<Journal>,
    removal: Removal,
) -> Option<Error> {
    let failures: Vec<Error> = stream::iter(journal.keys())
        .map(|key| async move { clean_key(store, journal, &key, removal).await.err() })
        .buffer_unordered(PARALLEL)
        .filter_map(|failure| async move { failure })
        .collect()
        .await;
    failures.into_iter().next()
}

async fn clean_key(
    store: &CheckStore,
    journal: &Journal,
    key: &ObjectKey,
    removal: Removal,
) -> Result<(), Error> {
    let alone = removal == Removal::All;
    for (upload, _) in journal.entry(key).uploads {
        abandon(store, key, &upload).await?;
    }
    if alone && journal.entry(key).unsettled_uploads > 0 {
        for upload in uploads_on(store, key).await? {
            abandon(store, key, &upload.id).await?;
        }
        journal.change(key, |entry| entry.unsettled_uploads = 0);
    }
    if removal == Removal::Uploads {
        return Ok(());
    }
    let entry = journal.entry(key);
    for version in entry.markers {
        remove(store, key, Some(version)).await?;
    }
    for (version, _) in entry.versions {
        remove(store, key, Some(version)).await?;
    }
    if entry.live.is_some() {
        remove(store, key, None).await?;
    }
    if alone && entry.unsettled_writes > 0 {
        for found in versions_on(store, key).await? {
            remove(store, key, found.version).await?;
        }
        journal.change(key, |entry| *entry = Entry::default());
    }
    Ok(())
}

/// Ends an upload without parts that stay: by an abort, or where that is denied by completing it,
/// since an object can be seen and deleted and an open upload cannot.
///
/// # Errors
///
/// Those of the requests.
pub(super) async fn abandon(
    store: &CheckStore,
    key: &ObjectKey,
    upload: &UploadId,
) -> Result<(), Error> {
    if !store.capabilities().has(Capability::AbortMultipart) {
        // Where uploads cannot be aborted, their parts go with the object of the same key.
        return Ok(());
    }
    match store.abort_multipart(key, upload).await {
        Err(error) if error.kind() == ErrorKind::UploadNotFound => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let part = store
                .put_part(key, upload, PartNumber(1), Bytes::from_static(b"given up"))
                .await?;
            store
                .complete_multipart(key, upload, &[part], CompleteOptions::default())
                .await
                .map(|_| ())
        }
        other => other,
    }
}

/// Returns the open uploads on exactly this key.
pub(super) async fn uploads_on(store: &CheckStore, key: &ObjectKey) -> Result<Vec<Upload>, Error> {
    let mut found = Vec::new();
    if !store.capabilities().has(Capability::ListUploads) {
        return Ok(found);
    }
    let mut page = None;
    loop {
        let listed = store.list_uploads(key.as_str(), page).await?;
        found.extend(
            listed
                .uploads
                .into_iter()
                .filter(|upload| upload.key == *key),
        );
        match listed.next {
            None => return Ok(found),
            next => page = next,
        }
    }
}

/// Returns the versions and markers on exactly this key, or the key itself where versions cannot
/// be listed.
async fn versions_on(store: &CheckStore, key: &ObjectKey) -> Result<Vec<ObjectVersion>, Error> {
    let shown = || ObjectVersion {
        key: key.clone(),
        version: None,
        latest: true,
        delete_marker: false,
        size: 0,
        last_modified: None,
    };
    if !store.capabilities().has(Capability::Versions) {
        return Ok(vec![shown()]);
    }
    let mut found = Vec::new();
    let mut page = None;
    loop {
        let listed = match store.list_versions(key.as_str(), page).await {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::Unsupported
                ) =>
            {
                return Ok(vec![shown()]);
            }
            answer => answer?,
        };
        found.extend(
            listed
                .versions
                .into_iter()
                .filter(|version| version.key == *key),
        );
        match listed.next {
            None => return Ok(found),
            next => page = next,
        }
    }
}
