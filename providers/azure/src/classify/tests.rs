//! One test per row of the tables, and one that no row is without.

use std::time::Duration;

use azure_core::http::RawResponse;
use azure_core::http::headers::Headers;

use super::*;

const GET: Asked = Asked {
    operation: Operation::GetObject,
    credential: CredentialKind::Key,
    if_absent: false,
};

fn asked(operation: Operation) -> Asked {
    Asked { operation, ..GET }
}

fn refusal(status: u16, code: &str, detail: &str) -> Refusal {
    Refusal {
        evidence: Evidence {
            status: Some(status),
            code: (!code.is_empty()).then(|| code.to_owned()),
            ..Evidence::default()
        },
        detail: detail.to_owned(),
        genuine: true,
    }
}

macro_rules! code_rows {
    ($($name:ident: $status:literal $($code:literal)+ => $kind:ident;)*) => {
        const COVERED_CODES: &[&str] = &[$($($code,)+)*];
        $(#[test]
        fn $name() {
            for code in [$($code),+] {
                let found = blob_refusal(&refusal($status, code, ""), GET);
                assert_eq!(found, ErrorKind::$kind, "{code}");
            }
        })*
    };
}

code_rows! {
    a_wrong_signature: 403 "AuthenticationFailed" => SignatureRejected;
    no_or_unknown_authorization: 401 "NoAuthenticationInformation" "InvalidAuthenticationInfo" => Unauthenticated;
    known_and_not_allowed: 403 "AuthorizationFailure" "AuthorizationPermissionMismatch" "AuthorizationProtocolMismatch"
        "AuthorizationResourceTypeMismatch" "AuthorizationServiceMismatch" "AuthorizationSourceIPMismatch"
        "InsufficientAccountPermissions" "KeyBasedAuthenticationNotPermitted" "AccountIsDisabled"
        "PublicAccessNotPermitted" "UnauthorizedBlobOverwrite" => PermissionDenied;
    no_container: 404 "ContainerNotFound" "ContainerBeingDeleted" "ContainerDisabled" => BucketNotFound;
    no_blob: 404 "BlobNotFound" => ObjectNotFound;
    nothing_there: 404 "ResourceNotFound" => ObjectNotFound;
    a_blob_that_is_there: 409 "BlobAlreadyExists" => AlreadyExists;
    a_condition: 412 "ConditionNotMet" "TargetConditionNotMet" => PreconditionFailed;
    snapshots_or_the_current_version: 409 "SnapshotsPresent" "OperationNotAllowedOnRootBlob" => PreconditionFailed;
    a_range_behind_the_end: 416 "InvalidRange" => PreconditionFailed;
    another_checksum: 400 "Md5Mismatch" "Crc64Mismatch" "InvalidMd5" => ChecksumMismatch;
    retention_hold_or_lease: 409 "BlobImmutableDueToPolicy" "BlobImmutableDueToLegalHold" "LeaseIdMissing" => Immutable;
    the_archive_tier: 409 "BlobArchived" "BlobBeingRehydrated" => ArchivedObject;
    a_block_that_is_gone: 400 "InvalidBlockList" => UploadNotFound;
    too_many_requests: 503 "ServerBusy" "TooManyRequests" => Throttled;
    no_more_blocks: 409 "BlockCountExceedsLimit" => QuotaExceeded;
    the_service_failed: 500 "InternalError" "OperationTimedOut" => ServiceFailed;
    a_name_that_cannot_be: 400 "InvalidResourceName" "InvalidUri" => InvalidKey;
    not_offered: 400 "UnsupportedHeader" "UnsupportedHttpVerb" "UnsupportedQueryParameter" "FeatureNotSupported"
        "FeatureNotYetSupportedForHierarchicalNamespaceAccounts" "BlobOperationNotSupported" "NotImplemented"
        "APINotImplemented" => Unsupported;
}

macro_rules! status_rows {
    ($($name:ident: $($status:literal)+ => $kind:ident;)*) => {
        const COVERED_STATUSES: &[u16] = &[$($($status,)+)*];
        $(#[test]
        fn $name() {
            for status in [$($status),+] {
                for code in ["", "SomethingNew"] {
                    let found = blob_refusal(&refusal(status, code, ""), GET);
                    assert_eq!(found, ErrorKind::$kind, "{status} {code}");
                }
            }
        })*
    };
}

status_rows! {
    status_401: 401 => Unauthenticated;
    status_403: 403 => PermissionDenied;
    status_404: 404 => ObjectNotFound;
    status_412: 412 => PreconditionFailed;
    status_416: 416 => PreconditionFailed;
    status_429: 429 => Throttled;
    status_501: 501 => Unsupported;
    status_507: 507 => QuotaExceeded;
    status_5xx: 500 502 503 504 => ServiceFailed;
    status_2xx_and_3xx: 200 204 302 307 => MalformedResponse;
    status_407: 407 => Unauthenticated;
}

#[test]
fn no_row_is_without_a_test() {
    for code in CODES.iter().flat_map(|(codes, _)| *codes) {
        assert!(COVERED_CODES.contains(code), "{code}");
    }
    for (statuses, _) in STATUSES {
        let covered = COVERED_STATUSES
            .iter()
            .any(|status| statuses.contains(status));
        assert!(covered, "{statuses:?}");
    }
}

#[test]
fn a_code_nobody_knows_is_unexpected() {
    let found = blob_refusal(&refusal(400, "SomethingNew", ""), GET);
    assert_eq!(found, ErrorKind::Unexpected);
}

#[test]
fn what_a_404_misses_depends_on_the_operation() {
    for (operation, kind) in [
        (Operation::HeadObject, ErrorKind::ObjectNotFound),
        (Operation::DeleteObject, ErrorKind::ObjectNotFound),
        (Operation::PutObject, ErrorKind::BucketNotFound),
        (Operation::ListObjects, ErrorKind::BucketNotFound),
        (Operation::HeadBucket, ErrorKind::BucketNotFound),
    ] {
        let found = blob_refusal(&refusal(404, "ResourceNotFound", ""), asked(operation));
        assert_eq!(found, kind, "{operation}");
    }
}

#[test]
fn a_condition_asked_for_absence_or_for_something_else() {
    let asked = Asked {
        if_absent: true,
        ..asked(Operation::PutObject)
    };
    let found = blob_refusal(&refusal(412, "ConditionNotMet", ""), asked);
    assert_eq!(found, ErrorKind::AlreadyExists);
}

/// The service's own sentences, from its page on failed authentication:
/// <https://learn.microsoft.com/troubleshoot/azure/azure-storage/blobs/authentication/storage-troubleshoot-403-errors>.
#[test]
fn a_failed_authentication_is_told_apart_by_its_detail() {
    let late = "Signature not valid in the specified time frame: Start [Sun, 22 Nov 2026 08:00:00 GMT] - \
        Expiry [Sun, 22 Nov 2026 09:00:00 GMT] - Current [Sun, 22 Nov 2026 10:00:00 GMT]";
    let early = "Signature not valid in the specified time frame: Start [Sun, 22 Nov 2026 11:00:00 GMT] - \
        Expiry [Sun, 22 Nov 2026 12:00:00 GMT] - Current [Sun, 22 Nov 2026 10:00:00 GMT]";
    let old = "Request date header too old: 'Sun, 22 Nov 2026 08:00:00 GMT'";
    let wrong = "The MAC signature found in the HTTP request 'abc=' is not the same as any computed signature.";
    let token = "Lifetime validation failed. The token is expired.";
    for (detail, credential, kind) in [
        (late, CredentialKind::Sas, ErrorKind::CredentialExpired),
        (early, CredentialKind::Sas, ErrorKind::ClockSkewed),
        (old, CredentialKind::Key, ErrorKind::ClockSkewed),
        (wrong, CredentialKind::Key, ErrorKind::SignatureRejected),
        (wrong, CredentialKind::Sas, ErrorKind::SignatureRejected),
        (token, CredentialKind::Token, ErrorKind::CredentialExpired),
        (
            "Issuer validation failed.",
            CredentialKind::Token,
            ErrorKind::Unauthenticated,
        ),
    ] {
        let asked = Asked { credential, ..GET };
        let found = blob_refusal(&refusal(403, "AuthenticationFailed", detail), asked);
        assert_eq!(found, kind, "{detail}");
    }
}

#[test]
fn a_page_is_malformed_unless_it_says_that_something_failed() {
    for (status, kind) in [
        (403, ErrorKind::MalformedResponse),
        (404, ErrorKind::MalformedResponse),
        (429, ErrorKind::Throttled),
        (502, ErrorKind::ServiceFailed),
    ] {
        let page = Refusal {
            genuine: false,
            ..refusal(status, "", "")
        };
        assert_eq!(blob_refusal(&page, GET), kind, "{status}");
    }
}

#[test]
fn a_token_that_cannot_be_had_fails_as_authentication_and_was_not_sent() {
    let wire = WireFailure::silent(Duration::from_secs(1));
    let none = AuthFailure::of(&azure_core::Error::new(CoreKind::Io, wire), |_| {
        unreachable!("nobody answered")
    });
    let silence = azure_core::Error::new(CoreKind::Credential, none);
    let failure = failure(&silence, asked(Operation::PutObject));
    assert_eq!(failure.operation, Operation::Authenticate);
    assert_eq!(
        (failure.kind, failure.sent),
        (ErrorKind::TimedOut, Sent::No)
    );
}

#[test]
fn a_challenge_names_the_tenant_of_the_account() {
    let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let mut headers = Headers::new();
    let uri = format!("https://login.microsoftonline.com/{tenant}/oauth2/authorize");
    headers.insert(
        "www-authenticate",
        format!("Bearer authorization_uri={uri} resource_id=https://storage.azure.com"),
    );
    headers.insert("x-ms-error-code", "InvalidAuthenticationInfo");
    let answer = RawResponse::from_bytes(401.into(), headers, "");
    let refused = azure_core::Error::with_message(
        CoreKind::HttpResponse {
            status: 401.into(),
            error_code: None,
            raw_response: Some(Box::new(answer)),
        },
        "refused",
    );
    let failure = failure(&refused, GET);
    assert_eq!(failure.account_tenant.as_deref(), Some(tenant));
    assert!(!failure.on_the_way);
}

#[test]
fn an_answer_is_found_however_deep_it_lies() {
    let answer = RawResponse::from_bytes(403.into(), Headers::new(), "");
    let inner = azure_core::Error::with_message(
        CoreKind::HttpResponse {
            status: 403.into(),
            error_code: None,
            raw_response: Some(Box::new(answer)),
        },
        "refused",
    );
    let outer = azure_core::Error::with_error(CoreKind::Other, inner, "wrapped");
    let failure = failure(&outer, GET);
    assert_eq!(failure.kind, ErrorKind::PermissionDenied);
    assert_eq!(failure.evidence.status, Some(403));
}

#[test]
fn what_the_sdk_cannot_read_is_malformed() {
    let unread = azure_core::Error::with_message(CoreKind::DataConversion, "no number");
    assert_eq!(failure(&unread, GET).kind, ErrorKind::MalformedResponse);
}

#[test]
fn a_token_that_has_ended_is_told_from_one_that_is_none() {
    let ended = "Lifetime validation failed. The token is expired.";
    for (credential, detail, kind) in [
        (CredentialKind::Token, ended, ErrorKind::CredentialExpired),
        (
            CredentialKind::Token,
            "Issuer validation failed.",
            ErrorKind::Unauthenticated,
        ),
        (CredentialKind::Key, ended, ErrorKind::Unauthenticated),
    ] {
        let refused = refusal(401, "InvalidAuthenticationInfo", detail);
        let found = blob_refusal(&refused, Asked { credential, ..GET });
        assert_eq!(found, kind, "{credential:?} {detail}");
    }
}
