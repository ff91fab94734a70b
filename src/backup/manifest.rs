//! The record that makes a backup complete.

mod bounded;
mod check;
mod hex;

pub(super) use check::schema;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::id::BackupId;
use super::kind::Kind;
use super::path::DataPath;

/// Everything that is known of a complete backup.
///
/// One that was [parsed](Self::parse) names nothing outside its own folder, neither in the store nor
/// on a disk, and its sizes add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The name and version of the form: [`Manifest::SCHEMA`].
    pub schema: String,
    /// The name of the backup.
    pub id: BackupId,
    /// Why it was made.
    pub kind: Kind,
    /// Whose backup it is, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installation: Option<String>,
    /// When it was begun, by the server's clock.
    pub started_at: Timestamp,
    /// When its last object was written, by the server's clock.
    pub ended_at: Timestamp,
    /// The version of the application that made what is in it, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// The range of versions that can restore it, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restorable_by: Option<String>,
    /// The backup of the same kind before it, where one was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// Its objects, each path once.
    #[serde(deserialize_with = "bounded::objects")]
    pub objects: Vec<Stored>,
}

/// The backup before one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Its name.
    pub id: BackupId,
    /// The bytes of all its objects.
    pub size: u64,
}

/// One object of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Where a pull puts it, below its destination.
    pub path: DataPath,
    /// Its key below the backup's folder: `data/` and the path.
    pub key: String,
    /// Its bytes.
    pub size: u64,
    /// The parts it is hashed in, in order; none is empty, and an empty object has none.
    #[serde(deserialize_with = "bounded::parts")]
    pub parts: Vec<Part>,
    /// The version that was written, on a bucket that keeps versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A range of an object's bytes, and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its bytes.
    pub size: u64,
    /// Their SHA-256, in hexadecimal digits.
    #[serde(with = "hex")]
    pub sha256: [u8; 32],
}

/// Why a document is no manifest that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ManifestError(String);

impl ManifestError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

impl Stored {
    /// Names an object that was stored under the key that its path gives it.
    #[must_use]
    pub fn new(path: DataPath, parts: Vec<Part>, version: Option<String>) -> Self {
        Self {
            key: format!("{}{path}", Self::FOLDER),
            size: parts.iter().map(|part| part.size).sum(),
            path,
            parts,
            version,
        }
    }

    /// The folder of a backup's objects.
    pub const FOLDER: &'static str = "data/";
}

impl Manifest {
    /// The name and version of the form.
    pub const SCHEMA: &'static str = "backstop.backup/1";
    /// The largest document, in bytes.
    pub const LARGEST: usize = 16 << 20;
    /// The most objects of one backup.
    pub const MOST_OBJECTS: usize = 50_000;

    /// Reads a document that anybody may have written.
    ///
    /// # Errors
    ///
    /// It is too large, not JSON of this form, or names what is not safe.
    pub fn parse(document: &[u8]) -> Result<Self, ManifestError> {
        check::document(document)?;
        let manifest: Self =
            serde_json::from_slice(document).map_err(|error| check::not_json(document, &error))?;
        check::manifest(&manifest)?;
        Ok(manifest)
    }

    /// Writes the document.
    ///
    /// # Errors
    ///
    /// It would not be read again: it has too many objects, or is too large.
    pub fn write(&self) -> Result<Vec<u8>, ManifestError> {
        check::manifest(self)?;
        let mut text = serde_json::to_vec(self)
            .map_err(|error| ManifestError::new(format!("it cannot be written: {error}")))?;
        text.push(b'\n');
        check::document(&text)?;
        Ok(text)
    }

    /// Returns the bytes of all objects.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.objects.iter().map(|object| object.size).sum()
    }
}

#[cfg(test)]
mod tests;
