//! `read-after-delete`: is a deleted object gone?

use backstop_contract::{ErrorKind, GetOptions};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::probe::Probe;
use super::stop::{Answer, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "read-after-delete",
    stage: Stage::Remove,
    effect: Effect::Reads,
    needs: &["delete-object", "get-object"],
    after: &[],
    chain: 1,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Whether a read that starts after the delete finds nothing. After a read that worked, \"forbidden\" \
(403) for the same key counts as gone too: that is how Amazon S3 answers without `s3:ListBucket`.

## Why a backup depends on it
A backup that was deleted and can still be read will be restored by mistake, or kept against the law.

## How it fails
The deleted object comes back (`contract-violated`).

## How to fix it
Look for a cache between you and the store.
",
};

/// Asks: reads the deleted object.
///
/// # Errors
///
/// [`Stop::Violated`] when it comes back, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let mut round = 0;
    loop {
        let read = match context.read(context.object(), GetOptions::default()).await {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ObjectNotFound | ErrorKind::PermissionDenied
                ) =>
            {
                return Ok(None);
            }
            answer => answer?,
        };
        if !context.is_fixed() || Probe::is_of_run(&context.run.run_id, &read.head) {
            return Err(Stop::violated(
                "the delete was answered with success, and the object can still be read",
            ));
        }
        if !context.delete_again(round).await? {
            return Err(Stop::OtherRun(
                "the key can be read after its delete, and another run has written it".to_owned(),
            ));
        }
        round += 1;
    }
}
