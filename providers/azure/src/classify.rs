//! Decides what a failure means: the tables, and nothing else does.
//!
//! # Why
//!
//! The services' documentation decides, not an emulator: Azurite answers a wrong account key with
//! `AuthorizationFailure`, which Azure says of a firewall.
//!
//! See <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes> and
//! <https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes>.

use std::error::Error as StdError;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use azure_core::error::ErrorKind as CoreKind;
use backstop_contract::{ErrorKind, Evidence, Operation, Sent};

use crate::credentials::CredentialKind;
use crate::evidence::Refusal;
use crate::observe;
use crate::transport::NotResolved;

/// What a code or a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Always the same.
    Is(ErrorKind),
    /// A failed authentication: the credential and the service's detail say of what sort.
    Authentication,
    /// An authorization that is not one: the detail says whether it was a token that has ended.
    Authorization,
    /// Something is missing: the operation says what.
    Missing,
    /// A condition does not hold: the request says which.
    Condition,
}

use Meaning::{Authentication, Authorization, Condition, Is, Missing};

/// The blob service's own codes.
const CODES: &[(&[&str], Meaning)] = &[
    // The signature is wrong, too old, or for another time.
    (&["AuthenticationFailed"], Authentication),
    // No Authorization header, one in a form the service does not know, or a token it refuses.
    (
        &["NoAuthenticationInformation", "InvalidAuthenticationInfo"],
        Authorization,
    ),
    // Who asks is known and may not: a firewall, a role, a SAS without the permission or for other
    // addresses, keys switched off, public access switched off, an account that is suspended.
    (
        &[
            "AuthorizationFailure",
            "AuthorizationPermissionMismatch",
            "AuthorizationProtocolMismatch",
            "AuthorizationResourceTypeMismatch",
            "AuthorizationServiceMismatch",
            "AuthorizationSourceIPMismatch",
            "InsufficientAccountPermissions",
            "KeyBasedAuthenticationNotPermitted",
            "AccountIsDisabled",
            "PublicAccessNotPermitted",
            "UnauthorizedBlobOverwrite",
        ],
        Is(ErrorKind::PermissionDenied),
    ),
    // There is no such container, or it is on its way out or in.
    (
        &[
            "ContainerNotFound",
            "ContainerBeingDeleted",
            "ContainerDisabled",
        ],
        Is(ErrorKind::BucketNotFound),
    ),
    // There is no such blob or version.
    (&["BlobNotFound"], Is(ErrorKind::ObjectNotFound)),
    // The general word for something missing.
    (&["ResourceNotFound"], Missing),
    // A write that asked for an absent key found one; Azure says so with either of two codes.
    (&["BlobAlreadyExists"], Is(ErrorKind::AlreadyExists)),
    (&["ConditionNotMet", "TargetConditionNotMet"], Condition),
    // The blob has snapshots that the delete did not name; or the version is the current one, which
    // cannot be deleted by its id: a delete without a version makes it an earlier one first.
    (
        &["SnapshotsPresent", "OperationNotAllowedOnRootBlob"],
        Is(ErrorKind::PreconditionFailed),
    ),
    // The range begins behind the end.
    (&["InvalidRange"], Is(ErrorKind::PreconditionFailed)),
    // What arrived has another checksum than was declared, or the declaration is none.
    (
        &["Md5Mismatch", "Crc64Mismatch", "InvalidMd5"],
        Is(ErrorKind::ChecksumMismatch),
    ),
    // A retention policy, a legal hold, or a lease, which is a lock that somebody holds.
    (
        &[
            "BlobImmutableDueToPolicy",
            "BlobImmutableDueToLegalHold",
            "LeaseIdMissing",
        ],
        Is(ErrorKind::Immutable),
    ),
    // The blob lies in the archive tier, or is being fetched from there.
    (
        &["BlobArchived", "BlobBeingRehydrated"],
        Is(ErrorKind::ArchivedObject),
    ),
    // A block that the list names is not among the uncommitted ones: the upload was completed, its
    // blocks went with a Put Blob on the same key, or a week passed.
    (&["InvalidBlockList"], Is(ErrorKind::UploadNotFound)),
    // The service asks for fewer requests.
    (&["ServerBusy", "TooManyRequests"], Is(ErrorKind::Throttled)),
    // The account or the blob can hold no more.
    (&["BlockCountExceedsLimit"], Is(ErrorKind::QuotaExceeded)),
    // The service failed by its own account.
    (
        &["InternalError", "OperationTimedOut"],
        Is(ErrorKind::ServiceFailed),
    ),
    // The name cannot be one.
    (
        &["InvalidResourceName", "InvalidUri"],
        Is(ErrorKind::InvalidKey),
    ),
    // The service, this kind of account, or an emulator does not offer this.
    (
        &[
            "UnsupportedHeader",
            "UnsupportedHttpVerb",
            "UnsupportedQueryParameter",
            "FeatureNotSupported",
            "FeatureNotYetSupportedForHierarchicalNamespaceAccounts",
            "BlobOperationNotSupported",
            "NotImplemented",
            "APINotImplemented",
        ],
        Is(ErrorKind::Unsupported),
    ),
];

/// Statuses, for an answer whose code says nothing to us.
const STATUSES: &[(RangeInclusive<u16>, Meaning)] = &[
    (401..=401, Is(ErrorKind::Unauthenticated)),
    (403..=403, Is(ErrorKind::PermissionDenied)),
    (404..=404, Missing),
    (412..=412, Condition),
    (416..=416, Is(ErrorKind::PreconditionFailed)),
    (429..=429, Is(ErrorKind::Throttled)),
    (501..=501, Is(ErrorKind::Unsupported)),
    (507..=507, Is(ErrorKind::QuotaExceeded)),
    // Whoever said it, the service or a gateway before it: it may be over in a moment.
    (500..=599, Is(ErrorKind::ServiceFailed)),
    // The service never answers a request of ours with a redirect, nor with another success.
    (200..=399, Is(ErrorKind::MalformedResponse)),
    // A proxy wants a password.
    (407..=407, Is(ErrorKind::MalformedResponse)),
];

/// Entra's own codes; every other one means that there is no token for us.
const TOKENS: &[(&str, ErrorKind)] = &[
    // The client secret has ended.
    ("AADSTS7000222", ErrorKind::CredentialExpired),
    // The client secret is wrong.
    ("AADSTS7000215", ErrorKind::Unauthenticated),
    // There is no such tenant.
    ("AADSTS90002", ErrorKind::Unauthenticated),
    // There is no such application in the tenant.
    ("AADSTS700016", ErrorKind::Unauthenticated),
    // A conditional access policy forbids it.
    ("AADSTS53003", ErrorKind::PermissionDenied),
];

/// What a request was, as far as it changes what its failure means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) operation: Operation,
    pub(crate) credential: CredentialKind,
    /// Whether the write was to find the key absent.
    pub(crate) if_absent: bool,
}

/// A failure, understood.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    /// What failed: a token that cannot be had fails as `Authenticate`.
    pub(crate) operation: Operation,
    pub(crate) sent: Sent,
    pub(crate) evidence: Evidence,
    pub(crate) source: Option<WireFailure>,
}

/// Decides what a failure of the SDK's pipeline means.
pub(crate) fn failure(error: &azure_core::Error, asked: Asked) -> Failure {
    let of_token = *error.kind() == CoreKind::Credential;
    let operation = if of_token {
        Operation::Authenticate
    } else {
        asked.operation
    };
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(wire) = cause.downcast_ref::<WireFailure>() {
            return Failure {
                kind: wire.kind,
                operation,
                // Without a token the request itself never left.
                sent: if of_token { Sent::No } else { wire.sent },
                evidence: Evidence {
                    message: Some(wire.text.clone()),
                    ..Evidence::default()
                },
                source: Some(wire.clone()),
            };
        }
        if let Some(CoreKind::HttpResponse {
            raw_response: Some(answer),
            ..
        }) = cause.downcast_ref().map(azure_core::Error::kind)
        {
            let (kind, evidence) = if of_token {
                let refusal = Refusal::of_tokens(answer);
                (token_refusal(&refusal), refusal.evidence)
            } else {
                let refusal = Refusal::of_blobs(answer);
                (blob_refusal(&refusal, asked), refusal.evidence)
            };
            return Failure {
                kind,
                operation,
                sent: Sent::Answered,
                evidence,
                source: None,
            };
        }
        next = cause.source();
    }
    // What is left is an answer that the SDK could not read.
    Failure {
        kind: ErrorKind::MalformedResponse,
        operation,
        sent: Sent::Answered,
        evidence: Evidence::default(),
        source: None,
    }
}

fn blob_refusal(refusal: &Refusal, asked: Asked) -> ErrorKind {
    let code = refusal.evidence.code.as_deref().unwrap_or_default();
    let status = refusal.evidence.status.unwrap_or_default();
    if !refusal.genuine && !(500..600).contains(&status) && status != 429 {
        return ErrorKind::MalformedResponse;
    }
    let by_code = CODES
        .iter()
        .find(|(codes, _)| codes.contains(&code))
        .map(|(_, meaning)| *meaning);
    match by_code.or_else(|| by_status(status)) {
        Some(Is(kind)) => kind,
        Some(Authentication) => authentication(&refusal.detail, asked.credential),
        // "Lifetime validation failed. The token is expired."
        Some(Authorization)
            if asked.credential == CredentialKind::Token && refusal.detail.contains("expired") =>
        {
            ErrorKind::CredentialExpired
        }
        Some(Authorization) => ErrorKind::Unauthenticated,
        Some(Missing) => missing(asked.operation),
        Some(Condition) if asked.if_absent => ErrorKind::AlreadyExists,
        Some(Condition) => ErrorKind::PreconditionFailed,
        None => ErrorKind::Unexpected,
    }
}

fn by_status(status: u16) -> Option<Meaning> {
    STATUSES
        .iter()
        .find(|(statuses, _)| statuses.contains(&status))
        .map(|(_, meaning)| *meaning)
}

/// Decides what a failed authentication means from the sentence the service adds to it.
fn authentication(detail: &str, credential: CredentialKind) -> ErrorKind {
    // A request may be 15 minutes old.
    if detail.contains("Request date header too old") {
        return ErrorKind::ClockSkewed;
    }
    if detail.contains("Signature not valid in the specified time frame") {
        // "Start [..] - Expiry [..] - Current [..]": before its start it is a matter of clocks.
        let moment = |name| {
            let (_, rest) = detail.split_once(name)?;
            observe::http_date(rest.split_once(']')?.0)
        };
        return match (moment("Start ["), moment("Current [")) {
            (Some(start), Some(current)) if current < start => ErrorKind::ClockSkewed,
            _ => ErrorKind::CredentialExpired,
        };
    }
    match credential {
        CredentialKind::Token if detail.contains("expired") => ErrorKind::CredentialExpired,
        CredentialKind::Token => ErrorKind::Unauthenticated,
        CredentialKind::Key | CredentialKind::Sas => ErrorKind::SignatureRejected,
    }
}

/// Decides what a 404 misses: a write and a listing can only miss the container.
fn missing(operation: Operation) -> ErrorKind {
    match operation {
        Operation::HeadObject | Operation::GetObject | Operation::DeleteObject => {
            ErrorKind::ObjectNotFound
        }
        _ => ErrorKind::BucketNotFound,
    }
}

fn token_refusal(refusal: &Refusal) -> ErrorKind {
    let status = refusal.evidence.status.unwrap_or_default();
    let code = refusal.evidence.code.as_deref().unwrap_or_default();
    if let Some((_, kind)) = TOKENS.iter().find(|(known, _)| *known == code) {
        return *kind;
    }
    match status {
        429 => ErrorKind::Throttled,
        500..=599 => ErrorKind::ServiceFailed,
        400..=499 if refusal.genuine => ErrorKind::Unauthenticated,
        _ => ErrorKind::MalformedResponse,
    }
}

/// A request without an answer, or an answer that broke off; it holds no URL.
#[derive(Debug, Clone)]
pub(crate) struct WireFailure {
    kind: ErrorKind,
    sent: Sent,
    text: String,
}

impl WireFailure {
    /// Creates the failure of an answer that is longer than any of the service's.
    pub(crate) fn endless(longest: usize) -> Self {
        Self {
            kind: ErrorKind::MalformedResponse,
            sent: Sent::Answered,
            text: format!("the answer is longer than {longest} bytes"),
        }
    }

    /// Creates the failure of an answer that kept silent.
    pub(crate) fn silent(patience: Duration) -> Self {
        Self {
            kind: ErrorKind::TimedOut,
            sent: Sent::Maybe,
            text: format!("nothing came for {} ms", patience.as_millis()),
        }
    }
}

impl fmt::Display for WireFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for WireFailure {}

/// Decides what a failure of the HTTP client means.
pub(crate) fn transport(error: reqwest::Error) -> WireFailure {
    let error = error.without_url();
    let (before, is_timeout) = (error.is_connect() || error.is_builder(), error.is_timeout());
    let causes = Causes::of(&error);
    let kind = match &causes {
        // The name has no address.
        Causes {
            resolved: false, ..
        } => ErrorKind::NameNotResolved,
        // The certificate or the protocol was refused, also when the server speaks no TLS.
        Causes { tls: true, .. } => ErrorKind::TlsRejected,
        // No connection in time.
        _ if is_timeout => ErrorKind::TimedOut,
        // The answer is no HTTP.
        Causes { parse: true, .. } => ErrorKind::MalformedResponse,
        // A header that cannot be sent, such as a token with a line break.
        _ if error.is_builder() => ErrorKind::Unexpected,
        // Refused, reset, closed, broken off.
        _ => ErrorKind::Unreachable,
    };
    WireFailure {
        kind,
        sent: if before { Sent::No } else { Sent::Maybe },
        text: causes.root,
    }
}

/// What the causes of a failure tell by their types.
struct Causes {
    resolved: bool,
    tls: bool,
    parse: bool,
    root: String,
}

impl Causes {
    fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut found = Self {
            resolved: true,
            tls: false,
            parse: false,
            root: String::new(),
        };
        let mut next = Some(error);
        while let Some(cause) = next {
            found.resolved &= !cause.is::<NotResolved>();
            found.tls |= cause.is::<rustls::Error>();
            found.parse |= cause
                .downcast_ref::<hyper::Error>()
                .is_some_and(hyper::Error::is_parse);
            found.root = cause.to_string();
            // An I/O error skips what it wraps when asked for its source.
            let wrapped = cause
                .downcast_ref::<std::io::Error>()
                .and_then(std::io::Error::get_ref);
            next = match wrapped {
                Some(inner) => Some(inner),
                None => cause.source(),
            };
        }
        found
    }
}

#[cfg(test)]
mod tests;
