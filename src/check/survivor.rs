//! `survivor`: is the object that an earlier run left still there, byte for byte?

use std::fmt::Write as _;

use backstop_contract::ext::ReadBack;
use backstop_contract::{
    Capability, Condition, Error, ErrorKind, GetOptions, ObjectStore, PutOptions,
};

use super::context::{Context, OBJECT_SIZE};
use super::info::{CheckInfo, Effect};
use super::keys::Mode;
use super::probe::Probe;
use super::stop::{Answer, Remark, Stop};
use crate::report::{Stage, Survivor};

/// The id of the check, which is asked only where an object is to stay.
pub const ID: &str = "survivor";
/// The code of the cause when what was left is gone.
pub const LOST: &str = "survivor-lost";
/// The code of the cause when something else lies on its key.
const NOT_OURS: &str = "survivor-not-ours";
/// What the body of such an object is labelled with.
const LABEL: &str = "survivor";

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: ID,
    stage: Stage::Read,
    effect: Effect::Writes,
    needs: &["credential"],
    // Whether a denial means absence is known once another object was read.
    after: &["get-object"],
    chain: 1,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Whether the one small object that an earlier run left under the sandbox's folder is still there, \
byte for byte. It is asked only with `keep_probe = true`. Where there is none, one is left; an \
intact one is never written again. That one was left is remembered on this host.

## Why a backup depends on it
A backup is needed days after it was written. A store that takes everything and forgets it, such as \
a MinIO on an emptyDir or a bucket whose lifecycle rule removes everything, passes every check that \
reads only what it has just written.

## How it fails
The object is gone (`survivor-lost`) or holds other bytes (`contract-violated`); or something else lies \
under its name (`survivor-not-ours`).

## How to fix it
Find out what the store lost with it: look for storage without a persistent volume, for a disk or a \
bucket that was replaced, and for a lifecycle rule or a program that removes what is under the \
sandbox's folder. When it was removed on purpose, nothing is to be done: another one is left.
",
};

/// What this host remembers of the object that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Memory {
    /// An earlier run left this one, or saw it.
    Known(Survivor),
    /// None was left from here.
    Blank,
    /// Nothing can be remembered here, and why.
    Out(String),
}

/// What lies on the key.
enum Seen {
    Intact(Survivor),
    Absent,
    Harmed(String),
    Foreign,
}

/// Asks: reads the object of an earlier run, and leaves one where there is none.
///
/// # Errors
///
/// [`Stop::Lie`] when one was left and is gone, [`Stop::Violated`] when it comes back harmed, and
/// those of the requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let memory = context.run.memory.as_ref();
    let known = match memory {
        Some(Memory::Known(survivor)) => Some(survivor),
        _ => None,
    };
    let key = &context.run.keys.survivor;
    match (look(context).await?, known) {
        (Seen::Intact(survivor), _) => {
            let told = intact(&survivor, memory);
            remember(context, survivor);
            Ok(Some(Remark::Note(told)))
        }
        (Seen::Absent, Some(known)) => Err(lost(context, known).await),
        (Seen::Absent, None) => first(context, memory).await,
        (Seen::Harmed(how), _) => Err(Stop::Violated(format!("{key} was left whole, and {how}"))),
        (Seen::Foreign, Some(known)) => Err(Stop::Violated(format!(
            "{}, and what comes back is no object that a run has written",
            left_by(known, key.as_str())
        ))),
        (Seen::Foreign, None) => Err(Stop::Unfit(
            NOT_OURS,
            format!("{key} holds something that no run has written; it is left alone"),
        )),
    }
}

async fn look(context: &Context<'_>) -> Result<Seen, Stop> {
    let key = &context.run.keys.survivor;
    match context.read(key, GetOptions::default()).await {
        Err(error) if context.means_absent(&error) => Ok(Seen::Absent),
        answer => Ok(judge(&answer?).await),
    }
}

async fn judge(read: &ReadBack) -> Seen {
    let Some(probe) = Probe::parse(&read.head) else {
        return if Probe::is_one(&read.head) {
            Seen::Harmed("its first line comes back changed".to_owned())
        } else {
            Seen::Foreign
        };
    };
    if probe.label() != LABEL {
        return Seen::Harmed(format!(
            "what comes back is the object {} of run {}",
            probe.label(),
            probe.run()
        ));
    }
    if probe.size() != read.bytes || probe.sha256().await != read.sha256 {
        return Seen::Harmed(format!(
            "{} bytes come back that are not the {} bytes which run {} wrote",
            read.bytes,
            probe.size(),
            probe.run()
        ));
    }
    Seen::Intact(described(&probe, &read.sha256))
}

fn described(probe: &Probe, sha256: &[u8; 32]) -> Survivor {
    let mut digits = String::with_capacity(64);
    for byte in sha256 {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    Survivor {
        run_id: probe.run().to_owned(),
        written_at: probe.at(),
        sha256: digits,
        lost_at: None,
    }
}

/// Keeps what the next run must find, and when one before it was lost.
fn remember(context: &Context<'_>, mut survivor: Survivor) {
    if let Some(Memory::Known(known)) = &context.run.memory {
        survivor.lost_at = survivor.lost_at.or(known.lost_at);
    }
    context.facts().survivor = Some(survivor);
}

fn intact(survivor: &Survivor, memory: Option<&Memory>) -> String {
    let Survivor {
        run_id, written_at, ..
    } = survivor;
    let lost = match memory {
        Some(Memory::Known(known)) => known.lost_at,
        _ => None,
    };
    let lost = lost.map(|at| format!("; an earlier one was found lost at {at}"));
    format!(
        "intact since {written_at} (left by run {run_id}){}{}",
        lost.unwrap_or_default(),
        forgetful(memory)
    )
}

/// Tells where nothing can be remembered, so that nobody relies on it.
fn forgetful(memory: Option<&Memory>) -> String {
    match memory {
        Some(Memory::Out(why)) => format!(
            "; nothing is remembered on this host, so that its loss would not be noticed: {why}"
        ),
        _ => String::new(),
    }
}

fn left_by(known: &Survivor, key: &str) -> String {
    format!("run {} left {key} at {}", known.run_id, known.written_at)
}

async fn lost(context: &Context<'_>, known: &Survivor) -> Stop {
    let key = &context.run.keys.survivor;
    let now = match leave(context).await {
        Ok(Some(mut survivor)) => {
            survivor.lost_at = Some(context.run.started_at);
            remember(context, survivor);
            "another one is left now"
        }
        Ok(None) => "this run leaves no other",
        Err(_) => "no other could be left",
    };
    let was = left_by(known, key.as_str());
    Stop::Lie(LOST, format!("{was}, and it is gone; {now}"))
}

async fn first(context: &Context<'_>, memory: Option<&Memory>) -> Answer {
    let told = match leave(context).await? {
        Some(survivor) => {
            remember(context, survivor);
            "none was there; one is left now".to_owned() + &forgetful(memory)
        }
        None => "none is there, and this run leaves none".to_owned(),
    };
    Ok(Some(Remark::Note(told)))
}

/// Leaves an object, unless this run only reads or makes few requests, and returns what is there
/// then: where another run was faster, it is that one's.
async fn leave(context: &Context<'_>) -> Result<Option<Survivor>, Stop> {
    if context.run.quick || context.run.opening.mode == Mode::Untouched {
        return Ok(None);
    }
    let unanswered = put(context).await?;
    match (look(context).await?, unanswered) {
        (Seen::Intact(survivor), _) => Ok(Some(survivor)),
        (Seen::Absent, Some(error)) => Err(error.into()),
        (Seen::Absent, None) => Err(Stop::violated(
            "the write was answered with success, and the object is not found",
        )),
        (Seen::Harmed(how), _) => Err(Stop::Violated(format!("one was left now, and {how}"))),
        (Seen::Foreign, _) => Err(Stop::violated(
            "one was left now, and something else comes back",
        )),
    }
}

/// Puts the object where there is none; returns the error of a put that may have happened.
async fn put(context: &Context<'_>) -> Result<Option<Error>, Stop> {
    let key = &context.run.keys.survivor;
    let probe = context.probe(LABEL, OBJECT_SIZE);
    let write = |condition| {
        let options = PutOptions {
            condition,
            ..PutOptions::default()
        };
        context.write(key, &probe, options)
    };
    let careful = context.store.capabilities().has(Capability::PutIfAbsent);
    let mut answer = if careful {
        write(Condition::IfAbsent).await
    } else {
        write(Condition::Always).await
    };
    // A store without conditional writes says so in many ways; there was no object a moment ago.
    if careful && answer.as_ref().is_err_and(is_not_offered) {
        answer = write(Condition::Always).await;
    }
    match answer {
        Ok(_) => Ok(None),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) if error.may_have_happened() => Ok(Some(error)),
        Err(error) => Err(error.into()),
    }
}

fn is_not_offered(error: &Error) -> bool {
    let kind = error.kind();
    matches!(kind, ErrorKind::Unsupported | ErrorKind::Unexpected) && !error.may_have_happened()
}
