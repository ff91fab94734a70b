//! What went wrong with an object: what happened, to what, and what to do.

use std::time::Duration;

use backstop_contract::{Error, ErrorKind, Operation, PermissionContext};
use jiff::Timestamp;
use tokio::time::timeout;

use crate::backup::LookError;
use crate::check;
use crate::config::{Encryption, StoreConfig};
use crate::diagnosis::diagnose;
use crate::render::causes;
use crate::report::{
    CheckRecord, Cleanup, ErrorRecord, Finding, FindingCode, Level, LevelSource, Outcome, Report,
    SCHEMA, Stage, TargetInfo, Vantage, Verdict,
};
use crate::transfer::TransferError;

use super::console;
use super::exit::Exit;
use super::place::Place;
use super::run::Mistake;

/// How long is waited for what is known of the credential.
const BRIEFLY: Duration = Duration::from_secs(2);

/// Why a command on objects ended before its work was done.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Something was wrong with what was asked for.
    Mistake(Mistake),
    /// The bytes did not come through.
    Transfer(TransferError),
    /// The store's answers contradict each other.
    Lie(&'static str),
    /// Something else, in words of its own, and how the program ends.
    Told(String, Exit),
    /// It took longer than it may.
    TimedOut,
}

impl From<Mistake> for Trouble {
    fn from(mistake: Mistake) -> Self {
        Self::Mistake(mistake)
    }
}

impl From<TransferError> for Trouble {
    fn from(error: TransferError) -> Self {
        Self::Transfer(error)
    }
}

impl From<LookError> for Trouble {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Store(error) => error.into(),
            LookError::Key(_) => Self::Told(error.to_string(), Exit::Usage),
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Transfer(error.into())
    }
}

impl Trouble {
    /// Tells it on standard error, with its cause and remedy, and returns how the program ends.
    pub(super) async fn tell(self, place: &Place) -> Result<Exit, Mistake> {
        let error = match self {
            Self::Mistake(mistake) => return Err(mistake),
            Self::TimedOut => {
                console::complain(&"it took longer than --timeout allows, and was given up");
                return Ok(Exit::Unknown);
            }
            Self::Told(what, exit) => {
                console::complain(&what);
                return Ok(exit);
            }
            Self::Lie(how) => {
                console::complain(&how);
                return Ok(Exit::Failed);
            }
            Self::Transfer(error) => error,
        };
        console::complain(&error);
        match (advice(&error), error.store()) {
            (Some(advice), _) => console::say(advice),
            (None, Some(said)) => explain(place, said).await,
            (None, None) => {}
        }
        let unsettled = matches!(error.first(), TransferError::Unsettled { .. });
        Ok(if unsettled || error.is_silence() {
            Exit::Unknown
        } else {
            Exit::Failed
        })
    }
}

/// Returns what to do where no cause has to be looked for.
fn advice(error: &TransferError) -> Option<&'static str> {
    if let Some(said) = error.store() {
        return match said.kind() {
            ErrorKind::ObjectNotFound => {
                Some("there is no such object: see what is there with backstop object list")
            }
            ErrorKind::AlreadyExists => Some(
                "an object of that name is there, and --if-absent leaves it as it is: choose another name",
            ),
            _ => None,
        };
    }
    match error.first() {
        TransferError::Corrupt { .. } | TransferError::Length { .. } => Some(
            "what is in the store is not what was written: trust no backup there until whoever runs \
             it has explained this",
        ),
        TransferError::Overwritten(_) => {
            Some("somebody writes to it: read it again when he is done")
        }
        TransferError::SourceChanged(_) => {
            Some("somebody writes to it: send it again when he is done")
        }
        _ => None,
    }
}

/// Prints the cause and the remedy of a refusal, as `verify` would.
async fn explain(place: &Place, said: &Error) {
    let report = report(place, said).await;
    let mut out = Vec::new();
    if causes(&report, &mut out).is_ok() {
        console::mutter(&out);
    }
}

/// Makes the report of a run that failed with one operation.
async fn report(place: &Place, said: &Error) -> Report {
    let subject = &place.connected.subject;
    let credential = timeout(BRIEFLY, subject.identity.credential()).await;
    let provider = subject.store.provider();
    let mut report = Report {
        schema: SCHEMA.to_owned(),
        run_id: String::new(),
        started_at: Timestamp::now(),
        duration_ms: 0,
        target: TargetInfo {
            name: place.target.name.clone(),
            provider: place.target.store.provider().to_owned(),
            location: place.location(),
            endpoint: place.connected.endpoint.clone(),
            region: place.target.store.region().map(str::to_owned),
        },
        access: place.target.access,
        principal: None,
        credential: credential.ok().and_then(Result::ok),
        vantage: Vantage::default(),
        reach: None,
        posture: None,
        variants: Vec::new(),
        survivor: None,
        checks: vec![record(place, said)],
        diagnoses: Vec::new(),
        fits: None,
        not_proven: Vec::new(),
        cleanup: Cleanup::default(),
        verdict: Verdict::Failed,
    };
    report.diagnoses = diagnose(&report, provider.bucket_word);
    report
}

fn record(place: &Place, said: &Error) -> CheckRecord {
    let encrypted = match &place.target.store {
        StoreConfig::S3(store) | StoreConfig::Minio(store) => {
            matches!(store.encryption, Some(Encryption::SseKms { .. }))
        }
        StoreConfig::Azure(_) => false,
    };
    let context = PermissionContext {
        encrypted,
        ..PermissionContext::default()
    };
    let permissions = (place.store.provider().permissions)(said.operation(), context);
    let (outcome, code) = match said.kind() {
        ErrorKind::TimedOut => (Outcome::Inconclusive, FindingCode::NoAnswer),
        ErrorKind::Unsupported => (Outcome::Unsupported, FindingCode::Unsupported),
        _ => (Outcome::Failed, FindingCode::OperationFailed),
    };
    let id = check_of(said.operation());
    let stage = check::info(id).map_or(Stage::Write, |info| info.stage);
    CheckRecord {
        id: id.to_owned(),
        stage,
        level: Level::Required,
        level_source: LevelSource::Access,
        outcome,
        duration_ms: 0,
        attempts: said.attempts(),
        finding: Some(Finding {
            code,
            summary: format!("{} was answered with: {}", said.operation(), said.kind()),
            error: Some(ErrorRecord::new(said, permissions)),
            depends_on: None,
            cause: None,
        }),
    }
}

/// Returns the check that asks the same of a store.
fn check_of(operation: Operation) -> &'static str {
    match operation {
        Operation::PutObject => "put-object",
        Operation::CreateMultipart | Operation::PutPart | Operation::CompleteMultipart => {
            "multipart-upload"
        }
        Operation::AbortMultipart => "multipart-abort",
        Operation::HeadObject => "head-object",
        Operation::GetObject => "get-object",
        Operation::DeleteObject => "delete-object",
        _ => "list-prefix",
    }
}
