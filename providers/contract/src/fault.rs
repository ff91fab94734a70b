//! Stores that break the contract on purpose, while answering success.
//!
//! # Why
//!
//! A verifier that was only ever run on good stores proves nothing: a check that cannot fail looks
//! like one that passes. Each [`Fault`] is one lie that some store has told; the attribution tests
//! demand that exactly the right checks notice it. [`FaultStore`] knows nothing of the checks: it
//! changes what goes to a correct store and what comes back.

mod keys;
mod listing;
mod multipart;
mod reads;
mod writes;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::aspect::{Aspect, Inspected};
use crate::capability::Capabilities;
use crate::error::Result;
use crate::key::{KeyPrefix, ObjectKey};
use crate::location::StoreLocation;
use crate::object::{
    BucketInfo, CompleteOptions, DeleteOptions, DeleteResult, GetOptions, GetResult, HeadOptions,
    ListOptions, ListPage, ObjectMeta, PageToken, Part, PartNumber, PutOptions, PutResult,
    UploadId, UploadPage, VersionPage,
};
use crate::operation::ProviderInfo;
use crate::store::ObjectStore;

macro_rules! faults {
    ($(#[doc = $doc:literal] $fault:ident = $name:literal,)*) => {
        /// One way a store breaks the contract while answering success.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Fault {
            $(#[doc = $doc] $fault,)*
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &[Self] = &[$(Self::$fault,)*];

            /// Returns the stable kebab-case name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$fault => $name,)*
                }
            }

            /// Returns what the store does wrong, in one sentence.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self {
                    $(Self::$fault => $doc.trim_ascii(),)*
                }
            }
        }
    };
}

faults! {
    /// A put is answered and nothing is stored.
    LosesWrites = "loses-writes",
    /// A put on an existing key is answered and the earlier object stays.
    LosesOverwrites = "loses-overwrites",
    /// A put that must only create overwrites.
    IgnoresIfAbsent = "ignores-if-absent",
    /// A put whose declared checksum is wrong is taken.
    AcceptsWrongChecksums = "accepts-wrong-checksums",
    /// A get returns the content with one bit changed.
    FlipsABit = "flips-a-bit",
    /// A get returns the content without its last byte and reports no error.
    TruncatesBodies = "truncates-bodies",
    /// A get returns the content and one byte more.
    PadsBodies = "pads-bodies",
    /// A get returns the content of another key.
    ReadsAnotherKey = "reads-another-key",
    /// A get after an overwrite returns what was there before.
    StaleReads = "stale-reads",
    /// A get of a range returns the whole object.
    IgnoresRange = "ignores-range",
    /// A get of a range returns a range one byte beside it and reports the one asked for.
    ShiftsRange = "shifts-range",
    /// A get of an absent key returns an empty object.
    AbsentReadsAsEmpty = "absent-reads-as-empty",
    /// A head reports one byte too many.
    WrongSizeInHead = "wrong-size-in-head",
    /// A head of an absent key reports an empty object.
    HeadOfAbsentSucceeds = "head-of-absent-succeeds",
    /// A listing shows nothing.
    ListHidesObjects = "list-hides-objects",
    /// A listing leaves out the last object of every page but the last.
    ListDropsAtPageEdges = "list-drops-at-page-edges",
    /// A listing begins again after its last page.
    ListNeverEnds = "list-never-ends",
    /// A listing shows the names in capitals.
    ListRenamesKeys = "list-renames-keys",
    /// A listing of a prefix shows the whole bucket.
    ListIgnoresPrefix = "list-ignores-prefix",
    /// A listing reports sizes one byte too large.
    WrongSizeInList = "wrong-size-in-list",
    /// A key with a combining accent is stored under its composed form.
    NormalizesUnicode = "normalizes-unicode",
    /// A key with a literal percent escape is stored under what that decodes to.
    DecodesKeys = "decodes-keys",
    /// A key with a plus sign is stored with a space.
    PlusBecomesSpace = "plus-becomes-space",
    /// A key that ends in a dot is stored without it.
    DropsTrailingDots = "drops-trailing-dots",
    /// A key with two slashes in a row is stored with one.
    CollapsesSlashes = "collapses-slashes",
    /// A key with a backslash is stored with a slash.
    FoldsBackslashes = "folds-backslashes",
    /// A completion leaves out the last of several parts.
    MultipartLosesAPart = "multipart-loses-a-part",
    /// A completion puts the second part before the first.
    MultipartSwapsParts = "multipart-swaps-parts",
    /// A completion is answered and no object appears.
    CompletionDoesNothing = "completion-does-nothing",
    /// An abort is answered and the upload can still be completed.
    AbortDoesNothing = "abort-does-nothing",
    /// A completion that must only create overwrites.
    IgnoresIfAbsentAtCompletion = "ignores-if-absent-at-completion",
    /// A delete is answered and the object stays.
    DeleteDoesNothing = "delete-does-nothing",
    /// A deleted object can still be read.
    DeletedStillReads = "deleted-still-reads",
    /// A deleted object is still listed.
    DeletedStillListed = "deleted-still-listed",
    /// A delete of one version deletes the key instead.
    DeleteIgnoresVersion = "delete-ignores-version",
    /// An overwrite on a bucket that keeps versions leaves the earlier one unreadable.
    OverwriteDropsVersion = "overwrite-drops-version",
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A store with one [`Fault`].
#[derive(Debug)]
pub struct FaultStore<S> {
    store: S,
    /// The same bucket with all rights, for what a lie needs behind the scenes.
    behind: Arc<dyn ObjectStore>,
    fault: Fault,
    /// What keys held before an overwrite or a delete.
    kept: Mutex<BTreeMap<ObjectKey, Kept>>,
    /// The parts of open uploads by upload and number.
    parts: Mutex<BTreeMap<(String, PartNumber), Bytes>>,
}

/// An object as it was.
#[derive(Debug, Clone)]
struct Kept {
    meta: ObjectMeta,
    body: Bytes,
}

impl<S: ObjectStore + Clone> FaultStore<S> {
    /// Gives a store a fault.
    #[must_use]
    pub fn new(store: S, fault: Fault) -> Self {
        let behind = Arc::new(store.clone());
        Self::with_behind(store, behind, fault)
    }
}

impl<S: ObjectStore> FaultStore<S> {
    /// Gives a store a fault where its own rights are too small for the lie: `behind` is the same
    /// bucket with all rights.
    #[must_use]
    pub fn with_behind(store: S, behind: Arc<dyn ObjectStore>, fault: Fault) -> Self {
        Self {
            store,
            behind,
            fault,
            kept: Mutex::default(),
            parts: Mutex::default(),
        }
    }

    /// Returns the fault.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<ObjectKey, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parts(&self) -> MutexGuard<'_, BTreeMap<(String, PartNumber), Bytes>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the name under which a key is really stored.
    fn stored<'a>(&self, key: &'a ObjectKey) -> Cow<'a, ObjectKey> {
        keys::stored(self.fault, key)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: ObjectStore> ObjectStore for FaultStore<S> {
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
        self.faulty_list(prefix, options).await
    }

    async fn head(&self, key: &ObjectKey, options: HeadOptions) -> Result<ObjectMeta> {
        let mut meta = self.faulty_head(&self.stored(key), options).await?;
        meta.key = key.clone();
        Ok(meta)
    }

    async fn get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        let mut opened = self.faulty_get(&self.stored(key), options).await?;
        opened.meta.key = key.clone();
        Ok(opened)
    }

    async fn put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult> {
        self.faulty_put(&self.stored(key), body, options).await
    }

    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        self.faulty_delete(&self.stored(key), options).await
    }

    async fn create_multipart(&self, key: &ObjectKey) -> Result<UploadId> {
        self.store.create_multipart(&self.stored(key)).await
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
    ) -> Result<Part> {
        self.faulty_part(&self.stored(key), upload, number, body)
            .await
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult> {
        self.faulty_completion(&self.stored(key), upload, parts, options)
            .await
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        if self.fault == Fault::AbortDoesNothing {
            return Ok(());
        }
        let key = self.stored(key);
        self.store.abort_multipart(&key, upload).await
    }

    async fn list_uploads(&self, prefix: &str, page: Option<PageToken>) -> Result<UploadPage> {
        self.store.list_uploads(prefix, page).await
    }

    async fn list_versions(&self, prefix: &str, page: Option<PageToken>) -> Result<VersionPage> {
        let mut page = self.store.list_versions(prefix, page).await?;
        if self.fault == Fault::OverwriteDropsVersion {
            page.versions.retain(|version| version.latest);
        }
        Ok(page)
    }

    async fn inspect(&self, aspect: Aspect) -> Result<Inspected> {
        self.store.inspect(aspect).await
    }
}

#[cfg(test)]
mod tests;
