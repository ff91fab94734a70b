//! The store and its object verbs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::ChecksumMode as SdkChecksumMode;
use backstop_contract::KeyPrefix;
use backstop_contract::{
    Aspect, BucketInfo, ByteRange, Capabilities, Capability, CompleteOptions, Condition,
    CreateOptions, DeclaredChecksum, DeleteOptions, DeleteResult, ETag, Error, ErrorKind,
    GetOptions, GetResult, HeadOptions, Inspected, Limits, ListOptions, ListPage, ObjectBody,
    ObjectKey, ObjectMeta, ObjectStore, Operation, PageToken, Part, PartNumber, PartOptions,
    PartPage, ProviderInfo, PutOptions, PutResult, Result, Route, Sent, StoreLocation, UploadId,
    UploadPage, VersionId, VersionPage,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use futures::stream;
use jiff::Timestamp;
use url::Url;

use crate::config::{Addressing, ChecksumMode, Encryption};
use crate::credentials::{Loader, Sts};
use crate::failure::Asked;
use crate::form::Sum;
use crate::given::Given;
use crate::marks::{Marked, Marks};
use crate::wire::Wire;

/// What a service that speaks the protocol of S3 says and does in its own way.
#[derive(Debug, Clone)]
pub struct Flavor {
    /// Its names and its permissions.
    pub info: &'static ProviderInfo,
    /// Where the store is, in its own scheme.
    pub location: StoreLocation,
    /// What it can do beyond Amazon S3.
    pub more: &'static [Capability],
    /// Returns why it cannot carry a key, where it cannot.
    pub refuses: fn(&ObjectKey) -> Option<&'static str>,
}

/// What a store is made of.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) client: Client,
    /// What the client was made of, without the credentials.
    pub(crate) unsigned: Builder,
    pub(crate) bucket: String,
    pub(crate) endpoint: Option<Url>,
    pub(crate) region: String,
    pub(crate) checksums: ChecksumMode,
    pub(crate) sum: Sum,
    pub(crate) addressing: Addressing,
    pub(crate) encryption: Option<Encryption>,
    pub(crate) storage_class: Option<String>,
    pub(crate) loader: Loader,
    pub(crate) sts: Sts,
    /// Whether the token service was named for this very store.
    pub(crate) sts_named: bool,
    pub(crate) wire: Wire,
    pub(crate) connect_timeout: Duration,
    pub(crate) flavor: Flavor,
    pub(crate) route: Option<Route>,
}

/// One bucket of Amazon S3, or of a service that speaks its protocol.
#[derive(Debug, Clone)]
pub struct S3Store {
    pub(crate) parts: Arc<Parts>,
    marks: Arc<Marks>,
    capabilities: Capabilities,
}

impl S3Store {
    pub(crate) fn new(parts: Parts) -> Self {
        let mut behaviours = vec![
            Capability::PutIfAbsent,
            Capability::AbortMultipart,
            Capability::ListUploads,
            Capability::Versions,
            Capability::DeleteShownVersion,
            Capability::ContentMd5,
            Capability::Sha256,
            Capability::DeleteAbsent,
            Capability::DeleteShownVersion,
            Capability::Delimiter,
        ];
        if parts.checksums == ChecksumMode::WhenSupported {
            behaviours.push(Capability::Crc32);
        }
        behaviours.extend(parts.flavor.more);
        Self {
            capabilities: Capabilities::new(behaviours, LIMITS),
            marks: Arc::default(),
            parts: Arc::new(parts),
        }
    }

    /// Returns the same bucket as strangers ask for it: its requests carry no credentials, and share
    /// everything else.
    #[must_use]
    pub fn unsigned(&self) -> Self {
        let builder = self.parts.unsigned.clone().allow_no_auth();
        Self {
            parts: Arc::new(Parts {
                client: Client::from_conf(builder.build()),
                ..Parts::clone(&self.parts)
            }),
            ..self.clone()
        }
    }

    /// Returns the endpoint that requests go to, where it is not Amazon's own.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Url> {
        self.parts.endpoint.as_ref()
    }

    /// Returns the region that requests are signed for.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.parts.region
    }

    /// Returns where requests go; absent where that cannot be told from the configuration.
    #[must_use]
    pub fn route(&self) -> Option<&Route> {
        self.parts.route.as_ref()
    }

    /// Marks a request as one of an operation.
    pub(crate) fn marked(&self, operation: Operation) -> Marked {
        Marked::new(operation, &self.marks)
    }

    /// Begins an operation on the bucket.
    pub(crate) fn asked(&self, operation: Operation) -> Asked {
        Asked {
            operation,
            key: None,
            location: self.parts.flavor.location.clone(),
            region: self.parts.region.clone(),
            at: Instant::now(),
        }
    }

    /// Begins an operation on a key, unless the service cannot carry it.
    pub(crate) fn asked_on(&self, operation: Operation, key: &ObjectKey) -> Result<Asked> {
        let mut asked = self.asked(operation);
        asked.key = Some(key.clone());
        match (self.parts.flavor.refuses)(key) {
            Some(reason) => Err(asked
                .error(ErrorKind::InvalidKey, Sent::No)
                .with_message(reason)),
            None => Ok(asked),
        }
    }

    async fn do_head(&self, key: &ObjectKey, options: HeadOptions) -> Result<ObjectMeta> {
        let HeadOptions { version } = options;
        let asked = self.asked_on(Operation::HeadObject, key)?;
        let found = self
            .parts
            .client
            .head_object()
            .bucket(&self.parts.bucket)
            .key(key.as_str())
            .set_version_id(version.map(|version| version.as_str().to_owned()))
            .customize()
            .interceptor(self.marked(Operation::HeadObject))
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        Ok(ObjectMeta {
            key: key.clone(),
            size: size(found.content_length, &asked)?,
            etag: some(found.e_tag).map(ETag::new),
            last_modified: found.last_modified.as_ref().and_then(time),
            version: some(found.version_id).map(VersionId::new),
            storage_class: found.storage_class.map(|class| class.as_str().to_owned()),
            metadata: found.metadata.into_iter().flatten().collect(),
        })
    }

    async fn do_get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        let GetOptions { range, version } = options;
        let asked = self.asked_on(Operation::GetObject, key)?;
        let range = range.map(|ByteRange { start, end }| {
            format!("bytes={start}-{}", end.saturating_sub(1).max(start))
        });
        let compare = self.parts.checksums == ChecksumMode::WhenSupported;
        let opened = self
            .parts
            .client
            .get_object()
            .bucket(&self.parts.bucket)
            .key(key.as_str())
            .set_range(range)
            .set_version_id(version.map(|version| version.as_str().to_owned()))
            .set_checksum_mode(compare.then_some(SdkChecksumMode::Enabled))
            .customize()
            .interceptor(self.marked(Operation::GetObject))
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        let length = size(opened.content_length, &asked)?;
        let (range, whole) = match opened.content_range.as_deref() {
            None => (None, length),
            Some(text) => {
                let (range, whole) = content_range(text)
                    .filter(|(range, _)| range.end - range.start == length)
                    .ok_or_else(|| {
                        asked.contradiction("its Content-Range does not fit the content")
                    })?;
                (Some(range), whole)
            }
        };
        let meta = ObjectMeta {
            key: key.clone(),
            size: whole,
            etag: some(opened.e_tag).map(ETag::new),
            last_modified: opened.last_modified.as_ref().and_then(time),
            version: some(opened.version_id).map(VersionId::new),
            storage_class: opened.storage_class.map(|class| class.as_str().to_owned()),
            metadata: opened.metadata.into_iter().flatten().collect(),
        };
        Ok(GetResult {
            meta,
            range,
            body: chunks(opened.body, asked),
        })
    }

    async fn do_put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult> {
        let PutOptions {
            condition,
            checksum,
            sha256,
            attributes,
        } = options;
        let asked = self.asked_on(Operation::PutObject, key)?;
        let Given {
            metadata,
            storage_class,
            encryption,
            key_id,
        } = self.given(attributes);
        let payload = self.payload(sha256);
        let mut put = self
            .parts
            .client
            .put_object()
            .bucket(&self.parts.bucket)
            .key(key.as_str())
            .set_content_md5(self.content_md5(&body))
            .body(self.outgoing(body))
            .set_server_side_encryption(encryption)
            .set_ssekms_key_id(key_id)
            .set_storage_class(storage_class)
            .set_metadata(metadata)
            .set_if_none_match(if_none_match(condition, &asked)?);
        let mut own_checksum = payload.alone();
        match checksum {
            None => {}
            Some(DeclaredChecksum::Md5(digest)) => {
                put = put.content_md5(BASE64.encode(digest));
                // A right CRC32 beside a wrong MD5 would leave open which of them was compared.
                own_checksum.set_request_checksum_calculation(Some(
                    RequestChecksumCalculation::WhenRequired,
                ));
            }
            Some(DeclaredChecksum::Crc32(sum)) if self.capabilities.has(Capability::Crc32) => {
                put = put.checksum_crc32(BASE64.encode(sum));
            }
            Some(_) => {
                return Err(asked
                    .error(ErrorKind::Unsupported, Sent::No)
                    .with_message("checksums are sent only when required"));
            }
        }
        let written = put
            .customize()
            .interceptor(self.marked(Operation::PutObject).signing(payload))
            .config_override(own_checksum)
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        Ok(PutResult {
            etag: some(written.e_tag).map(ETag::new),
            version: some(written.version_id).map(VersionId::new),
        })
    }

    async fn do_delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        let DeleteOptions { version } = options;
        let asked = self.asked_on(Operation::DeleteObject, key)?;
        let gone = self
            .parts
            .client
            .delete_object()
            .bucket(&self.parts.bucket)
            .key(key.as_str())
            .set_version_id(version.map(|version| version.as_str().to_owned()))
            .customize()
            .interceptor(self.marked(Operation::DeleteObject))
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        Ok(DeleteResult {
            version: some(gone.version_id).map(VersionId::new),
            delete_marker: gone.delete_marker.unwrap_or(false),
        })
    }
}

/// Amazon's limits: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>.
const LIMITS: Limits = Limits {
    smallest_part: 5 * 1024 * 1024,
    largest_part: 5 * 1024 * 1024 * 1024,
    parts: 10_000,
    largest_put: 5 * 1024 * 1024 * 1024,
    longest_key: 1_024,
};

/// Returns the header that makes a write conditional.
///
/// See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>.
pub(crate) fn if_none_match(condition: Condition, asked: &Asked) -> Result<Option<String>> {
    match condition {
        Condition::Always => Ok(None),
        Condition::IfAbsent => Ok(Some("*".to_owned())),
        _ => Err(asked
            .error(ErrorKind::Unsupported, Sent::No)
            .with_message("no header is known for this condition")),
    }
}

/// Returns a size that the answer must name.
fn size(length: Option<i64>, asked: &Asked) -> Result<u64> {
    length
        .and_then(|length| u64::try_from(length).ok())
        .ok_or_else(|| asked.nonsense("it names no size"))
}

/// Takes an empty text for none: a header or an element without content names nothing.
pub(crate) fn some<T: AsRef<str>>(text: Option<T>) -> Option<T> {
    text.filter(|text| !text.as_ref().is_empty())
}

/// Converts a time of the service's.
pub(crate) fn time(time: &DateTime) -> Option<Timestamp> {
    let nanos = i32::try_from(time.subsec_nanos()).ok()?;
    Timestamp::new(time.secs(), nanos).ok()
}

/// Reads `bytes 0-9/100`: the range that is sent and the size of the whole.
fn content_range(text: &str) -> Option<(ByteRange, u64)> {
    let (range, whole) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (start, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let end = last.checked_add(1).filter(|end| *end > start)?;
    Some((ByteRange { start, end }, whole.parse().ok()?))
}

/// Streams a body; what breaks it off is its last item.
fn chunks(body: ByteStream, asked: Asked) -> ObjectBody {
    let state = Some((body, asked));
    Box::pin(stream::unfold(state, |state| async move {
        let (mut body, asked) = state?;
        match body.next().await? {
            Ok(chunk) => Some((Ok(chunk), Some((body, asked)))),
            Err(error) => Some((Err(asked.body_failed(&error)), None)),
        }
    }))
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for S3Store {
    fn location(&self) -> &StoreLocation {
        &self.parts.flavor.location
    }

    fn provider(&self) -> &'static ProviderInfo {
        self.parts.flavor.info
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn head_bucket(&self) -> Result<BucketInfo> {
        self.do_head_bucket().await
    }

    async fn list(&self, prefix: &KeyPrefix, options: ListOptions) -> Result<ListPage> {
        self.do_list(prefix, options).await
    }

    async fn head(&self, key: &ObjectKey, options: HeadOptions) -> Result<ObjectMeta> {
        self.do_head(key, options).await
    }

    async fn get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        self.do_get(key, options).await
    }

    async fn put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult> {
        self.do_put(key, body, options).await
    }

    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        self.do_delete(key, options).await
    }

    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        self.do_create(key, options).await
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part> {
        self.do_put_part(key, upload, number, body, options).await
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult> {
        self.do_complete(key, upload, parts, options).await
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        self.do_abort(key, upload).await
    }

    async fn list_uploads(&self, prefix: &str, page: Option<PageToken>) -> Result<UploadPage> {
        self.do_list_uploads(prefix, page).await
    }

    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        page: Option<PageToken>,
    ) -> Result<PartPage> {
        self.do_list_parts(key, upload, page).await
    }

    async fn list_versions(&self, prefix: &str, page: Option<PageToken>) -> Result<VersionPage> {
        self.do_list_versions(prefix, page).await
    }

    async fn inspect(&self, aspect: Aspect) -> Result<Inspected, Error> {
        self.do_inspect(aspect).await
    }
}
