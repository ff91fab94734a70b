//! `get-absent`: is a missing object called missing?

use backstop_contract::{Error, ErrorKind, GetOptions, HeadOptions, ObjectStore};
use futures::future::join;

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "get-absent",
    stage: Stage::Read,
    effect: Effect::Reads,
    needs: &["put-object"],
    after: &[],
    chain: 1,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether a key that was never written is answered with \"not found\" (404), and not with \
\"forbidden\" (403) or with success.

## Why a backup depends on it
A restore must tell a missing backup from a forbidden one. Amazon S3 answers 403 for a missing \
object when `s3:ListBucket` is not granted.

## How it fails
403 in place of 404 (`absence-hidden`), or success for a key that never was (`contract-violated`): a cache \
or a gateway answers for the store.

## How to fix it
Grant `s3:ListBucket` on the bucket itself, not on `bucket/*`; a condition on `s3:prefix` is fine.
",
};

/// Asks: reads a key that was never written.
///
/// # Errors
///
/// [`Stop::Violated`] when something comes back, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let key = &context.run.keys.absent;
    let get = context.store.get(key, GetOptions::default());
    let head = context.store.head(key, HeadOptions::default());
    match join(get, head).await {
        // The cause of a refusal is asked of GET: the refusals of HEAD have no body.
        (Err(_), Ok(_)) => Err(Stop::violated(
            "the facts of a key that was never written were answered with success",
        )),
        (get, _) => judge(get.map(|_| ())),
    }
}

fn judge(get: Result<(), Error>) -> Answer {
    match get {
        Ok(()) => Err(Stop::violated(
            "a key that was never written was read with success",
        )),
        Err(error) if error.kind() == ErrorKind::ObjectNotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
