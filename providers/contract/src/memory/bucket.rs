//! The bucket itself: what it holds, and how each request changes it.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use md5::{Digest, Md5};
use sha2::Sha256;

use super::options::splitmix64;
use super::refusal::Refusal;
use crate::capability::{Capabilities, Capability};
use crate::error::ErrorKind;
use crate::key::ObjectKey;
use crate::object::{
    Attributes, Condition, DeclaredChecksum, DeleteResult, ETag, ObjectMeta, PutResult, Sha256Sum,
    VersionId,
};

/// What a request on the bucket comes to.
pub(super) type Answer<T> = Result<T, Refusal>;

/// One version of a key, or a marker that hides the earlier ones.
#[derive(Debug)]
pub(super) struct Stored {
    /// Greater than that of everything stored earlier.
    pub(super) sequence: u64,
    pub(super) version: Option<VersionId>,
    /// Absent for a marker.
    pub(super) content: Option<Content>,
    pub(super) written: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) body: Bytes,
    pub(super) etag: ETag,
    pub(super) attributes: Attributes,
}

impl Content {
    pub(super) fn new(body: Bytes) -> Self {
        let etag = ETag::new(format!("\"{}\"", hex(&Md5::digest(&body))));
        Self {
            body,
            etag,
            attributes: Attributes::NONE,
        }
    }

    pub(super) fn given(self, attributes: Attributes) -> Self {
        Self { attributes, ..self }
    }
}

/// An open multipart upload.
#[derive(Debug)]
pub(super) struct OpenUpload {
    pub(super) begun: Timestamp,
    pub(super) attributes: Attributes,
    pub(super) parts: BTreeMap<u32, Content>,
}

/// Everything a bucket holds.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) versioned: bool,
    pub(super) locked: bool,
    pub(super) capabilities: Capabilities,
    /// The versions of each key, the newest last; never empty.
    pub(super) keys: BTreeMap<ObjectKey, Vec<Stored>>,
    /// The open uploads by key and id.
    pub(super) uploads: BTreeMap<(ObjectKey, String), OpenUpload>,
    seed: u64,
    sequence: u64,
}

impl Bucket {
    pub(super) fn new(
        name: &str,
        versioned: bool,
        locked: bool,
        capabilities: Capabilities,
    ) -> Self {
        Self {
            versioned,
            locked,
            capabilities,
            keys: BTreeMap::new(),
            uploads: BTreeMap::new(),
            seed: name
                .bytes()
                .fold(0, |seed, byte| splitmix64(seed ^ u64::from(byte))),
            sequence: 0,
        }
    }

    /// Returns an id that looks unguessable and is the same in every run.
    pub(super) fn fresh_id(&mut self) -> (u64, String) {
        self.sequence += 1;
        let mixed = splitmix64(self.seed.wrapping_add(self.sequence));
        (
            self.sequence,
            format!("{mixed:016x}{:016x}", splitmix64(mixed)),
        )
    }

    /// Returns what a key shows: its newest version, unless that is a marker.
    pub(super) fn shown(&self, key: &ObjectKey) -> Option<(&Stored, &Content)> {
        let newest = self.keys.get(key)?.last()?;
        Some((newest, newest.content.as_ref()?))
    }

    /// Returns the wanted version of a key, or what it shows.
    pub(super) fn find(
        &self,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Answer<(ObjectMeta, Bytes)> {
        let found = match version {
            None => self.shown(key),
            Some(_) => self.keys.get(key).and_then(|versions| {
                let stored = versions.iter().find(|s| s.version.as_ref() == version)?;
                Some((stored, stored.content.as_ref()?))
            }),
        };
        let (stored, content) = found.ok_or(ErrorKind::ObjectNotFound)?;
        let mut meta = meta(key, stored, content);
        meta.metadata.clone_from(&content.attributes.metadata);
        Ok((meta, content.body.clone()))
    }

    /// Writes an object.
    pub(super) fn write(
        &mut self,
        key: &ObjectKey,
        content: Content,
        condition: Condition,
        now: Timestamp,
    ) -> Answer<PutResult> {
        match condition {
            Condition::IfAbsent if self.shown(key).is_some() => {
                return Err(ErrorKind::AlreadyExists.into());
            }
            Condition::IfAbsent | Condition::Always => {}
        }
        let etag = Some(content.etag.clone());
        let version = self.push(key, Some(content), now);
        Ok(PutResult { etag, version })
    }

    /// Deletes what a key shows, or one version of it for good.
    pub(super) fn delete(
        &mut self,
        key: &ObjectKey,
        version: Option<VersionId>,
        now: Timestamp,
    ) -> Answer<DeleteResult> {
        if let Some(version) = version {
            return self.delete_version(key, version);
        }
        if !self.capabilities.has(Capability::DeleteAbsent) && self.shown(key).is_none() {
            return Err(ErrorKind::ObjectNotFound.into());
        }
        if self.versioned {
            // As AWS: a marker is left even for a key that never was.
            let version = self.push(key, None, now);
            return Ok(DeleteResult {
                version,
                delete_marker: true,
            });
        }
        self.keys.remove(key);
        Ok(DeleteResult::default())
    }

    fn delete_version(&mut self, key: &ObjectKey, version: VersionId) -> Answer<DeleteResult> {
        let shown = self
            .shown(key)
            .is_some_and(|(shown, _)| shown.version.as_ref() == Some(&version));
        if shown && !self.capabilities.has(Capability::DeleteShownVersion) {
            // As Azure: the key is to be deleted first.
            return Err(Refusal::SHOWN);
        }
        let position = self.keys.get(key).and_then(|versions| {
            versions
                .iter()
                .position(|s| s.version.as_ref() == Some(&version))
        });
        let mut delete_marker = false;
        if let (Some(position), Some(versions)) = (position, self.keys.get_mut(key)) {
            delete_marker = versions[position].content.is_none();
            if self.locked && !delete_marker {
                return Err(ErrorKind::Immutable.into());
            }
            versions.remove(position);
            if versions.is_empty() {
                self.keys.remove(key);
            }
        }
        Ok(DeleteResult {
            version: Some(version),
            delete_marker,
        })
    }

    fn push(
        &mut self,
        key: &ObjectKey,
        content: Option<Content>,
        now: Timestamp,
    ) -> Option<VersionId> {
        let (sequence, id) = self.fresh_id();
        let version = self.versioned.then(|| VersionId::new(id));
        let stored = Stored {
            sequence,
            version: version.clone(),
            content,
            written: now,
        };
        let versions = self.keys.entry(key.clone()).or_default();
        if !self.versioned {
            versions.clear();
        }
        versions.push(stored);
        version
    }

    /// Makes everything held older.
    pub(super) fn backdate(&mut self, by: SignedDuration) {
        let older =
            |time: &mut Timestamp| *time = time.saturating_sub(by).unwrap_or(Timestamp::MIN);
        self.keys
            .values_mut()
            .flatten()
            .for_each(|stored| older(&mut stored.written));
        self.uploads
            .values_mut()
            .for_each(|upload| older(&mut upload.begun));
    }
}

/// Returns the facts of one version that a listing shows.
pub(super) fn meta(key: &ObjectKey, stored: &Stored, content: &Content) -> ObjectMeta {
    ObjectMeta {
        key: key.clone(),
        size: content.body.len() as u64,
        etag: Some(content.etag.clone()),
        last_modified: Some(stored.written),
        version: stored.version.clone(),
        storage_class: content.attributes.storage_class.clone(),
        metadata: BTreeMap::new(),
    }
}

/// Compares what arrived with the checksum that was declared for it.
pub(super) fn check_declared(body: &[u8], declared: Option<DeclaredChecksum>) -> Answer<()> {
    let right = match declared {
        None => true,
        Some(DeclaredChecksum::Md5(digest)) => digest[..] == Md5::digest(body)[..],
        Some(DeclaredChecksum::Crc32(sum)) => sum == crc32fast::hash(body).to_be_bytes(),
    };
    if right {
        Ok(())
    } else {
        Err(ErrorKind::ChecksumMismatch.into())
    }
}

/// Compares what arrived with the SHA-256 that it came with.
pub(super) fn check_sum(body: &[u8], sum: Option<Sha256Sum>) -> Answer<()> {
    match sum {
        Some(sum) if sum[..] != Sha256::digest(body)[..] => Err(ErrorKind::ChecksumMismatch.into()),
        _ => Ok(()),
    }
}

/// Returns bytes in lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
