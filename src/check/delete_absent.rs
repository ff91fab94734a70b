//! `delete-absent`: is deleting what is not there harmless?

use backstop_contract::{Capability, DeleteOptions, ErrorKind, ObjectStore, ObjectStoreExt};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "delete-absent",
    stage: Stage::Remove,
    effect: Effect::WritesMore,
    needs: &["delete-object"],
    after: &[],
    chain: 1,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether a delete of a key that does not exist ends well: with success, or on Azure with \"not found\".

## Why a backup depends on it
A retention run that is repeated after a crash deletes what is gone already, and must not stop there.

## How it fails
A store answers 403 or 500 for a key that is not there, most often for want of the right to list.

## How to fix it
Nothing can be set: have the backup tool take \"not found\" for success.
",
};

/// Asks: deletes a key that was never written.
///
/// # Errors
///
/// Those of the delete.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let promised = context.store.capabilities().has(Capability::DeleteAbsent);
    let key = &context.run.keys.absent;
    let options = DeleteOptions::default();
    match context.store.delete_settled(key, options).await {
        Ok(_) => Ok(None),
        Err(error) if error.kind() == ErrorKind::ObjectNotFound && promised => {
            Ok(Some(Remark::Note("answered with \"not found\"".to_owned())))
        }
        Err(error) if error.kind() == ErrorKind::ObjectNotFound => Ok(None),
        Err(error) => Err(Stop::from(error)),
    }
}
