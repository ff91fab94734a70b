//! Uploads in parts.

use backstop_contract::{
    Attributes, CompleteOptions, CreateOptions, DeclaredChecksum, ObjectStore, PageToken, Part,
    PartNumber, PartOptions, UploadId,
};
use bytes::Bytes;
use s3s::dto::{
    self, AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ListPartsInput, ListPartsOutput, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3ErrorCode, S3Request, S3Result};

use super::convert::{collect, condition, declared, key, own_tag, tag, version_text};
use super::refusal::refusal;

pub(super) async fn parts(
    store: &dyn ObjectStore,
    input: ListPartsInput,
) -> S3Result<ListPartsOutput> {
    let upload = UploadId::new(input.upload_id.clone());
    let page = input
        .part_number_marker
        .map(|number| PageToken::new(number.to_string()));
    let listed = store
        .list_parts(&key(input.key.clone())?, &upload, page)
        .await;
    let page = listed.map_err(|error| refusal(&error))?;
    let parts = page.parts.into_iter().map(|part| dto::Part {
        part_number: i32::try_from(part.number.0).ok(),
        size: i64::try_from(part.size).ok(),
        ..dto::Part::default()
    });
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        is_truncated: Some(page.next.is_some()),
        key: Some(input.key),
        next_part_number_marker: page.next.and_then(|next| next.as_str().parse().ok()),
        part_number_marker: input.part_number_marker,
        parts: Some(parts.collect()),
        upload_id: Some(input.upload_id),
        ..ListPartsOutput::default()
    })
}

pub(super) async fn create(
    store: &dyn ObjectStore,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    // The server below compares the hash of a request's body by itself.
    let options = CreateOptions {
        hashed: false,
        attributes: Attributes {
            metadata: input.metadata.into_iter().flatten().collect(),
            ..Attributes::NONE
        },
    };
    let begun = store
        .create_multipart(&key(input.key.clone())?, options)
        .await;
    let upload = begun.map_err(|error| refusal(&error))?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        checksum_algorithm: input.checksum_algorithm,
        key: Some(input.key),
        upload_id: Some(upload.as_str().to_owned()),
        ..CreateMultipartUploadOutput::default()
    })
}

pub(super) async fn put_part(
    store: &dyn ObjectStore,
    request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let S3Request {
        input,
        trailing_headers,
        ..
    } = request;
    let body = collect(input.body).await?;
    let trailing = trailing_headers.and_then(|trailing| trailing.take());
    let crc32 = input.checksum_crc32.or_else(|| {
        let sum = trailing?
            .get("x-amz-checksum-crc32")?
            .to_str()
            .ok()?
            .to_owned();
        Some(sum)
    });
    check(&body, declared(None, crc32.as_deref())?)?;
    let number = PartNumber(number(Some(input.part_number))?);
    let upload = UploadId::new(input.upload_id);
    let taken = store
        .put_part(
            &key(input.key)?,
            &upload,
            number,
            body,
            PartOptions::default(),
        )
        .await;
    let part = taken.map_err(|error| refusal(&error))?;
    Ok(UploadPartOutput {
        checksum_crc32: crc32,
        e_tag: tag(Some(part.etag)),
        ..UploadPartOutput::default()
    })
}

/// Compares a part with its checksum: the contract declares none for parts.
fn check(body: &Bytes, declared: Option<DeclaredChecksum>) -> S3Result<()> {
    match declared {
        Some(DeclaredChecksum::Crc32(sum)) if sum != crc32fast::hash(body).to_be_bytes() => {
            Err(S3ErrorCode::BadDigest.into())
        }
        _ => Ok(()),
    }
}

fn number(number: Option<i32>) -> S3Result<u32> {
    let number = number.and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| S3ErrorCode::InvalidArgument.into())
}

pub(super) async fn complete(
    store: &dyn ObjectStore,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let named = input.multipart_upload.and_then(|upload| upload.parts);
    let named = named.unwrap_or_default().into_iter();
    let parts = named.map(own_part).collect::<S3Result<Vec<_>>>()?;
    let options = CompleteOptions {
        condition: condition(input.if_none_match.as_ref())?,
        attributes: Attributes::NONE,
    };
    let upload = UploadId::new(input.upload_id);
    let key = key(input.key)?;
    let done = store
        .complete_multipart(&key, &upload, &parts, options)
        .await;
    let made = done.map_err(|error| refusal(&error))?;
    Ok(CompleteMultipartUploadOutput {
        bucket: Some(input.bucket),
        e_tag: tag(made.etag),
        key: Some(key.to_string()),
        version_id: version_text(made.version),
        ..CompleteMultipartUploadOutput::default()
    })
}

/// Returns the part that a completion names; it does not repeat the size.
fn own_part(part: CompletedPart) -> S3Result<Part> {
    let CompletedPart {
        e_tag,
        part_number,
        checksum_crc32,
        ..
    } = part;
    let etag = e_tag.ok_or(S3ErrorCode::InvalidPart)?;
    Ok(Part {
        number: PartNumber(number(part_number)?),
        etag: own_tag(&etag),
        size: 0,
        checksum: checksum_crc32,
    })
}

pub(super) async fn abort(
    store: &dyn ObjectStore,
    input: AbortMultipartUploadInput,
) -> S3Result<AbortMultipartUploadOutput> {
    let upload = UploadId::new(input.upload_id);
    let aborted = store.abort_multipart(&key(input.key)?, &upload).await;
    aborted.map_err(|error| refusal(&error))?;
    Ok(AbortMultipartUploadOutput::default())
}
