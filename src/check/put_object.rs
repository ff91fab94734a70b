//! `put-object`: does it take an object?

use backstop_contract::{Attributes, Capability, ErrorKind, ObjectStore, PutOptions, PutResult};

use super::context::{Context, OBJECT_SIZE, Written};
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "put-object",
    stage: Stage::Write,
    effect: Effect::Writes,
    needs: &["credential", "service"],
    after: &[],
    chain: 1,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Whether a small object can be written under the prefix that real backups use, with the same \
encryption, storage class and checksum settings, and with the run's id as its metadata.

## Why a backup depends on it
It is the backup. Everything else that is asked works on this object.

## How it fails
`missing-permission`, `explicit-deny` or `limited-by-policy` where rights are missing, `storage-full`, \
`no-write-quorum`, `checksums-refused`, `headers-altered` where a proxy changes what was signed.

## How to fix it
Grant the permission that is named, on the objects under the prefix and not on the bucket alone.
",
};

/// Asks: writes the object that the other checks work on.
///
/// On the fixed key the sandbox's first PUT is the answer, unless it was removed since.
///
/// # Errors
///
/// Those of the put.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let opening = &context.run.opening;
    let written = match (&opening.put, &opening.delete) {
        (Some(Err(Stop::Operation(error))), _) if error.kind() == ErrorKind::Immutable => {
            return Err(Stop::NothingThere(format!(
                "the probe of an earlier run is protected and cannot be written again: remove {} \
                 when its retention ends",
                context.run.keys.probe
            )));
        }
        (Some(Err(refused)), _) => return Err(refused.clone()),
        (Some(Ok(put)), Some(Err(refused)))
            if refused.is_protection() && is_whole(context, put) =>
        {
            Written {
                probe: opening.probe.clone(),
                version: put.version.clone(),
                etag: None,
            }
        }
        _ => {
            let probe = context.probe("object", OBJECT_SIZE);
            let options = PutOptions {
                attributes: Attributes {
                    metadata: context.told(),
                    ..Attributes::NONE
                },
                ..PutOptions::default()
            };
            context.write(context.object(), &probe, options).await?
        }
    };
    context.facts().object = Some(written);
    Ok(None)
}

/// Returns whether the refused delete has left the object as it was: a store that deletes the key
/// before its version may have done the first.
fn is_whole(context: &Context<'_>, put: &PutResult) -> bool {
    put.version.is_none()
        || context
            .store
            .capabilities()
            .has(Capability::DeleteShownVersion)
}
