//! Conveniences over the trait, which no provider can get wrong.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::key::ObjectKey;
use crate::object::{
    ByteRange, CreateOptions, DeleteOptions, DeleteResult, GetOptions, ObjectMeta, UploadId,
};
use crate::retry::RetryPolicy;
use crate::store::ObjectStore;

/// What was read back of an object: its facts, its hash and its beginning, not its content.
#[derive(Debug, Clone)]
pub struct ReadBack {
    /// The facts that came with the content.
    pub meta: ObjectMeta,
    /// The range the service said it sent; absent when it sent the whole object.
    pub range: Option<ByteRange>,
    /// How many bytes arrived.
    pub bytes: u64,
    /// The SHA-256 of the bytes that arrived.
    pub sha256: [u8; 32],
    /// The first bytes, at most [`ReadBack::HEAD`].
    pub head: Bytes,
}

/// What was read of an object and shown on the way: its facts and its beginning.
#[derive(Debug, Clone)]
pub struct ReadThrough {
    /// The facts that came with the content.
    pub meta: ObjectMeta,
    /// The range the service said it sent; absent when it sent the whole object.
    pub range: Option<ByteRange>,
    /// How many bytes arrived.
    pub bytes: u64,
    /// The first bytes, at most [`ReadBack::HEAD`].
    pub head: Bytes,
}

impl ReadBack {
    /// How many bytes of the beginning are kept.
    pub const HEAD: usize = 64 * 1024;
}

/// Conveniences over [`ObjectStore`].
#[async_trait]
pub trait ObjectStoreExt: ObjectStore {
    /// Reads an object to its end in bounded memory and returns its hash and its beginning.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectStore::get`], and those of the body.
    async fn read_back(&self, key: &ObjectKey, options: GetOptions) -> Result<ReadBack> {
        self.read_up_to(key, options, u64::MAX).await
    }

    /// Reads an object as [`read_back`](Self::read_back) does, and stops once more than `most` bytes
    /// have arrived: a body may be endless.
    ///
    /// # Errors
    ///
    /// Those of [`read_back`](Self::read_back).
    async fn read_up_to(
        &self,
        key: &ObjectKey,
        options: GetOptions,
        most: u64,
    ) -> Result<ReadBack> {
        let mut hash = Sha256::new();
        let mut see = |bytes: &[u8]| hash.update(bytes);
        let read = self.read_through(key, options, most, &mut see).await?;
        let ReadThrough {
            meta,
            range,
            bytes,
            head,
        } = read;
        Ok(ReadBack {
            meta,
            range,
            bytes,
            sha256: hash.finalize().into(),
            head,
        })
    }

    /// Reads an object as [`read_up_to`](Self::read_up_to) does, and shows all that arrives, in order,
    /// in place of hashing it.
    ///
    /// # Errors
    ///
    /// Those of [`read_back`](Self::read_back).
    async fn read_through(
        &self,
        key: &ObjectKey,
        options: GetOptions,
        most: u64,
        see: &mut (dyn for<'a> FnMut(&'a [u8]) + Send),
    ) -> Result<ReadThrough> {
        let mut opened = self.get(key, options).await?;
        let mut head = BytesMut::new();
        let mut bytes = 0_u64;
        while let Some(chunk) = opened.body.next().await {
            let chunk = chunk?;
            bytes += chunk.len() as u64;
            see(&chunk);
            let wanted = ReadBack::HEAD.saturating_sub(head.len()).min(chunk.len());
            head.extend_from_slice(&chunk[..wanted]);
            if bytes > most {
                break;
            }
        }
        Ok(ReadThrough {
            meta: opened.meta,
            range: opened.range,
            bytes,
            head: head.freeze(),
        })
    }

    /// Opens an upload, and once more after a pause where it may have been opened without an answer: nobody knows the
    /// id of the first, which has no parts and stays.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectStore::create_multipart`], of the last attempt.
    async fn create_settled(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        let answer = self.create_multipart(key, options.clone()).await;
        if !answer.as_ref().is_err_and(Error::may_have_happened) {
            return answer;
        }
        rest().await;
        self.create_multipart(key, options).await
    }

    /// Deletes an object, and once more after a pause where it may have been deleted without an answer; that it is
    /// gone then is what was asked for.
    ///
    /// On a versioned bucket the second delete may add a marker.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectStore::delete`], of the last attempt.
    async fn delete_settled(
        &self,
        key: &ObjectKey,
        options: DeleteOptions,
    ) -> Result<DeleteResult> {
        let answer = self.delete(key, options.clone()).await;
        if !answer.as_ref().is_err_and(Error::may_have_happened) {
            return answer;
        }
        rest().await;
        match self.delete(key, options).await {
            Err(gone) if gone.kind() == ErrorKind::ObjectNotFound => Ok(DeleteResult::default()),
            answer => answer,
        }
    }
}

/// Waits before something is repeated: a server that goes away takes every connection with it, also the one that would
/// be used next.
async fn rest() {
    tokio::time::sleep(RetryPolicy::default().pause).await;
}

impl<S: ObjectStore + ?Sized> ObjectStoreExt for S {}
