//! `get-object`: does it give back what it took, byte for byte?

use backstop_contract::{ByteRange, GetOptions, ObjectMeta};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::newest::{newest, unless_changed};
use super::stop::{Answer, Remark, Stop};
use crate::report::{Access, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "get-object",
    stage: Stage::Read,
    effect: Effect::Reads,
    needs: &["put-object"],
    after: &[],
    chain: 1,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Whether the object comes back byte for byte, compared by SHA-256. With access `read-only`, 1 KiB of \
the newest object on the first page under the prefix is read instead.

## Why a backup depends on it
A backup that cannot be read back is none.

## How it fails
`missing-permission` where reading was not granted, `archived` where a lifecycle rule moved the object, \
`contract-violated` where other bytes come back, `object-not-found` where none do.

## How to fix it
Grant the permission that is named. When the bytes differ, trust nothing in this bucket until the \
cause is known: a cache, a proxy or a disk changes data.
",
};

/// How much of a foreign object is read, in bytes.
const SAMPLE: u64 = 1024;

/// Asks: reads the object back.
///
/// # Errors
///
/// [`Stop::Violated`] when something else comes back, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    if context.run.access == Access::ReadOnly {
        return sample(context, &newest(context)?).await;
    }
    let written = context.written()?;
    context.reads_back(&written).await?;
    context.facts().was_read = true;
    Ok(None)
}

async fn sample(context: &Context<'_>, object: &ObjectMeta) -> Answer {
    let wanted = SAMPLE.min(object.size);
    let options = GetOptions {
        range: Some(ByteRange {
            start: 0,
            end: wanted,
        }),
        version: None,
    };
    let read = unless_changed(context.read(&object.key, options).await, object)?;
    if read.bytes == wanted {
        Ok(Some(Remark::Note(format!(
            "read {wanted} bytes of {}",
            object.key
        ))))
    } else {
        Err(Stop::Violated(format!(
            "{wanted} bytes of {} were asked for and {} came back",
            object.key, read.bytes
        )))
    }
}
