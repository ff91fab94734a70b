//! To a pipe: in order, each part held until it is proven.

use std::io::Write;

use bytes::{Bytes, BytesMut};
use futures::stream::{self, StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};

use super::super::error::TransferError;
use super::super::pool::Room;
use super::super::source::blocking;
use super::fetch::{Sink, fetch};
use super::{Downloaded, Job, Range, Wanted};

type Writer = Box<dyn Write + Send>;

/// Reads an object and writes it in order.
pub(super) async fn download(
    job: &Job<'_>,
    wanted: &Wanted,
    writer: Writer,
) -> Result<Downloaded, TransferError> {
    let mut plan = job.plan(wanted).await?;
    let mut first = plan.first.take();
    let proof = plan.proof();
    let at_once = job.pool.options().requests.max(1);
    // Memory is taken in order: the part that is to be written next never waits for later ones.
    let parts = stream::iter(plan.ranges).then(|range: Range| async move {
        let room = job.pool.room(range.piece.size).await;
        (range, room)
    });
    let parts = parts.map(|(range, room)| {
        let opened = first.take();
        async move {
            let mut held = Held::new(room, range.sha256.is_some());
            fetch(job, range, opened, &mut held).await?;
            Ok::<_, TransferError>(held)
        }
    });
    let written = parts
        .buffered(at_once)
        .try_fold(writer, |writer, held: Held| async move {
            let (bytes, room) = held.done();
            let size = bytes.len() as u64;
            let (writer, bytes) = write(writer, bytes).await?;
            room.give_back(bytes);
            job.progress.moved(size);
            Ok(writer)
        });
    let mut writer = Box::pin(written).await?;
    let flushed = blocking(move || writer.flush()).await;
    flushed.map_err(|error| TransferError::local("cannot write the output", error))?;
    Ok(Downloaded {
        size: plan.size,
        resumed: 0,
        proof,
    })
}

async fn write(mut writer: Writer, bytes: Bytes) -> Result<(Writer, Bytes), TransferError> {
    let written = blocking(move || {
        writer.write_all(&bytes)?;
        Ok((writer, bytes))
    });
    let written = written.await;
    written.map_err(|error| TransferError::local("cannot write the output", error))
}

/// A part in memory.
struct Held {
    room: Room,
    buffer: BytesMut,
    filled: usize,
    /// Whether there is a hash to hold it to.
    hashed: bool,
}

impl Held {
    fn new(room: Room, hashed: bool) -> Self {
        Self {
            buffer: room.buffer(),
            room,
            filled: 0,
            hashed,
        }
    }

    fn done(mut self) -> (Bytes, Room) {
        self.buffer.truncate(self.filled);
        (self.buffer.freeze(), self.room)
    }
}

impl Sink for Held {
    async fn restart(&mut self) {
        self.filled = 0;
    }

    async fn take(&mut self, bytes: Bytes) -> Result<(), TransferError> {
        let end = self.filled + bytes.len();
        // What is longer than its range was refused before it came here.
        if let Some(space) = self.buffer.get_mut(self.filled..end) {
            space.copy_from_slice(&bytes);
        }
        self.filled = end;
        Ok(())
    }

    async fn end(&mut self) -> Result<Option<[u8; 32]>, TransferError> {
        if !self.hashed {
            return Ok(None);
        }
        let buffer = std::mem::take(&mut self.buffer);
        let filled = self.filled;
        let hashed = blocking(move || {
            let sum = Sha256::digest(&buffer[..filled]).into();
            Ok((buffer, sum))
        });
        let (buffer, sum) = hashed
            .await
            .map_err(|error| TransferError::local("cannot hash a part", error))?;
        self.buffer = buffer;
        Ok(Some(sum))
    }
}
