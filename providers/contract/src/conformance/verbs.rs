//! The small verbs that make cases read like sentences.

use std::fmt::Debug;

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;

use super::{Failed, Fixture};
use crate::error::{Error, ErrorKind};
use crate::key::{KeyPrefix, ObjectKey};
use crate::object::{
    ByteRange, CompleteOptions, Condition, CreateOptions, DeclaredChecksum, DeleteOptions,
    DeleteResult, GetOptions, GetResult, HeadOptions, ListOptions, ListPage, ObjectMeta, Part,
    PartNumber, PartOptions, PutOptions, PutResult, Sha256Sum, UploadId, VersionId,
};

/// What a case, and every verb in it, comes to.
pub(super) type Outcome<T = ()> = Result<T, Failed>;

/// Makes a row of the table out of an `async fn` and what it needs.
macro_rules! case {
    ($run:ident $(, $need:expr)*) => {
        $crate::conformance::Case {
            name: stringify!($run),
            needs: &[$($need),*],
            run: |fixture| Box::pin($run(fixture)),
        }
    };
}
pub(super) use case;

/// Holds when the two are the same.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a case reads better without a reference before every value"
)]
pub(super) fn same<T: PartialEq + Debug>(what: &str, got: T, wanted: T) -> Outcome {
    holds(got == wanted, || {
        format!("{what} is {got:?} and should be {wanted:?}")
    })
}

/// Holds when the two contents are the same, without printing them.
pub(super) fn same_bytes(got: &Bytes, wanted: &Bytes) -> Outcome {
    let differs = got
        .iter()
        .zip(wanted)
        .position(|(got, wanted)| got != wanted);
    holds(got == wanted, || {
        let (got, wanted) = (got.len(), wanted.len());
        format!("the content has {got} bytes of {wanted}, and first differs at {differs:?}")
    })
}

/// Holds when the condition does.
pub(super) fn holds(condition: bool, sentence: impl FnOnce() -> String) -> Outcome {
    if condition {
        Ok(())
    } else {
        Err(Failed::new(sentence()))
    }
}

/// Holds when the request was refused with one of the kinds, and returns the refusal.
pub(super) fn refused<T>(result: Result<T, Error>, kinds: &[ErrorKind]) -> Outcome<Error> {
    match result {
        Ok(_) => Err(Failed::new(format!(
            "succeeded, and should fail as {kinds:?}"
        ))),
        Err(error) if kinds.contains(&error.kind()) => Ok(error),
        Err(error) => Err(Failed::new(format!("should fail as {kinds:?}: {error}"))),
    }
}

/// Returns bytes without an obvious pattern, other ones for each seed.
pub(super) fn bytes(seed: u32, length: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9).wrapping_add(0x7f4a_7c15);
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    std::iter::repeat_with(next).take(length).collect()
}

impl Fixture {
    /// Returns a key under the fixture's prefix, and notes that it may be written.
    pub(super) fn key(&self, name: &str) -> Outcome<ObjectKey> {
        let key = self.prefix.key(name)?;
        self.note_key(&key);
        Ok(key)
    }

    /// Returns a key with an object.
    pub(super) async fn object(&self, name: &str, body: &Bytes) -> Outcome<ObjectKey> {
        let key = self.key(name)?;
        self.put(&key, body).await?;
        Ok(key)
    }

    pub(super) async fn put(&self, key: &ObjectKey, body: &Bytes) -> Outcome<PutResult> {
        let put = self.store.put(key, body.clone(), PutOptions::default());
        Ok(put.await?)
    }

    pub(super) async fn put_if_absent(
        &self,
        key: &ObjectKey,
        body: &Bytes,
    ) -> Result<PutResult, Error> {
        let options = PutOptions {
            condition: Condition::IfAbsent,
            ..PutOptions::default()
        };
        self.store.put(key, body.clone(), options).await
    }

    pub(super) async fn put_declaring(
        &self,
        key: &ObjectKey,
        body: &Bytes,
        checksum: DeclaredChecksum,
    ) -> Result<PutResult, Error> {
        let options = PutOptions {
            checksum: Some(checksum),
            ..PutOptions::default()
        };
        self.store.put(key, body.clone(), options).await
    }

    pub(super) async fn put_hashed(
        &self,
        key: &ObjectKey,
        body: &Bytes,
        sum: Sha256Sum,
    ) -> Result<PutResult, Error> {
        let options = PutOptions {
            sha256: Some(sum),
            ..PutOptions::default()
        };
        self.store.put(key, body.clone(), options).await
    }

    pub(super) async fn open(
        &self,
        key: &ObjectKey,
        range: Option<ByteRange>,
    ) -> Result<GetResult, Error> {
        let options = GetOptions {
            range,
            version: None,
        };
        self.store.get(key, options).await
    }

    pub(super) async fn read(&self, key: &ObjectKey) -> Outcome<Bytes> {
        collect(self.open(key, None).await?).await
    }

    pub(super) async fn read_version(
        &self,
        key: &ObjectKey,
        version: Option<VersionId>,
    ) -> Result<GetResult, Error> {
        let options = GetOptions {
            range: None,
            version,
        };
        self.store.get(key, options).await
    }

    pub(super) async fn head(&self, key: &ObjectKey) -> Result<ObjectMeta, Error> {
        self.store.head(key, HeadOptions::default()).await
    }

    pub(super) async fn delete(&self, key: &ObjectKey) -> Result<DeleteResult, Error> {
        self.store.delete(key, DeleteOptions::default()).await
    }

    pub(super) async fn delete_version(
        &self,
        key: &ObjectKey,
        version: Option<VersionId>,
    ) -> Result<DeleteResult, Error> {
        self.store.delete(key, DeleteOptions { version }).await
    }

    /// Holds when a get says that the key is absent.
    pub(super) async fn is_absent(&self, key: &ObjectKey) -> Outcome {
        refused(self.open(key, None).await, &[ErrorKind::ObjectNotFound]).map(drop)
    }

    /// Returns every page of a listing.
    pub(super) async fn pages(
        &self,
        prefix: &KeyPrefix,
        mut options: ListOptions,
    ) -> Outcome<Vec<ListPage>> {
        let mut pages = Vec::new();
        while pages.len() < 100 {
            let page = self.store.list(prefix, options.clone()).await?;
            options.page.clone_from(&page.next);
            pages.push(page);
            if options.page.is_none() {
                return Ok(pages);
            }
        }
        Err(Failed::new("the listing has no end"))
    }

    /// Returns the names of all keys under the fixture's prefix, without it, as listed.
    pub(super) async fn names(&self, page_size: Option<u32>) -> Outcome<Vec<String>> {
        let options = ListOptions {
            page_size,
            ..ListOptions::default()
        };
        let pages = self.pages(&self.prefix, options).await?;
        let name = |meta: ObjectMeta| {
            let rest = meta.key.as_str().strip_prefix(self.prefix.as_str());
            rest.map_or_else(|| format!("outside: {}", meta.key), str::to_owned)
        };
        Ok(pages
            .into_iter()
            .flat_map(|page| page.objects)
            .map(name)
            .collect())
    }

    pub(super) async fn upload(&self, key: &ObjectKey) -> Outcome<UploadId> {
        self.begin(key, CreateOptions::default()).await
    }

    pub(super) async fn begin(&self, key: &ObjectKey, options: CreateOptions) -> Outcome<UploadId> {
        let upload = self.store.create_multipart(key, options).await?;
        self.note_upload(key, &upload);
        Ok(upload)
    }

    pub(super) async fn part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: u32,
        body: &Bytes,
    ) -> Result<Part, Error> {
        let number = PartNumber(number);
        self.store
            .put_part(key, upload, number, body.clone(), PartOptions::default())
            .await
    }

    pub(super) async fn complete(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        condition: Condition,
    ) -> Result<PutResult, Error> {
        let options = CompleteOptions {
            condition,
            ..CompleteOptions::default()
        };
        self.store
            .complete_multipart(key, upload, parts, options)
            .await
    }
}

/// Reads an opened object to its end.
pub(super) async fn collect(opened: GetResult) -> Outcome<Bytes> {
    let append = |mut whole: BytesMut, chunk: Bytes| async move {
        whole.extend_from_slice(&chunk);
        Ok(whole)
    };
    let whole = opened.body.try_fold(BytesMut::new(), append).await?;
    Ok(whole.freeze())
}
