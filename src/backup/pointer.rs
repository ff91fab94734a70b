//! The pointer to the newest complete backup of a kind.

use serde::{Deserialize, Serialize};

use super::id::BackupId;
use super::kind::Kind;
use super::manifest::{ManifestError, schema};

/// Where the newest complete backup of a kind is, for those who cannot list.
///
/// It is a hint: only the manifest of what it names makes that a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// The name and version of the form: [`Pointer::SCHEMA`].
    pub schema: String,
    /// The kind, which is also the pointer's folder.
    pub kind: Kind,
    /// The backup.
    pub id: BackupId,
    /// The bytes of all its objects.
    pub size: u64,
}

impl Pointer {
    /// The name and version of the form.
    pub const SCHEMA: &'static str = "backstop.latest/1";
    /// The largest document, in bytes.
    pub const LARGEST: usize = 4_096;

    /// Points to a backup.
    #[must_use]
    pub fn to(kind: Kind, id: BackupId, size: u64) -> Self {
        Self {
            schema: Self::SCHEMA.to_owned(),
            kind,
            id,
            size,
        }
    }

    /// Reads the pointer of a kind, which anybody may have written.
    ///
    /// # Errors
    ///
    /// It is too large, not JSON of this form, or of another kind.
    pub fn parse(document: &[u8], kind: Kind) -> Result<Self, ManifestError> {
        if document.len() > Self::LARGEST {
            let problem = format!("it is larger than {} bytes", Self::LARGEST);
            return Err(ManifestError::new(problem));
        }
        schema(document, Self::SCHEMA)?;
        let pointer: Self = serde_json::from_slice(document)
            .map_err(|_| ManifestError::new(format!("it is not of the form {}", Self::SCHEMA)))?;
        if pointer.kind != kind {
            let problem = format!("it points to a backup of the kind {}", pointer.kind);
            return Err(ManifestError::new(problem));
        }
        Ok(pointer)
    }

    /// Writes the document.
    ///
    /// # Errors
    ///
    /// It cannot be written as JSON.
    pub fn write(&self) -> Result<Vec<u8>, ManifestError> {
        let mut text = serde_json::to_vec(self)
            .map_err(|error| ManifestError::new(format!("it cannot be written: {error}")))?;
        text.push(b'\n');
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_names_one_backup_of_its_kind_or_is_refused() {
        let id = BackupId::parse("20261126T143200Z-nightly").expect("an id");
        let pointer = Pointer::to(Kind::Upgrade, id, 7);
        let written = pointer.write().expect("written");
        assert_eq!(Pointer::parse(&written, Kind::Upgrade), Ok(pointer));
        let text = String::from_utf8(written).expect("UTF-8");
        let bad = |from: &str, to: &str| text.replace(from, to);
        for (document, expected) in [
            (String::new(), "not of the form"),
            ("[]".to_owned(), "not of the form"),
            (bad("latest/1", "latest/2"), "newer"),
            (bad("upgrade", "scheduled"), "scheduled"),
            (
                bad("20261126T143200Z-nightly", "../../other"),
                "not of the form",
            ),
            (bad("20261126T143200Z-nightly", "/etc"), "not of the form"),
            (bad("\"size\":7", "\"size\":-7"), "not of the form"),
            (
                bad("}", &format!(",\"x\":\"{}\"}}", "x".repeat(5_000))),
                "larger",
            ),
        ] {
            let error = Pointer::parse(document.as_bytes(), Kind::Upgrade).expect_err(&document);
            assert!(error.to_string().contains(expected), "{document}: {error}");
        }
    }
}
