//! `delete-object`: can an object be deleted?

use backstop_contract::{DeleteOptions, Error, ErrorKind, ObjectStoreExt};

use super::context::{Context, Deleted};
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "delete-object",
    stage: Stage::Remove,
    effect: Effect::Writes,
    needs: &["put-object"],
    after: &[
        "head-object",
        "get-object",
        "get-range",
        "list-prefix",
        "overwrite",
        "read-after-overwrite",
        "public-access",
    ],
    chain: 1,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Whether the object can be deleted by its key.

## Why a backup depends on it
Retention deletes old backups. Without the right, storage grows until somebody notices the bill; \
credentials that cannot delete are safer, and then retention is the lifecycle rule's job.

## How it fails
`missing-permission` where the right was not granted, `immutable` where a lock protects the object, \
which is right for access `append-only`.

## How to fix it
Grant the permission that is named, or declare the access that fits: `put-get`, `put-only` or \
`append-only`.
",
};

/// Asks: deletes the object by its key.
///
/// # Errors
///
/// Those of the delete.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let written = context.facts().object.clone();
    let version = written.and_then(|written| written.version);
    if let (true, None, Some(Err(refused))) =
        (context.is_fixed(), &version, &context.run.opening.delete)
    {
        // The same request has been refused when the sandbox was opened.
        return Err(refused.clone());
    }
    let options = DeleteOptions {
        // A quick run saves the marker and its removal.
        version: version.filter(|_| context.run.quick && !context.is_fixed()),
    };
    let key = context.object();
    // The sandbox knows of the marker that a second delete may add.
    let answer = context.store.delete_settled(key, options).await;
    if answer.as_ref().is_err_and(is_gone) {
        context.facts().deleted = Some(Deleted::Gone);
        return Ok(None);
    }
    let deleted = answer.map_err(Stop::from)?;
    let hidden = deleted.delete_marker;
    context.facts().deleted = Some(if hidden {
        Deleted::Hidden
    } else {
        Deleted::Gone
    });
    Ok(hidden.then(|| {
        Remark::Note("the bucket keeps versions: the delete left a marker over them".to_owned())
    }))
}

/// Only another run's delete leaves nothing to delete.
fn is_gone(error: &Error) -> bool {
    error.kind() == ErrorKind::ObjectNotFound
}
