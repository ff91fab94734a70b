//! What was seen of storage, backup and credentials, and what could not be asked.

use backstop_contract::{Credential, ErrorKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::report::{Outcome, Report};

/// The cause that tells of a credential that is not taken where the error's kind does not: Azurite
/// calls a wrong key a denial.
const NOT_TAKEN: &str = "wrong-secret";

/// Everything that was seen; a question that could not be asked is a [`Gap`].
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The report of the verification that was made for this decision.
    pub storage: Report,
    /// The server's clock when the backup was looked at; absent where no answer told it.
    pub now: Option<Timestamp>,
    /// The backup that was found.
    pub search: Search,
    /// What its objects look like in storage.
    pub objects: Result<Objects, Gap>,
    /// The credentials that were used: the target's, and its reader's where there is one.
    pub credentials: Vec<Held>,
}

/// A question that could not be asked, or was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Why, in a sentence without a period.
    pub why: String,
    /// What would answer it, a step each.
    pub remedies: Vec<String>,
}

impl Gap {
    /// Says why something could not be asked, and what would answer it.
    #[must_use]
    pub fn new(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            remedies: vec![remedy.into()],
        }
    }
}

/// What the search for a backup came to.
pub type Search = Result<Found, Gap>;

/// What a search that was answered found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A complete backup.
    Backup(Box<Candidate>),
    /// None that is complete.
    Nothing {
        /// How it was looked for.
        way: Way,
        /// What is there and is not complete, an id each.
        incomplete: Few,
    },
}

/// How a backup was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// By listing.
    List,
    /// By the pointer to the newest one.
    Pointer,
    /// By the id that was given.
    Id,
}

impl Way {
    /// Returns the way in a word or two.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::List => "by LIST",
            Self::Pointer => "by its pointer",
            Self::Id => "by its id",
        }
    }
}

/// A complete backup, as its manifest tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// How it was found.
    pub way: Way,
    /// Whether the target's reader found it rather than the target's own credentials.
    pub by_reader: bool,
    /// When it was begun.
    pub started_at: Timestamp,
    /// When storage says that its manifest was last written.
    pub manifest_modified: Option<Timestamp>,
    /// Whose it is.
    pub installation: Option<String>,
    /// The version that made it.
    pub app_version: Option<String>,
    /// Which versions can restore it, as its manifest says.
    pub restorable_by: Option<String>,
    /// How many objects it has.
    pub objects: u64,
    /// How many bytes they have together.
    pub bytes: u64,
    /// The largest of the few before it that are known; absent where none is.
    pub previous: Option<Previous>,
    /// What was begun after it and cannot be relied on, with why.
    #[serde(default)]
    pub newer: Few,
    /// Why there may be newer ones that the reader was asked for and did not see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<String>,
}

/// The backup before another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Its id.
    pub id: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What the objects of a backup look like in storage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// How many were looked at.
    pub seen: u64,
    /// How many bytes they have together.
    pub bytes: u64,
    /// Whether they are what a listing shows, since no manifest says what there must be.
    #[serde(default)]
    pub listed: bool,
    /// Whether every byte was read and hashed.
    pub read: bool,
    /// What is missing, has another size or other bytes.
    pub harmed: Few,
    /// What was moved to archive storage.
    pub archived: Few,
    /// What could not be seen, where there is such.
    pub open: Option<Gap>,
}

/// Some of many: how many there are, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Few {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<String>,
}

impl Few {
    /// How many are kept by name.
    pub const MOST: usize = 3;

    /// Adds one.
    pub fn add(&mut self, one: impl Into<String>) {
        self.count += 1;
        if self.first.len() < Self::MOST {
            self.first.push(one.into());
        }
    }

    /// Returns the first ones with how many more there are; empty when there are none.
    #[must_use]
    pub fn words(&self) -> String {
        let shown = u64::try_from(self.first.len()).unwrap_or(u64::MAX);
        let names = self.first.join(", ");
        match self.count.saturating_sub(shown) {
            0 => names,
            more => format!("{names} and {more} more"),
        }
    }
}

impl<T: Into<String>> FromIterator<T> for Few {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut few = Self::default();
        for one in all {
            few.add(one);
        }
        few
    }
}

/// A credential that was used.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Whose: `target` or `reader`.
    pub whose: &'static str,
    /// What is known of it.
    pub credential: Result<Credential, Gap>,
}

impl Held {
    /// Whose credentials storage is verified with.
    pub const TARGET: &'static str = "target";
}

impl Facts {
    /// Returns the backup that was found.
    #[must_use]
    pub fn candidate(&self) -> Option<&Candidate> {
        match &self.search {
            Ok(Found::Backup(candidate)) => Some(candidate),
            _ => None,
        }
    }

    /// Returns whether a reader was asked as well.
    #[must_use]
    pub fn has_reader(&self) -> bool {
        self.credentials
            .iter()
            .any(|held| held.whose != Held::TARGET)
    }

    /// Returns whether the service took the target's credential for none, or for one that has ended.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let failed = self.storage.checks.iter();
        let failed = failed.filter(|check| check.outcome == Outcome::Failed);
        let mut errors = failed.filter_map(|check| check.finding.as_ref()?.error.as_ref());
        let mut causes = self.storage.diagnoses.iter();
        errors.any(|error| {
            matches!(
                error.kind,
                ErrorKind::Unauthenticated
                    | ErrorKind::SignatureRejected
                    | ErrorKind::CredentialExpired
            )
        }) || causes.any(|cause| cause.code == NOT_TAKEN)
    }
}
