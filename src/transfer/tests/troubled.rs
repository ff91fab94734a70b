//! A store whose answers get lost, break off, or come after something else has happened.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use backstop_contract::{
    Aspect, BucketInfo, Capabilities, CompleteOptions, CreateOptions, DeleteOptions, DeleteResult,
    Error, ErrorKind, GetOptions, GetResult, HeadOptions, Inspected, KeyPrefix, ListOptions,
    ListPage, MemoryStore, ObjectKey, ObjectMeta, ObjectStore, Operation, PageToken, Part,
    PartNumber, PartOptions, PartPage, ProviderInfo, PutOptions, PutResult, Result, Sent,
    StoreLocation, UploadId, UploadPage, VersionPage,
};
use bytes::Bytes;
use futures::{StreamExt, stream};

/// What happens to the answer of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It takes effect and its answer is lost, so many times.
    LostAfter(u32),
    /// It does not arrive, so many times.
    LostBefore(u32),
    /// It never ends.
    Hangs,
    /// The body of the answer breaks off, so many times.
    BreaksOff(u32),
    /// Another object is written to the key after it.
    Overwritten,
}

/// A memory store with one trouble at one operation.
#[derive(Debug)]
pub(super) struct Troubled {
    store: MemoryStore,
    operation: Operation,
    trouble: Trouble,
    left: AtomicU32,
}

impl Troubled {
    pub(super) fn new(store: &MemoryStore, operation: Operation, trouble: Trouble) -> Self {
        let left = match trouble {
            Trouble::LostAfter(times) | Trouble::LostBefore(times) | Trouble::BreaksOff(times) => {
                times
            }
            Trouble::Hangs => u32::MAX,
            Trouble::Overwritten => 1,
        };
        Self {
            store: store.clone(),
            operation,
            trouble,
            left: AtomicU32::new(left),
        }
    }

    fn lost(&self, operation: Operation, sent: Sent) -> Error {
        Error::new(
            ErrorKind::Unreachable,
            operation,
            self.store.location(),
            sent,
        )
    }

    async fn ask<T>(
        &self,
        operation: Operation,
        answer: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let turn = |left: u32| left.checked_sub(1);
        let is_one = operation == self.operation
            && self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, turn)
                .is_ok();
        match self.trouble {
            Trouble::LostBefore(_) if is_one => Err(self.lost(operation, Sent::Maybe)),
            Trouble::LostAfter(_) if is_one => {
                answer.await?;
                Err(self.lost(operation, Sent::Maybe))
            }
            Trouble::Hangs if is_one => std::future::pending().await,
            _ => answer.await,
        }
    }
}

#[async_trait]
impl ObjectStore for Troubled {
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
        self.ask(Operation::HeadObject, self.store.head(key, options))
            .await
    }

    async fn get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        let mut opened = self.store.get(key, options).await?;
        let turn = |left: u32| left.checked_sub(1);
        let happens = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, turn)
            .is_ok();
        match self.trouble {
            Trouble::BreaksOff(_) if happens => {
                let broken = stream::iter([Err(self.lost(Operation::GetObject, Sent::Maybe))]);
                opened.body = opened.body.take(1).chain(broken).boxed();
            }
            Trouble::Overwritten if happens => {
                let other = Bytes::from(vec![9; 10_000]);
                self.store.put(key, other, PutOptions::default()).await?;
            }
            _ => {}
        }
        Ok(opened)
    }

    async fn put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult> {
        self.ask(Operation::PutObject, self.store.put(key, body, options))
            .await
    }

    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        self.ask(Operation::DeleteObject, self.store.delete(key, options))
            .await
    }

    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        let answer = self.store.create_multipart(key, options);
        self.ask(Operation::CreateMultipart, answer).await
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part> {
        let answer = self.store.put_part(key, upload, number, body, options);
        self.ask(Operation::PutPart, answer).await
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult> {
        let answer = self.store.complete_multipart(key, upload, parts, options);
        self.ask(Operation::CompleteMultipart, answer).await
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        let answer = self.store.abort_multipart(key, upload);
        self.ask(Operation::AbortMultipart, answer).await
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
