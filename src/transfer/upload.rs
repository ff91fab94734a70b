//! Bytes to one object.

mod complete;
mod open;
mod parts;

use std::sync::Arc;

use backstop_contract::{
    Attributes, Condition, ETag, ObjectKey, ObjectStore, PutOptions, PutResult, VersionId,
};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::error::TransferError;
use super::part::{PartSum, hex, size_for};
use super::pool::Pool;
use super::progress::{Progress, Silent};
use super::source::{Filled, Origin, Regular, Source, Stream};
use complete::{Token, settle_put};
use parts::Job;

/// The name under which the metadata of what was written in one piece tells its SHA-256.
pub const SHA256: &str = "backstopsha256";

/// How an object is written.
#[derive(Debug, Clone)]
pub struct UploadOptions {
    /// When the write may take place.
    pub condition: Condition,
    /// What the object is given beside its content; names that begin with `backstop` are ours.
    pub attributes: Attributes,
    /// Who is told how far it is.
    pub progress: Arc<dyn Progress>,
}

impl Default for UploadOptions {
    fn default() -> Self {
        Self {
            condition: Condition::Always,
            attributes: Attributes::NONE,
            progress: Arc::new(Silent),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// How many bytes it has.
    pub size: u64,
    /// The parts that it was hashed in, in order; those of a pipe grow, so that not all are of one
    /// size. An empty object has none.
    pub parts: Vec<PartSum>,
    /// Its tag, where the service sends one.
    pub etag: Option<ETag>,
    /// The version that was written, on a bucket that keeps versions.
    pub version: Option<VersionId>,
}

/// Writes an object: in one request where it is no larger than a part, else in parts.
///
/// Nothing of it is visible before it is whole. When it fails or is dropped on the way, the upload is
/// ended; one that is dropped is ended by [`Pool::settle`]. Requests are repeated where the store is
/// [`Retrying`](backstop_contract::Retrying); a lost reply at the end is settled by reading, and where
/// that is denied by asking again. To that end the object is told a random word in its metadata.
///
/// # Errors
///
/// [`TransferError`]: the store's, the source's, and `Stays` where the upload could not be ended.
pub async fn upload(
    store: &Arc<dyn ObjectStore>,
    key: &ObjectKey,
    source: Source,
    options: UploadOptions,
    pool: &Pool,
) -> Result<Uploaded, TransferError> {
    let job = Job {
        store,
        key,
        token: Token::new(),
        options: &options,
        pool,
    };
    if let Some(size) = source.size() {
        options.progress.total(size);
    }
    match source.0 {
        Origin::File(file) => of_file(&job, file).await,
        Origin::Stream(stream) => of_stream(&job, stream).await,
        Origin::Bytes(bytes) => of_bytes(&job, bytes).await,
    }
}

async fn of_file(job: &Job<'_>, file: Regular) -> Result<Uploaded, TransferError> {
    let size = part_size(job, file.size())?;
    if file.size() > size {
        return parts::of_file(job, file, size).await;
    }
    let room = job.pool.room(file.size()).await;
    let whole = super::part::Piece {
        index: 0,
        start: 0,
        size: file.size(),
    };
    let filled = file.read(whole, room).await?;
    file.check_unchanged()?;
    in_one(job, filled).await
}

async fn of_stream(job: &Job<'_>, stream: Stream) -> Result<Uploaded, TransferError> {
    let limits = job.store.capabilities().limits;
    let first = super::part::growing(0, job.pool.options().part, &limits);
    let room = job.pool.room(first).await;
    let (stream, filled) = stream.read(room).await?;
    if (filled.bytes.len() as u64) < first {
        return in_one(job, filled).await;
    }
    parts::of_stream(job, stream, filled).await
}

async fn of_bytes(job: &Job<'_>, bytes: Bytes) -> Result<Uploaded, TransferError> {
    let length = bytes.len() as u64;
    let size = part_size(job, length)?;
    if length > size {
        return parts::of_bytes(job, bytes, size).await;
    }
    let sum = Sha256::digest(&bytes).into();
    put(job, bytes, sum).await
}

fn part_size(job: &Job<'_>, length: u64) -> Result<u64, TransferError> {
    let limits = job.store.capabilities().limits;
    let usual = job.pool.options().part;
    size_for(length, usual, &limits).ok_or(TransferError::TooLarge { bytes: length })
}

async fn in_one(job: &Job<'_>, filled: Filled) -> Result<Uploaded, TransferError> {
    let Filled { room, bytes, sum } = filled;
    let uploaded = put(job, bytes.clone(), sum).await;
    room.give_back(bytes);
    uploaded
}

/// Writes in one request.
async fn put(job: &Job<'_>, bytes: Bytes, sum: [u8; 32]) -> Result<Uploaded, TransferError> {
    let size = bytes.len() as u64;
    let mut attributes = job.attributes();
    attributes.metadata.insert(SHA256.to_owned(), hex(&sum));
    let options = PutOptions {
        condition: job.options.condition,
        sha256: Some(sum),
        attributes,
        ..PutOptions::default()
    };
    let turn = job.pool.turn().await;
    let answer = job.store.put(job.key, bytes.clone(), options.clone()).await;
    let PutResult { etag, version } = match answer {
        Err(error) if error.may_have_happened() => settle_put(job, bytes, options, error).await?,
        answer => answer?,
    };
    drop(turn);
    job.options.progress.moved(size);
    let parts = Vec::from_iter((size > 0).then_some(PartSum { size, sha256: sum }));
    Ok(Uploaded {
        size,
        parts,
        etag,
        version,
    })
}
