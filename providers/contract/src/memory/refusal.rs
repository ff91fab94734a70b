//! What a refused request is answered with, in the words of S3.

use crate::error::{ErrorKind, Evidence, Sent};
use crate::operation::Operation;

/// A refusal: its kind, and what the service would say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    pub(super) kind: ErrorKind,
    pub(super) status: Option<u16>,
    code: Option<&'static str>,
}

/// The status and code of each kind; without a status no answer comes at all.
const ANSWERS: [(ErrorKind, Option<u16>, Option<&str>); ErrorKind::ALL.len()] = [
    (ErrorKind::NameNotResolved, None, None),
    (ErrorKind::Unreachable, None, None),
    (ErrorKind::TlsRejected, None, None),
    (ErrorKind::TimedOut, None, None),
    (
        ErrorKind::Unauthenticated,
        Some(403),
        Some("InvalidAccessKeyId"),
    ),
    (
        ErrorKind::SignatureRejected,
        Some(403),
        Some("SignatureDoesNotMatch"),
    ),
    (
        ErrorKind::ClockSkewed,
        Some(403),
        Some("RequestTimeTooSkewed"),
    ),
    (
        ErrorKind::CredentialExpired,
        Some(400),
        Some("ExpiredToken"),
    ),
    (ErrorKind::PermissionDenied, Some(403), Some("AccessDenied")),
    (ErrorKind::BucketNotFound, Some(404), Some("NoSuchBucket")),
    (ErrorKind::WrongRegion, Some(301), Some("PermanentRedirect")),
    (ErrorKind::ObjectNotFound, Some(404), Some("NoSuchKey")),
    (ErrorKind::UploadNotFound, Some(404), Some("NoSuchUpload")),
    (
        ErrorKind::AlreadyExists,
        Some(412),
        Some("PreconditionFailed"),
    ),
    (
        ErrorKind::PreconditionFailed,
        Some(416),
        Some("InvalidRange"),
    ),
    (ErrorKind::ChecksumMismatch, Some(400), Some("BadDigest")),
    (ErrorKind::Immutable, Some(403), Some("AccessDenied")),
    (
        ErrorKind::ArchivedObject,
        Some(403),
        Some("InvalidObjectState"),
    ),
    (ErrorKind::InvalidKey, Some(400), Some("KeyTooLongError")),
    (ErrorKind::Throttled, Some(503), Some("SlowDown")),
    (ErrorKind::QuotaExceeded, Some(403), Some("QuotaExceeded")),
    (ErrorKind::Unsupported, Some(501), Some("NotImplemented")),
    (ErrorKind::ServiceFailed, Some(500), Some("InternalError")),
    (ErrorKind::MalformedResponse, Some(200), None),
    (ErrorKind::Unexpected, Some(400), Some("InvalidRequest")),
];

impl Refusal {
    /// Returns the refusal to delete what a key shows by its version, in the words of Azure.
    pub(super) const SHOWN: Self = Self {
        kind: ErrorKind::PreconditionFailed,
        status: Some(409),
        code: Some("OperationNotAllowedOnRootBlob"),
    };

    /// Returns a refusal that has no kind of its own.
    pub(super) const fn unexpected(code: &'static str) -> Self {
        Self {
            kind: ErrorKind::Unexpected,
            status: Some(400),
            code: Some(code),
        }
    }

    /// Returns whether the request can have had an effect.
    pub(super) fn sent(&self) -> Sent {
        match (self.status, self.kind) {
            (Some(_), _) => Sent::Answered,
            (None, ErrorKind::TimedOut) => Sent::Maybe,
            (None, _) => Sent::No,
        }
    }

    /// Returns what the service says; the answer to a HEAD has no body and so no code.
    pub(super) fn evidence(&self, operation: Operation) -> Evidence {
        let bodiless = matches!(operation, Operation::HeadObject | Operation::HeadBucket);
        Evidence {
            status: self.status,
            code: self.code.filter(|_| !bodiless).map(str::to_owned),
            ..Evidence::default()
        }
    }
}

impl From<ErrorKind> for Refusal {
    fn from(kind: ErrorKind) -> Self {
        let (_, status, code) = ANSWERS[kind as usize];
        Self { kind, status, code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_row() {
        for kind in ErrorKind::ALL {
            assert_eq!(ANSWERS[kind as usize].0, kind);
        }
    }
}
