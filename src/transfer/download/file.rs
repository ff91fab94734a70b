//! To a file: by offset into a partial file, which gets its name at the end.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;

use super::super::error::TransferError;
use super::super::part::hex;
use super::super::progress::Progress;
use super::super::source::blocking;
use super::fetch::{Sink, fetch};
use super::{Downloaded, Job, Plan, Proof, Range, Wanted};

/// How much is hashed and written at a time, in bytes.
const STEP: usize = 1 << 20;
/// How the name of a partial file ends.
const ENDING: &str = ".backstop-partial";
/// The longest name that is kept in that of the partial file, in bytes; a file system takes 255.
const LONGEST: usize = 200;

/// Returns the partial file of a destination: beside it, hidden, and always the same, so that a later
/// attempt finds it.
#[must_use]
pub fn partial_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let mut hidden = OsString::from(".");
    if name.len() <= LONGEST {
        hidden.push(name);
    } else {
        hidden.push(hex(&Sha256::digest(name.as_encoded_bytes())));
    }
    hidden.push(ENDING);
    path.with_file_name(hidden)
}

/// Reads an object into a file.
pub(super) async fn download(
    job: &Job<'_>,
    wanted: &Wanted,
    path: &Path,
) -> Result<Downloaded, TransferError> {
    let mut plan = job.plan(wanted).await?;
    // Of one range there is nothing to go on with.
    let keep = plan.proof() == Proof::Hashes && plan.ranges.len() > 1;
    let mut partial = Partial::open(path, keep)?;
    match fill(job, &mut plan, &partial).await {
        Ok(resumed) => {
            partial.finish(path, plan.size).await?;
            Ok(Downloaded {
                size: plan.size,
                resumed,
                proof: plan.proof(),
            })
        }
        Err(failure) => {
            // Of a wrong object nothing is worth keeping.
            partial.keep &= !failure.is_of_content();
            Err(failure)
        }
    }
}

/// Fills the partial file, and returns how much of it was right already.
async fn fill(job: &Job<'_>, plan: &mut Plan, partial: &Partial) -> Result<u64, TransferError> {
    let at_once = job.pool.options().requests.max(1);
    let mut missing = Vec::with_capacity(plan.ranges.len());
    let mut resumed = 0;
    let known = stream::iter(plan.ranges.clone()).map(|range: Range| async move {
        let right = partial.holds(range).await?;
        Ok::<_, TransferError>((range, right))
    });
    let mut known = Box::pin(known.buffered(at_once));
    while let Some((range, right)) = known.try_next().await? {
        if right {
            resumed += range.piece.size;
            job.progress.moved(range.piece.size);
        } else {
            missing.push(range);
        }
    }
    drop(known);
    let mut first = plan.first.take();
    let fetched = stream::iter(missing).map(|range| {
        let opened = first.take();
        async move {
            // What is on the way to the disk, and what comes meanwhile.
            let room = job.pool.room((4 * STEP as u64).min(range.piece.size)).await;
            let mut sink = partial.sink(range, Arc::clone(job.progress));
            fetch(job, range, opened, &mut sink).await?;
            drop(room);
            Ok::<(), TransferError>(())
        }
    });
    fetched
        .buffer_unordered(at_once)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(resumed)
}

/// A file that is not whole yet.
struct Partial {
    file: Arc<File>,
    path: PathBuf,
    /// How much of it was there.
    length: u64,
    /// Whether it is kept where it is not finished.
    keep: bool,
}

impl Partial {
    /// Opens the partial file of a destination, for this download alone; it begins anew where nothing of
    /// an earlier attempt can be believed.
    fn open(destination: &Path, keep: bool) -> Result<Self, TransferError> {
        let path = partial_of(destination);
        let told = |error| TransferError::local(format!("cannot write {}", path.display()), error);
        let file = match fs::symlink_metadata(&path) {
            // Through a link it would be written anywhere.
            Ok(facts) if !facts.is_file() => {
                return Err(told(io::Error::other("it is no regular file")));
            }
            Ok(_) => OpenOptions::new().read(true).write(true).open(&path),
            Err(_) => OpenOptions::new()
                .read(true)
                .write(true)
                .create_new(true)
                .open(&path),
        };
        let file = file.map_err(told)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(TransferError::Busy(destination.into())),
            Err(TryLockError::Error(error)) => return Err(told(error)),
        }
        if !keep {
            file.set_len(0).map_err(told)?;
        }
        let length = file.metadata().map_err(told)?.len();
        Ok(Self {
            file: Arc::new(file),
            path,
            length,
            keep,
        })
    }

    /// Returns whether a range is there and right.
    async fn holds(&self, range: Range) -> Result<bool, TransferError> {
        let piece = range.piece;
        let Some(expected) = range.sha256 else {
            return Ok(false);
        };
        if piece.end() > self.length {
            return Ok(false);
        }
        let file = Arc::clone(&self.file);
        let hashed = blocking(move || {
            let mut hash = Sha256::new();
            let mut space = vec![0; STEP];
            let (mut at, end) = (piece.start, piece.end());
            while at < end {
                let most = usize::try_from(end - at).unwrap_or(STEP).min(STEP);
                let read = file.read_at(&mut space[..most], at)?;
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                hash.update(&space[..read]);
                at += read as u64;
            }
            Ok(hash.finalize())
        });
        let sum = hashed.await.map_err(|error| self.told(error))?;
        Ok(sum[..] == expected[..])
    }

    fn sink(&self, range: Range, progress: Arc<dyn Progress>) -> Writing {
        Writing {
            file: Arc::clone(&self.file),
            path: self.path.clone(),
            start: range.piece.start,
            at: range.piece.start,
            waiting: Vec::new(),
            bytes: 0,
            hashed: range.sha256.is_some(),
            hash: None,
            working: None,
            progress,
            told: 0,
        }
    }

    /// Gives the file its name, when all of it is on the disk.
    async fn finish(mut self, destination: &Path, size: u64) -> Result<(), TransferError> {
        let (file, from) = (Arc::clone(&self.file), self.path.clone());
        let to = destination.to_owned();
        let named = blocking(move || {
            file.set_len(size)?;
            file.sync_all()?;
            fs::rename(&from, &to)?;
            let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        });
        named.await.map_err(|error| {
            TransferError::local(format!("cannot write {}", destination.display()), error)
        })?;
        self.keep = true;
        Ok(())
    }

    fn told(&self, error: io::Error) -> TransferError {
        TransferError::local(format!("cannot read {}", self.path.display()), error)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.keep {
            // Where it cannot be removed, the next attempt begins it anew.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A range on its way to the disk: while some bytes are hashed and written, the next ones come.
struct Writing {
    file: Arc<File>,
    path: PathBuf,
    start: u64,
    at: u64,
    waiting: Vec<Bytes>,
    bytes: usize,
    /// Whether there is a hash to hold it to.
    hashed: bool,
    /// Absent while it is at work, and where nothing is hashed.
    hash: Option<Sha256>,
    working: Option<JoinHandle<io::Result<Option<Sha256>>>>,
    progress: Arc<dyn Progress>,
    told: u64,
}

impl Writing {
    /// Waits for what is at work.
    async fn settle(&mut self) -> Result<(), TransferError> {
        let Some(working) = self.working.take() else {
            return Ok(());
        };
        let ended = working
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)));
        self.hash = ended.map_err(|error| {
            TransferError::local(format!("cannot write {}", self.path.display()), error)
        })?;
        Ok(())
    }

    /// Sends what waits to work.
    async fn work(&mut self) -> Result<(), TransferError> {
        self.settle().await?;
        let waiting = std::mem::take(&mut self.waiting);
        let (file, at) = (Arc::clone(&self.file), self.at);
        let count = std::mem::take(&mut self.bytes) as u64;
        self.at += count;
        let mut hash = self.hash.take();
        self.working = Some(tokio::task::spawn_blocking(move || {
            let mut at = at;
            for bytes in waiting {
                if let Some(hash) = &mut hash {
                    hash.update(&bytes);
                }
                file.write_all_at(&bytes, at)?;
                at += bytes.len() as u64;
            }
            Ok(hash)
        }));
        // What is read again is told once.
        let done = self.at - self.start;
        self.progress.moved(done.saturating_sub(self.told));
        self.told = self.told.max(done);
        Ok(())
    }
}

impl Sink for Writing {
    async fn restart(&mut self) {
        // What is at work would overwrite what comes now.
        let _ = self.settle().await;
        self.at = self.start;
        self.waiting.clear();
        self.bytes = 0;
        self.hash = self.hashed.then(Sha256::new);
    }

    async fn take(&mut self, bytes: Bytes) -> Result<(), TransferError> {
        self.bytes += bytes.len();
        self.waiting.push(bytes);
        if self.bytes >= STEP {
            self.work().await?;
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<Option<[u8; 32]>, TransferError> {
        if self.bytes > 0 {
            self.work().await?;
        }
        self.settle().await?;
        Ok(self.hash.take().map(|hash| hash.finalize().into()))
    }
}
