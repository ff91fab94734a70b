//! `other-prefix`: do the credentials reach what is not theirs?

use std::sync::Arc;

use backstop_contract::{
    Capability, Error, ErrorKind, HeadOptions, KeyPrefix, ListOptions, ListPage, ObjectKey,
    ObjectStore,
};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark, Stop};
use crate::report::{Access, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "other-prefix",
    stage: Stage::Posture,
    effect: Effect::Outside,
    needs: &["bucket"],
    after: &[],
    chain: 0,
    capability: Some(Capability::Delimiter),
    quick: false,
    docs: "\
## What it asks
Where the backups have a prefix of their own: whether these credentials can list the root of the \
bucket, and whether they see an object beside the prefix (one HEAD). Nothing is ever written, read or \
deleted there.

## Why a backup depends on it
Credentials that reach beyond their prefix make one leak the leak of every installation in the bucket. \
It is a risk where the access is declared narrower than full; an administrator reaches everything, so \
with full access, or none declared, it is told and does not touch the verdict.

## How it fails
`reaches-beyond-prefix` where the declared access is narrower than full and something beside the prefix \
was seen.

## How to fix it
Scope the policy: object actions on BUCKET/PREFIX/*, and s3:ListBucket with the condition s3:prefix; \
on MinIO the same; on Azure a container of its own, since roles reach no deeper without conditions.
",
};

/// The code of the cause.
const CAUSE: &str = "reaches-beyond-prefix";

/// Lists the root, and asks for one object beside the prefix.
///
/// # Errors
///
/// Those of requests that are not refused.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    if context.run.prefix.as_str().is_empty() {
        return Ok(Some(note(
            "the backups have no prefix of their own, so there is nothing beside it",
        )));
    }
    let root = page(context, &KeyPrefix::default(), true).await?;
    context.learn(|posture| posture.beyond_prefix = Some(root.is_some()));
    let Some(root) = root else {
        return Ok(Some(note(
            "these credentials cannot list beside their prefix",
        )));
    };
    let Some(key) = beside(context, &root).await? else {
        return Ok(Some(note(
            "these credentials can list the whole bucket, and nothing else is in it",
        )));
    };
    let head = context.store.head(&key, HeadOptions::default()).await;
    let text = if unless_refused(head)?.is_some() {
        format!("these credentials see objects beside their prefix, such as {key}")
    } else {
        return Ok(Some(note(
            "these credentials can list the names beside their prefix, and not see the objects",
        )));
    };
    Ok(Some(match context.run.access {
        Access::Full | Access::Undeclared => Remark::Note(text),
        Access::PutGet | Access::PutOnly | Access::AppendOnly | Access::ReadOnly => {
            Remark::Threat(CAUSE, text)
        }
    }))
}

fn note(text: &str) -> Remark {
    Remark::Note(text.to_owned())
}

/// Returns a key that is not under the backups' prefix; a folder is opened where none lies in the
/// root.
async fn beside(context: &Context<'_>, root: &ListPage) -> Result<Option<ObjectKey>, Stop> {
    let foreign = |page: &ListPage| {
        let objects = page.objects.iter().map(|object| object.key.clone());
        objects
            .into_iter()
            .find(|key| !context.run.prefix.holds(key))
    };
    if let Some(key) = foreign(root) {
        return Ok(Some(key));
    }
    let ours = context.run.prefix.as_str();
    let folders = root.common_prefixes.iter();
    let mut folders = folders.filter(|folder| !ours.starts_with(folder.as_str()));
    let Some(folder) = folders.find_map(|folder| KeyPrefix::new(folder.as_str()).ok()) else {
        return Ok(None);
    };
    let inside = page(context, &folder, false).await?;
    Ok(inside.as_ref().and_then(foreign))
}

/// Lists a few names; nothing where that is denied.
async fn page(
    context: &Context<'_>,
    prefix: &KeyPrefix,
    delimited: bool,
) -> Result<Option<ListPage>, Stop> {
    let options = ListOptions {
        page: None,
        page_size: Some(20),
        delimited,
    };
    unless_refused(context.store.list(prefix, options).await)
}

/// Passes an answer on; a refusal, and an object that has gone since, is none.
fn unless_refused<T>(answer: Result<T, Error>) -> Result<Option<T>, Stop> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ObjectNotFound
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(Stop::Operation(Arc::new(error))),
    }
}
