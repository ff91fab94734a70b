//! What is asked of a backup before an upgrade.

use serde::{Deserialize, Serialize};

/// What is asked of a backup before an upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The kind of backup that is needed.
    pub kind: String,
    /// The one backup that is meant; absent for the newest complete one.
    pub backup: Option<String>,
    /// The greatest age in seconds.
    pub max_age_s: u64,
    /// Who set that limit.
    pub max_age_source: LimitSource,
    /// The smallest size in bytes, where one is set.
    pub min_size: Option<u64>,
    /// By how many percent the backup may be smaller than its predecessor; 100 asks nothing.
    pub shrink_percent: u8,
    /// The version that is running now.
    pub from_version: Option<String>,
    /// The version that must be able to restore the backup.
    pub restorable_by: Option<String>,
    /// For how many seconds from now no credential may end.
    pub window_s: Option<u64>,
    /// Whether every byte is to be read and hashed.
    pub read: bool,
    /// Whose backup it has to be.
    pub installation: Option<String>,
}

impl Asked {
    /// The greatest age unless another is set, in seconds: a day.
    pub const MAX_AGE_S: u64 = 24 * 60 * 60;
    /// By how many percent a backup may shrink unless told otherwise.
    pub const SHRINK_PERCENT: u8 = 50;

    /// Asks for the newest backup of a kind, with every limit at its default.
    #[must_use]
    pub fn newest(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            backup: None,
            max_age_s: Self::MAX_AGE_S,
            max_age_source: LimitSource::Default,
            min_size: None,
            shrink_percent: Self::SHRINK_PERCENT,
            from_version: None,
            restorable_by: None,
            window_s: None,
            read: false,
            installation: None,
        }
    }
}

/// Who set a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitSource {
    /// Nobody: it is what holds unless something else is said.
    Default,
    /// The configuration file.
    Config,
    /// The command line.
    Flag,
}
