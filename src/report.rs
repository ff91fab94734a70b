//! Everything a run found, as data: outcomes, findings, verdict.
//!
//! Reports are written, read back, merged and compared, so every type here round-trips through
//! serde. Fields are only ever added. A finding is a constructed value, never a formatted error,
//! and holds nothing secret.

use backstop_contract::{Error, ErrorKind, Operation, Sent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

mod cleanup;
mod fits;
mod posture;
mod reach;
mod read;
#[cfg(test)]
pub(crate) mod samples;
mod size;
mod survivor;
mod variant;
mod verdict;

pub use backstop_contract::{Credential, Principal};
pub use cleanup::{Cleanup, CleanupState, Left};
pub use fits::{Fits, Misfit};
pub use posture::{OpenUploads, Posture};
pub use reach::{Address, Certificate, Range, Reach, Speaker, SpeakerKind, Tls};
pub use read::{ReadError, read};
pub(crate) use size::size;
pub use survivor::Survivor;
pub use variant::{Trial, Variant};
pub use verdict::{Verdict, verdict};

/// The name and version of the report's form.
pub const SCHEMA: &str = "backstop.report/1";

/// Everything one run on one target found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The form of this report: [`SCHEMA`].
    pub schema: String,
    /// The random id of the run, which also names its objects.
    pub run_id: String,
    /// When the run began, by the host's clock.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What was verified.
    pub target: TargetInfo,
    /// What the credentials are meant to be able to do.
    pub access: Access,
    /// Who the credentials make us, where that is known.
    pub principal: Option<Principal>,
    /// What the requests were authorized with, where one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// From where the verdict was made.
    pub vantage: Vantage,
    /// What the network answered, where the store is on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// What the bucket says of itself, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posture: Option<Posture>,
    /// The other forms of requests that were tried because the usual one was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Trial>,
    /// The object that stays for the next run to read back, where one was read or left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survivor: Option<Survivor>,
    /// One record a check, in the table's order.
    pub checks: Vec<CheckRecord>,
    /// The causes of what is not fine, the gravest first.
    pub diagnoses: Vec<Diagnosis>,
    /// Which accesses the credentials were seen to have; only where none was declared, and only
    /// when there is one: what fails altogether is told by its causes.
    pub fits: Option<Fits>,
    /// What this run could not prove, each in a few words.
    pub not_proven: Vec<String>,
    /// What became of the objects the run wrote.
    pub cleanup: Cleanup,
    /// The run in one word.
    pub verdict: Verdict,
}

/// The place that was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetInfo {
    /// The target's name in the configuration, or the URL that was given.
    pub name: String,
    /// The provider: `s3`, `azure`, `minio`.
    pub provider: String,
    /// The printable location, prefix included.
    pub location: String,
    /// The endpoint, where one was set.
    pub endpoint: Option<String>,
    /// The region, where one is known.
    pub region: Option<String>,
}

/// From where a verdict was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vantage {
    /// The host's name.
    pub host: Option<String>,
    /// The host's own addresses towards the store, where they were looked up.
    pub addresses: Vec<String>,
    /// The proxy that requests went through, without its credentials.
    pub proxy: Option<String>,
}

/// What credentials are meant to be able to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Everything a backup tool can do, deleting included.
    Full,
    /// Put and get.
    PutGet,
    /// Put, and nothing else.
    PutOnly,
    /// Put and read, but neither change nor remove: safe from ransomware.
    AppendOnly,
    /// Read and list, as a restore site does.
    ReadOnly,
    /// Not said: the run tells what it found.
    #[default]
    Undeclared,
}

impl Access {
    /// Every access that can be declared.
    pub const DECLARABLE: [Self; 5] = [
        Self::Full,
        Self::PutGet,
        Self::PutOnly,
        Self::AppendOnly,
        Self::ReadOnly,
    ];

    /// Returns the stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::PutGet => "put-get",
            Self::PutOnly => "put-only",
            Self::AppendOnly => "append-only",
            Self::ReadOnly => "read-only",
            Self::Undeclared => "undeclared",
        }
    }

    /// Returns the declarable access of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::DECLARABLE
            .into_iter()
            .find(|access| access.name() == name)
    }
}

/// A label that orders checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// What the network answers.
    Reach,
    /// Who we are and whether the bucket is there.
    Authorize,
    /// Whether it takes a backup.
    Write,
    /// Whether it gives it back.
    Read,
    /// Whether it lets go of it.
    Remove,
    /// What protects it and what threatens it.
    Posture,
    /// Whether nothing is left behind.
    Cleanup,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 7] = [
        Self::Reach,
        Self::Authorize,
        Self::Write,
        Self::Read,
        Self::Remove,
        Self::Posture,
        Self::Cleanup,
    ];

    /// Returns the stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reach => "reach",
            Self::Authorize => "authorize",
            Self::Write => "write",
            Self::Read => "read",
            Self::Remove => "remove",
            Self::Posture => "posture",
            Self::Cleanup => "cleanup",
        }
    }
}

/// What an access makes of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A failure fails the run; no answer makes it unknown.
    Required,
    /// A denial or a missing behaviour does not touch the verdict.
    Optional,
    /// A risk that is found degrades the run.
    Advisory,
    /// It is not asked.
    NotRun,
}

impl Level {
    /// Returns the stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
            Self::Advisory => "advisory",
            Self::NotRun => "not-run",
        }
    }
}

/// Where a level came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LevelSource {
    /// The declared access.
    Access,
    /// The configuration file.
    Config,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The question was asked and the answer is good.
    Passed,
    /// The answer is bad.
    Failed,
    /// The store does not have the behaviour.
    Unsupported,
    /// It was not asked; the finding says why.
    Skipped,
    /// It was asked and there is no answer.
    Inconclusive,
}

impl Outcome {
    /// Returns the stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unsupported => "unsupported",
            Self::Skipped => "skipped",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// How one check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// The check's stable id.
    pub id: String,
    /// Its stage.
    pub stage: Stage,
    /// What the access made of it.
    pub level: Level,
    /// Where the level came from.
    pub level_source: LevelSource,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The attempts: 1 and one more for every request that was repeated.
    pub attempts: u32,
    /// What was seen; always there unless the check simply passed.
    pub finding: Option<Finding>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of finding it is.
    pub code: FindingCode,
    /// What was seen, in one sentence without a period.
    pub summary: String,
    /// What the service said, where an operation was refused or failed.
    pub error: Option<ErrorRecord>,
    /// The check this one waited for in vain; only with [`FindingCode::DependsOn`].
    pub depends_on: Option<String>,
    /// The code of the cause, where the check itself has seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl Finding {
    /// Makes a finding that is told in one sentence.
    #[must_use]
    pub fn plain(code: FindingCode, summary: String) -> Self {
        Self {
            code,
            summary,
            error: None,
            depends_on: None,
            cause: None,
        }
    }

    /// Makes a finding whose cause the check itself has seen.
    #[must_use]
    pub fn caused(code: FindingCode, cause: &str, summary: String) -> Self {
        Self {
            cause: Some(cause.to_owned()),
            ..Self::plain(code, summary)
        }
    }
}

/// The kinds of findings; closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingCode {
    /// The service answered success and did not do it.
    Violated,
    /// The service refused or failed.
    OperationFailed,
    /// The credentials may not do it, and need not.
    Denied,
    /// The store does not have the behaviour.
    Unsupported,
    /// What it needs did not pass.
    DependsOn,
    /// The service allowed what it must refuse.
    Allowed,
    /// It would write what cannot be removed again.
    WouldLeaveLitter,
    /// No answer came in time.
    NoAnswer,
    /// The run was interrupted first.
    Interrupted,
    /// Another run uses the same keys.
    OtherRun,
    /// There was nothing to ask about.
    NothingThere,
    /// Something the run wrote is still there against expectation.
    Residue,
    /// The service refused the credential, which does not look like one.
    Malformed,
    /// The credential has ended.
    Ended,
    /// The credentials make us somebody else than was expected.
    OtherPrincipal,
    /// What was seen on the way or of the bucket is not as it must be.
    Unfit,
    /// It works, and there is a risk to know of.
    Risk,
    /// It is fine, and there is something to say.
    Note,
}

/// What the service said when an operation was refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// The operation.
    pub operation: Operation,
    /// Why it failed.
    pub kind: ErrorKind,
    /// The printable place it was aimed at.
    pub place: String,
    /// Whether the request can have had an effect.
    pub sent: Sent,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The service's own error code.
    pub code: Option<String>,
    /// The service's own sentence.
    pub message: Option<String>,
    /// The id the service gave the request.
    pub request_id: Option<String>,
    /// The region the service says is the right one.
    pub region: Option<String>,
    /// The server's clock.
    pub date: Option<Timestamp>,
    /// The permissions the operation needs, in the provider's own words.
    pub permissions: Vec<String>,
    /// What else there is to compare, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
}

impl ErrorRecord {
    /// Records an error, with the permissions that its operation needs.
    #[must_use]
    pub fn new(error: &Error, permissions: &[&str]) -> Self {
        let evidence = error.evidence();
        Self {
            operation: error.operation(),
            kind: error.kind(),
            place: error.place().to_owned(),
            sent: error.sent(),
            status: evidence.status,
            code: evidence.code.clone(),
            message: evidence.message.clone(),
            request_id: evidence.request_id.clone(),
            region: evidence.region.clone(),
            date: evidence.date,
            permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
            facts: evidence.facts.clone(),
        }
    }

    /// Returns whether the credentials are known and may not do this.
    #[must_use]
    pub fn is_denial(&self) -> bool {
        self.kind == ErrorKind::PermissionDenied
    }
}

/// A cause, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The stable kebab-case code.
    pub code: String,
    /// The cause in one sentence without a period.
    pub title: String,
    /// The checks it explains.
    pub checks: Vec<String>,
    /// What the service said, a line each.
    pub evidence: Vec<String>,
    /// What to do, a step each.
    pub remedies: Vec<String>,
}
