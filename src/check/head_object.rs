//! `head-object`: are the facts of an object right?

use backstop_contract::{ErrorKind, HeadOptions, ObjectStore};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::newest::newest;
use super::stop::{Answer, Stop};
use crate::report::{Access, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "head-object",
    stage: Stage::Read,
    effect: Effect::Reads,
    needs: &["put-object"],
    after: &[],
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether the facts of an object can be asked for without reading it, and whether the size is right.

## Why a backup depends on it
Backup tools compare sizes and tags this way before they skip or resume an upload.

## How to fix it
Grant the permission that is named; HEAD needs the same one as GET.
",
};

/// Asks: compares the size and the tag with what was written.
///
/// # Errors
///
/// [`Stop::Violated`] when a fact is wrong, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    if context.run.access == Access::ReadOnly {
        let listed = newest(context)?;
        let head = context
            .store
            .head(&listed.key, HeadOptions::default())
            .await?;
        return same_size(listed.size, head.size);
    }
    let Some(written) = context.facts().object.clone() else {
        return Err(Stop::NothingThere("no object was written".to_owned()));
    };
    let head = match context
        .store
        .head(context.object(), HeadOptions::default())
        .await
    {
        Err(error) if error.kind() == ErrorKind::ObjectNotFound && !context.is_fixed() => {
            return Err(Stop::violated(
                "the write was answered with success, and the object is not found",
            ));
        }
        answer => answer?,
    };
    if context.is_fixed() && head.etag != written.etag {
        // Another run may have written the fixed key in between: only that it answers is proven.
        return Ok(None);
    }
    same_size(written.probe.size(), head.size)
}

fn same_size(expected: u64, said: u64) -> Answer {
    if expected == said {
        Ok(None)
    } else {
        Err(Stop::Violated(format!(
            "the object has {expected} bytes, and HEAD says {said}"
        )))
    }
}
