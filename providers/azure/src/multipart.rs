//! Multipart uploads out of Put Block and Put Block List.
//!
//! # Why
//!
//! Azure has no uploads, only blocks that wait beside a key until a list commits them: an upload is
//! a prefix of block ids that we make up, so beginning one sends nothing. The list names
//! uncommitted blocks only, so that a second completion finds none and fails. What follows from the
//! service's ways and cannot be helped:
//! - a block id must be as long as the key's other ones;
//! - completing one upload, or a Put Blob on the key, discards the blocks of every other one;
//! - there is no abort: blocks vanish a week after the last one came.
//!
//! # What protects the bytes
//!
//! The service compares an MD5 or a CRC64 of a block, and no SHA-256, so that the hash of a part is
//! not sent. On the way, TLS keeps the bytes as they are; over plain http, which is taken for nearby
//! emulators alone, nothing but TCP's checksum does. What arrived is proven by reading it back
//! against the SHA-256 of each part, which whoever sent it keeps.
//!
//! See <https://learn.microsoft.com/rest/api/storageservices/put-block> and
//! <https://learn.microsoft.com/rest/api/storageservices/put-block-list>.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use azure_core::http::{Body, Etag, RequestContent, XmlFormat};
use azure_storage_blob::models::{
    AccessTier, BlockBlobClientCommitBlockListOptions, BlockBlobClientStageBlockOptions,
    BlockLookupList,
};
use backstop_contract::{
    CompleteOptions, Condition, ETag, ErrorKind, ObjectKey, Operation, Part, PartNumber,
    PartOptions, PutResult, Result, UploadId,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use jiff::Timestamp;

use crate::ask::{self, Ask};
use crate::store::AzureStore;

/// How long an upload id is, in bytes.
const UPLOAD_ID: usize = 40;
/// How many parts an upload may have.
pub(crate) const PARTS: u32 = 50_000;

/// Makes up the id of an upload: the time, this process, and a count within it.
pub(crate) fn new_upload() -> UploadId {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let time = Timestamp::now().as_nanosecond();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    UploadId::new(format!("{time:024x}{:08x}{count:08x}", process::id()))
}

/// Returns the id of a part's block before its base64, or nothing for what is no upload of ours.
fn block_id(upload: &UploadId, number: PartNumber) -> Option<Vec<u8>> {
    let upload = upload.as_str();
    let ours = upload.len() == UPLOAD_ID && upload.bytes().all(|byte| byte.is_ascii_hexdigit());
    ours.then(|| format!("{upload}-{:05}", number.0).into_bytes())
}

/// Sends one block.
pub(crate) async fn put_part(
    store: &AzureStore,
    key: &ObjectKey,
    upload: &UploadId,
    number: PartNumber,
    body: Bytes,
    options: PartOptions,
) -> Result<Part> {
    // The service compares no SHA-256.
    let PartOptions { sha256: _ } = options;
    let ask = store.ask(Operation::PutPart, Some(key));
    let url = ask.blob_url(key)?;
    if !(1..=PARTS).contains(&number.0) {
        let told = format!("a part's number is between 1 and {PARTS}");
        return Err(ask.not_sent(ErrorKind::Unsupported, told));
    }
    let Some(id) = block_id(upload, number) else {
        return Err(unknown(&ask));
    };
    let size = body.len() as u64;
    let options = BlockBlobClientStageBlockOptions {
        method_options: ask.context(),
        ..BlockBlobClientStageBlockOptions::default()
    };
    let answer = ask
        .blob(url)?
        .block_blob_client()
        .stage_block(&id, size, Body::from(body).into(), Some(options))
        .await
        .map_err(|error| ask.failed(&error))?;
    ask.genuine(answer.headers())?;
    Ok(Part {
        number,
        // A block has no tag; its id is what the completion must repeat.
        etag: ETag::new(BASE64_STANDARD.encode(id)),
        size,
        checksum: None,
    })
}

/// Commits the blocks.
pub(crate) async fn complete(
    store: &AzureStore,
    key: &ObjectKey,
    upload: &UploadId,
    parts: &[Part],
    options: CompleteOptions,
) -> Result<PutResult> {
    let CompleteOptions {
        condition,
        attributes,
    } = options;
    let if_absent = condition == Condition::IfAbsent;
    let ask = store
        .ask(Operation::CompleteMultipart, Some(key))
        .if_absent(if_absent);
    let url = ask.blob_url(key)?;
    let (metadata, tier) = ask::given(&ask, attributes)?;
    // An empty list would write an empty blob; an upload without parts does not exist.
    if parts.is_empty() {
        return Err(unknown(&ask));
    }
    let mut blocks = Vec::with_capacity(parts.len());
    for part in parts {
        let own = block_id(upload, part.number);
        match own.filter(|id| BASE64_STANDARD.encode(id) == part.etag.as_str()) {
            Some(id) => blocks.push(id),
            None => return Err(unknown(&ask)),
        }
    }
    let list = BlockLookupList {
        uncommitted: Some(blocks),
        ..BlockLookupList::default()
    };
    let list: RequestContent<BlockLookupList, XmlFormat> =
        list.try_into().map_err(|error| ask.unbuilt(&error))?;
    let options = BlockBlobClientCommitBlockListOptions {
        if_none_match: if_absent.then(|| Etag::from("*")),
        metadata: (!metadata.is_empty()).then(|| metadata.into_iter().collect()),
        tier: tier.map(AccessTier::UnknownValue),
        method_options: ask.context(),
        ..BlockBlobClientCommitBlockListOptions::default()
    };
    let answer = ask
        .blob(url)?
        .block_blob_client()
        .commit_block_list(list, Some(options))
        .await
        .map_err(|error| ask.failed(&error))?;
    ask.genuine(answer.headers())?;
    Ok(ask::written(answer.headers()))
}

fn unknown(ask: &Ask<'_>) -> backstop_contract::Error {
    let told = "no such upload was begun here, or it has no such part";
    ask.not_sent(ErrorKind::UploadNotFound, told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_ids_are_equally_long_and_tell_uploads_apart() {
        let (one, other) = (new_upload(), new_upload());
        let first = block_id(&one, PartNumber(1)).expect("id");
        let last = block_id(&one, PartNumber(50_000)).expect("id");
        let foreign = block_id(&other, PartNumber(1)).expect("id");
        assert_eq!(first.len(), last.len());
        assert!(first.len() <= 64, "the service's limit");
        assert_ne!(first, last);
        assert_ne!(first, foreign);
    }

    #[test]
    fn a_foreign_upload_id_is_none_of_ours() {
        assert_eq!(
            block_id(&UploadId::new("no-such-upload"), PartNumber(1)),
            None
        );
    }
}
