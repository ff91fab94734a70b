//! Why a backup was made.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a backup was made; also the name of its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Somebody wanted one.
    OnDemand,
    /// An upgrade is about to happen.
    Upgrade,
    /// It was time for one.
    Scheduled,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::OnDemand, Self::Upgrade, Self::Scheduled];

    /// Returns the stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::Upgrade => "upgrade",
            Self::Scheduled => "scheduled",
        }
    }

    /// Returns the kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
