//! The end of a write, also where its reply is lost.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use backstop_contract::{
    CompleteOptions, Condition, Error, ErrorKind, HeadOptions, Part, PutOptions, PutResult,
    UploadId,
};
use bytes::Bytes;
use tokio::time::sleep;

use super::super::error::TransferError;
use super::parts::Job;

/// The name under which an object is told the word of its writer.
const NAME: &str = "backstopupload";

/// How often a write is tried whose reply is lost.
const TURNS: u32 = 3;
/// How long is waited before it is tried again.
const PAUSE: Duration = Duration::from_millis(300);

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
    let mut error = match attempt().await {
        Err(error) if error.may_have_happened() => error,
        answer => return Ok(answer?),
    };
    for turn in 1..=TURNS {
        match look(job).await {
            Found::Ours(done) => return Ok(done),
            Found::NotOurs { something } if is_taken(job, something) => break,
            // An upload that was there is ended by nothing but its completion.
            Found::Hidden if error.kind() == ErrorKind::UploadNotFound => {
                return Ok(PutResult::default());
            }
            Found::NotOurs { .. } | Found::Hidden => {}
        }
        if turn < TURNS {
            sleep(PAUSE).await;
            error = match attempt().await {
                Err(error) => error,
                done => return Ok(done?),
            };
        }
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
