//! The decision as it is kept: with the report, the times, and who asked from where.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::decision::Decision;
use super::facts::{Candidate, Objects};
use crate::report::{Access, Principal, Report, TargetInfo, Vantage};

/// The name and version of the record's form.
pub const RECORD_SCHEMA: &str = "backstop.decision/1";

/// Everything a decision rests on. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The form of this record: [`RECORD_SCHEMA`].
    pub schema: String,
    /// Its id, which is that of the run that verified storage.
    pub id: String,
    /// What was decided, condition by condition.
    #[serde(flatten)]
    pub decision: Decision,
    /// When, by the server's clock; absent where no answer told it.
    pub decided_at: Option<Timestamp>,
    /// When, by the clock of the host.
    pub host_time: Timestamp,
    /// How long it was waited for, in milliseconds.
    pub waited_ms: u64,
    /// What was asked.
    pub asked: Asked,
    /// Whose upgrade it is, and who asked.
    pub who: Who,
    /// From where.
    pub vantage: Vantage,
    /// Of which place.
    pub target: TargetInfo,
    /// What its credentials are meant to be able to do.
    pub access: Access,
    /// Which versions take part.
    pub versions: Versions,
    /// The backup that was found.
    pub backup: Option<Candidate>,
    /// What its objects look like.
    pub objects: Option<Objects>,
    /// The report of the verification.
    pub report: Report,
}

/// Whose upgrade it is, and who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The installation, where the configuration names one.
    pub installation: Option<String>,
    /// Who the credentials make us, where that is known.
    pub principal: Option<Principal>,
    /// Who runs the program, where the environment says so.
    pub user: Option<String>,
}

/// Which versions take part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// That of this program.
    pub backstop: String,
    /// That of the application, now.
    pub from: Option<String>,
    /// That of the application, after the upgrade.
    pub to: Option<String>,
}
