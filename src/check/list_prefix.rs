//! `list-prefix`: does a listing show what was written?

use std::time::Duration;

use backstop_contract::ObjectMeta;

use super::context::Context;
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
Whether the objects under the prefix can be listed, and whether the one just written is shown.

## Why a backup depends on it
Without a listing nobody finds the newest backup, and old ones are never removed.

## How it fails
`missing-permission` where listing was granted on `bucket/*` and not on the bucket; `contract-violated` where \
the object that was just written is not shown.

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
/// [`Stop::Violated`] when it is not shown or shown with another size, and those of the requests.
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
            return right_size(context, shown);
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
fn right_size(context: &Context<'_>, shown: &ObjectMeta) -> Answer {
    let written = context.facts().object.as_ref().map(|it| it.probe.size());
    match written {
        Some(size) if size != shown.size && !context.is_fixed() => Err(Stop::Violated(format!(
            "{} has {size} bytes, and the listing says {}",
            shown.key, shown.size
        ))),
        _ => Ok(None),
    }
}
