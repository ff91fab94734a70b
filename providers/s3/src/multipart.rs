//! Uploads in parts.
//!
//! See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>.

use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use backstop_contract::{
    CompleteOptions, CreateOptions, ETag, ObjectKey, Operation, Part, PartNumber, PartOptions,
    PutResult, Result, UploadId, VersionId,
};
use bytes::Bytes;

use crate::config::ChecksumMode;
use crate::failure::Asked;
use crate::given::Given;
use crate::store::{S3Store, if_none_match, some};

impl S3Store {
    /// Returns the checksum that an upload is opened with, its parts carry and its end repeats: none
    /// where a hash in the signature vouches for each part.
    fn part_checksum(&self, hashed: bool) -> Option<ChecksumAlgorithm> {
        match self.parts.checksums {
            ChecksumMode::WhenSupported if !hashed => Some(ChecksumAlgorithm::Crc32),
            ChecksumMode::WhenSupported | ChecksumMode::WhenRequired => None,
        }
    }

    pub(crate) async fn do_create(
        &self,
        key: &ObjectKey,
        options: CreateOptions,
    ) -> Result<UploadId> {
        let CreateOptions { hashed, attributes } = options;
        let asked = self.asked_on(Operation::CreateMultipart, key)?;
        let Given {
            metadata,
            storage_class,
            encryption,
            key_id,
        } = self.given(attributes);
        let opened = self
            .parts
            .client
            .create_multipart_upload()
            .bucket(&self.parts.bucket)
            .key(key.as_str())
            .set_checksum_algorithm(self.part_checksum(hashed))
            .set_server_side_encryption(encryption)
            .set_ssekms_key_id(key_id)
            .set_storage_class(storage_class)
            .set_metadata(metadata)
            .customize()
            .interceptor(self.marked(Operation::CreateMultipart))
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        some(opened.upload_id)
            .map(UploadId::new)
            .ok_or_else(|| asked.nonsense("it names no upload id"))
    }

    pub(crate) async fn do_put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part> {
        let PartOptions { sha256 } = options;
        let payload = self.payload(sha256);
        let asked = self.asked_on(Operation::PutPart, key)?;
        let size = body.len() as u64;
        let taken = self
            .parts
            .client
            .upload_part()
            .bucket(&self.parts.bucket)
            .key(key.as_str())
            .upload_id(upload.as_str())
            .part_number(wire_number(number, &asked)?)
            .set_checksum_algorithm(self.part_checksum(sha256.is_some()))
            .set_content_md5(self.content_md5(&body))
            .body(self.outgoing(body))
            .customize()
            .config_override(payload.alone())
            .interceptor(self.marked(Operation::PutPart).signing(payload))
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        let etag = some(taken.e_tag)
            .map(ETag::new)
            .ok_or_else(|| asked.nonsense("it names no ETag for the part"))?;
        Ok(Part {
            number,
            etag,
            size,
            checksum: some(taken.checksum_crc32),
        })
    }

    pub(crate) async fn do_complete(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult> {
        // The upload was begun with the attributes.
        let CompleteOptions {
            condition,
            attributes: _,
        } = options;
        let asked = self.asked_on(Operation::CompleteMultipart, key)?;
        let mut named = Vec::with_capacity(parts.len());
        for part in parts {
            let named_part = CompletedPart::builder()
                .part_number(wire_number(part.number, &asked)?)
                .e_tag(part.etag.as_str())
                .set_checksum_crc32(part.checksum.clone())
                .build();
            named.push(named_part);
        }
        let made = self
            .parts
            .client
            .complete_multipart_upload()
            .bucket(&self.parts.bucket)
            .key(key.as_str())
            .upload_id(upload.as_str())
            .multipart_upload(
                CompletedMultipartUpload::builder()
                    .set_parts(Some(named))
                    .build(),
            )
            .set_if_none_match(if_none_match(condition, &asked)?)
            .customize()
            .interceptor(self.marked(Operation::CompleteMultipart))
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        Ok(PutResult {
            etag: some(made.e_tag).map(ETag::new),
            version: some(made.version_id).map(VersionId::new),
        })
    }

    pub(crate) async fn do_abort(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        let asked = self.asked_on(Operation::AbortMultipart, key)?;
        self.parts
            .client
            .abort_multipart_upload()
            .bucket(&self.parts.bucket)
            .key(key.as_str())
            .upload_id(upload.as_str())
            .customize()
            .interceptor(self.marked(Operation::AbortMultipart))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| asked.failed(&error))
    }
}

fn wire_number(number: PartNumber, asked: &Asked) -> Result<i32> {
    use backstop_contract::{ErrorKind, Sent};
    i32::try_from(number.0).map_err(|_| {
        asked
            .error(ErrorKind::Unsupported, Sent::No)
            .with_message("the part number is beyond every limit")
    })
}
