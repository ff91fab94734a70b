//! Where everything of a backup lies.

use backstop_contract::{KeyError, KeyPrefix, ObjectKey};

use super::id::BackupId;
use super::kind::Kind;
use super::manifest::Stored;

/// The keys of our own backups; every one of them is under the target's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    prefix: KeyPrefix,
}

const MANIFEST: &str = "manifest.json";
const POINTER: &str = "latest.json";
const IN_PROGRESS: &str = "in-progress";

impl Layout {
    /// Lays backups out under a target's prefix.
    #[must_use]
    pub fn new(prefix: KeyPrefix) -> Self {
        Self { prefix }
    }

    /// Returns the folder of a kind, which holds a folder for each backup, and the pointer.
    ///
    /// # Errors
    ///
    /// The prefix leaves no room, as for all the others.
    pub fn kind(&self, kind: Kind) -> Result<KeyPrefix, KeyError> {
        self.prefix.folder(kind.name())
    }

    /// Returns the folder of one backup.
    ///
    /// # Errors
    ///
    /// As [`kind`](Self::kind).
    pub fn backup(&self, kind: Kind, id: &BackupId) -> Result<KeyPrefix, KeyError> {
        self.kind(kind)?.folder(id.as_str())
    }

    /// Returns the key of a backup's manifest.
    ///
    /// # Errors
    ///
    /// As [`kind`](Self::kind).
    pub fn manifest(&self, kind: Kind, id: &BackupId) -> Result<ObjectKey, KeyError> {
        self.backup(kind, id)?.key(MANIFEST)
    }

    /// Returns the key of the object that shows that a push goes on.
    ///
    /// # Errors
    ///
    /// As [`kind`](Self::kind).
    pub fn in_progress(&self, kind: Kind, id: &BackupId) -> Result<ObjectKey, KeyError> {
        self.backup(kind, id)?.key(IN_PROGRESS)
    }

    /// Returns the key of the pointer of a kind.
    ///
    /// # Errors
    ///
    /// As [`kind`](Self::kind).
    pub fn pointer(&self, kind: Kind) -> Result<ObjectKey, KeyError> {
        self.kind(kind)?.key(POINTER)
    }

    /// Returns the key of one object of a backup.
    ///
    /// # Errors
    ///
    /// As [`kind`](Self::kind).
    pub fn object(
        &self,
        kind: Kind,
        id: &BackupId,
        object: &Stored,
    ) -> Result<ObjectKey, KeyError> {
        self.backup(kind, id)?.key(&object.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::DataPath;

    #[test]
    fn everything_lies_under_the_prefix() {
        let id = BackupId::parse("20261126T143200Z-nightly").expect("an id");
        let path = DataPath::parse("a/b.sql").expect("a path");
        let object = Stored::new(path, Vec::new(), None);
        for (prefix, start) in [("production", "production/"), ("", "")] {
            let layout = Layout::new(KeyPrefix::new(prefix).expect("a prefix"));
            let kind = Kind::OnDemand;
            let keys = [
                layout.manifest(kind, &id),
                layout.pointer(kind),
                layout.object(kind, &id, &object),
            ];
            let keys = keys.map(|key| key.expect("a key").to_string());
            let folder = format!("{start}on-demand/20261126T143200Z-nightly/");
            assert_eq!(
                keys,
                [
                    format!("{folder}manifest.json"),
                    format!("{start}on-demand/latest.json"),
                    format!("{folder}data/a/b.sql"),
                ]
            );
        }
        let layout = Layout::new(KeyPrefix::new("p".repeat(1_020)).expect("a prefix"));
        assert!(layout.manifest(Kind::Upgrade, &id).is_err());
    }
}
