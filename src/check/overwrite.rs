//! `overwrite`: can an object be replaced?

use backstop_contract::PutOptions;

use super::context::{Context, OBJECT_SIZE};
use super::info::{CheckInfo, Effect};
use super::stop::Answer;
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "overwrite",
    stage: Stage::Write,
    effect: Effect::Writes,
    needs: &["put-object"],
    after: &["head-object", "get-object", "get-range", "list-prefix"],
    chain: 1,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether an object can be written again under the same key.

## Why a backup depends on it
A backup that is repeated, and the pointer to the newest one, overwrite. Credentials that may only \
append cannot, and need not.

## How it fails
`missing-permission`, or `immutable` where a lock or a retention protects what is there.

## How to fix it
Grant the permission that is named, or declare the access `append-only`.
",
};

/// Asks: writes another body under the same key.
///
/// # Errors
///
/// Those of the put.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let probe = context.probe("object-overwritten", OBJECT_SIZE + 1);
    let written = context
        .write(context.object(), &probe, PutOptions::default())
        .await?;
    context.facts().overwritten = Some(written);
    Ok(None)
}
