//! One range: asked for, again where its answer breaks off, and handed on as it comes.

use std::time::Duration;

use backstop_contract::{ByteRange, GetResult, ObjectBody};
use bytes::Bytes;
use futures::StreamExt;
use tokio::time::sleep;

use super::super::error::TransferError;
use super::{Job, Range};

/// How often a range is asked for whose answer breaks off.
const TURNS: u32 = 3;
/// How long is waited before it is asked for again; it doubles.
const PAUSE: Duration = Duration::from_millis(200);

/// Takes the bytes of one range, in order, and answers for them at its end.
pub(super) trait Sink {
    /// Begins anew: what came before broke off.
    async fn restart(&mut self);

    /// Takes the next bytes.
    async fn take(&mut self, bytes: Bytes) -> Result<(), TransferError>;

    /// Ends the range and returns the SHA-256 of what came, where there is one to hold it to.
    async fn end(&mut self) -> Result<Option<[u8; 32]>, TransferError>;
}

/// Reads a range into a sink and proves it.
pub(super) async fn fetch(
    job: &Job<'_>,
    range: Range,
    mut opened: Option<GetResult>,
    sink: &mut impl Sink,
) -> Result<(), TransferError> {
    let mut pause = PAUSE;
    for turn in 1.. {
        sink.restart().await;
        match attempt(job, range, opened.take(), sink).await {
            Err(TransferError::Store(error)) if error.kind().is_transient() && turn < TURNS => {
                sleep(pause).await;
                pause *= 2;
            }
            ended => return ended,
        }
    }
    Ok(())
}

async fn attempt(
    job: &Job<'_>,
    range: Range,
    opened: Option<GetResult>,
    sink: &mut impl Sink,
) -> Result<(), TransferError> {
    let piece = range.piece;
    let wanted = ByteRange {
        start: piece.start,
        end: piece.end(),
    };
    let turn = job.pool.turn().await;
    let opened = match opened {
        Some(opened) => opened,
        None => job.get(Some(wanted)).await?,
    };
    check_range(job, wanted, &opened)?;
    copy(job, piece.size, opened.body, sink).await?;
    drop(turn);
    if range.sha256 == sink.end().await? {
        Ok(())
    } else {
        Err(job.corrupt(range))
    }
}

/// Holds an answer to the range that was asked for.
fn check_range(job: &Job<'_>, wanted: ByteRange, opened: &GetResult) -> Result<(), TransferError> {
    let whole = opened.meta.size;
    let got = opened.range.unwrap_or(ByteRange {
        start: 0,
        end: whole,
    });
    // The first range of an object that has no known size may be longer than the object.
    if got.start == wanted.start && got.end == wanted.end {
        return Ok(());
    }
    job.check_size(
        wanted.end - wanted.start,
        got.end.saturating_sub(wanted.start),
    )?;
    Err(TransferError::Overwritten(job.key.clone()))
}

/// Passes a body on, which must have exactly its size.
async fn copy(
    job: &Job<'_>,
    size: u64,
    mut body: ObjectBody,
    sink: &mut impl Sink,
) -> Result<(), TransferError> {
    let mut came = 0;
    while let Some(bytes) = body.next().await {
        let bytes = bytes?;
        came += bytes.len() as u64;
        if came > size {
            break;
        }
        sink.take(bytes).await?;
    }
    job.check_size(size, came)
}
