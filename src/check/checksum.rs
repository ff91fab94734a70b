//! `checksum`: is a body with a wrong checksum refused?

use backstop_contract::{Capability, DeclaredChecksum, ErrorKind, ObjectStore, PutOptions};

use super::context::{Context, OBJECT_SIZE};
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "checksum",
    stage: Stage::Write,
    effect: Effect::Writes,
    needs: &["put-object"],
    after: &[],
    chain: 2,
    capability: Some(Capability::ContentMd5),
    quick: false,
    docs: "\
## What it asks
Whether a body that does not match its declared checksum is refused: a Content-MD5, and where \
checksums are on a CRC32.

## Why a backup depends on it
What is damaged on the way must not be stored as if it were whole.

## How it fails
The store takes the damaged body with success (`contract-violated`). Where checksums are refused as such, \
`checksums-not-understood` says what to set.

## How to fix it
Nothing can be set: tell the storage's maker. Backstop's own backups carry hashes of their own.
",
};

/// Asks: sends bodies with checksums of something else.
///
/// # Errors
///
/// [`Stop::Violated`] when one is taken, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    refused(context, "Content-MD5", DeclaredChecksum::Md5([0x5a; 16])).await?;
    if context.store.capabilities().has(Capability::Crc32) {
        refused(context, "CRC32", DeclaredChecksum::Crc32([0x5a; 4])).await?;
    }
    Ok(None)
}

async fn refused(context: &Context<'_>, name: &str, wrong: DeclaredChecksum) -> Result<(), Stop> {
    // On the fixed key a store that does not compare writes what is there already.
    let (key, probe) = if context.is_fixed() {
        let written = context.facts().overwritten.clone();
        let written = written.or_else(|| context.facts().object.clone());
        let probe = written.map_or_else(|| context.run.opening.probe.clone(), |it| it.probe);
        (context.object(), probe)
    } else {
        (
            &context.run.keys.checksum,
            context.probe("checksum", OBJECT_SIZE),
        )
    };
    let options = PutOptions {
        checksum: Some(wrong),
        ..PutOptions::default()
    };
    match context.store.put(key, probe.body(), options).await {
        Ok(_) => Err(Stop::Violated(format!(
            "a body with a wrong {name} was answered with success"
        ))),
        Err(error) if error.kind() == ErrorKind::ChecksumMismatch => Ok(()),
        Err(error) => Err(error.into()),
    }
}
