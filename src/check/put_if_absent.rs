//! `put-if-absent`: is a second conditional write refused?

use backstop_contract::{
    Attributes, Capability, CompleteOptions, Condition, Error, ErrorKind, ObjectKey, ObjectStore,
    PartNumber, PartOptions, PutOptions,
};

use super::context::{Context, OBJECT_SIZE};
use super::info::{CheckInfo, Effect};
use super::probe::Probe;
use super::stop::{Answer, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "put-if-absent",
    stage: Stage::Write,
    effect: Effect::Writes,
    needs: &["put-object"],
    after: &[],
    chain: 6,
    capability: Some(Capability::PutIfAbsent),
    quick: false,
    docs: "\
## What it asks
Whether a write that must not overwrite (If-None-Match: *) is refused when the key exists, in one \
request and at the end of an upload in parts. A lost reply is settled by reading the object back.

## Why a backup depends on it
Manifests and locks are written this way. A store that ignores the condition lets two backup runs \
overwrite each other without a word.

## How it fails
The second write succeeds (`contract-violated`), or the store says that it has no such condition \
(`no-conditional-writes`).

## How to fix it
Use a store or a version of it that honours conditional writes; until then, do not rely on locks \
or on overwrite protection there.
",
};

const IF_ABSENT: PutOptions = PutOptions {
    condition: Condition::IfAbsent,
    checksum: None,
    sha256: None,
    attributes: Attributes::NONE,
};

/// Asks: the first conditional put must be taken, the second refused.
///
/// # Errors
///
/// [`Stop::Violated`] when the second is taken, and those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    if context.is_fixed() {
        // The key exists, and a store that ignores the condition writes what is there already.
        let same = context.facts().object.as_ref().map(|it| it.probe.clone());
        let same = same.unwrap_or_else(|| context.run.opening.probe.clone());
        return on_fixed(context, &same).await;
    }
    let key = &context.run.keys.if_absent;
    let first = context.probe("if-absent-first", OBJECT_SIZE);
    if let Err(error) = context.write(key, &first, IF_ABSENT).await {
        settle_first(context, key, &first, error).await?;
    }
    context.stands(key, OBJECT_SIZE);
    let other = context.probe("if-absent-second", OBJECT_SIZE);
    second(context, key, &other, Some(&first)).await?;
    at_completion(context, key, &first, &other).await
}

/// A success may mean that another run has just removed the object; the success itself writes it
/// again, so that several in a row are the store's doing.
async fn on_fixed(context: &Context<'_>, same: &Probe) -> Answer {
    const IN_A_ROW: u32 = 3;
    for _ in 0..IN_A_ROW {
        match second(context, context.object(), same, None).await {
            Err(Stop::Violated(_)) => {}
            answer => return answer,
        }
    }
    Err(ignored())
}

/// The same condition at the end of an upload in parts, where large objects need it.
async fn at_completion(
    context: &Context<'_>,
    key: &ObjectKey,
    first: &Probe,
    body: &Probe,
) -> Answer {
    let store = &context.store;
    let upload = context.begin(key).await?;
    let part = store.put_part(
        key,
        &upload,
        PartNumber(1),
        body.body(),
        PartOptions::default(),
    );
    let parts = [part.await?];
    let finish = || {
        let options = CompleteOptions {
            condition: Condition::IfAbsent,
            ..CompleteOptions::default()
        };
        store.complete_multipart(key, &upload, &parts, options)
    };
    let mut completed = finish().await;
    if completed.as_ref().is_err_and(Error::may_have_happened) && context.holds(key, first).await? {
        completed = finish().await;
    }
    match completed {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // A refused completion leaves the upload open; where this fails the clean-up ends it.
            drop(store.abort_multipart(key, &upload).await);
            Ok(None)
        }
        Err(error) if !error.may_have_happened() => Err(error.into()),
        Err(error) if !context.holds(key, body).await? => Err(error.into()),
        _ => Err(Stop::violated(
            "an upload in parts with If-None-Match: * was completed with success, although the key \
             exists",
        )),
    }
}

/// A first put without a reply may have taken effect: what is there decides.
async fn settle_first(
    context: &Context<'_>,
    key: &ObjectKey,
    first: &Probe,
    error: Error,
) -> Result<(), Stop> {
    if !error.may_have_happened() {
        return Err(error.into());
    }
    if context.holds(key, first).await? {
        return Ok(());
    }
    context.write(key, first, IF_ABSENT).await?;
    Ok(())
}

async fn second(
    context: &Context<'_>,
    key: &ObjectKey,
    body: &Probe,
    first: Option<&Probe>,
) -> Answer {
    match context.write(key, body, IF_ABSENT).await {
        Ok(_) => Err(ignored()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) if error.may_have_happened() => match first {
            Some(first) if context.holds(key, first).await? => {
                refused_again(context, key, body).await
            }
            Some(_) if context.holds(key, body).await? => Err(ignored()),
            Some(_) => Err(error.into()),
            // On the fixed key the body is the one that is there, so asking again is safe.
            None => refused_again(context, key, body).await,
        },
        Err(error) => Err(error.into()),
    }
}

/// The first object is untouched, so asking once more is safe.
async fn refused_again(context: &Context<'_>, key: &ObjectKey, body: &Probe) -> Answer {
    match context.write(key, body, IF_ABSENT).await {
        Ok(_) => Err(ignored()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn ignored() -> Stop {
    Stop::violated(
        "a second write with If-None-Match: * was answered with success, although the key exists",
    )
}
