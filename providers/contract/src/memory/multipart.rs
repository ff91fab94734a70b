//! How a bucket takes an object in parts.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use md5::{Digest, Md5};

use super::bucket::{Answer, Bucket, Content, OpenUpload, hex};
use super::refusal::Refusal;
use crate::error::ErrorKind;
use crate::key::ObjectKey;
use crate::object::{Attributes, Condition, ETag, Part, PartNumber, PutResult, UploadId};

/// The most parts of an upload, as on Amazon S3.
pub(super) const MOST_PARTS: u32 = 10_000;

impl Bucket {
    /// Begins an upload.
    pub(super) fn begin(
        &mut self,
        key: &ObjectKey,
        attributes: Attributes,
        now: Timestamp,
    ) -> UploadId {
        let (_, id) = self.fresh_id();
        let upload = OpenUpload {
            begun: now,
            attributes,
            parts: BTreeMap::new(),
        };
        self.uploads.insert((key.clone(), id.clone()), upload);
        UploadId::new(id)
    }

    /// Takes a part, in place of an earlier one of its number.
    pub(super) fn take_part(
        &mut self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
    ) -> Answer<Part> {
        let open = self
            .uploads
            .get_mut(&name(key, upload))
            .ok_or(ErrorKind::UploadNotFound)?;
        if !(1..=MOST_PARTS).contains(&number.0) {
            return Err(Refusal::unexpected("InvalidArgument"));
        }
        let content = Content::new(body);
        let part = Part {
            number,
            etag: content.etag.clone(),
            size: content.body.len() as u64,
            checksum: None,
        };
        open.parts.insert(number.0, content);
        Ok(part)
    }

    /// Makes the object; a refusal leaves the upload open.
    pub(super) fn complete(
        &mut self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        condition: Condition,
        now: Timestamp,
    ) -> Answer<PutResult> {
        let name = name(key, upload);
        let open = self.uploads.get(&name).ok_or(ErrorKind::UploadNotFound)?;
        let content = assemble(open, parts, self.capabilities.limits.smallest_part)?;
        let result = self.write(key, content, condition, now)?;
        self.uploads.remove(&name);
        Ok(result)
    }

    /// Ends an upload without an object.
    pub(super) fn abort(&mut self, key: &ObjectKey, upload: &UploadId) -> Answer<()> {
        let removed = self.uploads.remove(&name(key, upload));
        removed
            .map(drop)
            .ok_or_else(|| ErrorKind::UploadNotFound.into())
    }
}

fn name(key: &ObjectKey, upload: &UploadId) -> (ObjectKey, String) {
    (key.clone(), upload.as_str().to_owned())
}

fn assemble(open: &OpenUpload, parts: &[Part], smallest: u64) -> Answer<Content> {
    if parts.is_empty() {
        return Err(Refusal::unexpected("MalformedXML"));
    }
    if !parts.is_sorted_by(|a, b| a.number < b.number) {
        return Err(Refusal::unexpected("InvalidPartOrder"));
    }
    let mut body = BytesMut::new();
    let mut digests = Md5::new();
    for (index, part) in parts.iter().enumerate() {
        let taken = open
            .parts
            .get(&part.number.0)
            .filter(|taken| taken.etag == part.etag)
            .ok_or(Refusal::unexpected("InvalidPart"))?;
        if index + 1 < parts.len() && (taken.body.len() as u64) < smallest {
            return Err(Refusal::unexpected("EntityTooSmall"));
        }
        body.extend_from_slice(&taken.body);
        digests.update(Md5::digest(&taken.body));
    }
    let tag = format!("\"{}-{}\"", hex(&digests.finalize()), parts.len());
    Ok(Content {
        body: body.freeze(),
        etag: ETag::new(tag),
        attributes: open.attributes.clone(),
    })
}
