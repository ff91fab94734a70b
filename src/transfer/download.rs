//! One object to a file or a pipe.

mod fetch;
mod file;
mod partial;
mod pipe;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use backstop_contract::{
    ByteRange, ETag, ErrorKind, GetOptions, GetResult, ObjectKey, ObjectMeta, ObjectStore,
    VersionId,
};

use super::error::TransferError;
use super::part::{PartSum, Piece, hex, pieces};
use super::pool::Pool;
use super::progress::Progress;
use super::upload::SHA256;

pub use partial::{owner_beside, partial_of};

/// What is wanted, and what is known of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The version; absent for the newest.
    pub version: Option<VersionId>,
    /// How many bytes it must have, where that is known.
    pub size: Option<u64>,
    /// The parts it was hashed in, in order; empty where nothing is known but perhaps its size.
    pub parts: Vec<PartSum>,
}

impl Wanted {
    /// Returns what a manifest tells of an object.
    #[must_use]
    pub fn known(parts: Vec<PartSum>, version: Option<VersionId>) -> Self {
        Self {
            version,
            size: Some(sum(&parts)),
            parts,
        }
    }
}

fn sum(parts: &[PartSum]) -> u64 {
    let sizes = parts.iter().map(|part| part.size);
    sizes.fold(0, u64::saturating_add)
}

/// What vouches for the bytes that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The SHA-256 of every part.
    Hashes,
    /// Their number alone.
    Length,
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Downloaded {
    /// How many bytes it has.
    pub size: u64,
    /// How many of them were there from an earlier attempt.
    pub resumed: u64,
    /// What vouches for them.
    pub proof: Proof,
}

/// Reads an object into a file, which appears under its name when it is whole and proven.
///
/// Its ranges are read in parallel and written to a [partial file](partial_of) beside it. Where every
/// part has a hash, a partial file that is there is gone on with, whatever of it is right; one that a
/// failure leaves is kept for that, unless the object itself is wrong. An object that is overwritten
/// while it is read is an error.
///
/// # Errors
///
/// [`TransferError`]: the store's, the file's, and `Corrupt`, `Length` and `Overwritten`.
pub async fn download(
    store: &Arc<dyn ObjectStore>,
    key: &ObjectKey,
    wanted: &Wanted,
    path: &Path,
    progress: &Arc<dyn Progress>,
    pool: &Pool,
) -> Result<Downloaded, TransferError> {
    let partial = partial_of(path);
    download_by(store, key, wanted, path, partial, progress, pool).await
}

/// Reads an object into a file as [`download`] does, by way of a partial file elsewhere on the same
/// file system.
///
/// # Errors
///
/// [`TransferError`], as for [`download`].
pub async fn download_by(
    store: &Arc<dyn ObjectStore>,
    key: &ObjectKey,
    wanted: &Wanted,
    path: &Path,
    partial: PathBuf,
    progress: &Arc<dyn Progress>,
    pool: &Pool,
) -> Result<Downloaded, TransferError> {
    let job = Job::new(store, key, wanted, progress, pool);
    file::download(&job, wanted, path, partial).await
}

/// Reads an object and writes it in order; no byte is written before its part is proven.
///
/// # Errors
///
/// [`TransferError`], as for [`download`]; what was written until then is right.
pub async fn download_to(
    store: &Arc<dyn ObjectStore>,
    key: &ObjectKey,
    wanted: &Wanted,
    writer: impl Write + Send + 'static,
    progress: &Arc<dyn Progress>,
    pool: &Pool,
) -> Result<Downloaded, TransferError> {
    let job = Job::new(store, key, wanted, progress, pool);
    pipe::download(&job, wanted, Box::new(writer)).await
}

/// One object that is being read.
struct Job<'a> {
    store: &'a Arc<dyn ObjectStore>,
    key: &'a ObjectKey,
    version: Option<VersionId>,
    progress: &'a Arc<dyn Progress>,
    pool: &'a Pool,
    /// The tag that the first answer named, to which all others are held.
    tag: OnceLock<Option<ETag>>,
    /// How many bytes the whole object must have, once that is known: no range alone tells.
    size: OnceLock<u64>,
}

/// A range to read, and what it must hash to.
#[derive(Debug, Clone, Copy)]
struct Range {
    piece: Piece,
    sha256: Option<[u8; 32]>,
}

/// What is to be read.
struct Plan {
    size: u64,
    ranges: Vec<Range>,
    /// The answer that told the size: it is the first range.
    first: Option<GetResult>,
}

impl Plan {
    fn proof(&self) -> Proof {
        if self.ranges.iter().all(|range| range.sha256.is_some()) {
            Proof::Hashes
        } else {
            Proof::Length
        }
    }
}

impl<'a> Job<'a> {
    fn new(
        store: &'a Arc<dyn ObjectStore>,
        key: &'a ObjectKey,
        wanted: &Wanted,
        progress: &'a Arc<dyn Progress>,
        pool: &'a Pool,
    ) -> Self {
        Self {
            store,
            key,
            version: wanted.version.clone(),
            progress,
            pool,
            tag: OnceLock::new(),
            size: OnceLock::new(),
        }
    }

    /// Finds out what is to be read; where no parts are known, the first range tells.
    async fn plan(&self, wanted: &Wanted) -> Result<Plan, TransferError> {
        let mut plan = if wanted.parts.is_empty() && wanted.size != Some(0) {
            self.ask(wanted.size).await?
        } else {
            self.known(wanted).await?
        };
        // What has no content has nothing to hash.
        if plan.size == 0 {
            plan.ranges.clear();
        }
        self.progress.total(plan.size);
        Ok(plan)
    }

    async fn known(&self, wanted: &Wanted) -> Result<Plan, TransferError> {
        let mut start = 0;
        let mut ranges = Vec::with_capacity(wanted.parts.len());
        for (index, part) in (0..).zip(&wanted.parts) {
            let piece = Piece {
                index,
                start,
                size: part.size,
            };
            let sha256 = Some(part.sha256);
            ranges.push(Range { piece, sha256 });
            start = piece.end();
        }
        ranges.retain(|range| range.piece.size > 0);
        self.size.get_or_init(|| start);
        if start == 0 {
            // There is no range of it: the whole must be nothing.
            self.get(None).await?;
        }
        Ok(Plan {
            size: start,
            ranges,
            first: None,
        })
    }

    async fn ask(&self, size: Option<u64>) -> Result<Plan, TransferError> {
        let usual = self.pool.options().part;
        let range = ByteRange {
            start: 0,
            end: usual,
        };
        let opened = match self.get(Some(range)).await {
            // An empty object has no range at all.
            Err(TransferError::Store(error)) if error.kind() == ErrorKind::PreconditionFailed => {
                let opened = self.get(None).await?;
                self.check_size(0, opened.meta.size)?;
                opened
            }
            opened => opened?,
        };
        let whole = opened.meta.size;
        self.check_size(size.unwrap_or(whole), whole)?;
        self.size.get_or_init(|| whole);
        let told = told(&opened.meta).filter(|_| whole <= usual);
        let ranges = pieces(whole, usual).map(|piece| Range {
            piece,
            sha256: told,
        });
        Ok(Plan {
            size: whole,
            ranges: ranges.collect(),
            first: Some(opened),
        })
    }

    /// Opens a range, and holds the answer to the first one's tag.
    async fn get(&self, range: Option<ByteRange>) -> Result<GetResult, TransferError> {
        let options = GetOptions {
            range,
            version: self.version.clone(),
        };
        let opened = self.store.get(self.key, options).await?;
        let tag = opened.meta.etag.clone();
        if *self.tag.get_or_init(|| tag.clone()) != tag {
            return Err(TransferError::Overwritten(self.key.clone()));
        }
        if let Some(size) = self.size.get() {
            self.check_size(*size, opened.meta.size)?;
        }
        Ok(opened)
    }

    fn check_size(&self, expected: u64, found: u64) -> Result<(), TransferError> {
        if expected == found {
            return Ok(());
        }
        Err(TransferError::Length {
            key: self.key.clone(),
            expected,
            found,
        })
    }

    fn corrupt(&self, range: Range) -> TransferError {
        TransferError::Corrupt {
            key: self.key.clone(),
            start: range.piece.start,
            end: range.piece.end(),
        }
    }
}

/// Returns the SHA-256 that the metadata of an object written in one piece tells.
fn told(meta: &ObjectMeta) -> Option<[u8; 32]> {
    let text = meta.metadata.get(SHA256)?;
    let mut sum = [0; 32];
    for (byte, digits) in sum.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    (hex(&sum) == *text).then_some(sum)
}
