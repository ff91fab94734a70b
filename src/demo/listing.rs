//! Listings of objects, uploads and versions.

use backstop_contract::{KeyPrefix, ListOptions, ObjectStore};
use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsV2Input, ListObjectsV2Output,
    MultipartUpload, Object, ObjectVersion,
};
use s3s::{S3ErrorCode, S3Result};

use super::convert::{Encoder, NULL_VERSION, signed, tag, time, token, token_text, version_text};
use super::refusal::{bad_key, refusal};

/// Lists a prefix. The contract's prefixes are folders: for half a name the folder is listed and
/// what else is in it left out.
pub(super) async fn objects(
    store: &dyn ObjectStore,
    input: ListObjectsV2Input,
) -> S3Result<ListObjectsV2Output> {
    let delimited = match input.delimiter.as_deref() {
        None | Some("") => false,
        Some("/") => true,
        Some(_) => return Err(S3ErrorCode::NotImplemented.into()),
    };
    if input.start_after.is_some() {
        return Err(S3ErrorCode::NotImplemented.into());
    }
    let wanted = input.prefix.unwrap_or_default();
    let folder = wanted.rfind('/').map_or("", |slash| &wanted[..=slash]);
    let options = ListOptions {
        page: token(input.continuation_token.as_deref())?,
        page_size: input.max_keys.and_then(|most| u32::try_from(most).ok()),
        delimited,
    };
    let listed = store
        .list(&KeyPrefix::new(folder).map_err(bad_key)?, options)
        .await;
    let page = listed.map_err(|error| refusal(&error))?;
    let encoder = Encoder(input.encoding_type.clone());
    let half = folder.len() < wanted.len();
    let fits = |text: &str| !half || text.starts_with(&wanted);
    let shown = page
        .objects
        .into_iter()
        .filter(|meta| fits(meta.key.as_str()));
    let contents: Vec<_> = shown
        .map(|meta| Object {
            e_tag: tag(meta.etag),
            key: Some(encoder.text(meta.key.as_str())),
            last_modified: time(meta.last_modified),
            size: Some(signed(meta.size)),
            ..Object::default()
        })
        .collect();
    let grouped = page.common_prefixes.into_iter().filter(|text| fits(text));
    let common_prefixes: Vec<_> = grouped
        .map(|text| CommonPrefix {
            prefix: Some(encoder.text(&text)),
        })
        .collect();
    let count = contents.len() + common_prefixes.len();
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(encoder.text(&wanted)),
        max_keys: input.max_keys.or(Some(1_000)),
        key_count: i32::try_from(count).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.as_ref().map(token_text),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: input.delimiter,
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}

pub(super) async fn uploads(
    store: &dyn ObjectStore,
    input: ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    let prefix = input.prefix.unwrap_or_default();
    let page = token(input.key_marker.as_deref())?;
    let listed = store.list_uploads(&prefix, page).await;
    let page = listed.map_err(|error| refusal(&error))?;
    let encoder = Encoder(input.encoding_type.clone());
    let open = page.uploads.into_iter().map(|upload| MultipartUpload {
        initiated: time(upload.begun),
        key: Some(encoder.text(upload.key.as_str())),
        upload_id: Some(upload.id.as_str().to_owned()),
        ..MultipartUpload::default()
    });
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        uploads: Some(open.collect()),
        encoding_type: input.encoding_type,
        is_truncated: Some(page.next.is_some()),
        key_marker: input.key_marker,
        next_key_marker: page.next.as_ref().map(token_text),
        prefix: Some(encoder.text(&prefix)),
        ..ListMultipartUploadsOutput::default()
    })
}

pub(super) async fn versions(
    store: &dyn ObjectStore,
    input: ListObjectVersionsInput,
) -> S3Result<ListObjectVersionsOutput> {
    let prefix = input.prefix.unwrap_or_default();
    let page = token(input.key_marker.as_deref())?;
    let listed = store.list_versions(&prefix, page).await;
    let page = listed.map_err(|error| refusal(&error))?;
    let encoder = Encoder(input.encoding_type.clone());
    let (markers, versions): (Vec<_>, Vec<_>) = page
        .versions
        .into_iter()
        .partition(|version| version.delete_marker);
    let id = |version| version_text(version).or_else(|| Some(NULL_VERSION.to_owned()));
    let versions = versions.into_iter().map(|version| ObjectVersion {
        is_latest: Some(version.latest),
        key: Some(encoder.text(version.key.as_str())),
        last_modified: time(version.last_modified),
        size: Some(signed(version.size)),
        version_id: id(version.version),
        ..ObjectVersion::default()
    });
    let markers = markers.into_iter().map(|marker| DeleteMarkerEntry {
        is_latest: Some(marker.latest),
        key: Some(encoder.text(marker.key.as_str())),
        last_modified: time(marker.last_modified),
        version_id: id(marker.version),
        ..DeleteMarkerEntry::default()
    });
    Ok(ListObjectVersionsOutput {
        name: Some(input.bucket),
        versions: Some(versions.collect()),
        delete_markers: Some(markers.collect()),
        encoding_type: input.encoding_type,
        is_truncated: Some(page.next.is_some()),
        key_marker: input.key_marker,
        next_key_marker: page.next.as_ref().map(token_text),
        prefix: Some(encoder.text(&prefix)),
        ..ListObjectVersionsOutput::default()
    })
}
