//! Backups that other tools make, as the configuration describes them.

use std::time::Duration;

use backstop_contract::{KeyError, KeyPrefix, ObjectKey};

use super::kind::Kind;
use super::pattern::Pattern;

/// How another tool names its backups, and when one of them is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignLayout {
    /// What the configuration calls it.
    pub name: String,
    /// Where the backups lie, from the bucket's root.
    pub prefix: KeyPrefix,
    /// How they are called behind the prefix.
    pub pattern: Pattern,
    /// What kind they are of.
    pub kind: Kind,
    /// The bytes that a backup has at least, where that is known.
    pub min_size: Option<u64>,
    /// Which object says that one is complete; absent where none does, and none is ever called
    /// complete then.
    pub complete_when: Option<Marker>,
}

/// The name of the object that says that a backup is complete: a text with `{id}`, for which stands
/// what the pattern describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker(String);

/// What stands for the backup in a marker's name.
const ID: &str = "{id}";

impl Marker {
    /// Takes the name.
    ///
    /// # Errors
    ///
    /// A sentence fragment that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text.replacen(ID, "", 1);
        if rest == text || rest.contains(['{', '}']) {
            return Err(format!(
                "it needs {ID} once, for the backup's own name, such as {ID}.done"
            ));
        }
        if rest.is_empty() || rest.starts_with('/') || rest.chars().any(char::is_control) {
            return Err(format!(
                "it is no name of another object; expected one such as {ID}.done"
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns which backup an object of this name would mark, if any.
    #[must_use]
    pub fn marks<'k>(&self, name: &'k str) -> Option<&'k str> {
        let (before, after) = self.0.split_once(ID)?;
        let id = name.strip_prefix(before)?.strip_suffix(after)?;
        (!id.is_empty()).then_some(id)
    }

    /// Returns the marker's key for a backup.
    ///
    /// # Errors
    ///
    /// Prefix, id and marker together are no key.
    pub fn key(&self, prefix: &KeyPrefix, id: &str) -> Result<ObjectKey, KeyError> {
        prefix.key(&self.0.replacen(ID, id, 1))
    }
}

/// What the backups of a kind have to keep to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KindRule {
    /// How old the newest complete one may be.
    pub max_age: Option<Duration>,
    /// The bytes that it has at least.
    pub min_size: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_named_by_its_backup() {
        let prefix = KeyPrefix::new("dumps").expect("a prefix");
        for (marker, id, expected) in [
            ("{id}.done", "db-1.sql", "dumps/db-1.sql.done"),
            ("{id}_SUCCESS", "20261126/", "dumps/20261126/_SUCCESS"),
            ("done/{id}", "db-1.sql", "dumps/done/db-1.sql"),
        ] {
            let marker = Marker::parse(marker).expect(marker);
            let key = marker.key(&prefix, id).expect("a key");
            assert_eq!(key.as_str(), expected);
            let name = &expected["dumps/".len()..];
            assert_eq!(marker.marks(name), Some(id));
            assert_eq!(marker.marks("other"), None);
        }
        for bad in [
            "",
            "done",
            "{id}",
            "{id}{id}",
            "{id}.{name}",
            "/{id}",
            "{id}\n",
        ] {
            assert!(Marker::parse(bad).is_err(), "{bad}");
        }
        let marker = Marker::parse("{id}.done").expect("a marker");
        assert!(marker.key(&prefix, "a/../b").is_err());
    }
}
