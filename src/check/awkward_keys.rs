//! `awkward-keys`: are keys stored under the name they were given?

use std::collections::BTreeSet;

use backstop_contract::{Error, ErrorKind, ObjectKey, PutOptions};
use futures::{StreamExt, TryStreamExt, stream};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::listing::list_all;
use super::stop::{Answer, Remark, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "awkward-keys",
    stage: Stage::Write,
    effect: Effect::WritesMore,
    needs: &["put-object"],
    after: &[],
    chain: 2,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether keys with spaces, `+ % & = ? # ; ' \"`, a literal `%2F`, accents in both Unicode forms, \
emoji, a trailing dot and a segment of 255 bytes are stored under exactly that name. A store may \
refuse `//`, a trailing `/` and `\\`; storing them under another name is a failure.

## Why a backup depends on it
Backup tools put file names into keys. A key that comes out as another one is a file that is \
missing on the day of the restore.

## How it fails
A proxy decodes `%2F` or `+` once too often, a gateway folds slashes or drops a trailing dot, and a file \
system under the store joins the two Unicode forms: the object is there under another name.

## How to fix it
Look for a proxy that rewrites paths. Where the store itself renames keys, have the backup tool \
encode file names.
",
};

/// Names that every store must take; some share a name, to save requests.
const MUST: [&str; 9] = [
    "a b+c&d=e",
    "100%?f#g",
    "h;i'j\"k",
    "a%2Fb",
    "\u{e9}",
    "e\u{301}",
    "\u{1f980}",
    "dot.",
    "",
];
/// Names that a store may refuse, but not change.
const MAY: [&str; 3] = ["double//slash", "folder/", "back\\slash"];
/// The length of a long segment in bytes; it stands for the empty name in [`MUST`].
const LONG: usize = 255;
/// How many are written at the same time.
const PARALLEL: usize = 16;

/// Asks: writes every name and lists them all.
///
/// # Errors
///
/// [`Stop::Violated`] when a name comes out changed, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let wishes = MUST
        .map(|name| (name, true))
        .into_iter()
        .chain(MAY.map(|name| (name, false)));
    let writes: Vec<_> = wishes
        .map(|(name, must)| write(context, name, must))
        .collect();
    let written: Vec<Option<ObjectKey>> = stream::iter(writes)
        .buffer_unordered(PARALLEL)
        .try_collect()
        .await?;
    let refused = written.iter().filter(|key| key.is_none()).count();
    let expected: BTreeSet<ObjectKey> = written.into_iter().flatten().collect();
    let listed: BTreeSet<ObjectKey> = list_all(context, &context.run.keys.awkward, None)
        .await?
        .into_iter()
        .map(|object| object.key)
        .collect();
    if let Some(strange) = listed.difference(&expected).next() {
        return Err(Stop::Violated(format!(
            "a key that nobody wrote is listed: {:?}; a name was changed on its way",
            strange.as_str()
        )));
    }
    if let Some(missing) = expected.difference(&listed).next() {
        return Err(Stop::Violated(format!(
            "the key {:?} was written with success and is not listed under that name",
            missing.as_str()
        )));
    }
    Ok((refused > 0).then(|| {
        Remark::Note(format!(
            "{refused} of the {} names that may be refused were refused",
            MAY.len()
        ))
    }))
}

/// Writes one name; returns nothing when it is one that may be refused and was.
async fn write(context: &Context<'_>, name: &str, must: bool) -> Result<Option<ObjectKey>, Stop> {
    let long;
    let name = if name.is_empty() {
        long = "n".repeat(LONG);
        &long
    } else {
        name
    };
    let Ok(key) = context.run.keys.awkward.key(name) else {
        return Err(Stop::Unsupported(
            "the prefix leaves no room for a segment of 255 bytes".to_owned(),
        ));
    };
    let probe = context.probe("awkward", 0);
    match context.write(&key, &probe, PutOptions::default()).await {
        Ok(_) => Ok(Some(key)),
        Err(error) if !must && is_refusal(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidKey | ErrorKind::Unsupported | ErrorKind::Unexpected
    )
}
