//! The end of a write, also where its reply is lost.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use backstop_contract::{
    CompleteOptions, Condition, Error, ErrorKind, HeadOptions, Part, PutOptions, PutResult,
    UploadId,
};
use bytes::Bytes;
use tokio::time::{Instant, sleep};

use super::super::error::TransferError;
use super::parts::Job;

/// The name under which an object is told the word of its writer.
const NAME: &str = "backstopupload";

/// How often a put is tried whose reply is lost.
const TURNS: u32 = 3;
/// How long is waited before it is tried again.
const PAUSE: Duration = Duration::from_millis(300);
/// How long is waited before each further try to complete an upload. What a proxy cut off may be
/// under way for a while, and to end the upload meanwhile could destroy it.
const PAUSES: [Duration; 4] = [
    PAUSE,
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(30),
];
/// How long after the first try another one is begun: each of them may be waited for for minutes.
const LONGEST: Duration = Duration::from_mins(10);

/// A random word by which a writer knows his own object again.
pub(super) struct Token(String);

impl Token {
    pub(super) fn new() -> Self {
        let half = |salt: u8| RandomState::new().hash_one(salt);
        Self(format!("{:016x}{:016x}", half(0), half(1)))
    }

    /// Returns the name and the value that the metadata of the object holds.
    pub(super) fn told(&self) -> (String, String) {
        (NAME.to_owned(), self.0.clone())
    }
}

/// What is found at a key after a lost reply.
enum Found {
    /// What was written.
    Ours(PutResult),
    /// Nothing, or what was there before.
    NotOurs { something: bool },
    /// It may not be looked at.
    Hidden,
}

async fn look(job: &Job<'_>) -> Found {
    match job.store.head(job.key, HeadOptions::default()).await {
        Ok(meta) if meta.metadata.get(NAME) == Some(&job.token.0) => Found::Ours(PutResult {
            etag: meta.etag,
            version: meta.version,
        }),
        Ok(_) => Found::NotOurs { something: true },
        Err(error) if error.kind() == ErrorKind::ObjectNotFound => {
            Found::NotOurs { something: false }
        }
        Err(_) => Found::Hidden,
    }
}

/// Completes an upload; a lost reply is settled by looking, and by completing again.
pub(super) async fn complete(
    job: &Job<'_>,
    upload: &UploadId,
    parts: &[Part],
) -> Result<PutResult, TransferError> {
    let attempt = || {
        let options = CompleteOptions {
            condition: job.options.condition,
            attributes: job.attributes(),
        };
        job.store
            .complete_multipart(job.key, upload, parts, options)
    };
    let begun = Instant::now();
    let mut error = match attempt().await {
        Err(error) if error.may_have_happened() => error,
        answer => return Ok(answer?),
    };
    let mut pauses = PAUSES.into_iter();
    loop {
        match look(job).await {
            Found::Ours(done) => return Ok(done),
            Found::NotOurs { something } if is_taken(job, something) => break,
            // An upload that was there is ended by nothing but its completion.
            Found::Hidden if error.kind() == ErrorKind::UploadNotFound => {
                return Ok(PutResult::default());
            }
            Found::NotOurs { .. } | Found::Hidden => {}
        }
        let Some(pause) = pauses.next().filter(|_| begun.elapsed() < LONGEST) else {
            break;
        };
        // A refusal does not become another one in time.
        let refused = !error.may_have_happened();
        sleep(if refused { PAUSE } else { pause }).await;
        error = match attempt().await {
            Err(error) => error,
            done => return Ok(done?),
        };
    }
    Err(unsettled(job, error))
}

/// Settles a put whose reply was lost: what is there decides, and it is sent again where that is
/// nothing.
pub(super) async fn settle_put(
    job: &Job<'_>,
    body: Bytes,
    options: PutOptions,
    error: Error,
) -> Result<PutResult, TransferError> {
    let mut lost = error;
    for _ in 1..TURNS {
        match look(job).await {
            Found::Ours(done) => return Ok(done),
            Found::NotOurs { something } if is_taken(job, something) => break,
            // Sent again it would be refused because of itself, which would say nothing.
            Found::Hidden if job.options.condition == Condition::IfAbsent => break,
            Found::NotOurs { .. } | Found::Hidden => {}
        }
        sleep(PAUSE).await;
        match job.store.put(job.key, body.clone(), options.clone()).await {
            Ok(done) => return Ok(done),
            Err(error) if error.may_have_happened() => lost = error,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => lost = error,
            Err(error) => return Err(error.into()),
        }
    }
    match look(job).await {
        Found::Ours(done) => Ok(done),
        _ => Err(unsettled(job, lost)),
    }
}

/// Returns whether somebody else's object stands where there must be none.
fn is_taken(job: &Job<'_>, something: bool) -> bool {
    something && job.options.condition == Condition::IfAbsent
}

/// Tells the failure by what came last: a refusal says enough, and silence says nothing.
fn unsettled(job: &Job<'_>, error: Error) -> TransferError {
    let key = job.key.clone();
    if error.may_have_happened() {
        TransferError::Unsettled { key, error }
    } else {
        error.into()
    }
}
