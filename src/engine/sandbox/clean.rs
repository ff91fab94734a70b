//! The removal of what the run wrote, from its journal.

use backstop_contract::{
    Capability, CompleteOptions, Error, ErrorKind, GetOptions, KeyPrefix, ObjectKey, ObjectStore,
    ObjectStoreExt, ObjectVersion, PartNumber, PartOptions, Sent, Upload, UploadId,
};
use futures::{StreamExt, stream};
use jiff::Timestamp;

use super::journal::{Entry, Journal};
use super::open::remove;
use crate::check::{CheckStore, Keys, Probe};

/// How many keys are cleaned at the same time.
const PARALLEL: usize = 24;
/// The run that the body of an upload names which could only be ended by completing it.
const NO_RUN: &str = "0000000000000000";

/// How much may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// Everything on the run's own keys, so that what a write without an answer may have left on
    /// them is looked for.
    All,
    /// What the journal knows: other runs write the same keys.
    Known,
    /// Open uploads only: deleting is denied.
    Uploads,
}

/// What the clean-up works with.
#[derive(Debug)]
pub(crate) struct Cleaner<'a> {
    /// The journalled store.
    pub(crate) store: &'a CheckStore,
    /// What is to be removed.
    pub(crate) journal: &'a Journal,
    /// The names of the run.
    pub(crate) keys: &'a Keys,
    /// The run's id.
    pub(crate) run_id: &'a str,
    /// How much may be removed.
    pub(crate) removal: Removal,
}

impl Cleaner<'_> {
    /// Removes what the journal names; what cannot be removed stays in it.
    ///
    /// Returns the first failure that says why rather than that an answer was lost.
    pub(crate) async fn clean_up(&self) -> Option<Error> {
        let failures: Vec<Error> = stream::iter(self.journal.keys())
            .map(|key| async move { self.clean(&key).await.err() })
            .buffer_unordered(PARALLEL)
            .filter_map(|failure| async move { failure })
            .collect()
            .await;
        let lost = |error: &Error| error.sent() == Sent::Maybe;
        failures.into_iter().min_by_key(lost)
    }

    async fn clean(&self, key: &ObjectKey) -> Result<(), Error> {
        let Self { store, journal, .. } = self;
        self.end_uploads(key).await?;
        if self.removal == Removal::Uploads {
            return Ok(());
        }
        if journal.entry(key).live.is_some() {
            remove(store, key, None).await?;
        }
        // Read only now: where versioning is suspended, the delete by key has left a marker.
        let entry = journal.entry(key);
        for version in entry.markers {
            remove(store, key, Some(version)).await?;
        }
        for (version, _) in entry.versions {
            remove(store, key, Some(version)).await?;
        }
        if self.removal == Removal::All && entry.unsettled_writes > 0 {
            self.settle(key).await?;
        }
        if !store.capabilities().has(Capability::AbortMultipart) {
            // The parts of an upload that cannot be aborted go with the object of the same key.
            journal.change(key, |entry| entry.uploads.clear());
        }
        Ok(())
    }

    async fn end_uploads(&self, key: &ObjectKey) -> Result<(), Error> {
        let Self { store, journal, .. } = self;
        for (upload, _) in journal.entry(key).uploads {
            abandon(store, key, &upload).await?;
        }
        if self.removal == Removal::All && journal.entry(key).unsettled_uploads > 0 {
            for upload in uploads_on(store, key).await? {
                abandon(store, key, &upload.id).await?;
            }
            journal.change(key, |entry| entry.unsettled_uploads = 0);
        }
        Ok(())
    }

    /// Removes what writes without an answer may have left on a key.
    async fn settle(&self, key: &ObjectKey) -> Result<(), Error> {
        let Self { store, journal, .. } = self;
        let Some(found) = versions_on(store, key).await? else {
            if journal.saw_versions() {
                // A delete by key would leave a marker more. What is there stays unsettled.
                return Ok(());
            }
            remove(store, key, None).await?;
            journal.change(key, |entry| *entry = Entry::default());
            return Ok(());
        };
        for version in found {
            if self.keys.own.holds(key) || self.wrote(&version).await? {
                remove_found(store, &version).await?;
            }
        }
        journal.change(key, |entry| *entry = Entry::default());
        Ok(())
    }

    /// Returns whether a version on a key that other runs write too is this run's.
    async fn wrote(&self, version: &ObjectVersion) -> Result<bool, Error> {
        if version.delete_marker {
            return Ok(false);
        }
        let options = GetOptions {
            range: None,
            version: version.version.clone(),
        };
        match self.store.read_back(&version.key, options).await {
            Ok(read) => Ok(Probe::is_of_run(self.run_id, &read.head)),
            Err(error) if error.kind() == ErrorKind::ObjectNotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Removes a version that a listing showed; the "null" version of a bucket without versioning is
/// removed by its key where its id may not be named.
///
/// # Errors
///
/// Those of the delete.
pub(super) async fn remove_found(store: &CheckStore, found: &ObjectVersion) -> Result<(), Error> {
    let null = found
        .version
        .as_ref()
        .is_some_and(|id| id.as_str() == "null");
    match remove(store, &found.key, found.version.clone()).await {
        Err(error) if null && found.latest && error.kind() == ErrorKind::PermissionDenied => {
            remove(store, &found.key, None).await
        }
        answer => answer,
    }
}

/// Removes what a write that was cut off has left after its key was cleaned.
pub(crate) async fn remove_residue(store: &CheckStore, found: &[ObjectVersion]) {
    for version in found {
        // What cannot be removed now is swept by a later run.
        drop(remove_found(store, version).await);
    }
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
        return Ok(());
    }
    let ended = match store.abort_multipart(key, upload).await {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            complete(store, key, upload).await
        }
        other => other,
    };
    match ended {
        Err(error) if error.kind() == ErrorKind::UploadNotFound => Ok(()),
        other => other,
    }
}

async fn complete(store: &CheckStore, key: &ObjectKey, upload: &UploadId) -> Result<(), Error> {
    // A whole probe, so that another run which reads it on a fixed key knows it for one.
    let body = Probe::new(NO_RUN, "given-up", Timestamp::UNIX_EPOCH, 0).body();
    let part = store
        .put_part(key, upload, PartNumber(1), body, PartOptions::default())
        .await?;
    let options = CompleteOptions::default();
    let parts = [part];
    let completed = store.complete_multipart(key, upload, &parts, options);
    completed.await.map(drop)
}

/// Returns the open uploads on exactly this key.
pub(super) async fn uploads_on(store: &CheckStore, key: &ObjectKey) -> Result<Vec<Upload>, Error> {
    let mut found = Vec::new();
    if !store.capabilities().has(Capability::ListUploads) {
        return Ok(found);
    }
    let mut page = None;
    loop {
        let listed = match store.list_uploads(key.as_str(), page).await {
            Err(error) if is_no_name(&error) => return Ok(found),
            answer => answer?,
        };
        let here = listed.uploads.into_iter();
        found.extend(here.filter(|upload| upload.key == *key));
        match listed.next {
            None => return Ok(found),
            next => page = next,
        }
    }
}

/// Returns the versions and markers on exactly this key; nothing where they cannot be listed.
async fn versions_on(
    store: &CheckStore,
    key: &ObjectKey,
) -> Result<Option<Vec<ObjectVersion>>, Error> {
    if !store.capabilities().has(Capability::Versions) {
        return Ok(None);
    }
    match list_versions(store, key.as_str()).await {
        Err(error) if cannot_list(&error) => Ok(None),
        Err(error) if is_no_name(&error) => Ok(Some(Vec::new())),
        Err(error) => Err(error),
        Ok(mut found) => {
            found.retain(|version| version.key == *key);
            Ok(Some(found))
        }
    }
}

/// Returns whether versions cannot be listed, for good.
pub(super) fn cannot_list(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::Unsupported
    )
}

/// Returns whether the store has no such names, so that nothing can have been written under one.
fn is_no_name(error: &Error) -> bool {
    error.kind() == ErrorKind::InvalidKey
}

/// The most pages of versions that one run looks at.
const MOST_PAGES: usize = 100;

/// Lists versions and markers, page by page.
///
/// # Errors
///
/// Those of the listing.
pub(super) async fn list_versions(
    store: &CheckStore,
    prefix: &str,
) -> Result<Vec<ObjectVersion>, Error> {
    let mut found = Vec::new();
    let mut page = None;
    for _ in 0..MOST_PAGES {
        let listed = store.list_versions(prefix, page).await?;
        found.extend(listed.versions);
        page = listed.next;
        if page.is_none() {
            break;
        }
    }
    Ok(found)
}

/// Returns what is still in the run's own folder after its clean-up.
///
/// # Errors
///
/// Those of the listing.
pub(crate) async fn residue(
    store: &CheckStore,
    own: &KeyPrefix,
) -> Result<Vec<ObjectVersion>, Error> {
    super::sweep::everything(store, own).await
}
