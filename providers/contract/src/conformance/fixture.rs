//! What a case is run on, and how what it wrote is removed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Failed, Need, Recorder};
use crate::capability::Capability;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{KeyPrefix, ObjectKey};
use crate::object::{DeleteOptions, ObjectVersion, UploadId};
use crate::store::ObjectStore;

/// A store that must refuse, and the kinds it may refuse with.
#[derive(Debug, Clone)]
pub struct Twin {
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// The kinds that are right for this service.
    pub kinds: Vec<ErrorKind>,
}

/// What one case is run on; clones share the journal of what was written.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// The store, with credentials that may do everything.
    pub store: Arc<dyn ObjectStore>,
    /// A prefix that no other case uses, not empty.
    pub prefix: KeyPrefix,
    /// Whether the bucket keeps versions.
    pub versioned: bool,
    /// Whether `/key` and `key` are two keys there, or the first is refused; a service behind the
    /// provider of another may fold them.
    pub leading_slash: bool,
    /// The same service with a bucket that does not exist.
    pub absent_bucket: Option<Twin>,
    /// The same bucket with a wrong secret.
    pub wrong_secret: Option<Twin>,
    /// The same bucket with credentials that may do nothing.
    pub denied: Option<Twin>,
    /// The texts that no error may show.
    pub secrets: Vec<String>,
    /// The observer that `store` was connected with; no other store may share it.
    pub recorder: Option<Arc<Recorder>>,
    journal: Arc<Mutex<Journal>>,
}

#[derive(Debug, Default)]
struct Journal {
    keys: BTreeSet<ObjectKey>,
    uploads: Vec<(ObjectKey, UploadId)>,
}

impl Fixture {
    /// Creates a fixture of a bucket that keeps no versions, without twins.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>, prefix: KeyPrefix) -> Self {
        Self {
            store,
            prefix,
            versioned: false,
            leading_slash: true,
            absent_bucket: None,
            wrong_secret: None,
            denied: None,
            secrets: Vec::new(),
            recorder: None,
            journal: Arc::default(),
        }
    }

    /// Returns whether the fixture has what a case needs.
    #[must_use]
    pub fn has(&self, need: Need) -> bool {
        match need {
            Need::Has(capability) => self.store.capabilities().has(capability),
            Need::Versioned => self.versioned,
            Need::LeadingSlash => self.leading_slash,
            Need::AbsentBucket => self.absent_bucket.is_some(),
            Need::WrongSecret => self.wrong_secret.is_some(),
            Need::Denied => self.denied.is_some(),
            Need::Recorder => self.recorder.is_some(),
        }
    }

    /// Removes what the case wrote: uploads, versions, markers and objects.
    ///
    /// # Errors
    ///
    /// [`Failed`] names the last thing that could not be removed; the others are tried all the same.
    pub async fn clean_up(&self) -> Result<(), Failed> {
        let Journal { keys, uploads } = std::mem::take(&mut *self.journal());
        let mut outcome = Ok(());
        if self.has(Need::Has(Capability::AbortMultipart)) {
            for (key, upload) in uploads {
                let aborted = self.store.abort_multipart(&key, &upload).await;
                outcome = outcome.and(gone(aborted));
            }
        }
        for key in keys {
            outcome = outcome.and(self.remove(&key).await);
        }
        outcome
    }

    async fn remove(&self, key: &ObjectKey) -> Result<(), Failed> {
        if !(self.versioned && self.has(Need::Has(Capability::Versions))) {
            let deleted = self.store.delete(key, DeleteOptions::default()).await;
            return gone(deleted.map(drop));
        }
        if !self.has(Need::Has(Capability::DeleteShownVersion)) {
            let hidden = self.store.delete(key, DeleteOptions::default()).await;
            gone(hidden.map(drop))?;
        }
        let (mut found, mut page) = (Vec::new(), None);
        loop {
            let listed = match self.store.list_versions(key.as_str(), page).await {
                // A key that the service refuses was not written.
                Err(error) if error.kind() == ErrorKind::InvalidKey => return Ok(()),
                answer => answer?,
            };
            found.extend(listed.versions.into_iter().filter(|one| one.key == *key));
            page = listed.next;
            if page.is_none() {
                break;
            }
        }
        // A marker that went first would show a version again.
        found.sort_by_key(|one| one.delete_marker);
        for ObjectVersion { version, .. } in found {
            let deleted = self.store.delete(key, DeleteOptions { version }).await;
            gone(deleted.map(drop))?;
        }
        Ok(())
    }

    /// Notes a key that the case may write.
    pub(super) fn note_key(&self, key: &ObjectKey) {
        self.journal().keys.insert(key.clone());
    }

    /// Notes an upload that the case began.
    pub(super) fn note_upload(&self, key: &ObjectKey, upload: &UploadId) {
        self.journal().uploads.push((key.clone(), upload.clone()));
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what is not there, or never could be, for removed.
fn gone(removed: Result<(), Error>) -> Result<(), Failed> {
    match removed {
        Err(error)
            if !matches!(
                error.kind(),
                ErrorKind::ObjectNotFound | ErrorKind::UploadNotFound | ErrorKind::InvalidKey
            ) =>
        {
            Err(Failed::new(format!("not removed: {error}")))
        }
        _ => Ok(()),
    }
}
