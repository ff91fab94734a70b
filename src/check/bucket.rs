//! `bucket`: is it there, and does it answer us?

use backstop_contract::{ErrorKind, ObjectStore};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "bucket",
    stage: Stage::Authorize,
    effect: Effect::Reads,
    needs: &["credential", "service"],
    after: &[],
    chain: 0,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Whether the bucket (on Azure: the container) exists and answers these credentials, judged by the \
first LIST, PUT or GET that the run makes anyway. HEAD is not used: its refusals have no body, so \
five causes look alike.

## Why a backup depends on it
A wrong name, a wrong region or unknown credentials stop every backup, and are the commonest cause.

## How it fails
`bucket-not-found`, `wrong-region`, `credentials-unknown`, `wrong-secret`, `clock-skewed`, and everything \
that stands in the way before the service: each is told as the one cause behind all other checks.

## How to fix it
Compare the name, the region and the endpoint with what the cloud team gave you. Backstop never \
creates a bucket.
",
};

/// Asks: takes the first success as proof, else the first refusal that tells more than a denial.
///
/// # Errors
///
/// The refusal, when there was no success.
#[expect(clippy::unused_async, reason = "every check is asked in the same way")]
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let opening = &context.run.opening;
    let Err(list) = &opening.list else {
        return Ok(None);
    };
    match &opening.put {
        Some(Ok(_)) => Ok(None),
        Some(Err(put)) if is_denial(list) => Err(settle(context, put)),
        Some(Err(_)) | None => Err(settle(context, list)),
    }
}

fn is_denial(stop: &Stop) -> bool {
    matches!(stop, Stop::Operation(error) if error.kind() == ErrorKind::PermissionDenied)
}

/// A denial does not tell whether the bucket exists.
fn settle(context: &Context<'_>, stop: &Stop) -> Stop {
    if is_denial(stop) {
        Stop::NothingThere(format!(
            "every request was denied, so whether the {} exists cannot be told",
            context.store.provider().bucket_word
        ))
    } else {
        stop.clone()
    }
}
