//! The one place that decides the kind of a failure.
//!
//! The first row of [`ROWS`] that fits an answer decides. The codes are those of
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html> and, with `XMinio` and
//! where noted, those of `cmd/api-errors.go` in `MinIO`.

use std::error::Error as StdError;
use std::io;
use std::ops::RangeInclusive;

use aws_smithy_checksums::body::validate::Error as ChecksumError;
use aws_smithy_runtime_api::client::dns::ResolveDnsError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use backstop_contract::{ErrorKind, Operation};

pub(crate) mod sts;
#[cfg(test)]
mod tests;

/// What an answer says of its failure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) operation: Operation,
    pub(crate) status: u16,
    pub(crate) code: Option<&'a str>,
    pub(crate) message: &'a str,
    /// Whether the body is something else than the service's own XML.
    pub(crate) foreign: bool,
    /// Whether the answer names a region that is not the one the request was signed for.
    pub(crate) elsewhere: bool,
}

/// One line of the table; it fits when each of its parts does.
struct Row {
    /// The codes; empty when any code fits, and none.
    codes: &'static [&'static str],
    /// The statuses.
    status: RangeInclusive<u16>,
    /// What else must be so.
    when: fn(&Answer<'_>) -> bool,
    kind: ErrorKind,
}

const ANY: RangeInclusive<u16> = 0..=999;

const fn code(codes: &'static [&'static str], kind: ErrorKind) -> Row {
    Row {
        codes,
        status: ANY,
        when: |_| true,
        kind,
    }
}

const fn status(status: RangeInclusive<u16>, kind: ErrorKind) -> Row {
    Row {
        codes: &[],
        status,
        when: |_| true,
        kind,
    }
}

impl Row {
    const fn when(self, when: fn(&Answer<'_>) -> bool) -> Self {
        Self {
            codes: self.codes,
            status: self.status,
            when,
            kind: self.kind,
        }
    }

    fn fits(&self, answer: &Answer<'_>) -> bool {
        let code = || answer.code.is_some_and(|code| self.codes.contains(&code));
        self.status.contains(&answer.status)
            && (self.codes.is_empty() || code())
            && (self.when)(answer)
    }
}

static ROWS: &[Row] = &[
    // A region is wrong as soon as the answer names another one: 301 and 400 with a code, and the
    // bodiless 400 of a HEAD with `x-amz-bucket-region` alone.
    status(301..=400, ErrorKind::WrongRegion).when(|answer| answer.elsewhere),
    code(
        &["PermanentRedirect", "IllegalLocationConstraintException"],
        ErrorKind::WrongRegion,
    ),
    // Without another region in it, this is an access key id that cannot stand in the header.
    code(
        &["AuthorizationHeaderMalformed"],
        ErrorKind::Unauthenticated,
    ),
    // A bucket that is days old: its name leads elsewhere until DNS has caught up.
    code(&["TemporaryRedirect"], ErrorKind::ServiceFailed),
    // A web console, and a server that wants TLS: no S3 API at that port.
    code(
        &["InvalidArgument", "AccessDenied"],
        ErrorKind::MalformedResponse,
    )
    .when(|answer| answer.message.contains("API port")),
    code(
        &["XMinioInsecureClientRequest"],
        ErrorKind::MalformedResponse,
    ),
    // Locks: `MinIO` says so with InvalidRequest, Amazon with AccessDenied.
    code(&["InvalidRequest"], ErrorKind::Immutable)
        .when(|answer| answer.message.contains("WORM protected")),
    code(&["AccessDenied"], ErrorKind::Immutable)
        .when(|answer| answer.message.contains("object lock")),
    code(&["ObjectLocked"], ErrorKind::Immutable),
    // Who asks.
    code(&["SignatureDoesNotMatch"], ErrorKind::SignatureRejected),
    code(
        &[
            "InvalidAccessKeyId",
            "InvalidToken",
            // MinIO, of a session token.
            "InvalidTokenId",
            "MissingSecurityHeader",
        ],
        ErrorKind::Unauthenticated,
    ),
    code(&["RequestTimeTooSkewed"], ErrorKind::ClockSkewed),
    code(
        &["ExpiredToken", "TokenRefreshRequired"],
        ErrorKind::CredentialExpired,
    ),
    code(
        &[
            "AccessDenied",
            "AllAccessDisabled",
            "AccountProblem",
            "NotSignedUp",
        ],
        ErrorKind::PermissionDenied,
    ),
    // What is asked for.
    code(
        &["NoSuchBucket", "InvalidBucketName"],
        ErrorKind::BucketNotFound,
    ),
    code(&["NoSuchKey", "NoSuchVersion"], ErrorKind::ObjectNotFound),
    // A version id that is none of this service's cannot name a version of it.
    code(&["InvalidArgument"], ErrorKind::ObjectNotFound)
        .when(|answer| answer.message.contains("version id")),
    code(&["NoSuchUpload"], ErrorKind::UploadNotFound),
    code(&["InvalidObjectState"], ErrorKind::ArchivedObject),
    // An earlier version that is a delete marker answers 405 to GET and HEAD.
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
    status(405..=405, ErrorKind::ObjectNotFound)
        .when(|answer| reads_object(answer) && !answer.foreign),
    code(
        &[
            "KeyTooLongError",
            "KeyTooLong",
            "InvalidObjectName",
            "XMinioInvalidObjectName",
            "XMinioInvalidResourceName",
            "XMinioObjectExistsAsDirectory",
            "XMinioInvalidUTF",
        ],
        ErrorKind::InvalidKey,
    ),
    // Conditions: `If-None-Match: *` is the only one we send with a write.
    code(&["PreconditionFailed"], ErrorKind::AlreadyExists).when(creates_object),
    status(412..=412, ErrorKind::AlreadyExists)
        .when(|answer| creates_object(answer) && !answer.foreign),
    status(412..=412, ErrorKind::PreconditionFailed).when(own),
    code(&["InvalidRange"], ErrorKind::PreconditionFailed),
    status(416..=416, ErrorKind::PreconditionFailed).when(own),
    // Another request on the same key is under way; Amazon says to try again.
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    code(
        &["ConditionalRequestConflict", "OperationAborted"],
        ErrorKind::ServiceFailed,
    ),
    code(
        &[
            "BadDigest",
            "InvalidDigest",
            "XAmzContentChecksumMismatch",
            "XAmzContentSHA256Mismatch",
        ],
        ErrorKind::ChecksumMismatch,
    ),
    // Room.
    code(
        &[
            "QuotaExceeded",
            "XMinioAdminBucketQuotaExceeded",
            "XMinioStorageFull",
        ],
        ErrorKind::QuotaExceeded,
    ),
    status(507..=507, ErrorKind::QuotaExceeded),
    // Haste. `MinIO` gives the two codes behind it to lost quorums, where waiting does not help.
    code(&["SlowDownRead", "SlowDownWrite"], ErrorKind::ServiceFailed),
    code(
        &[
            "SlowDown",
            "RequestLimitExceeded",
            "TooManyRequests",
            "Throttling",
            "ThrottlingException",
            "BandwidthLimitExceeded",
        ],
        ErrorKind::Throttled,
    ),
    status(429..=429, ErrorKind::Throttled),
    // `MinIO` waited for a lock of its own, and found too few of its servers.
    Row {
        status: 503..=503,
        ..code(&["RequestTimeout"], ErrorKind::ServiceFailed)
    },
    // The server waited for our body.
    code(&["RequestTimeout"], ErrorKind::TimedOut),
    status(408..=408, ErrorKind::TimedOut),
    code(
        &["NotImplemented", "MethodNotAllowed"],
        ErrorKind::Unsupported,
    ),
    // Some stores and gateways answer 500 to a feature by name only.
    status(501..=501, ErrorKind::Unsupported),
    code(
        &["InternalError", "ServiceUnavailable", "Busy"],
        ErrorKind::ServiceFailed,
    ),
    // Also of a gateway before the service, whatever its page looks like.
    status(500..=599, ErrorKind::ServiceFailed),
    // Below here the body is not trusted to be of this service.
    status(ANY, ErrorKind::MalformedResponse).when(|answer| answer.foreign),
    status(200..=299, ErrorKind::MalformedResponse).when(|answer| answer.code.is_none()),
    // A HEAD has no body: the status is all there is.
    status(401..=401, ErrorKind::Unauthenticated),
    status(403..=403, ErrorKind::PermissionDenied),
    status(404..=404, ErrorKind::UploadNotFound).when(on_upload),
    status(404..=404, ErrorKind::ObjectNotFound).when(on_object),
    status(404..=404, ErrorKind::BucketNotFound).when(|answer| answer.code.is_none()),
    status(405..=405, ErrorKind::Unsupported),
    status(301..=308, ErrorKind::WrongRegion).when(|answer| answer.code.is_none()),
];

fn own(answer: &Answer<'_>) -> bool {
    !answer.foreign
}

fn reads_object(answer: &Answer<'_>) -> bool {
    matches!(
        answer.operation,
        Operation::HeadObject | Operation::GetObject
    )
}

fn creates_object(answer: &Answer<'_>) -> bool {
    matches!(
        answer.operation,
        Operation::PutObject | Operation::CompleteMultipart
    )
}

fn on_object(answer: &Answer<'_>) -> bool {
    reads_object(answer)
        || matches!(
            answer.operation,
            Operation::PutObject | Operation::DeleteObject
        )
}

fn on_upload(answer: &Answer<'_>) -> bool {
    matches!(
        answer.operation,
        Operation::PutPart
            | Operation::CompleteMultipart
            | Operation::AbortMultipart
            | Operation::ListParts
    )
}

/// Decides the kind of a refusal.
pub(crate) fn refused(answer: &Answer<'_>) -> ErrorKind {
    ROWS.iter()
        .find(|row| row.fits(answer))
        .map_or(ErrorKind::Unexpected, |row| row.kind)
}

/// Decides the kind of a request without an answer, or of an answer that broke off, and says why.
pub(crate) fn broken(error: &(dyn StdError + 'static)) -> (ErrorKind, String) {
    let chain = causes(error);
    let kind = chain.iter().find_map(|cause| kind_of(*cause));
    let text = chain.last().map(ToString::to_string).unwrap_or_default();
    (kind.unwrap_or(ErrorKind::Unreachable), short(&text))
}

fn kind_of(cause: &(dyn StdError + 'static)) -> Option<ErrorKind> {
    if let Some(connector) = cause.downcast_ref::<ConnectorError>() {
        return (connector.is_timeout()).then_some(ErrorKind::TimedOut);
    }
    if let Some(http) = cause.downcast_ref::<hyper::Error>() {
        // Not HTTP at all, such as the alert of a server that expected TLS.
        return http.is_parse().then_some(ErrorKind::MalformedResponse);
    }
    if cause.is::<ResolveDnsError>() {
        return Some(ErrorKind::NameNotResolved);
    }
    if cause.is::<rustls::Error>() {
        return Some(ErrorKind::TlsRejected);
    }
    if cause.is::<ChecksumError>() {
        return Some(ErrorKind::ChecksumMismatch);
    }
    let timed_out = |io: &io::Error| io.kind() == io::ErrorKind::TimedOut;
    let is_timeout = cause.downcast_ref::<io::Error>().is_some_and(timed_out);
    is_timeout.then_some(ErrorKind::TimedOut)
}

/// Returns an error and its causes, outermost first.
///
/// An `io::Error` hides the error it was made of from `source`, and TLS failures arrive in one.
pub(crate) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        chain.push(cause);
        let inside = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .map(|inside| inside as &(dyn StdError + 'static));
        next = inside.or_else(|| cause.source());
    }
    chain
}

/// Returns whether a word may be a part of a signed URL, or a signed header with its value; the bare
/// name of a header is not.
fn may_be_signed(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_name = bare.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    word.to_ascii_lowercase().contains("x-amz-") && !is_name
}
/// How long such a line is at most, in characters.
pub(crate) const LONGEST_WORDS: usize = 300;

/// Makes one short printable line of a text, without what a signed URL would give away.
pub(crate) fn short(text: &str) -> String {
    let words: Vec<_> = text
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty() && !may_be_signed(word))
        .collect();
    let line = words.join(" ");
    if line.chars().count() <= LONGEST_WORDS {
        return line;
    }
    line.chars().take(LONGEST_WORDS - 1).chain(['…']).collect()
}
