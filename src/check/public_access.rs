//! `public-access`: can a stranger list or read?

use std::sync::Arc;

use backstop_contract::{
    Aspect, Error, Exposure, GetOptions, Inspected, KeyPrefix, ListOptions, ObjectKey, ObjectStore,
    RetryPolicy, Retrying, Sent,
};
use futures::future::join3;

use super::context::{CheckStore, Context};
use super::info::{CheckInfo, Effect};
use super::newest::newest;
use super::stop::{Answer, Remark, Stop};
use crate::report::{Stage, Variant};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "public-access",
    stage: Stage::Posture,
    effect: Effect::Reads,
    needs: &["bucket"],
    after: &["put-object"],
    chain: 0,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Whether a stranger can list under the prefix, and read an object that this run wrote: both are really \
tried, without any credentials. Besides, what the bucket's own settings say.

## Why a backup depends on it
A backup that strangers can read is a leak of everything in it, and nothing else tells: it is written \
and restored as ever.

## How it fails
`public-access` where a stranger was let in, or the bucket's settings say that one would be.

## How to fix it
On Amazon turn on Block Public Access and take the public statement out of the bucket policy; on MinIO \
`mc anonymous set none ALIAS/BUCKET`; on Azure `az storage container set-permission --public-access \
off`, and forbid it for the account. What the settings say is asked with s3:GetBucketPolicyStatus, on \
Azure with the right to read the container's properties; where that is denied the two attempts decide.
",
};

/// The code of the cause.
const CAUSE: &str = "public-access";

/// Tries it, and asks what the bucket says.
///
/// # Errors
///
/// [`Stop::Unsupported`] when nobody can ask as a stranger, and those of the attempts.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let stranger = match &context.run.variants {
        Some(variants) => variants.open(Variant::Anonymous).await,
        None => None,
    };
    let said = context.inspect(Aspect::PublicAccess);
    let Some(stranger) = stranger else {
        return match said.await {
            Ok(Inspected::Public(exposure)) if exposure != Exposure::Nothing => Ok(Some(
                Remark::Threat(CAUSE, by_settings(exposure).to_owned()),
            )),
            _ => Err(Stop::Unsupported(
                "nobody can ask as a stranger here".to_owned(),
            )),
        };
    };
    let stranger: CheckStore = Retrying::new(stranger, RetryPolicy::default());
    let key = readable(context);
    let (list, read, said) = join3(
        lists(&stranger, &context.run.prefix),
        reads(&stranger, key.as_ref()),
        said,
    )
    .await;
    let (list, read) = (list?, read?);
    context.learn(|posture| {
        posture.public_list = Some(list);
        posture.public_read = read;
    });
    let exposure = match said {
        Ok(Inspected::Public(exposure)) => Some(exposure),
        _ => None,
    };
    Ok(Some(judge(list, read, exposure)))
}

fn judge(list: bool, read: Option<bool>, said: Option<Exposure>) -> Remark {
    let threat = |text: &str| Remark::Threat(CAUSE, text.to_owned());
    match (list, read, said) {
        (true, Some(true), _) => {
            threat("anybody can list and read: a LIST and a GET without credentials were answered")
        }
        (true, ..) => {
            threat("anybody can list the names of backups: a LIST without credentials was answered")
        }
        (false, Some(true), _) => {
            threat("anybody who knows a name can read it: a GET without credentials was answered")
        }
        (false, _, Some(exposure)) if exposure != Exposure::Nothing => {
            threat(by_settings(exposure))
        }
        (false, Some(false), None) => Remark::Note(
            "a stranger can neither list nor read; what the settings say could not be asked"
                .to_owned(),
        ),
        (false, Some(false), _) => Remark::Note("a stranger can neither list nor read".to_owned()),
        (false, None, _) => {
            Remark::Note("a stranger cannot list; nothing was there to try a read on".to_owned())
        }
    }
}

fn by_settings(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Nothing => "the settings open nothing to strangers",
        Exposure::Read => "the settings let anybody read whose name is known",
        Exposure::ReadAndList => "the settings let anybody list and read",
        Exposure::Something => {
            "the settings are public by the service's own judgement, though what a stranger tried \
             here was refused"
        }
    }
}

/// Returns a key to try a read on: the object that this run wrote, else one that is listed.
fn readable(context: &Context<'_>) -> Option<ObjectKey> {
    if context.facts().object.is_some() {
        return Some(context.object().clone());
    }
    newest(context).ok().map(|object| object.key)
}

async fn lists(stranger: &CheckStore, prefix: &KeyPrefix) -> Result<bool, Stop> {
    let options = ListOptions {
        page_size: Some(1),
        ..ListOptions::default()
    };
    answered(stranger.list(prefix, options).await)
}

async fn reads(stranger: &CheckStore, key: Option<&ObjectKey>) -> Result<Option<bool>, Stop> {
    let Some(key) = key else {
        return Ok(None);
    };
    let read = stranger.get(key, GetOptions::default()).await;
    answered(read).map(Some)
}

/// A refusal of any kind is what is hoped for; only a request without an answer tells nothing.
fn answered<T>(answer: Result<T, Error>) -> Result<bool, Stop> {
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.sent() == Sent::Answered && !error.kind().is_transient() => Ok(false),
        Err(error) => Err(Stop::Operation(Arc::new(error))),
    }
}
