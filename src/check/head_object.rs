//! `head-object`: are the facts of an object right?

use std::collections::BTreeMap;

use backstop_contract::{HeadOptions, ObjectStore};

use super::context::{Context, Told, Written};
use super::info::{CheckInfo, Effect};
use super::newest::{changed, newest, unless_changed};
use super::stop::{Answer, Stop};
use crate::report::{Access, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "head-object",
    stage: Stage::Read,
    effect: Effect::Reads,
    needs: &["put-object"],
    after: &[],
    chain: 1,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether the facts of an object can be asked for without reading it, and whether the size, the \
tag (`ETag`) and the metadata are those of what was written.

## Why a backup depends on it
Backup tools compare sizes and tags this way before they skip or resume an upload, and some keep \
times and hashes as metadata.

## How it fails
403 without a word, since an answer to HEAD has no body; or a size that is not that of the object \
(`contract-violated`).

## How it fails
403 without a word, since an answer to HEAD has no body; or a size that is not that of the object \
(`contract-violated`).

## How to fix it
Grant the permission that is named; HEAD needs the same one as GET. Where a fact is wrong, look for a \
cache or a proxy that drops headers.
",
};

/// Asks: compares the size and the tag with what was written.
///
/// # Errors
///
/// [`Stop::Violated`] when a fact is wrong, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    if context.run.access == Access::ReadOnly {
        return of_newest(context).await;
    }
    let written = context.written()?;
    context
        .ask_again(&written, || size_of(context, &written))
        .await?;
    Ok(None)
}

async fn size_of(context: &Context<'_>, written: &Written) -> Result<Told, Stop> {
    let key = context.object();
    let head = match context.store.head(key, HeadOptions::default()).await {
        Err(error) if context.means_absent(&error) => return Ok(Told::Absent),
        answer => answer?,
    };
    let size = written.probe.size();
    if head.size == size {
        context.same_tag("HEAD", written, head.etag.as_ref())?;
        return told(context, &head.metadata);
    }
    let wrong = wrong_size(size, head.size);
    context
        .explained_by_another_run(written, wrong, |now| now.size() == head.size)
        .await
}

/// On the fixed key nothing is told: another run may have written it.
fn told(context: &Context<'_>, metadata: &BTreeMap<String, String>) -> Result<Told, Stop> {
    let written = context.told();
    let lost = |(name, value): &(&String, &String)| metadata.get(*name) != Some(*value);
    match written.iter().find(lost) {
        None => Ok(Told::Good),
        Some((name, value)) => Err(Stop::Violated(format!(
            "the object was written with the metadata {name}={value}, and HEAD says {}",
            metadata
                .get(name)
                .map_or_else(|| "none".to_owned(), |said| format!("{name}={said}"))
        ))),
    }
}

async fn of_newest(context: &Context<'_>) -> Answer {
    let listed = newest(context)?;
    let asked = context.store.head(&listed.key, HeadOptions::default());
    let head = unless_changed(asked.await, &listed)?;
    if head.size == listed.size {
        return Ok(None);
    }
    if head.etag != listed.etag {
        return Err(changed(&listed));
    }
    Err(Stop::Violated(wrong_size(listed.size, head.size)))
}

fn wrong_size(expected: u64, said: u64) -> String {
    format!("the object has {expected} bytes, and HEAD says {said}")
}
