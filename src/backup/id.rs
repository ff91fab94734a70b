//! The name of one backup.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How the time is written at the beginning of an id.
const FORM: &str = "%Y%m%dT%H%M%SZ";
/// The length of such a time.
const TIME: usize = "20261126T143200Z".len();
/// The longest name behind it.
const LONGEST_NAME: usize = 80;

/// The name of one backup: when it was begun, in UTC by the server's clock, and what it is called,
/// such as `20261126T143200Z-nightly`.
///
/// Ids sort as their times do. The name has letters and digits of ASCII, `.`, `_` and `-`, so that
/// an id is one plain segment of a key everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BackupId(String);

/// Why a text is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdError {
    /// It does not begin with a time.
    #[error("it does not begin with a time such as 20261126T143200Z and a -")]
    Time,
    /// What follows is no name.
    #[error(
        "its name is not 1 to 80 letters and digits of ASCII, `.`, `_` and `-`, of which the first is \
         a letter or digit"
    )]
    Name,
}

impl BackupId {
    /// Names a backup that was begun at a time.
    ///
    /// # Errors
    ///
    /// The name is not one, or the year does not have four digits.
    pub fn new(begun: Timestamp, name: &str) -> Result<Self, IdError> {
        let time = begun.strftime(FORM);
        Self::parse(&format!("{time}-{name}"))
    }

    /// Names a backup as [`new`](Self::new) does, with six random digits behind the name.
    ///
    /// # Why
    ///
    /// A Kubernetes Job may start the same program twice. Two pushes of one name that begin in the
    /// same second must not write the objects of one backup together.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    pub fn unique(begun: Timestamp, name: &str) -> Result<Self, IdError> {
        let random = RandomState::new().hash_one(name) & 0xff_ffff;
        Self::new(begun, &format!("{name}-{random:06x}"))
    }

    /// Takes an id.
    ///
    /// # Errors
    ///
    /// [`IdError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let (time, name) = text.split_at_checked(TIME).ok_or(IdError::Time)?;
        let name = name.strip_prefix('-').ok_or(IdError::Time)?;
        let read = time_of(time).ok_or(IdError::Time)?;
        if read.strftime(FORM).to_string() != time {
            return Err(IdError::Time);
        }
        if !is_name(name) {
            return Err(IdError::Name);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns when the backup was begun, in whole seconds.
    #[must_use]
    pub fn begun(&self) -> Timestamp {
        // It was read once already.
        time_of(&self.0[..TIME]).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Returns what the backup is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0[TIME + 1..]
    }
}

fn time_of(text: &str) -> Option<Timestamp> {
    let read = DateTime::strptime(FORM, text).ok()?;
    let read = read.to_zoned(TimeZone::UTC).ok()?;
    Some(read.timestamp())
}

fn is_name(name: &str) -> bool {
    let first = name.chars().next();
    name.len() <= LONGEST_NAME
        && first.is_some_and(|first| first.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

impl fmt::Display for BackupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for BackupId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<BackupId> for String {
    fn from(id: BackupId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_time_and_a_name() {
        let begun: Timestamp = "2026-11-26T14:32:00.7Z".parse().expect("a time");
        let id = BackupId::new(begun, "nightly").expect("an id");
        assert_eq!(id.as_str(), "20261126T143200Z-nightly");
        assert_eq!(id.name(), "nightly");
        assert_eq!(id.begun().to_string(), "2026-11-26T14:32:00Z");
        assert_eq!(BackupId::parse(id.as_str()), Ok(id));
        let twice = || BackupId::unique(begun, "nightly").expect("an id");
        assert_ne!(twice(), twice());
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let long = format!("20261126T143200Z-{}", "a".repeat(81));
        for (text, expected) in [
            ("", IdError::Time),
            ("latest", IdError::Time),
            ("20261126T143200Z", IdError::Time),
            ("20261126T143200Znightly", IdError::Time),
            ("20261326T143200Z-nightly", IdError::Time),
            ("20261126T143260Z-nightly", IdError::Time),
            ("2026112 T143200Z-nightly", IdError::Time),
            ("+0261126T143200Z-nightly", IdError::Time),
            ("20261126T14320\u{e9}-nightly", IdError::Time),
            ("20261126T143200Z-", IdError::Name),
            ("20261126T143200Z-..", IdError::Name),
            ("20261126T143200Z-a/b", IdError::Name),
            ("20261126T143200Z-a\\b", IdError::Name),
            ("20261126T143200Z-a b", IdError::Name),
            ("20261126T143200Z-\u{e9}", IdError::Name),
            ("20261126T143200Z--a", IdError::Name),
            ("20261126T143200Z-a\n", IdError::Name),
            (long.as_str(), IdError::Name),
        ] {
            assert_eq!(BackupId::parse(text), Err(expected), "{text:?}");
        }
    }
}
