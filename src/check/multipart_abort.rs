//! `multipart-abort`: can an upload be given up?

use backstop_contract::{
    Capability, CompleteOptions, Error, ErrorKind, ObjectStore, PartNumber, PartOptions, PutOptions,
};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::probe::Probe;
use super::stop::{Answer, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "multipart-abort",
    stage: Stage::Write,
    effect: Effect::Writes,
    needs: &["put-object"],
    after: &[],
    chain: 5,
    capability: Some(Capability::AbortMultipart),
    quick: false,
    docs: "\
## What it asks
Whether an upload in parts can be given up, so that it cannot be completed any more.

## Why a backup depends on it
A backup that breaks off leaves its parts. They are billed, and no listing of objects shows them.

## How it fails
The right was not granted (`abort-denied`), or the upload can be completed after it was aborted \
(`contract-violated`).

## How to fix it
Grant the permission that is named, or add a lifecycle rule that aborts unfinished uploads after a \
few days.
",
};

/// Asks: begins an upload, aborts it and tries to complete it all the same.
///
/// # Errors
///
/// [`Stop::Violated`] when the completion succeeds, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let store = &context.store;
    let key = if context.is_fixed() {
        &context.run.keys.probe_multipart
    } else {
        let key = &context.run.keys.aborted;
        let seat = context.probe("multipart-abort-seat", 0);
        context.write(key, &seat, PutOptions::default()).await?;
        key
    };
    // Longer than what is there, so that a listing shows which of the two it is.
    let probe = context.probe("multipart-abort", 2 * Probe::SMALLEST);
    let upload = context.begin(key).await?;
    let part = store.put_part(
        key,
        &upload,
        PartNumber(1),
        probe.body(),
        PartOptions::default(),
    );
    let parts = [part.await?];
    let aborted = store.abort_multipart(key, &upload).await;
    let finish = || store.complete_multipart(key, &upload, &parts, CompleteOptions::default());
    let mut completed = finish().await;
    if completed.as_ref().is_err_and(Error::may_have_happened) {
        if aborted.is_ok() && context.holds(key, &probe).await.unwrap_or(false) {
            return Err(outlived());
        }
        completed = finish().await;
    }
    match (aborted, completed) {
        (Ok(()), Ok(_)) => Err(outlived()),
        (Ok(()), Err(error)) if error.kind() == ErrorKind::UploadNotFound => {
            context.stands(key, Probe::SMALLEST);
            Ok(None)
        }
        // The first reply was lost, and the abort took effect.
        (Err(one), Err(two))
            if one.kind() == ErrorKind::UploadNotFound
                && two.kind() == ErrorKind::UploadNotFound =>
        {
            Ok(None)
        }
        // Where abort is denied the upload was completed instead, so that no part stays.
        (Err(error), _) | (Ok(()), Err(error)) => Err(error.into()),
    }
}

fn outlived() -> Stop {
    Stop::violated("the abort was answered with success, and the upload could still be completed")
}
