//! The store: an S3 store that also answers for its server's health.

use async_trait::async_trait;
use backstop_contract::{
    Aspect, BucketInfo, Capabilities, CompleteOptions, CreateOptions, Credential, DeleteOptions,
    DeleteResult, Error, ErrorKind, GetOptions, GetResult, HeadOptions, Identity, Inspected,
    KeyPrefix, ListOptions, ListPage, ObjectKey, ObjectMeta, ObjectStore, Operation, PageToken,
    Part, PartNumber, PartOptions, PartPage, Principal, ProviderInfo, PutOptions, PutResult,
    Result, Route, Sent, StoreLocation, UploadId, UploadPage, VersionPage,
};
use backstop_s3::{Form, S3Store};
use bytes::Bytes;

use crate::health;

/// One bucket of a `MinIO` server.
#[derive(Debug, Clone)]
pub struct MinioStore {
    inner: S3Store,
}

impl MinioStore {
    pub(crate) fn new(inner: S3Store) -> Self {
        Self { inner }
    }

    /// Returns the same bucket as strangers ask for it, as [`S3Store::unsigned`] does.
    #[must_use]
    pub fn unsigned(&self) -> Self {
        Self::new(self.inner.unsigned())
    }

    /// Returns where requests go.
    #[must_use]
    pub fn route(&self) -> Option<&Route> {
        self.inner.route()
    }

    /// Returns the same bucket as it is asked in a form, as [`S3Store::in_form`] does.
    #[must_use]
    pub fn in_form(&self, form: Form) -> Option<Self> {
        self.inner.in_form(form).map(Self::new)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for MinioStore {
    fn location(&self) -> &StoreLocation {
        self.inner.location()
    }

    fn provider(&self) -> &'static ProviderInfo {
        self.inner.provider()
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    async fn head_bucket(&self) -> Result<BucketInfo> {
        self.inner.head_bucket().await
    }

    async fn list(&self, prefix: &KeyPrefix, options: ListOptions) -> Result<ListPage> {
        self.inner.list(prefix, options).await
    }

    async fn head(&self, key: &ObjectKey, options: HeadOptions) -> Result<ObjectMeta> {
        self.inner.head(key, options).await
    }

    async fn get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        self.inner.get(key, options).await
    }

    async fn put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult> {
        self.inner.put(key, body, options).await
    }

    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        self.inner.delete(key, options).await
    }

    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        self.inner.create_multipart(key, options).await
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part> {
        self.inner
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
        self.inner
            .complete_multipart(key, upload, parts, options)
            .await
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        self.inner.abort_multipart(key, upload).await
    }

    async fn list_uploads(&self, prefix: &str, page: Option<PageToken>) -> Result<UploadPage> {
        self.inner.list_uploads(prefix, page).await
    }

    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        page: Option<PageToken>,
    ) -> Result<PartPage> {
        self.inner.list_parts(key, upload, page).await
    }

    async fn list_versions(&self, prefix: &str, page: Option<PageToken>) -> Result<VersionPage> {
        self.inner.list_versions(prefix, page).await
    }

    async fn inspect(&self, aspect: Aspect) -> Result<Inspected> {
        health::ask(&self.inner, aspect).await
    }
}

#[async_trait]
impl Identity for MinioStore {
    async fn credential(&self) -> Result<Credential> {
        self.inner.credential().await
    }

    async fn principal(&self) -> Result<Principal> {
        let credential = self.credential().await?;
        let error = Error::new(
            ErrorKind::Unsupported,
            Operation::Authenticate,
            self.location(),
            Sent::No,
        );
        Err(error.with_message(format!(
            "MinIO has no call that tells who asks; the requests are signed by the access key id {}",
            credential.id
        )))
    }
}
