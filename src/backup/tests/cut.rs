//! A store that is gone after some writes, as it is for somebody who was killed.

use async_trait::async_trait;
use backstop_contract::*;
use bytes::Bytes;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A store that answers so many requests that change something, and none after them.
#[derive(Debug)]
pub(super) struct CutOff {
    store: MemoryStore,
    left: AtomicUsize,
}

impl CutOff {
    pub(super) fn after(store: MemoryStore, most: usize) -> Self {
        let left = AtomicUsize::new(most);
        Self { store, left }
    }

    fn pass(&self, operation: Operation) -> Result<()> {
        let passed = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        passed.map(|_| ()).map_err(|_| {
            Error::new(
                ErrorKind::PermissionDenied,
                operation,
                self.store.location(),
                Sent::No,
            )
        })
    }
}

#[async_trait]
impl ObjectStore for CutOff {
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
        self.pass(Operation::PutObject)?;
        self.store.put(key, body, options).await
    }

    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        self.pass(Operation::DeleteObject)?;
        self.store.delete(key, options).await
    }

    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        self.pass(Operation::CreateMultipart)?;
        self.store.create_multipart(key, options).await
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part> {
        self.pass(Operation::PutPart)?;
        self.store
            .put_part(key, upload, number, body, options)
            .await
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult> {
        self.pass(Operation::CompleteMultipart)?;
        self.store
            .complete_multipart(key, upload, parts, options)
            .await
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        self.pass(Operation::AbortMultipart)?;
        self.store.abort_multipart(key, upload).await
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
