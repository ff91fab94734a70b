//! The contract every store of Backstop honours.
//!
//! A *store* is one bucket of one service, reached with one set of credentials. [`ObjectStore`] is
//! what Backstop asks of it; the provider crates answer for Amazon S3, `MinIO` and Azure Blob
//! Storage, and [`MemoryStore`] answers from memory.
//!
//! | module | holds |
//! | --- | --- |
//! | [`store`] | the trait, with the behaviour each method owes |
//! | [`ext`] | conveniences over the trait, which no provider can get wrong |
//! | [`key`], [`object`] | names, and what is sent and returned |
//! | [`capability`], [`aspect`], [`posture`] | what a store can do; what it can be asked about itself, and says |
//! | [`operation`], [`exchange`] | the wire requests, and every answer to one |
//! | [`error`] | one error with a closed set of kinds |
//! | [`retry`] | the one retry policy, as a wrapper |
//! | [`identity`], [`secret`], [`location`] | who asks, with what, and where |
//! | [`route`] | the host and the proxy that requests go to |
//!
//! # Why
//!
//! One method is one wire operation: a verifier must name the permission that is missing, so HEAD
//! is not folded into GET, LIST is paged, and a multipart upload is plain calls with an id. No
//! method has a default body and no provider retries, caches or rewrites a key by itself.

pub mod aspect;
pub mod capability;
pub mod confidential;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod error;
pub mod exchange;
pub mod ext;
#[cfg(feature = "testing")]
pub mod fault;
pub mod identity;
pub mod key;
pub mod location;
pub mod memory;
pub mod object;
pub mod operation;
pub mod posture;
pub mod retry;
pub mod route;
pub mod secret;
pub mod store;

pub use aspect::{Aspect, Inspected};
pub use capability::{Capabilities, Capability, Limits};
pub use error::{Error, ErrorKind, Evidence, Result, Sent};
pub use exchange::{Exchange, WireObserver};
pub use ext::ObjectStoreExt;
pub use identity::{Credential, Identity, PassedOver, Principal, Way};
pub use key::{KeyError, KeyPrefix, ObjectKey};
pub use location::StoreLocation;
pub use memory::MemoryStore;
pub use object::{
    Attributes, BucketInfo, ByteRange, CompleteOptions, Condition, CreateOptions, DeclaredChecksum,
    DeleteOptions, DeleteResult, ETag, Encryption, GetOptions, GetResult, HeadOptions, ListOptions,
    ListPage, ListedPart, ObjectBody, ObjectMeta, ObjectVersion, PageToken, Part, PartNumber,
    PartOptions, PartPage, PutOptions, PutResult, Sha256Sum, Upload, UploadId, UploadPage,
    VersionId, VersionPage,
};
pub use operation::{Operation, PermissionContext, ProviderInfo};
pub use posture::{
    After, AtRest, Exposure, LifecycleEffect, LifecycleRule, LockMode, ObjectLock, Retention,
};
pub use retry::{RetryPolicy, Retrying, current_attempt};
pub use route::{Hop, Proxy, Route};
pub use secret::Secret;
pub use store::ObjectStore;
