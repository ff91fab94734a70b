//! What stores say of forms of requests that they do not know.

use backstop::report::{FindingCode, Outcome, Report, Trial, Variant};
use backstop_contract::{ErrorKind, Operation};

use super::{ANY, AZURE, S3, S3_LIKE, Sample, error, optional};

const PUT: Operation = Operation::PutObject;

/// Adds what became of other forms of the request.
fn tried(report: &mut Report, good: &[Variant], bad: &[Variant]) {
    let trials = |variants: &[Variant], works| {
        let trials = variants.iter().map(|&variant| Trial {
            variant,
            works,
            error: None,
        });
        trials.collect::<Vec<_>>()
    };
    report.variants.extend(trials(good, true));
    report.variants.extend(trials(bad, false));
}

#[rustfmt::skip]
pub(super) const SAMPLES: &[Sample] = &[
    error("checksum-needed", S3, ("multipart-upload", Operation::PutPart, ErrorKind::Unexpected),
        (400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with Object Lock parameters")),
    error("checksums-refused", S3_LIKE, ("put-object", PUT, ErrorKind::Unexpected),
        (400, "InvalidArgument", "Unsupported header 'x-amz-sdk-checksum-algorithm' received for this API call.")),
    error("checksums-refused", S3, ("put-object", PUT, ErrorKind::ChecksumMismatch),
        (400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")),
    error("no-conditional-writes", ANY, ("put-if-absent", PUT, ErrorKind::Unsupported),
        (501, "NotImplemented", "A header you provided implies functionality that is not implemented"))
        .beside(|report| optional(report, Outcome::Unsupported, FindingCode::Unsupported)),
    error("trailers-refused", S3, ("multipart-upload", Operation::PutPart, ErrorKind::Unsupported),
        (501, "NotImplemented", "A header you provided implies functionality that is not implemented"))
        .beside(|report| tried(report, &[Variant::NoChecksum, Variant::ContentMd5, Variant::Crc32Header], &[Variant::Crc32Trailer])),
    error("checksums-refused", S3, ("put-object", PUT, ErrorKind::Unexpected),
        (400, "InvalidArgument", ""))
        .beside(|report| tried(report, &[Variant::NoChecksum, Variant::ContentMd5], &[Variant::Crc32Header, Variant::Crc32Trailer])),
    error("path-style-needed", S3_LIKE, ("bucket", Operation::ListObjects, ErrorKind::TlsRejected),
        (0, "", "certificate not valid for name \"acme.s3.example.com\""))
        .beside(|report| tried(report, &[Variant::PathAddressing], &[])),
    error("virtual-style-needed", S3, ("bucket", Operation::ListObjects, ErrorKind::PermissionDenied),
        (403, "SecondLevelDomainForbidden", "The bucket you are attempting to access must be addressed using OSS third level domain."))
        .beside(|report| tried(report, &[Variant::VirtualAddressing], &[])),
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
