//! `list-pages`: does a listing in pages show everything once?

use std::collections::BTreeSet;

use backstop_contract::{ObjectKey, PutOptions};
use futures::{StreamExt, TryStreamExt, stream};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::listing::list_all;
use super::stop::{Answer, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "list-pages",
    stage: Stage::Read,
    effect: Effect::WritesMore,
    needs: &["put-object"],
    after: &[],
    chain: 3,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether a listing that takes several pages shows every object once and comes to an end. Short and \
empty pages are legal; the union of all pages is judged.

## Why a backup depends on it
A bucket with years of backups is always listed in pages. What falls between two pages is lost to \
retention and restore alike.

## How it fails
An object is missing between two pages, is shown twice, or the pages never end (`contract-violated`).

## How to fix it
Nothing can be set: tell the storage's maker, and name the page token that is in the output of -v.
",
};

/// How many objects are written, and how many are wanted on a page.
const OBJECTS: u32 = 3;
const PAGE: u32 = 2;

/// Asks: writes a few objects and lists them in more than one page.
///
/// # Errors
///
/// [`Stop::Violated`] when one is missing, twice there or the listing does not end, and those of
/// the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let folder = &context.run.keys.pages;
    let writes: Vec<_> = (0..OBJECTS).map(|number| write(context, number)).collect();
    let written: BTreeSet<ObjectKey> = stream::iter(writes)
        .buffer_unordered(OBJECTS as usize)
        .try_collect()
        .await?;
    let listed = list_all(context, folder, Some(PAGE)).await?;
    let shown: Vec<&ObjectKey> = listed.iter().map(|object| &object.key).collect();
    if shown.len() == written.len() && written.iter().all(|key| shown.contains(&key)) {
        return Ok(None);
    }
    let shown: Vec<&str> = shown.into_iter().map(ObjectKey::as_str).collect();
    Err(Stop::Violated(format!(
        "{OBJECTS} objects were written under {folder}, and the pages of the listing show {shown:?}"
    )))
}

async fn write(context: &Context<'_>, number: u32) -> Result<ObjectKey, Stop> {
    let key = context
        .run
        .keys
        .pages
        .key(&number.to_string())
        .map_err(|error| Stop::Unsupported(error.to_string()))?;
    let probe = context.probe("page", 0);
    context.write(&key, &probe, PutOptions::default()).await?;
    Ok(key)
}
