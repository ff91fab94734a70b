//! One example for each row of the table, in the order of the table.

use super::*;

/// An answer to a PUT, with a status, a code and a message.
const fn said(status: u16, code: &'static str, message: &'static str) -> Answer<'static> {
    Answer {
        operation: Operation::PutObject,
        status,
        code: Some(code),
        message,
        foreign: false,
        elsewhere: false,
    }
}

/// An answer of which only the status is known.
const fn bare(operation: Operation, status: u16) -> Answer<'static> {
    Answer {
        operation,
        status,
        code: None,
        message: "",
        foreign: false,
        elsewhere: false,
    }
}

const fn elsewhere(answer: Answer<'static>) -> Answer<'static> {
    Answer {
        elsewhere: true,
        ..answer
    }
}

const fn foreign(answer: Answer<'static>) -> Answer<'static> {
    Answer {
        foreign: true,
        ..answer
    }
}

const fn to(operation: Operation, answer: Answer<'static>) -> Answer<'static> {
    Answer {
        operation,
        ..answer
    }
}

static EXAMPLES: &[(Answer<'static>, ErrorKind)] = &[
    (
        elsewhere(bare(Operation::HeadObject, 400)),
        ErrorKind::WrongRegion,
    ),
    (said(301, "PermanentRedirect", ""), ErrorKind::WrongRegion),
    (
        said(400, "AuthorizationHeaderMalformed", ""),
        ErrorKind::Unauthenticated,
    ),
    (said(307, "TemporaryRedirect", ""), ErrorKind::ServiceFailed),
    (
        said(
            400,
            "InvalidArgument",
            "S3 API Requests must be made to API port.",
        ),
        ErrorKind::MalformedResponse,
    ),
    (
        said(400, "XMinioInsecureClientRequest", ""),
        ErrorKind::MalformedResponse,
    ),
    (
        said(
            400,
            "InvalidRequest",
            "Object is WORM protected and cannot be overwritten",
        ),
        ErrorKind::Immutable,
    ),
    (
        said(
            403,
            "AccessDenied",
            "Access Denied because object protected by object lock.",
        ),
        ErrorKind::Immutable,
    ),
    (said(400, "ObjectLocked", ""), ErrorKind::Immutable),
    (
        said(403, "SignatureDoesNotMatch", ""),
        ErrorKind::SignatureRejected,
    ),
    (
        said(403, "InvalidAccessKeyId", ""),
        ErrorKind::Unauthenticated,
    ),
    (
        said(403, "RequestTimeTooSkewed", ""),
        ErrorKind::ClockSkewed,
    ),
    (said(400, "ExpiredToken", ""), ErrorKind::CredentialExpired),
    (
        said(403, "AllAccessDisabled", ""),
        ErrorKind::PermissionDenied,
    ),
    (said(404, "NoSuchBucket", ""), ErrorKind::BucketNotFound),
    (said(404, "NoSuchKey", ""), ErrorKind::ObjectNotFound),
    (
        said(400, "InvalidArgument", "Invalid version id specified"),
        ErrorKind::ObjectNotFound,
    ),
    (said(404, "NoSuchUpload", ""), ErrorKind::UploadNotFound),
    (
        said(403, "InvalidObjectState", ""),
        ErrorKind::ArchivedObject,
    ),
    (
        to(Operation::GetObject, said(405, "MethodNotAllowed", "")),
        ErrorKind::ObjectNotFound,
    ),
    (said(400, "KeyTooLongError", ""), ErrorKind::InvalidKey),
    (
        said(200, "PreconditionFailed", ""),
        ErrorKind::AlreadyExists,
    ),
    (bare(Operation::PutObject, 412), ErrorKind::AlreadyExists),
    (
        bare(Operation::GetObject, 412),
        ErrorKind::PreconditionFailed,
    ),
    (said(416, "InvalidRange", ""), ErrorKind::PreconditionFailed),
    (
        bare(Operation::GetObject, 416),
        ErrorKind::PreconditionFailed,
    ),
    (
        said(409, "ConditionalRequestConflict", ""),
        ErrorKind::ServiceFailed,
    ),
    (said(400, "BadDigest", ""), ErrorKind::ChecksumMismatch),
    (
        said(400, "XMinioAdminBucketQuotaExceeded", ""),
        ErrorKind::QuotaExceeded,
    ),
    (bare(Operation::PutObject, 507), ErrorKind::QuotaExceeded),
    (said(503, "SlowDownWrite", ""), ErrorKind::ServiceFailed),
    (said(503, "SlowDown", ""), ErrorKind::Throttled),
    (bare(Operation::PutObject, 429), ErrorKind::Throttled),
    (said(503, "RequestTimeout", ""), ErrorKind::ServiceFailed),
    (said(400, "RequestTimeout", ""), ErrorKind::TimedOut),
    (bare(Operation::PutObject, 408), ErrorKind::TimedOut),
    (said(501, "NotImplemented", ""), ErrorKind::Unsupported),
    (bare(Operation::PutObject, 501), ErrorKind::Unsupported),
    (said(200, "InternalError", ""), ErrorKind::ServiceFailed),
    (
        foreign(bare(Operation::PutObject, 502)),
        ErrorKind::ServiceFailed,
    ),
    (
        foreign(bare(Operation::PutObject, 404)),
        ErrorKind::MalformedResponse,
    ),
    (
        bare(Operation::ListObjects, 200),
        ErrorKind::MalformedResponse,
    ),
    (bare(Operation::HeadObject, 401), ErrorKind::Unauthenticated),
    (said(403, "SomethingNew", ""), ErrorKind::PermissionDenied),
    (bare(Operation::PutPart, 404), ErrorKind::UploadNotFound),
    (bare(Operation::HeadObject, 404), ErrorKind::ObjectNotFound),
    (bare(Operation::HeadBucket, 404), ErrorKind::BucketNotFound),
    (bare(Operation::PutObject, 405), ErrorKind::Unsupported),
    (bare(Operation::HeadBucket, 302), ErrorKind::WrongRegion),
];

#[test]
fn every_row_decides_its_example() {
    assert_eq!(EXAMPLES.len(), ROWS.len(), "one example for each row");
    for (index, (answer, kind)) in EXAMPLES.iter().enumerate() {
        let row = ROWS.iter().position(|row| row.fits(answer));
        assert_eq!(row, Some(index), "{answer:?}");
        assert_eq!(refused(answer), *kind, "{answer:?}");
    }
}

#[test]
fn a_status_of_another_server_says_nothing_of_the_object() {
    for (operation, status) in [
        (Operation::HeadObject, 405),
        (Operation::GetObject, 405),
        (Operation::PutObject, 412),
        (Operation::GetObject, 412),
        (Operation::GetObject, 416),
    ] {
        let kind = refused(&foreign(bare(operation, status)));
        assert_eq!(kind, ErrorKind::MalformedResponse, "{operation} {status}");
    }
}

#[test]
fn every_code_of_a_row_leads_to_it_alone() {
    for row in ROWS {
        for code in row.codes {
            let same = ROWS.iter().filter(|other| {
                let plain = other.status == ANY && std::ptr::fn_addr_eq(other.when, row.when);
                plain && other.codes.contains(code)
            });
            assert_eq!(same.count(), 1, "{code}");
        }
    }
}

#[test]
fn what_no_row_fits_is_unexpected() {
    assert_eq!(
        refused(&said(400, "EntityTooSmall", "")),
        ErrorKind::Unexpected
    );
    assert_eq!(
        refused(&bare(Operation::PutObject, 400)),
        ErrorKind::Unexpected
    );
}

#[test]
fn a_message_becomes_one_short_line_without_a_signature() {
    assert_eq!(short("a\r\n\tb\u{0} c"), "a b c");
    let url = "see https://acme/k?X-Amz-Credential=AKID&X-Amz-Signature=abc now";
    assert_eq!(short(url), "see now");
    assert_eq!(short(&"long ".repeat(200)).chars().count(), 300);
    assert_eq!(short(&"x".repeat(500)).chars().count(), 300);
}
