//! What a run is asked to do.

use std::collections::BTreeMap;
use std::time::Duration;

use backstop_contract::KeyPrefix;

use crate::check::{Memory, Pattern};
use crate::report::{Access, Level, TargetInfo, Vantage};

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// What is verified, as the report shall name it.
    pub target: TargetInfo,
    /// From where.
    pub vantage: Vantage,
    /// What the credentials are meant to be able to do.
    pub access: Access,
    /// Whom the requests are expected to be made as; absent for anybody.
    pub expect_principal: Option<Pattern>,
    /// Whether the management plane is asked about who asks, so that its answer is of weight.
    pub management: bool,
    /// The prefix that real backups are written under.
    pub prefix: KeyPrefix,
    /// Whether writes are encrypted with a key that needs rights of its own.
    pub encrypted: bool,
    /// How long backups are to be kept, where that is declared.
    pub retention: Option<Duration>,
    /// The sandbox's folder under the prefix, such as `.backstop`.
    pub folder: String,
    /// Levels set in the configuration, by check id.
    pub levels: BTreeMap<String, Level>,
    /// The checks wanted, with what they need; absent for all.
    pub only: Option<Vec<String>>,
    /// Whether only the few requests of a quick run are made.
    pub quick: bool,
    /// The size of the multipart probe in bytes; absent for the smallest real one.
    pub size: Option<u64>,
    /// The longest the run may take.
    pub timeout: Duration,
    /// The age, by the server's clock, from which the leftovers of other runs are removed.
    pub sweep_after: Duration,
    /// What is remembered of the object that stays for the next run; absent where none is to stay.
    pub memory: Option<Memory>,
}

impl RunRequest {
    /// The longest a run may take unless told otherwise.
    pub const TIMEOUT: Duration = Duration::from_mins(1);
}
