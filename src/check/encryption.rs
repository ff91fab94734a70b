//! `encryption`: what are objects encrypted with at rest?

use backstop_contract::{Aspect, AtRest, Inspected};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "encryption",
    stage: Stage::Posture,
    effect: Effect::Outside,
    needs: &["bucket"],
    after: &[],
    chain: 0,
    capability: None,
    quick: false,
    docs: "\
## What it asks
How the bucket encrypts objects at rest unless a request says otherwise, and with which key.

## Why a backup depends on it
A backup holds everything that the application holds. And a key of your own is one more thing that a \
restore needs: whoever deletes the key deletes every backup.

## How it fails
Nothing of it fails: what the bucket does is told, and what could not be asked is skipped.

## How to fix it
Set a default encryption on the bucket. With a key of your own, keep the key as long as the backups, \
and let those who restore decrypt with it. To ask needs s3:GetEncryptionConfiguration, on Azure the \
right to read the container's properties.
",
};

/// Asks.
///
/// # Errors
///
/// Those of the question.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let Inspected::Encryption(told) = context.inspect(Aspect::Encryption).await? else {
        return Err(Context::off_the_point(Aspect::Encryption));
    };
    let (short, note) = match told {
        None => (
            "none".to_owned(),
            "the bucket encrypts nothing at rest by itself".to_owned(),
        ),
        Some(AtRest { algorithm, key }) => {
            let with = match key {
                Some(key) => format!("{algorithm} with the key {key}"),
                None => algorithm,
            };
            (
                with.clone(),
                format!("new objects are encrypted at rest by {with}"),
            )
        }
    };
    context.learn(|posture| posture.encryption = Some(short));
    Ok(Some(Remark::Note(note)))
}
