//! The sandbox's keys: the only ones that are ever written or deleted.

use backstop_contract::{KeyError, KeyPrefix, ObjectKey};

/// Whether what the sandbox writes can be removed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It can: every run has keys of its own, under `<folder>/<run-id>/`.
    Own,
    /// It cannot: two fixed keys are used again and again, so that what stays is bounded.
    Fixed,
    /// Nothing is written at all.
    Untouched,
}

/// The names in the sandbox's folder.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The folder, such as `<prefix>/.backstop/`.
    pub folder: KeyPrefix,
    /// This run's own folder in it.
    pub own: KeyPrefix,
    /// The fixed key of the probe.
    pub probe: ObjectKey,
    /// The fixed key of the multipart probe.
    pub probe_multipart: ObjectKey,
    /// The key of the object that stays: it is put where there is none, and never removed.
    pub survivor: ObjectKey,
    /// The run's own object.
    pub object: ObjectKey,
    /// The run's own multipart object.
    pub multipart: ObjectKey,
    /// The key of the upload that is aborted.
    pub aborted: ObjectKey,
    /// The key of the conditional put.
    pub if_absent: ObjectKey,
    /// The key of the puts with a wrong checksum.
    pub checksum: ObjectKey,
    /// The key that other forms of requests are tried on.
    pub variant: ObjectKey,
    /// A key that is never written.
    pub absent: ObjectKey,
    /// The folder of the objects that are listed page by page.
    pub pages: KeyPrefix,
    /// The folder of the objects with awkward names.
    pub awkward: KeyPrefix,
}

impl Keys {
    /// The number of characters of a run id.
    pub const RUN_ID: usize = 16;

    /// Makes the names of a run.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when prefix and folder leave no room for them.
    pub fn new(prefix: &KeyPrefix, folder: &str, run: &str) -> Result<Self, KeyError> {
        let folder = prefix.folder(folder)?;
        let own = folder.folder(run)?;
        Ok(Self {
            probe: folder.key("probe")?,
            probe_multipart: folder.key("probe-multipart")?,
            survivor: folder.key("survivor")?,
            object: own.key("object")?,
            multipart: own.key("multipart")?,
            aborted: own.key("multipart-abort")?,
            if_absent: own.key("if-absent")?,
            checksum: own.key("checksum")?,
            variant: own.key("variant")?,
            absent: own.key("absent")?,
            pages: own.folder("pages")?,
            awkward: own.folder("awkward")?,
            folder,
            own,
        })
    }

    /// Returns whether uploads are begun on a sandbox key of this name.
    #[must_use]
    pub fn may_hold_an_upload(key: &ObjectKey) -> bool {
        let name = key.as_str().rsplit('/').next().unwrap_or_default();
        matches!(
            name,
            "multipart" | "multipart-abort" | "probe-multipart" | "if-absent" | "variant"
        )
    }

    /// Returns whether a key is one that some run of Backstop writes and removes again.
    #[must_use]
    pub fn is_of_a_run(&self, key: &ObjectKey) -> bool {
        let Some(rest) = key.as_str().strip_prefix(self.folder.as_str()) else {
            return false;
        };
        match rest.split_once('/') {
            Some((run, _)) => {
                run.len() == Self::RUN_ID && run.bytes().all(|byte| byte.is_ascii_hexdigit())
            }
            None => *key == self.probe || *key == self.probe_multipart,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_keys_in_the_folder_are_not_of_a_run() {
        let prefix = KeyPrefix::new("a").expect("prefix");
        let keys = Keys::new(&prefix, ".backstop", "0123456789abcdef").expect("keys");
        let is = |text: &str| keys.is_of_a_run(&ObjectKey::new(text).expect("key"));
        assert!(is("a/.backstop/probe"));
        assert!(is("a/.backstop/probe-multipart"));
        assert!(is("a/.backstop/fedcba9876543210/awkward/a b"));
        assert!(!is("a/.backstop/survivor"));
        assert!(!is("a/.backstop/decisions/1.json"));
        assert!(!is("a/.backstop/other"));
        assert!(!is("a/.backstop/fedcba987654321x/object"));
        assert!(!is("a/backup"));
        assert!(!is("b/.backstop/probe"));
    }
}
