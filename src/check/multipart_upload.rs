//! `multipart-upload`: does it take a large object in parts?

use std::ops::Range;
use std::sync::Arc;

use backstop_contract::{
    CompleteOptions, Error, ErrorKind, GetOptions, ObjectKey, ObjectStore, Part, PartNumber,
    PartOptions, PutOptions, UploadId,
};
use futures::TryStreamExt;
use futures::stream::FuturesOrdered;

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::probe::Probe;
use super::stop::{Answer, Remark, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "multipart-upload",
    stage: Stage::Write,
    effect: Effect::Writes,
    needs: &["put-object"],
    after: &[],
    chain: 5,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether an object can be uploaded in parts, at the same time, and comes back whole. `--size 64MiB` \
makes it as large as a real backup's parts.

## Why a backup depends on it
Backups larger than one request go this way, and it often fails where a small write works: on a \
proxy's size limit, on encryption keys that also want `kms:Decrypt`, on unusual checksums.

## How it fails
`kms-decrypt-missing` where the key allows small objects alone, `trailers-refused` where parts \
carry checksums that the store does not know, `storage-full` at a quota, `contract-violated` where a part is \
lost or in the wrong order.

## How to fix it
Grant the permission that is named. Where only large requests fail, look at the proxy's limits and \
set checksums to `when-required`.
",
};

/// The size of a part where a large probe was asked for, in bytes.
const LARGE_PART: u64 = 8 * 1024 * 1024;
/// The smallest part worth sending, and the size of a last one, in bytes.
const SMALL_PART: u64 = 1024;
/// How often an upload that another run ended is begun.
const DISTURBED: u32 = 4;
/// How many parts are on the way at the same time.
const PARALLEL: usize = 3;

/// Asks: uploads the probe in parts, completes it and reads it back.
///
/// # Errors
///
/// [`Stop::Violated`] when something else comes back, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let limits = context.store.capabilities().limits;
    let (size, part) = sizes(context, limits.smallest_part, limits.parts);
    let probe = context.probe("multipart", size);
    let key = if context.is_fixed() {
        &context.run.keys.probe_multipart
    } else {
        // An upload is begun on a key that holds an object already, so that a later run which
        // lists the folder finds what a killed run left open.
        let key = &context.run.keys.multipart;
        let seat = context.probe("multipart-seat", 0);
        context.write(key, &seat, PutOptions::default()).await?;
        key
    };
    undisturbed(context, key, &probe, part).await?;
    let again = || async { undisturbed(context, key, &probe, part).await };
    match context.expect(key, &probe, again).await {
        Ok(_) => Ok(None),
        Err(Stop::Operation(error)) if error.kind() == ErrorKind::PermissionDenied => {
            unread(context, error).await
        }
        Err(stop) => Err(stop),
    }
}

/// Uploads; where another run has ended the upload on the fixed key (on Azure a commit discards what
/// others have sent) it is begun anew, a few times.
async fn undisturbed(
    context: &Context<'_>,
    key: &ObjectKey,
    probe: &Probe,
    part: u64,
) -> Result<(), Stop> {
    for round in 0..DISTURBED {
        match upload(context, key, probe, part).await {
            Err(Stop::Operation(error))
                if context.is_fixed() && error.kind() == ErrorKind::UploadNotFound =>
            {
                context.pause(round).await;
            }
            answer => return answer,
        }
    }
    Err(Context::busy(key))
}

/// Judges a denied read-back. Where other objects can be read, the denial is how Amazon S3 says
/// that there is none, or a right on the object's key is missing: the upload is no backup.
async fn unread(context: &Context<'_>, denial: Arc<Error>) -> Answer {
    let other = context
        .store
        .get(context.object(), GetOptions::default())
        .await;
    match other {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(Some(Remark::Note(
            "not read back: reading is denied".to_owned(),
        ))),
        Ok(_) if context.is_fixed() => Err(Stop::violated(
            "the upload was completed with success, and reading it is denied where other objects \
             can be read: without the right to list, that is how a missing object looks",
        )),
        _ => Err(Stop::Operation(denial)),
    }
}

/// Returns the size of the probe and of its parts: two parts unless a size was asked for, and one
/// small one where it stays.
fn sizes(context: &Context<'_>, smallest_part: u64, parts: u32) -> (u64, u64) {
    let small = smallest_part.max(SMALL_PART);
    match context.run.size {
        Some(size) => {
            let part = LARGE_PART.max(smallest_part);
            (size, part.max(size.div_ceil(u64::from(parts))))
        }
        None if context.is_fixed() => (SMALL_PART, small),
        None => (small + SMALL_PART, small),
    }
}

async fn upload(
    context: &Context<'_>,
    key: &ObjectKey,
    probe: &Probe,
    part_size: u64,
) -> Result<(), Stop> {
    let upload = context.begin(key).await?;
    let count = u32::try_from(probe.size().div_ceil(part_size)).unwrap_or(u32::MAX);
    let mut waiting = (0..count).map(|index| {
        let start = u64::from(index) * part_size;
        send_part(
            context,
            key,
            &upload,
            index,
            probe,
            start..start + part_size,
        )
    });
    let mut parts: Vec<Part> = Vec::new();
    let mut sending: FuturesOrdered<_> = waiting.by_ref().take(PARALLEL).collect();
    while let Some(part) = sending.try_next().await? {
        parts.push(part);
        sending.extend(waiting.next());
    }
    complete(context, key, probe, &upload, &parts).await
}

async fn send_part(
    context: &Context<'_>,
    key: &ObjectKey,
    upload: &UploadId,
    index: u32,
    probe: &Probe,
    bytes: Range<u64>,
) -> Result<Part, Error> {
    let body = probe.slice(bytes.start, bytes.end);
    context
        .store
        .put_part(
            key,
            upload,
            PartNumber(index + 1),
            body,
            PartOptions::default(),
        )
        .await
}

/// Completes the upload; a lost reply is settled by reading, and where that is denied by
/// completing again, which is refused when the first one took effect.
async fn complete(
    context: &Context<'_>,
    key: &ObjectKey,
    probe: &Probe,
    upload: &UploadId,
    parts: &[Part],
) -> Result<(), Stop> {
    let finish = || {
        let store = &context.store;
        async move {
            store
                .complete_multipart(key, upload, parts, CompleteOptions::default())
                .await
        }
    };
    let Err(error) = finish().await else {
        return Ok(());
    };
    if !error.may_have_happened() {
        return Err(error.into());
    }
    let read = context.read_as(key, GetOptions::default(), probe).await;
    if read.is_ok_and(|seen| seen.is_same) {
        return Ok(());
    }
    match finish().await {
        Err(again) if again.kind() != ErrorKind::UploadNotFound => Err(again.into()),
        _ => Ok(()),
    }
}
