//! The trait that every store honours.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::aspect::{Aspect, Inspected};
use crate::capability::Capabilities;
use crate::error::Result;
use crate::key::{KeyPrefix, ObjectKey};
use crate::location::StoreLocation;
use crate::object::{
    BucketInfo, CompleteOptions, CreateOptions, DeleteOptions, DeleteResult, GetOptions, GetResult,
    HeadOptions, ListOptions, ListPage, ObjectMeta, PageToken, Part, PartNumber, PartOptions,
    PartPage, PutOptions, PutResult, UploadId, UploadPage, VersionPage,
};
use crate::operation::ProviderInfo;

/// One bucket of one service, with credentials.
///
/// What every store owes:
/// - one call is one wire request, never repeated and never answered from a cache;
/// - a key reaches the service byte for byte, or the call fails as `InvalidKey` before sending;
/// - a write that was answered with success is seen by every read that starts afterwards;
/// - every answer is shown to the [`WireObserver`](crate::WireObserver) given at connect;
/// - what the [`Capabilities`] deny fails as `Unsupported` before sending.
///
/// # Errors
///
/// Any method can fail with the network kinds (`NameNotResolved`, `Unreachable`, `TlsRejected`,
/// `TimedOut`), the authorization kinds (`Unauthenticated`, `SignatureRejected`, `ClockSkewed`,
/// `CredentialExpired`, `PermissionDenied`), `BucketNotFound`, `WrongRegion`, `Throttled`,
/// `ServiceFailed`, `MalformedResponse` and `Unexpected`. The kinds a method adds are named with it.
#[async_trait]
pub trait ObjectStore: fmt::Debug + Send + Sync + 'static {
    /// Returns where the store is, free of credentials.
    fn location(&self) -> &StoreLocation;

    /// Returns what the provider is called and what its operations need.
    fn provider(&self) -> &'static ProviderInfo;

    /// Returns the optional behaviours and the limits.
    fn capabilities(&self) -> &Capabilities;

    /// Asks for the bucket itself, for its region only: a refusal says nothing of the objects.
    async fn head_bucket(&self) -> Result<BucketInfo>;

    /// Returns one page of the keys that begin with `prefix`, in ascending byte order.
    ///
    /// A page may be short or empty without being the last. A prefix without objects is an empty
    /// last page, not an error.
    async fn list(&self, prefix: &KeyPrefix, options: ListOptions) -> Result<ListPage>;

    /// Returns the facts of an object.
    ///
    /// # Errors
    ///
    /// `ObjectNotFound`. The answer has no body, so a refusal may come without a code; ask with
    /// `list` or `get` where the cause matters.
    async fn head(&self, key: &ObjectKey, options: HeadOptions) -> Result<ObjectMeta>;

    /// Opens an object for reading; the body streams and holds no more than it must.
    ///
    /// # Errors
    ///
    /// `ObjectNotFound`, `ArchivedObject`, and `PreconditionFailed` for a range that begins behind
    /// the end. A body that ends early yields an error, never a short success.
    async fn get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult>;

    /// Writes an object in one request; nothing of it is visible before it is whole.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` with [`Condition::IfAbsent`](crate::Condition::IfAbsent) where the key
    /// exists, `ChecksumMismatch` for a wrong declared checksum, and for a wrong SHA-256 where the
    /// store has `Sha256`, `Immutable`, `QuotaExceeded`, `InvalidKey`, and `Unsupported` for
    /// attributes that the service does not take.
    async fn put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult>;

    /// Deletes an object, or with a version given that version for good.
    ///
    /// On a bucket that keeps versions, a delete without a version hides the object behind a
    /// marker, whose id is returned.
    ///
    /// # Errors
    ///
    /// `Immutable`. A delete of an absent key succeeds where the store has `DeleteAbsent` and
    /// fails as `ObjectNotFound` elsewhere.
    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult>;

    /// Begins a multipart upload; the key shows nothing of it until it is completed.
    ///
    /// # Errors
    ///
    /// `Immutable`, `QuotaExceeded`, `InvalidKey`, and `Unsupported` for attributes that the service
    /// does not take.
    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId>;

    /// Sends one part; parts may be sent in any order and at the same time.
    ///
    /// # Errors
    ///
    /// `UploadNotFound`, `QuotaExceeded`, and `ChecksumMismatch` for a wrong SHA-256 where the store
    /// has `Sha256`.
    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part>;

    /// Makes the object out of the parts, in the order given, which is ascending.
    ///
    /// A refused completion leaves the upload open.
    ///
    /// # Errors
    ///
    /// `UploadNotFound` (also after an abort and after an earlier completion), `AlreadyExists` as
    /// for [`put`](Self::put), `Immutable`.
    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult>;

    /// Ends an upload without an object and frees its parts.
    ///
    /// # Errors
    ///
    /// `UploadNotFound` where the service says so; some answer success for an unknown id.
    async fn abort_multipart(&self, key: &ObjectKey, upload: &UploadId) -> Result<()>;

    /// Returns one page of the open uploads whose keys begin with `prefix`, which here may be a
    /// whole key: some services list by the exact key only.
    async fn list_uploads(&self, prefix: &str, page: Option<PageToken>) -> Result<UploadPage>;

    /// Returns one page of the parts that an open upload has taken, by number.
    ///
    /// # Errors
    ///
    /// `UploadNotFound` (also after its end), `Unsupported` where open uploads cannot be listed.
    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        page: Option<PageToken>,
    ) -> Result<PartPage>;

    /// Returns one page of the versions and markers of the keys that begin with `prefix`, which
    /// here may be a whole key.
    async fn list_versions(&self, prefix: &str, page: Option<PageToken>) -> Result<VersionPage>;

    /// Asks the bucket about itself.
    ///
    /// # Errors
    ///
    /// `Unsupported` for an aspect the provider cannot be asked about.
    async fn inspect(&self, aspect: Aspect) -> Result<Inspected>;
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: ObjectStore + ?Sized> ObjectStore for Arc<S> {
    fn location(&self) -> &StoreLocation {
        (**self).location()
    }

    fn provider(&self) -> &'static ProviderInfo {
        (**self).provider()
    }

    fn capabilities(&self) -> &Capabilities {
        (**self).capabilities()
    }

    async fn head_bucket(&self) -> Result<BucketInfo> {
        (**self).head_bucket().await
    }

    async fn list(&self, prefix: &KeyPrefix, options: ListOptions) -> Result<ListPage> {
        (**self).list(prefix, options).await
    }

    async fn head(&self, key: &ObjectKey, options: HeadOptions) -> Result<ObjectMeta> {
        (**self).head(key, options).await
    }

    async fn get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        (**self).get(key, options).await
    }

    async fn put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult> {
        (**self).put(key, body, options).await
    }

    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        (**self).delete(key, options).await
    }

    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        (**self).create_multipart(key, options).await
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part> {
        (**self).put_part(key, upload, number, body, options).await
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult> {
        (**self)
            .complete_multipart(key, upload, parts, options)
            .await
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        (**self).abort_multipart(key, upload).await
    }

    async fn list_uploads(&self, prefix: &str, page: Option<PageToken>) -> Result<UploadPage> {
        (**self).list_uploads(prefix, page).await
    }

    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        page: Option<PageToken>,
    ) -> Result<PartPage> {
        (**self).list_parts(key, upload, page).await
    }

    async fn list_versions(&self, prefix: &str, page: Option<PageToken>) -> Result<VersionPage> {
        (**self).list_versions(prefix, page).await
    }

    async fn inspect(&self, aspect: Aspect) -> Result<Inspected> {
        (**self).inspect(aspect).await
    }
}
