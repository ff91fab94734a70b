//! `versioning`: does what is overwritten or deleted stay?

use backstop_contract::{Aspect, Inspected};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark, Stop};
use crate::report::{Access, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "versioning",
    stage: Stage::Posture,
    effect: Effect::Outside,
    needs: &["bucket"],
    after: &["put-object", "overwrite", "delete-object"],
    chain: 0,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether the bucket keeps the earlier versions of an object (GetBucketVersioning). Azure's data plane \
does not tell it: there the answer of the put does, which names a version where versions are kept.

## Why a backup depends on it
Without versions an overwrite or a delete is final, whoever made it: a mistake, a tool with a bug, \
ransomware with the same credentials. It is a risk where the access is append-only, which promises \
that nothing can be destroyed, and no lock keeps that promise either; elsewhere it is told and does \
not touch the verdict, because every fresh bucket is so.

## How it fails
`versions-not-kept` where access `append-only` is declared and nothing locks objects either.

## How to fix it
Turn versioning on, and let a lifecycle rule remove noncurrent versions after the retention, or the \
bucket only grows. To ask needs s3:GetBucketVersioning.
",
};

/// Asks the bucket, and where it cannot be asked looks at what the put returned.
///
/// # Errors
///
/// Those of the question.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let told = match context.inspect(Aspect::Versioning).await {
        Err(Stop::Unsupported(why)) => by_put(context, why)?,
        told => told?,
    };
    let kept = told == Inspected::Yes;
    context.learn(|posture| posture.versioning = Some(kept));
    if kept {
        return Ok(Some(Remark::Note(
            "what is overwritten or deleted stays as an earlier version".to_owned(),
        )));
    }
    let lost = match told {
        Inspected::Suspended => {
            "versioning is suspended: earlier versions are still there, and what is overwritten or \
             deleted from now on is lost"
        }
        _ => "no earlier versions are kept: what is overwritten or deleted is lost",
    };
    let promised = context.run.access == Access::AppendOnly && !was_destroyed(context);
    if promised && !is_locked(context).await {
        return Ok(Some(Remark::Threat(
            "versions-not-kept",
            format!(
                "{lost}, and nothing locks objects: only the rights of these very credentials keep \
                 backups from being destroyed"
            ),
        )));
    }
    Ok(Some(Remark::Note(lost.to_owned())))
}

/// A service that keeps versions names one in the answer to each put.
fn by_put(context: &Context<'_>, why: String) -> Result<Inspected, Stop> {
    match &context.facts().object {
        Some(written) if written.kept_version().is_some() => Ok(Inspected::Yes),
        Some(_) => Ok(Inspected::No),
        None => Err(Stop::Unsupported(why)),
    }
}

/// Returns whether this run overwrote or deleted an object for good: then `preserved` says so, and
/// there is nothing more to fear. Where the put named a version, neither destroys anything.
fn was_destroyed(context: &Context<'_>) -> bool {
    let facts = context.facts();
    let kept = facts
        .object
        .as_ref()
        .is_some_and(|written| written.kept_version().is_some());
    !kept && (facts.overwritten.is_some() || facts.deleted.is_some())
}

async fn is_locked(context: &Context<'_>) -> bool {
    match context.inspect(Aspect::ObjectLock).await {
        Ok(Inspected::ObjectLock(lock)) => lock.locks_everything(),
        _ => false,
    }
}
