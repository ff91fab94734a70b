//! `immutability`: what keeps a backup from being changed or deleted?

use backstop_contract::{Aspect, Inspected, ObjectLock};
use futures::future::join;

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::posture::days;
use super::stop::{Answer, Remark, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "immutability",
    stage: Stage::Posture,
    effect: Effect::Outside,
    needs: &["bucket"],
    after: &[],
    chain: 0,
    capability: None,
    quick: false,
    docs: "\
## What it asks
What locks new objects: on S3 and MinIO the default retention of Object Lock, on Azure the retention \
policy and the legal hold of the container, and for how long a deleted blob can be brought back.

## Why a backup depends on it
A lock is what ransomware with the backup's own credentials, and a mistake of an administrator, cannot \
pass. In compliance mode nobody can; in governance mode whoever has a right of its own can.

## How it fails
Nothing of it fails by itself: what locks new objects is told; `versions-not-kept` where access \
`append-only` is declared and nothing keeps earlier versions either.

## How to fix it
Turn Object Lock on with a default retention (PutObjectLockConfiguration; on Azure az storage \
container immutability-policy create), no longer than you can pay for: what is locked cannot be \
deleted by anybody. To ask needs s3:GetBucketObjectLockConfiguration, on Azure the right to read the \
container's properties.
",
};

/// Asks both questions at once.
///
/// # Errors
///
/// Those of the question about locks.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let (locks, soft) = join(
        context.inspect(Aspect::ObjectLock),
        context.inspect(Aspect::SoftDelete),
    )
    .await;
    let brought_back = match soft {
        Ok(Inspected::SoftDelete(days)) => days,
        _ => None,
    };
    let lock = match locks {
        Ok(Inspected::ObjectLock(lock)) => lock,
        Ok(_) => return Err(Context::off_the_point(Aspect::ObjectLock)),
        // What is deleted and comes back is worth telling all the same.
        Err(Stop::Unsupported(_)) if brought_back.is_some() => ObjectLock::default(),
        Err(stop) => return Err(stop),
    };
    let mut protections = locked(&lock);
    protections.extend(
        brought_back.map(|number| format!("what is deleted comes back for {}", days(number))),
    );
    let told = protections.join(", ");
    context.learn(|posture| posture.immutability = Some(told.clone()));
    Ok(Some(Remark::Note(match (told.as_str(), lock.possible) {
        ("", true) => {
            "objects can be locked, and nothing locks a new one by itself: whoever may delete can \
             delete backups"
                .to_owned()
        }
        ("", false) => "nothing locks objects: whoever may delete can delete backups".to_owned(),
        _ => told,
    })))
}

/// Returns what locks every new object, in a few words each.
fn locked(lock: &ObjectLock) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(retention) = lock.default {
        found.push(format!(
            "every new object is locked for {} ({} mode)",
            days(retention.days),
            retention.mode.name()
        ));
    }
    if lock.policy {
        found.push("a retention policy locks the container's objects".to_owned());
    }
    if lock.legal_hold {
        found.push("a legal hold lies on the container".to_owned());
    }
    found
}
