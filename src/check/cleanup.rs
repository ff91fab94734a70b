//! `cleanup`: is nothing left behind?
//!
//! It is always last and is not asked of the store through the table: the engine removes what the
//! sandbox's journal names and judges what is left. Only what is fixed about it stands here.

use super::info::{CheckInfo, Effect};
use crate::report::Stage;

/// What is fixed about the check.
pub static INFO: CheckInfo = CheckInfo {
    id: "cleanup",
    stage: Stage::Cleanup,
    effect: Effect::Writes,
    needs: &[],
    after: &[],
    chain: 0,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Whether everything the run wrote was removed again, by its journal and not by a listing. Where the \
credentials cannot remove it, what stays is two small fixed keys, and on a bucket that keeps \
versions their versions; it is counted.

## Why a backup depends on it
A check that runs every few minutes must not fill the bucket, and nothing that is not Backstop's \
own may ever be touched.

## How it fails
Something stays against expectation (`residue`), a delete was answered with success and did nothing \
(`contract-violated`), or the time was over first.

## How to fix it
Remove the keys that are named. With rights to list and to delete under the sandbox's folder \
nothing stays.
",
};
