//! To a file: by offset into a partial file, which gets its name at the end.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;

use super::super::error::TransferError;
use super::super::progress::Progress;
use super::fetch::{Sink, fetch};
use super::partial::{Partial, STEP};
use super::{Downloaded, Job, Plan, Proof, Range, Wanted};

/// Reads an object into a file, by way of a partial one.
pub(super) async fn download(
    job: &Job<'_>,
    wanted: &Wanted,
    path: &Path,
    partial: PathBuf,
) -> Result<Downloaded, TransferError> {
    let mut plan = job.plan(wanted).await?;
    // Of one range there is nothing to go on with.
    let keep = plan.proof() == Proof::Hashes && plan.ranges.len() > 1;
    let mut partial = Partial::open(partial, path, keep)?;
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
            let mut sink = Writing::new(partial, range, Arc::clone(job.progress));
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
    fn new(partial: &Partial, range: Range, progress: Arc<dyn Progress>) -> Self {
        Self {
            file: Arc::clone(&partial.file),
            path: partial.path.clone(),
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
