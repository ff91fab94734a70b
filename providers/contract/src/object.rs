//! What is sent to a store and what it returns.
//!
//! Every provider destructures the option structs in full, so that a new option does not compile
//! until each of them has answered it.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use futures::stream::BoxStream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::key::ObjectKey;

macro_rules! opaque_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(String);

        impl $name {
            /// Takes the service's text.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Returns the service's text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

opaque_text! {
    /// The tag that a service gives the content of an object, quotes included where it sends them.
    ETag
}
opaque_text! {
    /// The id of one version of an object.
    VersionId
}
opaque_text! {
    /// The id of an open multipart upload.
    UploadId
}
opaque_text! {
    /// Where the next page of a listing begins.
    PageToken
}

/// What the service tells of a bucket without being asked for more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BucketInfo {
    /// The region, where the service names one.
    pub region: Option<String>,
}

/// The facts of an object, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// The full name.
    pub key: ObjectKey,
    /// The size in bytes.
    pub size: u64,
    /// The content tag, where the service sends one.
    pub etag: Option<ETag>,
    /// When the object was last written, by the server's clock.
    pub last_modified: Option<Timestamp>,
    /// The version, on a bucket that keeps versions.
    pub version: Option<VersionId>,
    /// The storage class or access tier, in the provider's own word, where the service names one.
    pub storage_class: Option<String>,
    /// What its writer told of it beside its content; empty in listings, which do not tell.
    pub metadata: BTreeMap<String, String>,
}

/// How a listing is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// Where to begin; absent for the first page.
    pub page: Option<PageToken>,
    /// The most entries wanted on the page; the service may send fewer, even none.
    pub page_size: Option<u32>,
    /// Whether keys are folded into common prefixes at `/`.
    pub delimited: bool,
}

/// One page of a listing; short and empty pages are legal anywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListPage {
    /// The objects on this page, in the service's order.
    pub objects: Vec<ObjectMeta>,
    /// The folded prefixes on this page, each ending in `/`.
    pub common_prefixes: Vec<String>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<PageToken>,
}

/// How the facts of an object are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeadOptions {
    /// The version wanted; absent for the newest.
    pub version: Option<VersionId>,
}

/// A range of bytes: from `start`, up to and without `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte, counted from 0.
    pub start: u64,
    /// The byte after the last one; greater than `start`.
    pub end: u64,
}

/// How an object is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GetOptions {
    /// The bytes wanted; absent for all.
    pub range: Option<ByteRange>,
    /// The version wanted; absent for the newest.
    pub version: Option<VersionId>,
}

/// The content of an object as it arrives.
pub type ObjectBody = BoxStream<'static, Result<Bytes>>;

/// An object being read.
pub struct GetResult {
    /// The facts of the whole object.
    pub meta: ObjectMeta,
    /// The range the service says it sends; absent when it sends the whole object.
    pub range: Option<ByteRange>,
    /// The content; an error in it ends it.
    pub body: ObjectBody,
}

impl fmt::Debug for GetResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetResult")
            .field("meta", &self.meta)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// When a write may take place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// Always: an object of that key is overwritten.
    #[default]
    Always,
    /// Only when no object has that key; otherwise the write is refused as `AlreadyExists`.
    IfAbsent,
}

/// A checksum that the caller vouches for and the service must compare with what arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeclaredChecksum {
    /// An MD5 digest.
    Md5([u8; 16]),
    /// A CRC32, most significant byte first.
    Crc32([u8; 4]),
}

/// What a service is asked to encrypt an object with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// Keys that the service manages; Amazon's name for it is `AES256`.
    Managed,
    /// A key of the key management service; Amazon's name for it is `aws:kms`.
    Kms {
        /// The key's id, ARN or alias; absent for the account's own key for the service.
        key_id: Option<String>,
    },
}

/// What an object is given beside its content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// What is told of the object; names of small letters and digits, which every service and every
    /// proxy passes on, and values of printable ASCII.
    pub metadata: BTreeMap<String, String>,
    /// The storage class or access tier, in the provider's own word; absent for the store's own
    /// setting, else the bucket's.
    pub storage_class: Option<String>,
    /// What it is encrypted with; absent for the store's own setting, else the bucket's.
    pub encryption: Option<Encryption>,
}

impl Attributes {
    /// Nothing beside the content.
    pub const NONE: Self = Self {
        metadata: BTreeMap::new(),
        storage_class: None,
        encryption: None,
    };
}

/// The SHA-256 of bytes that are sent, computed by the caller, who has read them once for it.
///
/// Where the protocol has a place for it the service compares it with what arrived, and no other
/// checksum is computed: see [`Capability::Sha256`](crate::Capability::Sha256). Elsewhere it is
/// not sent.
pub type Sha256Sum = [u8; 32];

/// How an object is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PutOptions {
    /// When the write may take place.
    pub condition: Condition,
    /// A checksum sent as it is, right or wrong, in place of the one the client would compute.
    pub checksum: Option<DeclaredChecksum>,
    /// The SHA-256 of the content, where it is known already.
    pub sha256: Option<Sha256Sum>,
    /// What the object is given beside its content.
    pub attributes: Attributes,
}

/// What a service tells of a finished write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PutResult {
    /// The content tag, where the service sends one.
    pub etag: Option<ETag>,
    /// The version written, on a bucket that keeps versions.
    pub version: Option<VersionId>,
}

/// How an object is deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// The version to remove for good; absent to delete the key, which on a bucket that keeps
    /// versions only hides it.
    pub version: Option<VersionId>,
}

/// What a service tells of a finished delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteResult {
    /// The version removed, or the id of the delete marker that was left.
    pub version: Option<VersionId>,
    /// Whether a delete marker was left (or, with a version given, removed).
    pub delete_marker: bool,
}

/// The number of a part, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber(pub u32);

/// A part that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its number.
    pub number: PartNumber,
    /// Its tag, which the completion must repeat.
    pub etag: ETag,
    /// Its size in bytes.
    pub size: u64,
    /// The base64 checksum the service computed, which the completion repeats where there is one.
    pub checksum: Option<String>,
}

/// How an upload is begun.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateOptions {
    /// Whether each part will come with its SHA-256, which then is all that vouches for it.
    pub hashed: bool,
    /// What the object is given beside its content; the completion repeats it.
    pub attributes: Attributes,
}

/// How a part is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartOptions {
    /// The SHA-256 of the part, where it is known already; the upload was begun as `hashed`.
    pub sha256: Option<Sha256Sum>,
}

/// How an upload is completed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompleteOptions {
    /// When the write may take place.
    pub condition: Condition,
    /// What the upload was begun with: some services take it at the beginning, others at the end.
    pub attributes: Attributes,
}

/// An open multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The key it will write.
    pub key: ObjectKey,
    /// Its id.
    pub id: UploadId,
    /// When it was begun, by the server's clock.
    pub begun: Option<Timestamp>,
}

/// One page of open uploads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadPage {
    /// The uploads on this page.
    pub uploads: Vec<Upload>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<PageToken>,
}

/// A part of an open upload, as it is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedPart {
    /// Its number.
    pub number: PartNumber,
    /// The size in bytes.
    pub size: u64,
}

/// One page of the parts of an open upload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartPage {
    /// The parts on this page.
    pub parts: Vec<ListedPart>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<PageToken>,
}

/// One version of an object, or a delete marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectVersion {
    /// The key.
    pub key: ObjectKey,
    /// The version; absent for an object that was written while the bucket kept none.
    pub version: Option<VersionId>,
    /// Whether this is what the key shows now.
    pub latest: bool,
    /// Whether this is a delete marker.
    pub delete_marker: bool,
    /// The size in bytes; 0 for a marker.
    pub size: u64,
    /// When it was written, by the server's clock.
    pub last_modified: Option<Timestamp>,
}

/// One page of versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionPage {
    /// The versions on this page.
    pub versions: Vec<ObjectVersion>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<PageToken>,
}
