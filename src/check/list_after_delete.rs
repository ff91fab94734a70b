//! `list-after-delete`: is a deleted object off the listing?

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::listing::list_all;
use super::stop::{Answer, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "list-after-delete",
    stage: Stage::Remove,
    effect: Effect::Reads,
    needs: &["delete-object", "list-prefix"],
    after: &[],
    chain: 1,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether the listing stops showing an object that was deleted.

## Why a backup depends on it
Tools find backups by listing. One that is listed and cannot be read ends a restore half-way.

## How it fails
The deleted object is still listed (`contract-violated`).

## How to fix it
Look for a cache between you and the store, or an index of it that lags behind.
",
};

/// Asks: lists the sandbox and looks for the deleted object.
///
/// # Errors
///
/// [`Stop::Violated`] when it is shown, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let key = context.object();
    let folder = if context.is_fixed() {
        &context.run.keys.folder
    } else {
        &context.run.keys.own
    };
    let mut round = 0;
    loop {
        let listed = list_all(context, folder, None).await?;
        if listed.iter().all(|object| object.key != *key) {
            return Ok(None);
        }
        if !context.is_fixed() {
            return Err(Stop::Violated(format!(
                "{key} was deleted with success, and the listing still shows it"
            )));
        }
        if !context.delete_again(round).await? {
            return Err(Stop::OtherRun(format!(
                "{key} is listed after its delete, and another run may have written it"
            )));
        }
        round += 1;
    }
}
