//! Head, get, put and delete.

use backstop_contract::{
    Attributes, DeleteOptions, GetOptions, GetResult, HeadOptions, ObjectStore, PutOptions,
};
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use s3s::dto::{
    self, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput,
    DeletedObject, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    ObjectIdentifier, PutObjectInput, PutObjectOutput,
};
use s3s::{Body, S3Error, S3Request, S3Result};

use super::convert::{
    collect, condition, declared, key, range, signed, tag, time, version, version_text,
};
use super::refusal::refusal;

pub(super) async fn head(
    store: &dyn ObjectStore,
    input: HeadObjectInput,
) -> S3Result<HeadObjectOutput> {
    let options = HeadOptions {
        version: version(input.version_id),
    };
    let found = store.head(&key(input.key)?, options).await;
    let meta = found.map_err(|error| refusal(&error))?;
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(signed(meta.size)),
        e_tag: tag(meta.etag),
        last_modified: time(meta.last_modified),
        metadata: Some(meta.metadata.into_iter().collect()),
        version_id: version_text(meta.version),
        ..HeadObjectOutput::default()
    })
}

/// Reads the whole content before it answers: a store that lies about a size must still send an
/// answer that is whole by the rules of HTTP, or the lie would look like a broken connection.
pub(super) async fn get(
    store: &dyn ObjectStore,
    input: GetObjectInput,
) -> S3Result<GetObjectOutput> {
    let key = key(input.key)?;
    let version = version(input.version_id);
    let range = range(store, &key, version.as_ref(), input.range).await?;
    let opened = store.get(&key, GetOptions { range, version }).await;
    let GetResult { meta, range, body } = opened.map_err(|error| refusal(&error))?;
    let append = |mut whole: BytesMut, chunk: Bytes| async move {
        whole.extend_from_slice(&chunk);
        Ok(whole)
    };
    let read = body.try_fold(BytesMut::new(), append).await;
    let content = read.map_err(|error| refusal(&error))?.freeze();
    let size = meta.size;
    Ok(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(signed(content.len() as u64)),
        content_range: range.map(|range| {
            format!(
                "bytes {}-{}/{size}",
                range.start,
                range.end.saturating_sub(1)
            )
        }),
        body: Some(Body::from(content).into()),
        e_tag: tag(meta.etag),
        last_modified: time(meta.last_modified),
        metadata: Some(meta.metadata.into_iter().collect()),
        version_id: version_text(meta.version),
        ..GetObjectOutput::default()
    })
}

pub(super) async fn put(
    store: &dyn ObjectStore,
    request: S3Request<PutObjectInput>,
) -> S3Result<PutObjectOutput> {
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
    let options = PutOptions {
        condition: condition(input.if_none_match.as_ref())?,
        checksum: declared(input.content_md5.as_deref(), crc32.as_deref())?,
        sha256: None,
        attributes: Attributes {
            metadata: input.metadata.into_iter().flatten().collect(),
            ..Attributes::NONE
        },
    };
    let put = store.put(&key(input.key)?, body, options).await;
    let written = put.map_err(|error| refusal(&error))?;
    Ok(PutObjectOutput {
        checksum_crc32: crc32,
        e_tag: tag(written.etag),
        version_id: version_text(written.version),
        ..PutObjectOutput::default()
    })
}

pub(super) async fn delete(
    store: &dyn ObjectStore,
    input: DeleteObjectInput,
) -> S3Result<DeleteObjectOutput> {
    let options = DeleteOptions {
        version: version(input.version_id),
    };
    let deleted = store.delete(&key(input.key)?, options).await;
    let deleted = deleted.map_err(|error| refusal(&error))?;
    Ok(DeleteObjectOutput {
        delete_marker: deleted.delete_marker.then_some(true),
        version_id: version_text(deleted.version),
        ..DeleteObjectOutput::default()
    })
}

/// Deletes one by one, as Backstop's own provider does not: other clients empty folders so.
pub(super) async fn delete_many(
    store: &dyn ObjectStore,
    input: DeleteObjectsInput,
) -> DeleteObjectsOutput {
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for ObjectIdentifier {
        key, version_id, ..
    } in input.delete.objects
    {
        let one = DeleteObjectInput {
            bucket: input.bucket.clone(),
            key: key.clone(),
            version_id: version_id.clone(),
            ..DeleteObjectInput::default()
        };
        match delete(store, one).await {
            Ok(_) => deleted.push(DeletedObject {
                key: Some(key),
                version_id,
                ..DeletedObject::default()
            }),
            Err(error) => errors.push(refused(key, version_id, &error)),
        }
    }
    DeleteObjectsOutput {
        deleted: Some(deleted),
        errors: Some(errors),
        ..DeleteObjectsOutput::default()
    }
}

fn refused(key: String, version_id: Option<String>, error: &S3Error) -> dto::Error {
    dto::Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key),
        message: error.message().map(str::to_owned),
        version_id,
    }
}
