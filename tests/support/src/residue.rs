//! What a run left in a store, as seen by somebody who shares no code with Backstop.

use sha2::{Digest, Sha256};

/// Everything that is stored below a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Residue {
    /// Keys that can be read: their newest version is no delete marker.
    pub objects: usize,
    /// Stored contents, the current one of each object included; Azure's soft-deleted blobs and snapshots too.
    pub versions: usize,
    /// Delete markers.
    pub delete_markers: usize,
    /// Uploads begun and not completed.
    pub uploads: usize,
    /// The size of all versions together, in bytes.
    pub bytes: u64,
    /// Every key that has a version, a delete marker or an upload known by name: sorted, each once.
    pub keys: Vec<String>,
}

impl Residue {
    /// Says whether nothing at all is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn sorted(mut self) -> Self {
        self.keys.sort();
        self.keys.dedup();
        self
    }
}

/// The content of one object, short enough to be compared and printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The size in bytes.
    pub bytes: u64,
    /// The SHA-256 of every byte, in lower-case hexadecimal.
    pub sha256: String,
}

impl Content {
    /// Measures some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.len() as u64,
            sha256: hex(&Sha256::digest(bytes)),
        }
    }
}

/// Writes bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_is_named_by_its_hash() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(
            Content::of(b""),
            Content {
                bytes: 0,
                sha256: empty.to_owned()
            }
        );
    }
}
