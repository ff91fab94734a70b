//! Times, tags, ranges and tokens, between the contract and the protocol.

use std::time::SystemTime;

use backstop_contract::{
    ByteRange, Condition, DeclaredChecksum, ETag, HeadOptions, ObjectKey, ObjectStore, PageToken,
    VersionId,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{self, ETagCondition, EncodingType, Range, StreamingBlob};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::refusal::{bad_key, refusal};

/// The version id of an object in a bucket that keeps none.
pub(super) const NULL_VERSION: &str = "null";

/// What stays as it is in an encoded listing.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

pub(super) fn key(text: String) -> S3Result<ObjectKey> {
    ObjectKey::new(text).map_err(bad_key)
}

pub(super) fn version(id: Option<String>) -> Option<VersionId> {
    id.filter(|id| id != NULL_VERSION).map(VersionId::new)
}

pub(super) fn version_text(version: Option<VersionId>) -> Option<String> {
    version.map(|version| version.as_str().to_owned())
}

pub(super) fn time(time: Option<Timestamp>) -> Option<dto::Timestamp> {
    time.map(|time| SystemTime::from(time).into())
}

pub(super) fn tag(etag: Option<ETag>) -> Option<dto::ETag> {
    let etag = etag?;
    dto::ETag::parse_http_header(etag.as_str().as_bytes()).ok()
}

/// Returns the tag as the contract has it, with its quotes.
pub(super) fn own_tag(etag: &dto::ETag) -> ETag {
    ETag::new(format!("\"{}\"", etag.value()))
}

pub(super) fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

pub(super) fn condition(if_none_match: Option<&ETagCondition>) -> S3Result<Condition> {
    match if_none_match {
        None => Ok(Condition::Always),
        Some(ETagCondition::Any) => Ok(Condition::IfAbsent),
        Some(ETagCondition::ETag(_)) => Err(S3ErrorCode::NotImplemented.into()),
    }
}

/// Returns the checksum that the request declares, in the header or behind the body. A declared
/// MD5 goes first: nobody sends a wrong one by default.
pub(super) fn declared(
    md5: Option<&str>,
    crc32: Option<&str>,
) -> S3Result<Option<DeclaredChecksum>> {
    let invalid = || S3Error::new(S3ErrorCode::InvalidDigest);
    let decode = |text: &str| BASE64.decode(text).map_err(|_| invalid());
    if let Some(md5) = md5 {
        let digest = decode(md5)?.try_into().map_err(|_| invalid())?;
        return Ok(Some(DeclaredChecksum::Md5(digest)));
    }
    let Some(crc32) = crc32 else { return Ok(None) };
    let sum = decode(crc32)?.try_into().map_err(|_| invalid())?;
    Ok(Some(DeclaredChecksum::Crc32(sum)))
}

/// Reads a request's body to its end.
pub(super) async fn collect(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let Some(body) = body else {
        return Ok(Bytes::new());
    };
    let append = |mut whole: BytesMut, chunk: Bytes| async move {
        whole.extend_from_slice(&chunk);
        Ok(whole)
    };
    let whole = body.try_fold(BytesMut::new(), append).await;
    let broken = |error: s3s::StdError| {
        // The type of this error is private to the server's crate.
        let code = if error.to_string().contains("Sha256Mismatch") {
            S3ErrorCode::BadDigest
        } else {
            S3ErrorCode::IncompleteBody
        };
        S3Error::with_source(code, error)
    };
    Ok(whole.map_err(broken)?.freeze())
}

/// Returns the range as the contract has it; one that counts from the end needs the size.
pub(super) async fn range(
    store: &dyn ObjectStore,
    key: &ObjectKey,
    version: Option<&VersionId>,
    asked: Option<Range>,
) -> S3Result<Option<ByteRange>> {
    let Some(asked) = asked else { return Ok(None) };
    let (start, end) = match asked {
        Range::Int { first, last } => (first, last.map_or(u64::MAX, |last| last + 1)),
        Range::Suffix { length } => {
            let version = version.cloned();
            let head = store.head(key, HeadOptions { version }).await;
            let size = head.map_err(|error| refusal(&error))?.size;
            (size.saturating_sub(length), size)
        }
    };
    Ok(Some(ByteRange { start, end }))
}

/// Writes a token in digits: it may hold what XML and headers cannot.
pub(super) fn token_text(token: &PageToken) -> String {
    let bytes = token.as_str().bytes();
    bytes
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

/// Reads a token that [`token_text`] wrote.
pub(super) fn token(text: Option<&str>) -> S3Result<Option<PageToken>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let digits: Vec<_> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let byte = |pair: &[Option<u32>]| match pair {
        [Some(high), Some(low)] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    let token = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let unknown = || S3Error::new(S3ErrorCode::InvalidArgument);
    token.map(PageToken::new).map(Some).ok_or_else(unknown)
}

/// How the texts of one listing are encoded.
#[derive(Debug, Clone)]
pub(super) struct Encoder(pub(super) Option<EncodingType>);

impl Encoder {
    pub(super) fn text(&self, text: &str) -> String {
        match &self.0 {
            Some(encoding) if encoding.as_str() == EncodingType::URL => {
                utf8_percent_encode(text, ENCODED).to_string()
            }
            _ => text.to_owned(),
        }
    }
}
