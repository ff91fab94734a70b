//! The contract's errors in the words of S3.

use backstop_contract::{Error, ErrorKind, KeyError};
use hyper::StatusCode;
use s3s::{S3Error, S3ErrorCode};

/// Translates a refusal; what an S3-like store said itself is passed on.
pub(super) fn refusal(error: &Error) -> S3Error {
    let evidence = error.evidence();
    let said = evidence.code.as_deref();
    let code = said.and_then(|code| S3ErrorCode::from_bytes(code.as_bytes()));
    let code = code.unwrap_or_else(|| code_of(error.kind()));
    let mut refusal = S3Error::with_message(code, error.kind().words());
    let status = evidence
        .status
        .and_then(|status| StatusCode::from_u16(status).ok());
    if let Some(status) = status.or_else(|| refusal.code().status_code()) {
        refusal.set_status_code(status);
    }
    refusal
}

/// Translates the refusal of a key or prefix that no store of Backstop's can carry.
pub(super) fn bad_key(error: KeyError) -> S3Error {
    let code = match error {
        KeyError::TooLong { .. } => S3ErrorCode::KeyTooLongError,
        _ => S3ErrorCode::InvalidArgument,
    };
    S3Error::with_message(code, error.to_string())
}

/// Returns the code of a kind; see
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.
fn code_of(kind: ErrorKind) -> S3ErrorCode {
    match kind {
        ErrorKind::NameNotResolved
        | ErrorKind::Unreachable
        | ErrorKind::TlsRejected
        | ErrorKind::TimedOut => S3ErrorCode::ServiceUnavailable,
        ErrorKind::Unauthenticated => S3ErrorCode::InvalidAccessKeyId,
        ErrorKind::SignatureRejected => S3ErrorCode::SignatureDoesNotMatch,
        ErrorKind::ClockSkewed => S3ErrorCode::RequestTimeTooSkewed,
        ErrorKind::CredentialExpired => S3ErrorCode::ExpiredToken,
        ErrorKind::PermissionDenied | ErrorKind::Immutable => S3ErrorCode::AccessDenied,
        ErrorKind::BucketNotFound => S3ErrorCode::NoSuchBucket,
        ErrorKind::WrongRegion => S3ErrorCode::PermanentRedirect,
        ErrorKind::ObjectNotFound => S3ErrorCode::NoSuchKey,
        ErrorKind::UploadNotFound => S3ErrorCode::NoSuchUpload,
        ErrorKind::AlreadyExists => S3ErrorCode::PreconditionFailed,
        ErrorKind::PreconditionFailed => S3ErrorCode::InvalidRange,
        ErrorKind::ChecksumMismatch => S3ErrorCode::BadDigest,
        ErrorKind::ArchivedObject => S3ErrorCode::InvalidObjectState,
        ErrorKind::InvalidKey => S3ErrorCode::KeyTooLongError,
        ErrorKind::Throttled => S3ErrorCode::SlowDown,
        ErrorKind::QuotaExceeded => S3ErrorCode::Custom("QuotaExceeded".into()),
        ErrorKind::Unsupported => S3ErrorCode::NotImplemented,
        ErrorKind::ServiceFailed | ErrorKind::MalformedResponse => S3ErrorCode::InternalError,
        ErrorKind::Unexpected => S3ErrorCode::InvalidRequest,
    }
}
