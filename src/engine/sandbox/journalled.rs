//! The store that journals what is written through it, and refuses every foreign key.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_contract::{
    Aspect, BucketInfo, Capabilities, CompleteOptions, CreateOptions, DeleteOptions, DeleteResult,
    Error, ErrorKind, GetOptions, GetResult, HeadOptions, Inspected, KeyPrefix, ListOptions,
    ListPage, ObjectKey, ObjectMeta, ObjectStore, Operation, PageToken, Part, PartNumber,
    PartOptions, PartPage, ProviderInfo, PutOptions, PutResult, Result, Sent, StoreLocation,
    UploadId, UploadPage, VersionPage,
};
use bytes::Bytes;

use super::journal::{Entry, Journal};
use crate::check::Keys;
use crate::engine::gate::Gate;

/// A store that journals what is written through it.
///
/// It lies beneath the retries, so that every attempt is journalled by itself. A write to a key
/// that is not the sandbox's is refused before it is sent.
#[derive(Debug)]
pub(crate) struct Journalled {
    store: Arc<dyn ObjectStore>,
    keys: Keys,
    journal: Arc<Journal>,
    gate: Arc<Gate>,
}

impl Journalled {
    /// Wraps a store.
    #[must_use]
    pub(crate) fn new(
        store: Arc<dyn ObjectStore>,
        keys: Keys,
        journal: Arc<Journal>,
        gate: Arc<Gate>,
    ) -> Self {
        Self {
            store,
            keys,
            journal,
            gate,
        }
    }

    /// Lets a write through: to the sandbox's keys, and while the run is not stopping.
    fn admit(&self, operation: Operation, key: &ObjectKey) -> Result<()> {
        if self.gate.is_closed() {
            let refused = Error::on_key(
                ErrorKind::Unexpected,
                operation,
                self.store.location(),
                key,
                Sent::No,
            );
            return Err(refused.with_message("the run is stopping"));
        }
        let stays = operation == Operation::PutObject && *key == self.keys.survivor;
        if stays || self.keys.is_of_a_run(key) {
            return Ok(());
        }
        Err(Error::on_key(
            ErrorKind::InvalidKey,
            operation,
            self.store.location(),
            key,
            Sent::No,
        )
        .with_message("the key is not the sandbox's"))
    }

    /// Takes the answer of a write that was journalled as unsettled before it was sent.
    fn settle(&self, key: &ObjectKey, answer: &Result<PutResult>, size: u64) {
        match answer {
            Ok(done) => {
                self.journal.note_write(done.version.is_some());
                self.journal.change(key, |entry| {
                    entry.unsettled_writes -= 1;
                    wrote(entry, size, done);
                });
            }
            Err(error) if !error.may_have_happened() => self
                .journal
                .change(key, |entry| entry.unsettled_writes -= 1),
            Err(_) => {}
        }
    }
}

fn wrote(entry: &mut Entry, size: u64, put: &PutResult) {
    entry.hidden = false;
    match &put.version {
        Some(version) => {
            // Where versioning is suspended every write replaces the version "null".
            entry.versions.retain(|(id, _)| id != version);
            entry.versions.push((version.clone(), size));
        }
        None => entry.live = Some(size),
    }
}

fn forget_upload(entry: &mut Entry, upload: &UploadId) {
    entry.uploads.retain(|(id, _)| id != upload);
}

fn deleted(entry: &mut Entry, options: &DeleteOptions, answer: &DeleteResult) {
    if let Some(version) = &options.version {
        entry.versions.retain(|(id, _)| id != version);
        entry.markers.retain(|id| id != version);
        entry.hidden &= !entry.markers.is_empty();
        return;
    }
    entry.live = None;
    entry.hidden = true;
    if answer.delete_marker {
        entry.markers.extend(answer.version.clone());
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl ObjectStore for Journalled {
    fn location(&self) -> &StoreLocation {
        self.store.location()
    }

    fn provider(&self) -> &'static ProviderInfo {
        self.store.provider()
    }

    fn capabilities(&self) -> &Capabilities {
        self.store.capabilities()
    }

    async fn head_bucket(&self) -> Result<BucketInfo> {
        self.store.head_bucket().await
    }

    async fn list(&self, prefix: &KeyPrefix, options: ListOptions) -> Result<ListPage> {
        self.store.list(prefix, options).await
    }

    async fn head(&self, key: &ObjectKey, options: HeadOptions) -> Result<ObjectMeta> {
        self.store.head(key, options).await
    }

    async fn get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        self.store.get(key, options).await
    }

    async fn put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult> {
        self.admit(Operation::PutObject, key)?;
        if *key == self.keys.survivor {
            // It stays on purpose, so that the clean-up must not know of it.
            return self.store.put(key, body, options).await;
        }
        let size = body.len() as u64;
        self.journal
            .change(key, |entry| entry.unsettled_writes += 1);
        let answer = self.store.put(key, body, options).await;
        self.settle(key, &answer, size);
        answer
    }

    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        self.admit(Operation::DeleteObject, key)?;
        // Without a version it may leave a marker, which has to be known even if no reply comes.
        let marks = u32::from(options.version.is_none());
        self.journal
            .change(key, |entry| entry.unsettled_writes += marks);
        let answer = self.store.delete(key, options.clone()).await;
        let done = match &answer {
            Ok(done) => Some(done.clone()),
            Err(error) if error.kind() == ErrorKind::ObjectNotFound => {
                Some(DeleteResult::default())
            }
            Err(error) if error.may_have_happened() => return answer,
            Err(_) => None,
        };
        self.journal.change(key, |entry| {
            entry.unsettled_writes -= marks;
            if let Some(done) = done {
                deleted(entry, &options, &done);
            }
        });
        answer
    }

    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        self.admit(Operation::CreateMultipart, key)?;
        self.journal
            .change(key, |entry| entry.unsettled_uploads += 1);
        let answer = self.store.create_multipart(key, options).await;
        match &answer {
            Ok(upload) => self.journal.change(key, |entry| {
                entry.unsettled_uploads -= 1;
                entry.uploads.push((upload.clone(), 0));
            }),
            Err(error) if !error.may_have_happened() => self
                .journal
                .change(key, |entry| entry.unsettled_uploads -= 1),
            Err(_) => {}
        }
        answer
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part> {
        self.admit(Operation::PutPart, key)?;
        let size = body.len() as u64;
        let answer = self
            .store
            .put_part(key, upload, number, body, options)
            .await;
        if answer
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::UploadNotFound)
        {
            self.journal
                .change(key, |entry| forget_upload(entry, upload));
        }
        if answer.is_ok() {
            self.journal.change(key, |entry| {
                for (_, bytes) in entry.uploads.iter_mut().filter(|(id, _)| id == upload) {
                    *bytes += size;
                }
            });
        }
        answer
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult> {
        self.admit(Operation::CompleteMultipart, key)?;
        let size = parts.iter().map(|part| part.size).sum();
        self.journal
            .change(key, |entry| entry.unsettled_writes += 1);
        let answer = self
            .store
            .complete_multipart(key, upload, parts, options)
            .await;
        self.settle(key, &answer, size);
        if is_ended(&answer) {
            self.journal
                .change(key, |entry| forget_upload(entry, upload));
        }
        answer
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        self.admit(Operation::AbortMultipart, key)?;
        let answer = self.store.abort_multipart(key, upload).await;
        if is_ended(&answer) {
            self.journal
                .change(key, |entry| forget_upload(entry, upload));
        }
        answer
    }

    async fn list_uploads(&self, prefix: &str, page: Option<PageToken>) -> Result<UploadPage> {
        self.store.list_uploads(prefix, page).await
    }

    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        page: Option<PageToken>,
    ) -> Result<PartPage> {
        self.store.list_parts(key, upload, page).await
    }

    async fn list_versions(&self, prefix: &str, page: Option<PageToken>) -> Result<VersionPage> {
        self.store.list_versions(prefix, page).await
    }

    async fn inspect(&self, aspect: Aspect) -> Result<Inspected> {
        self.store.inspect(aspect).await
    }
}

/// Returns whether an upload is no longer open after this answer.
fn is_ended<T>(answer: &Result<T>) -> bool {
    match answer {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::UploadNotFound,
    }
}
