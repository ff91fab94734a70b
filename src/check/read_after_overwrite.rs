//! `read-after-overwrite`: is the newest content what is read?

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "read-after-overwrite",
    stage: Stage::Read,
    effect: Effect::Reads,
    needs: &["overwrite", "get-object"],
    after: &[],
    chain: 1,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether a read that starts after an overwrite sees the new content.

## Why a backup depends on it
The pointer to the newest backup is overwritten each time; a stale read restores the wrong one.

## How it fails
The old content comes back (`contract-violated`).

## How to fix it
Look for a cache between you and the store, and for a replica that lags behind.
",
};

/// Asks: reads the overwritten object back.
///
/// # Errors
///
/// [`Stop::Violated`] when something else comes back, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let Some(written) = context.facts().overwritten.clone() else {
        return Err(Stop::NothingThere("no object was overwritten".to_owned()));
    };
    context.reads_back(&written).await?;
    Ok(None)
}
