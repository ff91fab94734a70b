//! `list-prefix`: does a listing show what was written?

use std::time::Duration;

use backstop_contract::{ETag, ObjectMeta};

use super::context::{Context, Written};
use super::facts::bare;
use super::info::{CheckInfo, Effect};
use super::listing::list_all;
use super::stop::{Answer, Stop};
use crate::report::{Access, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "list-prefix",
    stage: Stage::Read,
    effect: Effect::Reads,
    needs: &["put-object"],
    after: &[],
    chain: 1,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether the objects under the prefix can be listed, and whether the one just written is shown with \
its size and, where tags are MD5 sums, with its tag (`ETag`).

## Why a backup depends on it
Without a listing nobody finds the newest backup, and old ones are never removed.

## How to fix it
Grant the permission that is named on the bucket itself; restricting it to the prefix is fine.
",
};

/// How often a fixed key that is not shown is asked again.
const ASKED_AGAIN: u32 = 3;

/// Asks: lists the sandbox and looks for the object.
///
/// # Errors
///
/// [`Stop::Violated`] when it is not shown or shown with other facts, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    if let Err(refused) = &context.run.opening.list {
        return Err(refused.clone());
    }
    if context.run.access == Access::ReadOnly {
        return Ok(None);
    }
    let key = context.object();
    let folder = if context.is_fixed() {
        &context.run.keys.folder
    } else {
        &context.run.keys.own
    };
    for round in 0..=ASKED_AGAIN {
        let listed = list_all(context, folder, None).await?;
        if let Some(shown) = listed.iter().find(|object| object.key == *key) {
            return right_facts(context, shown);
        }
        if !context.is_fixed() {
            return Err(Stop::Violated(format!(
                "{key} was written with success, and the listing of {folder} does not show it"
            )));
        }
        if round < ASKED_AGAIN {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Err(Stop::OtherRun(format!(
        "the listing does not show {key}, which another run may have removed"
    )))
}

/// On the fixed key another run may have written an object of another size.
fn right_facts(context: &Context<'_>, shown: &ObjectMeta) -> Answer {
    let Some(written) = context
        .facts()
        .object
        .clone()
        .filter(|_| !context.is_fixed())
    else {
        return Ok(None);
    };
    let size = written.probe.size();
    if size != shown.size {
        return Err(Stop::Violated(format!(
            "{} has {size} bytes, and the listing says {}",
            shown.key, shown.size
        )));
    }
    if is_plain(&written, shown) {
        context.same_tag("the listing", &written, shown.etag.as_ref())?;
    }
    Ok(None)
}

/// Returns whether both tags are plain MD5 sums: listings of encrypted objects may show other tags
/// than everybody else does.
fn is_plain(written: &Written, shown: &ObjectMeta) -> bool {
    let is_md5 = |etag: &ETag| {
        let tag = bare(etag);
        tag.len() == 32 && tag.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let own = || written.probe.md5();
    shown.etag.as_ref().is_some_and(is_md5)
        && written.etag.as_ref().is_some_and(|tag| bare(tag) == own())
}
