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
use std::ops::RangeInclusive;

use azure_core::error::ErrorKind as CoreKind;
use azure_core::http::RawResponse;
use backstop_contract::{ErrorKind, Evidence, Operation, Sent};

use crate::auth_failure::AuthFailure;
use crate::challenge;
use crate::credentials::CredentialKind;
use crate::evidence::Refusal;
use crate::observe;
use crate::wire_failure::{PROXY_WANTS, WireFailure};

/// The status by which a proxy says that it wants to know who asks.
const PROXY_AUTHORIZATION: u16 = 407;

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
    // A proxy wants to know who asks.
    (
        PROXY_AUTHORIZATION..=PROXY_AUTHORIZATION,
        Is(ErrorKind::Unauthenticated),
    ),
    // The service never answers a request of ours with a redirect, nor with another success.
    (200..=399, Is(ErrorKind::MalformedResponse)),
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
    /// Whether somebody between us and the service may be why: a proxy is worth telling.
    pub(crate) on_the_way: bool,
    /// The tenant that the account says it is of.
    pub(crate) account_tenant: Option<String>,
}

/// Decides what a failure of the SDK's pipeline means.
pub(crate) fn failure(error: &azure_core::Error, asked: Asked) -> Failure {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(none) = cause.downcast_ref::<AuthFailure>() {
            return Failure::to_authenticate(none.clone());
        }
        if let Some(wire) = cause.downcast_ref::<WireFailure>() {
            let evidence = Evidence {
                message: Some(wire.to_string()),
                ..Evidence::default()
            };
            return Failure {
                kind: wire.kind(),
                sent: wire.sent(),
                source: Some(wire.clone()),
                on_the_way: true,
                ..Failure::answered(evidence, asked)
            };
        }
        if let Some(CoreKind::HttpResponse {
            raw_response: Some(answer),
            ..
        }) = cause.downcast_ref().map(azure_core::Error::kind)
        {
            let mut refusal = Refusal::of_blobs(answer);
            if refusal.evidence.status == Some(PROXY_AUTHORIZATION) {
                // Whatever it looks like, the service is not who says this.
                refusal.genuine = false;
                refusal.evidence.message = Some(PROXY_WANTS.to_owned());
            }
            return Failure {
                kind: blob_refusal(&refusal, asked),
                on_the_way: !refusal.genuine,
                account_tenant: challenge::tenant(answer.headers()),
                ..Failure::answered(refusal.evidence, asked)
            };
        }
        next = cause.source();
    }
    // What is left is an answer that the SDK could not read.
    Failure::answered(Evidence::default(), asked)
}

/// Decides what a refusal means that came as a success; nothing where the answer names no code.
pub(crate) fn within(answer: &RawResponse, asked: Asked) -> Option<Failure> {
    let refusal = Refusal::of_blobs(answer);
    refusal.evidence.code.as_ref()?;
    Some(Failure {
        kind: blob_refusal(&refusal, asked),
        ..Failure::answered(refusal.evidence, asked)
    })
}

impl Failure {
    fn answered(evidence: Evidence, asked: Asked) -> Self {
        Self {
            kind: ErrorKind::MalformedResponse,
            operation: asked.operation,
            sent: Sent::Answered,
            evidence,
            source: None,
            on_the_way: false,
            account_tenant: None,
        }
    }

    /// A request that needs a token fails as the request for the token did.
    fn to_authenticate(failure: AuthFailure) -> Self {
        let AuthFailure {
            kind,
            sent,
            evidence,
            source,
        } = failure;
        Self {
            kind,
            operation: Operation::Authenticate,
            sent,
            evidence: *evidence,
            source,
            on_the_way: false,
            account_tenant: None,
        }
    }
}

fn blob_refusal(refusal: &Refusal, asked: Asked) -> ErrorKind {
    let code = refusal.evidence.code.as_deref().unwrap_or_default();
    let status = refusal.evidence.status.unwrap_or_default();
    if !refusal.genuine
        && !(500..600).contains(&status)
        && !matches!(status, PROXY_AUTHORIZATION | 429)
    {
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
        CredentialKind::Token | CredentialKind::Nothing => ErrorKind::Unauthenticated,
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

#[cfg(test)]
mod tests;
