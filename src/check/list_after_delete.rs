//! `list-after-delete`: is a deleted object off the listing?

use std::collections::BTreeMap;

use backstop_contract::{ObjectKey, ObjectMeta};

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
    after: &["multipart-abort"],
    chain: 1,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether the listing stops showing an object that was deleted, and goes on showing its neighbours as \
they were written: a delete must not take them along, and what an aborted upload had sent must not \
show.

## Why a backup depends on it
Tools find backups by listing. One that is listed and cannot be read ends a restore half-way.

## How to fix it
Look for a cache between you and the store, or an index of it that lags behind. Where a neighbour is \
gone or changed, trust nothing in this bucket, and tell the storage's maker.
",
};

/// Asks: lists the sandbox and looks for the deleted object.
///
/// # Errors
///
/// [`Stop::Violated`] when it is shown or another one is not, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let key = context.object();
    let folder = if context.is_fixed() {
        &context.run.keys.folder
    } else {
        &context.run.keys.own
    };
    let mut round = 0;
    let standing = context.facts().standing.clone();
    loop {
        let listed = list_all(context, folder, None).await?;
        if listed.iter().all(|object| object.key != *key) {
            return others_stand(&standing, &listed);
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

/// What was written before the listing and not touched since is shown as it was written.
fn others_stand(standing: &BTreeMap<ObjectKey, u64>, listed: &[ObjectMeta]) -> Answer {
    for (key, size) in standing {
        match listed.iter().find(|object| object.key == *key) {
            None => {
                return Err(Stop::Violated(format!(
                    "another key was deleted, and the listing does not show {key} any more"
                )));
            }
            Some(shown) if shown.size != *size => {
                return Err(Stop::Violated(format!(
                    "{key} was written with {size} bytes and not since, and the listing says {}",
                    shown.size
                )));
            }
            Some(_) => {}
        }
    }
    Ok(None)
}
