//! An object in parts, several at a time.

use std::sync::Arc;

use backstop_contract::{
    Attributes, CreateOptions, ObjectKey, ObjectStore, ObjectStoreExt, Part, PartNumber,
    PartOptions, PutResult, UploadId,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};

use super::super::error::TransferError;
use super::super::part::{PartSum, Piece, growing, pieces};
use super::super::pool::Pool;
use super::super::source::{Filled, Regular, Stream, blocking};
use super::complete::{Token, complete};
use super::open::Open;
use super::{UploadOptions, Uploaded};

/// One object that is being written.
pub(super) struct Job<'a> {
    pub(super) store: &'a Arc<dyn ObjectStore>,
    pub(super) key: &'a ObjectKey,
    pub(super) token: Token,
    pub(super) options: &'a UploadOptions,
    pub(super) pool: &'a Pool,
}

impl Job<'_> {
    /// Returns what the object is given, with the word by which it is known again.
    pub(super) fn attributes(&self) -> Attributes {
        let mut attributes = self.options.attributes.clone();
        let (name, word) = self.token.told();
        attributes.metadata.insert(name, word);
        attributes
    }
}

/// A part that was taken, and what is known of it.
type Taken = (Part, PartSum);
/// Parts to send, in order: each is read, hashed and sent by its future.
type Sending<'a> =
    BoxStream<'a, Result<BoxFuture<'a, Result<Taken, TransferError>>, TransferError>>;

/// Sends a file; its parts are read by several at a time.
pub(super) async fn of_file(
    job: &Job<'_>,
    file: Regular,
    size: u64,
) -> Result<Uploaded, TransferError> {
    let upload = begin(job).await?;
    let (file, upload) = (&file, &upload);
    let all = pieces(file.size(), size).map(move |piece| {
        let sent = async move {
            let room = job.pool.room(piece.size).await;
            let filled = file.read(piece, room).await?;
            send(job, upload, piece.index, filled).await
        };
        Ok(sent.boxed())
    });
    let unchanged = || file.check_unchanged();
    finish(job, upload, stream::iter(all).boxed(), unchanged).await
}

/// Sends what has no known end; `first` was read of it.
pub(super) async fn of_stream(
    job: &Job<'_>,
    source: Stream,
    first: Filled,
) -> Result<Uploaded, TransferError> {
    let upload = begin(job).await?;
    let upload = &upload;
    let limits = job.store.capabilities().limits;
    let next = move |(source, index): (Option<Stream>, u32)| async move {
        let Some(source) = source else {
            return Ok(None);
        };
        let wanted = growing(index, job.pool.options().part, &limits);
        let (source, filled) = source.read(job.pool.room(wanted).await).await?;
        let length = filled.bytes.len() as u64;
        if length == 0 {
            return Ok(None);
        }
        if index >= limits.parts {
            return Err(TransferError::TooLarge { bytes: u64::MAX });
        }
        // A short part is the last one.
        let rest = (length == wanted).then_some(source);
        Ok(Some((
            send(job, upload, index, filled).boxed(),
            (rest, index + 1),
        )))
    };
    let first = send(job, upload, 0, first).boxed();
    let rest = stream::try_unfold((Some(source), 1), next);
    let all = stream::iter([Ok(first)]).chain(rest);
    finish(job, upload, all.boxed(), || Ok(())).await
}

/// Sends what is in memory.
pub(super) async fn of_bytes(
    job: &Job<'_>,
    bytes: Bytes,
    size: u64,
) -> Result<Uploaded, TransferError> {
    let upload = begin(job).await?;
    let (bytes, upload) = (&bytes, &upload);
    let all = pieces(bytes.len() as u64, size).map(move |piece| {
        let Piece { index, start, size } = piece;
        // The pieces are cut out of what is in memory.
        let at = |offset: u64| usize::try_from(offset).unwrap_or(bytes.len());
        let body = bytes.slice(at(start)..at(start + size));
        let sent = async move {
            let hashed = body.clone();
            let sum = blocking(move || Ok(Sha256::digest(&hashed).into())).await;
            let sum = sum.map_err(|error| TransferError::local("cannot hash a part", error))?;
            take(job, upload, index, body, sum).await
        };
        Ok(sent.boxed())
    });
    finish(job, upload, stream::iter(all).boxed(), || Ok(())).await
}

/// Begins the upload.
async fn begin(job: &Job<'_>) -> Result<UploadId, TransferError> {
    let options = CreateOptions {
        hashed: true,
        attributes: job.attributes(),
    };
    Ok(job.store.create_settled(job.key, options).await?)
}

async fn send(
    job: &Job<'_>,
    upload: &UploadId,
    index: u32,
    filled: Filled,
) -> Result<Taken, TransferError> {
    let Filled { room, bytes, sum } = filled;
    let taken = take(job, upload, index, bytes.clone(), sum).await;
    room.give_back(bytes);
    taken
}

async fn take(
    job: &Job<'_>,
    upload: &UploadId,
    index: u32,
    body: Bytes,
    sha256: [u8; 32],
) -> Result<Taken, TransferError> {
    let size = body.len() as u64;
    let options = PartOptions {
        sha256: Some(sha256),
    };
    let turn = job.pool.turn().await;
    let number = PartNumber(index + 1);
    let sent = job.store.put_part(job.key, upload, number, body, options);
    let part = sent.await?;
    drop(turn);
    job.options.progress.moved(size);
    Ok((part, PartSum { size, sha256 }))
}

/// Sends all parts and makes the object of them; on every other way out the upload is ended.
async fn finish(
    job: &Job<'_>,
    upload: &UploadId,
    sending: Sending<'_>,
    sound: impl Fn() -> Result<(), TransferError>,
) -> Result<Uploaded, TransferError> {
    let open = Open::new(job.store, job.key, upload, job.pool);
    let made = async {
        let at_once = job.pool.options().requests.max(1);
        let taken = sending.try_buffer_unordered(at_once);
        let mut taken: Vec<Taken> = taken.try_collect().await?;
        taken.sort_by_key(|(part, _)| part.number);
        sound()?;
        let (parts, sums): (Vec<_>, Vec<_>) = taken.into_iter().unzip();
        let PutResult { etag, version } = complete(job, upload, &parts).await?;
        Ok(Uploaded {
            size: sums.iter().map(|sum| sum.size).sum(),
            parts: sums,
            etag,
            version,
        })
    };
    match made.await {
        Ok(uploaded) => {
            open.completed();
            Ok(uploaded)
        }
        Err(failure) => Err(open.failed(failure).await),
    }
}
