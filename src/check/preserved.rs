//! `preserved`: does what was written once stay?

use backstop_contract::{ErrorKind, GetOptions, PutOptions};

use super::context::{Context, Deleted, OBJECT_SIZE, Written};
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "preserved",
    stage: Stage::Remove,
    effect: Effect::Reads,
    needs: &["put-object"],
    after: &[
        "overwrite",
        "read-after-overwrite",
        "delete-object",
        "read-after-delete",
        "list-after-delete",
    ],
    chain: 1,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Whether these credentials can destroy a backup. On a bucket without versions an overwrite or a \
delete that succeeds is a failure. On one with versions a permanent delete that succeeds is a \
failure, and an overwrite must leave the first version readable by its id. A delete that only adds \
a marker is told, since it can hide backups, and does not fail.

## Why a backup depends on it
Whoever takes the credentials of the backup job must not be able to take the backups.

## How it fails
The overwrite takes the earlier version with it, or the permanent delete succeeds (`not-append-only`).

## How to fix it
Turn on versioning with Object Lock and a default retention, and do not grant \
`s3:DeleteObjectVersion`, `s3:BypassGovernanceRetention` or their like.
",
};

/// Asks: judges what the deletes and the overwrite of this run did.
///
/// # Errors
///
/// [`Stop::Allowed`] when something could be destroyed, [`Stop::Violated`] when the overwritten
/// version is not what was written, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let object = context.written()?;
    let (mut overwritten, deleted) = {
        let facts = context.facts();
        (facts.overwritten.is_some(), facts.deleted)
    };
    match &context.run.opening.delete {
        Some(Ok(())) => return Err(destroyed("an object was deleted for good")),
        Some(Err(refused)) if refused.is_protection() => {}
        Some(Err(other)) => return Err(other.clone()),
        None => {}
    }
    if context.run.quick {
        overwritten = overwrite(context).await?;
    }
    if overwritten {
        first_version_is_there(context, &object).await?;
    }
    let hidden = match deleted {
        None => false,
        Some(_) if object.kept_version().is_none() => {
            return Err(destroyed("the object was deleted for good"));
        }
        Some(Deleted::Hidden) => true,
        // Without a marker the version alone tells whether the object is still there.
        Some(Deleted::Gone) => {
            first_version_is_there(context, &object).await?;
            true
        }
    };
    Ok(hidden.then(|| {
        Remark::Note(
            "a delete by key is allowed: it destroys nothing, but it can hide backups".to_owned(),
        )
    }))
}

fn destroyed(how: &str) -> Stop {
    Stop::Allowed(format!("{how}: these credentials can destroy backups"))
}

/// Overwrites the object, which a quick run has not done yet; returns whether it could.
async fn overwrite(context: &Context<'_>) -> Result<bool, Stop> {
    let probe = context.probe("object-overwritten", OBJECT_SIZE + 1);
    let put = context.write(context.object(), &probe, PutOptions::default());
    match put.await.map_err(Stop::from) {
        Ok(_) => Ok(true),
        Err(refused) if refused.is_protection() => Ok(false),
        Err(other) => Err(other),
    }
}

async fn first_version_is_there(context: &Context<'_>, object: &Written) -> Result<(), Stop> {
    let Some(version) = object.kept_version().cloned() else {
        return Err(destroyed(
            "the object was overwritten, and the bucket keeps no versions",
        ));
    };
    let options = GetOptions {
        range: None,
        version: Some(version.clone()),
    };
    let read = context.read_as(context.object(), options, &object.probe);
    match read.await {
        Ok(seen) if seen.is_same => Ok(()),
        Ok(_) if context.facts().was_misread => Err(Stop::NothingThere(
            "reading gives back something else than was written, so no version can be judged"
                .to_owned(),
        )),
        Ok(_) => Err(Stop::Violated(format!(
            "version {version} was overwritten, and its own content is not what was written"
        ))),
        Err(error) if error.kind() == ErrorKind::ObjectNotFound => Err(Stop::Violated(format!(
            "version {version} is gone after an overwrite or a delete by key, although the bucket \
             gave it an id"
        ))),
        Err(error) => Err(error.into()),
    }
}
