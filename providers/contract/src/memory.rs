//! An in-memory store that honours the contract.
//!
//! It is the reference: the conformance cases, the engine's tests and the demo run on it. It speaks
//! as Amazon S3 does (permission names, error codes, markers), strongly consistent, and its
//! smallest part is 1 KiB, so that a multipart upload costs next to nothing.

mod bucket;
mod contents;
mod listing;
mod multipart;
mod options;
mod refusal;
mod request;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::aspect::{Aspect, Inspected};
use crate::capability::{Capabilities, Capability, Limits};
use crate::error::{Error, ErrorKind, Result, Sent};
use crate::exchange::WireObserver;
use crate::key::{KeyPrefix, LONGEST_KEY, ObjectKey};
use crate::location::StoreLocation;
use crate::object::{
    BucketInfo, ByteRange, CompleteOptions, Condition, CreateOptions, DeclaredChecksum,
    DeleteOptions, DeleteResult, GetOptions, GetResult, HeadOptions, ListOptions, ListPage,
    ObjectBody, ObjectMeta, PageToken, Part, PartNumber, PartOptions, PartPage, PutOptions,
    PutResult, UploadId, UploadPage, VersionPage,
};
use crate::operation::{Operation, PermissionContext, ProviderInfo};
use crate::posture::{LockMode, ObjectLock, Retention};
use crate::store::ObjectStore;

use bucket::{Answer, Bucket, Content, check_declared, check_sum};
pub use contents::Contents;
pub use options::{Denied, Latency, MemoryOptions, Says};
use request::Request;

/// How many bytes of a body arrive at once.
const CHUNK: usize = 64 * 1024;

/// The largest object that one put may write and the largest part, as on Amazon S3.
const LARGEST_PUT: u64 = 5 << 30;

/// One in-memory bucket, seen with one set of rights; clones share the bucket.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    denied: Arc<[Denied]>,
    observer: Option<Arc<dyn WireObserver>>,
}

#[derive(Debug)]
struct Shared {
    location: StoreLocation,
    capabilities: Capabilities,
    bucket: Mutex<Bucket>,
    says: Says,
    largest_page: u32,
    latency: Option<Latency>,
    clock: fn() -> Timestamp,
    requests: AtomicU64,
}

impl MemoryStore {
    /// Creates an empty bucket that keeps no versions and denies nothing.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::with(name, MemoryOptions::default())
    }

    /// Creates an empty bucket that behaves as told.
    #[must_use]
    pub fn with(name: &str, options: MemoryOptions) -> Self {
        let MemoryOptions {
            versioned,
            locked,
            says,
            denied,
            lacks,
            smallest_part,
            largest_page,
            latency,
            observer,
            clock,
        } = options;
        let capabilities = lacks
            .into_iter()
            .fold(all_capabilities(smallest_part), Capabilities::without);
        let bucket = Bucket::new(name, versioned || locked, locked, capabilities.clone());
        Self {
            shared: Arc::new(Shared {
                location: StoreLocation::new(PROVIDER.scheme, name),
                capabilities,
                bucket: Mutex::new(bucket),
                says,
                largest_page,
                latency,
                clock,
                requests: AtomicU64::new(0),
            }),
            denied: denied.into(),
            observer,
        }
    }

    /// Returns the same bucket as other credentials see it.
    #[must_use]
    pub fn as_seen_with(&self, denied: Vec<Denied>) -> Self {
        Self {
            denied: denied.into(),
            ..self.clone()
        }
    }

    /// Returns the same bucket with every answer shown to `observer`.
    #[must_use]
    pub fn observed_by(&self, observer: Arc<dyn WireObserver>) -> Self {
        Self {
            observer: Some(observer),
            ..self.clone()
        }
    }

    /// Returns everything that is left in the bucket.
    #[must_use]
    pub fn contents(&self) -> Contents {
        Contents::of(&self.bucket())
    }

    /// Makes everything in the bucket older, open uploads included.
    pub fn backdate(&self, by: SignedDuration) {
        self.bucket().backdate(by);
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        // A panic elsewhere leaves the bucket whole: no change is made in two steps.
        let bucket = self.shared.bucket.lock();
        bucket.unwrap_or_else(PoisonError::into_inner)
    }

    fn page_size(&self, wanted: Option<u32>) -> usize {
        let largest = self.shared.largest_page;
        wanted.unwrap_or(largest).clamp(1, largest.max(1)) as usize
    }
}

/// How an in-memory store is called and what it needs: the words of Amazon S3.
static PROVIDER: ProviderInfo = ProviderInfo {
    scheme: "memory",
    title: "memory",
    bucket_word: "bucket",
    permissions,
};

fn permissions(operation: Operation, context: PermissionContext) -> &'static [&'static str] {
    let PermissionContext {
        versioned,
        encrypted: _,
        aspect,
    } = context;
    match operation {
        Operation::HeadBucket | Operation::ListObjects => &["s3:ListBucket"],
        Operation::HeadObject | Operation::GetObject if versioned => &["s3:GetObjectVersion"],
        Operation::HeadObject | Operation::GetObject => &["s3:GetObject"],
        Operation::DeleteObject if versioned => &["s3:DeleteObjectVersion"],
        Operation::DeleteObject => &["s3:DeleteObject"],
        Operation::PutObject
        | Operation::CreateMultipart
        | Operation::PutPart
        | Operation::CompleteMultipart => &["s3:PutObject"],
        Operation::AbortMultipart => &["s3:AbortMultipartUpload"],
        Operation::ListUploads => &["s3:ListBucketMultipartUploads"],
        Operation::ListParts => &["s3:ListMultipartUploadParts"],
        Operation::ListVersions => &["s3:ListBucketVersions"],
        Operation::Inspect => match aspect {
            Some(Aspect::ObjectLock) => &["s3:GetBucketObjectLockConfiguration"],
            Some(Aspect::Encryption) => &["s3:GetEncryptionConfiguration"],
            Some(Aspect::Lifecycle) => &["s3:GetLifecycleConfiguration"],
            Some(Aspect::PublicAccess) => &["s3:GetBucketPolicyStatus"],
            _ => &["s3:GetBucketVersioning"],
        },
        Operation::Authenticate => &[],
    }
}

fn all_capabilities(smallest_part: u64) -> Capabilities {
    let limits = Limits {
        smallest_part,
        largest_part: LARGEST_PUT,
        parts: multipart::MOST_PARTS,
        largest_put: LARGEST_PUT,
        longest_key: LONGEST_KEY,
    };
    let behaviours = [
        Capability::PutIfAbsent,
        Capability::AbortMultipart,
        Capability::ListUploads,
        Capability::ListUploadsByPrefix,
        Capability::Versions,
        Capability::DeleteShownVersion,
        Capability::ContentMd5,
        Capability::Crc32,
        Capability::Sha256,
        Capability::DeleteAbsent,
        Capability::Delimiter,
    ];
    Capabilities::new(behaviours, limits)
}

/// Returns the part of a range that an object of `size` bytes has.
fn clip(range: Option<ByteRange>, size: u64) -> Answer<Option<ByteRange>> {
    let Some(ByteRange { start, end }) = range else {
        return Ok(None);
    };
    if start >= size || end <= start {
        return Err(ErrorKind::PreconditionFailed.into());
    }
    let end = end.min(size);
    Ok(Some(ByteRange { start, end }))
}

fn stream_of(body: Bytes, range: Option<ByteRange>) -> ObjectBody {
    // The range was clipped to the size of a body in memory.
    let at = |offset: u64| usize::try_from(offset).unwrap_or(body.len());
    let (start, end) = range.map_or((0, body.len()), |range| (at(range.start), at(range.end)));
    let chunks = (start..end).step_by(CHUNK);
    stream::iter(chunks.map(move |from| Ok(body.slice(from..end.min(from + CHUNK))))).boxed()
}

fn if_absent(condition: Condition) -> Option<Capability> {
    match condition {
        Condition::Always => None,
        Condition::IfAbsent => Some(Capability::PutIfAbsent),
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl ObjectStore for MemoryStore {
    fn location(&self) -> &StoreLocation {
        &self.shared.location
    }

    fn provider(&self) -> &'static ProviderInfo {
        &PROVIDER
    }

    fn capabilities(&self) -> &Capabilities {
        &self.shared.capabilities
    }

    async fn head_bucket(&self) -> Result<BucketInfo> {
        let request = Request::on_bucket(Operation::HeadBucket);
        self.answer(request, |_, _| Ok(BucketInfo::default())).await
    }

    async fn list(&self, prefix: &KeyPrefix, options: ListOptions) -> Result<ListPage> {
        let ListOptions {
            page,
            page_size,
            delimited,
        } = options;
        let most = self.page_size(page_size);
        let request = Request::on_prefix(Operation::ListObjects, prefix.as_str())
            .needing(delimited.then_some(Capability::Delimiter));
        self.answer(request, |bucket, _| {
            Ok(bucket.list(prefix.as_str(), page.as_ref(), most, delimited))
        })
        .await
    }

    async fn head(&self, key: &ObjectKey, options: HeadOptions) -> Result<ObjectMeta> {
        let HeadOptions { version } = options;
        let request = Request::on_key(Operation::HeadObject, key).naming(version.as_ref());
        self.answer(request, |bucket, _| {
            bucket.find(key, version.as_ref()).map(|(meta, _)| meta)
        })
        .await
    }

    async fn get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        let GetOptions { range, version } = options;
        let request = Request::on_key(Operation::GetObject, key).naming(version.as_ref());
        self.answer(request, |bucket, _| {
            let (meta, body) = bucket.find(key, version.as_ref())?;
            let range = clip(range, meta.size)?;
            let body = stream_of(body, range);
            Ok(GetResult { meta, range, body })
        })
        .await
    }

    async fn put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult> {
        let PutOptions {
            condition,
            checksum,
            sha256,
            attributes,
        } = options;
        let request = Request::on_key(Operation::PutObject, key)
            .needing(if_absent(condition))
            .needing(checksum.map(|checksum| match checksum {
                DeclaredChecksum::Md5(_) => Capability::ContentMd5,
                DeclaredChecksum::Crc32(_) => Capability::Crc32,
            }));
        self.answer(request, |bucket, now| {
            check_declared(&body, checksum)?;
            check_sum(&body, sha256)?;
            let content = Content::new(body).given(attributes);
            bucket.write(key, content, condition, now)
        })
        .await
    }

    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        let DeleteOptions { version } = options;
        let request = Request::on_key(Operation::DeleteObject, key).naming(version.as_ref());
        self.answer(request, |bucket, now| {
            bucket.delete(key, version.clone(), now)
        })
        .await
    }

    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        let request = Request::on_key(Operation::CreateMultipart, key);
        let CreateOptions {
            hashed: _,
            attributes,
        } = options;
        self.answer(
            request,
            |bucket, now| Ok(bucket.begin(key, attributes, now)),
        )
        .await
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part> {
        let request = Request::on_key(Operation::PutPart, key);
        let PartOptions { sha256 } = options;
        self.answer(request, |bucket, _| {
            check_sum(&body, sha256)?;
            bucket.take_part(key, upload, number, body)
        })
        .await
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult> {
        let CompleteOptions {
            condition,
            attributes: _,
        } = options;
        let request =
            Request::on_key(Operation::CompleteMultipart, key).needing(if_absent(condition));
        self.answer(request, |bucket, now| {
            bucket.complete(key, upload, parts, condition, now)
        })
        .await
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        let request = Request::on_key(Operation::AbortMultipart, key)
            .needing(Some(Capability::AbortMultipart));
        self.answer(request, |bucket, _| bucket.abort(key, upload))
            .await
    }

    async fn list_uploads(&self, prefix: &str, page: Option<PageToken>) -> Result<UploadPage> {
        let request = Request::on_prefix(Operation::ListUploads, prefix)
            .needing(Some(Capability::ListUploads));
        let most = self.page_size(None);
        self.answer(request, |bucket, _| {
            Ok(bucket.list_uploads(prefix, page.as_ref(), most))
        })
        .await
    }

    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        page: Option<PageToken>,
    ) -> Result<PartPage> {
        let request =
            Request::on_key(Operation::ListParts, key).needing(Some(Capability::ListUploads));
        let most = self.page_size(None);
        self.answer(request, |bucket, _| {
            bucket.list_parts(key, upload, page.as_ref(), most)
        })
        .await
    }

    async fn list_versions(&self, prefix: &str, page: Option<PageToken>) -> Result<VersionPage> {
        let request =
            Request::on_prefix(Operation::ListVersions, prefix).needing(Some(Capability::Versions));
        let most = self.page_size(None);
        self.answer(request, |bucket, _| {
            Ok(bucket.list_versions(prefix, page.as_ref(), most))
        })
        .await
    }

    async fn inspect(&self, aspect: Aspect) -> Result<Inspected> {
        let health = matches!(aspect, Aspect::Liveness | Aspect::WriteQuorum);
        let request = Request::about(aspect).needing(health.then_some(Capability::Health));
        let says = &self.shared.says;
        if aspect == Aspect::SoftDelete && says.soft_delete.is_none() {
            // As Amazon S3, which has none.
            let location = self.location();
            let kind = ErrorKind::Unsupported;
            return Err(Error::new(kind, Operation::Inspect, location, Sent::No));
        }
        self.answer(request, |bucket, _| {
            Ok(match aspect {
                Aspect::Versioning if bucket.versioned => Inspected::Yes,
                Aspect::Versioning => Inspected::No,
                Aspect::Liveness | Aspect::WriteQuorum => Inspected::Yes,
                Aspect::ObjectLock if bucket.locked => Inspected::ObjectLock(LOCKED),
                Aspect::ObjectLock => Inspected::ObjectLock(says.object_lock.clone()),
                Aspect::Encryption => Inspected::Encryption(says.encryption.clone()),
                Aspect::Lifecycle => Inspected::Lifecycle(says.lifecycle.clone()),
                Aspect::PublicAccess => Inspected::Public(says.exposure),
                Aspect::SoftDelete => Inspected::SoftDelete(says.soft_delete),
            })
        })
        .await
    }
}

/// How a bucket is locked whose versions cannot be removed.
const LOCKED: ObjectLock = ObjectLock {
    possible: true,
    default: Some(Retention {
        mode: LockMode::Compliance,
        days: 1,
    }),
    policy: false,
    legal_hold: false,
};

#[cfg(test)]
mod tests;
