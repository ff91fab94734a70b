//! What stores say of forms of requests that they do not know.

use backstop::report::{FindingCode, Outcome};
use backstop_contract::{ErrorKind, Operation};

use super::{ANY, AZURE, S3, S3_LIKE, Sample, error, optional};

const PUT: Operation = Operation::PutObject;

#[rustfmt::skip]
pub(super) const SAMPLES: &[Sample] = &[
    error("checksum-required", S3, ("multipart-upload", Operation::PutPart, ErrorKind::Unexpected),
        (400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with Object Lock parameters")),
    error("checksums-not-understood", S3_LIKE, ("put-object", PUT, ErrorKind::Unexpected),
        (400, "InvalidArgument", "Unsupported header 'x-amz-sdk-checksum-algorithm' received for this API call.")),
    error("checksums-not-understood", S3, ("put-object", PUT, ErrorKind::ChecksumMismatch),
        (400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")),
    error("no-atomic-create", ANY, ("put-if-absent", PUT, ErrorKind::Unsupported),
        (501, "NotImplemented", "A header you provided implies functionality that is not implemented"))
        .beside(|report| optional(report, Outcome::Unsupported, FindingCode::Unsupported)),
    error("checksum-refused", ANY, ("put-object", PUT, ErrorKind::ChecksumMismatch),
        (400, "BadDigest", "The Content-MD5 you specified did not match what we received.")),
    error("precondition-failed", ANY, ("put-object", PUT, ErrorKind::PreconditionFailed),
        (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")),
    error("invalid-key", ANY, ("put-object", PUT, ErrorKind::InvalidKey),
        (400, "KeyTooLongError", "Your key is too long")),
    error("unsupported", S3_LIKE, ("multipart-upload", Operation::CreateMultipart, ErrorKind::Unsupported),
        (501, "NotImplemented", "A header you provided implies functionality that is not implemented")),
    error("unsupported", AZURE, ("multipart-upload", Operation::PutPart, ErrorKind::Unsupported),
        (501, "APINotImplemented", "Current API is not implemented yet.")),
];
