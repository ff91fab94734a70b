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
    BucketInfo, CompleteOptions, CreateOptions, DeleteOptions, DeleteResult, ETag, GetOptions,
    GetResult, HeadOptions, ListOptions, ListPage, ObjectMeta, PageToken, Part, PartNumber,
    PartOptions, PartPage, PutOptions, PutResult, UploadId, UploadPage, VersionPage,
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
    /// An overwrite leaves the first half of the new content and the second half of the old.
    TornOverwrites = "torn-overwrites",
    /// A put is answered and an empty object is stored.
    EmptiesWrites = "empties-writes",
    /// A put is answered and only the first half of the content is stored.
    HalvesWrites = "halves-writes",
    /// A put is answered and the content is stored with one bit changed.
    CorruptsAtRest = "corrupts-at-rest",
    /// A put that must only create overwrites.
    IgnoresIfAbsent = "ignores-if-absent",
    /// A put whose declared checksum is wrong is taken.
    AcceptsWrongChecksums = "accepts-wrong-checksums",
    /// A put whose declared MD5 is wrong is taken.
    AcceptsWrongMd5 = "accepts-wrong-md5",
    /// A put whose declared CRC32 is wrong is taken.
    AcceptsWrongCrc32 = "accepts-wrong-crc32",
    /// A put is answered with the tag of an empty object.
    WrongTagInPut = "wrong-tag-in-put",
    /// A put is answered and what the writer told of the object is dropped.
    DropsMetadata = "drops-metadata",
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
    /// A get returns what the key held when it was first read.
    CachesReads = "caches-reads",
    /// A get says the tag of an empty object.
    WrongTagInGet = "wrong-tag-in-get",
    /// A get of a range returns the whole object.
    IgnoresRange = "ignores-range",
    /// A get of a range returns a range one byte beside it and reports the one asked for.
    ShiftsRange = "shifts-range",
    /// A get of a range leaves out its last byte and reports what it sends.
    ShortensRange = "shortens-range",
    /// A get of a range returns its bytes as if they were the whole object.
    RangeSaysWhole = "range-says-whole",
    /// A get of an absent key returns an empty object.
    AbsentReadsAsEmpty = "absent-reads-as-empty",
    /// A head reports one byte too many.
    WrongSizeInHead = "wrong-size-in-head",
    /// A head says the tag of an empty object.
    WrongTagInHead = "wrong-tag-in-head",
    /// A head of an absent key reports an empty object.
    HeadOfAbsentSucceeds = "head-of-absent-succeeds",
    /// A listing shows nothing.
    ListHidesObjects = "list-hides-objects",
    /// A listing leaves out the last object of every page but the last.
    ListDropsAtPageEdges = "list-drops-at-page-edges",
    /// A listing shows every object twice.
    ListRepeats = "list-repeats",
    /// A listing says after its first page that it is complete.
    ListEndsEarly = "list-ends-early",
    /// A listing shows for ever what it showed first.
    ListStandsStill = "list-stands-still",
    /// A listing begins again after its last page.
    ListNeverEnds = "list-never-ends",
    /// A listing goes on with empty pages, each with a new token.
    ListGoesOnEmpty = "list-goes-on-empty",
    /// A listing shows the names in capitals.
    ListRenamesKeys = "list-renames-keys",
    /// A listing of a prefix shows the whole bucket.
    ListIgnoresPrefix = "list-ignores-prefix",
    /// A listing reports sizes one byte too large.
    WrongSizeInList = "wrong-size-in-list",
    /// A listing says the tag of an empty object for each object.
    WrongTagInList = "wrong-tag-in-list",
    /// A key is stored in lower case.
    FoldsCase = "folds-case",
    /// Two keys that differ in case alone are one object.
    IgnoresCase = "ignores-case",
    /// A key is stored with its names cut to 200 bytes.
    CutsLongNames = "cuts-long-names",
    /// A key is stored up to its first question mark.
    CutsAtQuestionMarks = "cuts-at-question-marks",
    /// A key that ends in a slash is stored without it.
    DropsTrailingSlashes = "drops-trailing-slashes",
    /// A key with a space is stored with a plus sign.
    SpaceBecomesPlus = "space-becomes-plus",
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
    /// A completion holds the last part twice.
    MultipartDoublesAPart = "multipart-doubles-a-part",
    /// A completion is answered and no object appears.
    CompletionDoesNothing = "completion-does-nothing",
    /// An abort is answered and the upload can still be completed.
    AbortDoesNothing = "abort-does-nothing",
    /// An abort is answered and what was sent shows as the object.
    AbortCompletes = "abort-completes",
    /// A completion that must only create overwrites.
    IgnoresIfAbsentAtCompletion = "ignores-if-absent-at-completion",
    /// A delete is answered and the object stays.
    DeleteDoesNothing = "delete-does-nothing",
    /// A delete also removes the object before it in the same folder.
    DeleteTakesANeighbour = "delete-takes-a-neighbour",
    /// A deleted object can still be read.
    DeletedStillReads = "deleted-still-reads",
    /// A deleted object is still listed.
    DeletedStillListed = "deleted-still-listed",
    /// A delete of one version deletes the key instead.
    DeleteIgnoresVersion = "delete-ignores-version",
    /// A delete of one version is answered and the version stays.
    DeletedVersionStays = "deleted-version-stays",
    /// A delete by key on a bucket that keeps versions destroys them.
    DeleteDestroysVersions = "delete-destroys-versions",
    /// An overwrite on a bucket that keeps versions leaves the earlier one unreadable.
    OverwriteDropsVersion = "overwrite-drops-version",
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Returns the tag of an empty object, which is the tag of another one for every probe.
fn another_tag() -> ETag {
    ETag::new("\"d41d8cd98f00b204e9800998ecf8427e\"")
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
    /// The first answer to each listing.
    pages: Mutex<BTreeMap<(String, Option<PageToken>), ListPage>>,
    /// The first spelling of each key.
    names: Mutex<BTreeMap<String, ObjectKey>>,
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
            pages: Mutex::default(),
            names: Mutex::default(),
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
        if self.fault == Fault::IgnoresCase {
            let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
            let first = names.entry(key.as_str().to_lowercase());
            return Cow::Owned(first.or_insert_with(|| key.clone()).clone());
        }
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

    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        self.store
            .create_multipart(&self.stored(key), options)
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
        self.faulty_part(&self.stored(key), upload, number, body, options)
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
        self.faulty_abort(&self.stored(key), upload).await
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
        self.store.list_parts(&self.stored(key), upload, page).await
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
