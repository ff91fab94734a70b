//! `get-range`: can a part of an object be read?

use backstop_contract::{ByteRange, Error, ErrorKind, GetOptions};
use sha2::{Digest, Sha256};

use super::context::{Context, Told, Written};
use super::info::{CheckInfo, Effect};
use super::newest::{newest, unless_changed};
use super::probe::Probe;
use super::stop::{Answer, Stop};
use crate::report::{Access, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "get-range",
    stage: Stage::Read,
    effect: Effect::Reads,
    needs: &["put-object"],
    after: &[],
    chain: 1,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether a range of bytes from the middle of an object comes back, exactly that range.

## Why a backup depends on it
Restores resume and read indexes by range. A store or proxy that ignores it sends everything, and \
one that is off by one destroys the data.

## How it fails
The whole object comes in place of the range, or the range is off by one (`contract-violated`).

## How to fix it
Look for a cache or a proxy that drops the Range header.
",
};

/// The range that is read: neither at an end nor on a round number.
const RANGE: ByteRange = ByteRange {
    start: 601,
    end: 1_833,
};

/// Asks: reads the range and compares it.
///
/// # Errors
///
/// [`Stop::Violated`] when something else comes back, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    if context.run.access == Access::ReadOnly {
        return of_newest(context).await;
    }
    let written = context.written()?;
    context
        .ask_again(&written, || range_of(context, &written))
        .await?;
    Ok(None)
}

async fn range_of(context: &Context<'_>, written: &Written) -> Result<Told, Stop> {
    let read = match context.read(context.object(), part(RANGE)).await {
        Err(error) if context.means_absent(&error) => return Ok(Told::Absent),
        Err(error) => return Err(judge(error)),
        Ok(read) => read,
    };
    right_range(RANGE, read.range, read.bytes)?;
    let is_of = |probe: &Probe| {
        let expected = probe.slice(RANGE.start, RANGE.end);
        read.sha256 == <[u8; 32]>::from(Sha256::digest(&expected))
    };
    if is_of(&written.probe) {
        return Ok(Told::Good);
    }
    let wrong = format!(
        "bytes {} to {} came back, and they are not the bytes that were written there",
        RANGE.start,
        RANGE.end - 1
    );
    context
        .explained_by_another_run(written, wrong, is_of)
        .await
}

async fn of_newest(context: &Context<'_>) -> Answer {
    let object = newest(context)?;
    let start = u64::from(object.size > 1);
    let end = object.size.min(start + 512).max(start + 1);
    let range = ByteRange { start, end };
    let read = unless_changed(context.read(&object.key, part(range)).await, &object)?;
    right_range(range, read.range, read.bytes)?;
    Ok(None)
}

fn part(range: ByteRange) -> GetOptions {
    GetOptions {
        range: Some(range),
        version: None,
    }
}

/// The range lies within every probe, and the service has answered others: what does not fit the
/// range is a lie about it, not another service.
fn judge(error: Error) -> Stop {
    let asked = format!("bytes {} to {} were asked for", RANGE.start, RANGE.end - 1);
    match error.kind() {
        ErrorKind::MalformedResponse => {
            let said = error.evidence().message.clone().unwrap_or_default();
            Stop::Violated(format!(
                "{asked}, and the answer contradicts itself: {said}"
            ))
        }
        ErrorKind::PreconditionFailed => Stop::Violated(format!(
            "{asked}, and the object, which is longer, is said to end before them"
        )),
        _ => error.into(),
    }
}

fn right_range(asked: ByteRange, said: Option<ByteRange>, bytes: u64) -> Result<(), Stop> {
    let wanted = asked.end - asked.start;
    if said.is_none() && bytes != wanted {
        return Err(Stop::Violated(format!(
            "{wanted} bytes were asked for, and the whole object came back ({bytes} bytes): the \
             range is ignored"
        )));
    }
    if bytes != wanted || said.is_some_and(|said| said != asked) {
        return Err(Stop::Violated(format!(
            "bytes {} to {} were asked for, and {bytes} bytes came back, said to be {}",
            asked.start,
            asked.end - 1,
            said.map_or_else(
                || "the whole".to_owned(),
                |said| format!("{} to {}", said.start, said.end.saturating_sub(1))
            )
        )));
    }
    Ok(())
}
