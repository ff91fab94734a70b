//! A line for each line of the table.

use super::*;

/// Status, code, message, and the kind that they are.
const REFUSALS: &[(u16, &str, &str, ErrorKind)] = &[
    (
        400,
        "InvalidParameterValue",
        "Token is expired",
        ErrorKind::CredentialExpired,
    ),
    (
        403,
        "SignatureDoesNotMatch",
        "Signature expired: 1 is now earlier than 2",
        ErrorKind::ClockSkewed,
    ),
    (
        403,
        "SignatureDoesNotMatch",
        "Signature not yet current: 1",
        ErrorKind::ClockSkewed,
    ),
    (
        403,
        "SignatureDoesNotMatch",
        "Check your AWS Secret Access Key.",
        ErrorKind::SignatureRejected,
    ),
    (400, "RequestExpired", "", ErrorKind::ClockSkewed),
    (
        500,
        "InternalError",
        "The difference between the request time and the server's time is too large.",
        ErrorKind::ClockSkewed,
    ),
    (
        403,
        "AccessDenied",
        "The request signature we calculated does not match",
        ErrorKind::SignatureRejected,
    ),
    (
        403,
        "AccessDenied",
        "The Access Key Id you provided does not exist in our records.",
        ErrorKind::Unauthenticated,
    ),
    (
        400,
        "InvalidParameterValue",
        "Unsupported action GetCallerIdentity",
        ErrorKind::Unsupported,
    ),
    (
        400,
        "InvalidParameterValue",
        "invalid token",
        ErrorKind::Unauthenticated,
    ),
    (
        403,
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        ErrorKind::Unauthenticated,
    ),
    (
        400,
        "InvalidIdentityToken",
        "No OpenIDConnect provider found in your account",
        ErrorKind::Unauthenticated,
    ),
    (403, "IDPRejectedClaim", "", ErrorKind::Unauthenticated),
    (
        400,
        "ExpiredTokenException",
        "Token expired",
        ErrorKind::CredentialExpired,
    ),
    (400, "ExpiredToken", "", ErrorKind::CredentialExpired),
    (
        403,
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        ErrorKind::PermissionDenied,
    ),
    (
        403,
        "RegionDisabledException",
        "",
        ErrorKind::PermissionDenied,
    ),
    (400, "IDPCommunicationError", "", ErrorKind::ServiceFailed),
    (400, "Throttling", "Rate exceeded", ErrorKind::Throttled),
    (429, "", "", ErrorKind::Throttled),
    (400, "InvalidAction", "", ErrorKind::Unsupported),
    (501, "", "", ErrorKind::Unsupported),
    (503, "ServiceUnavailable", "", ErrorKind::ServiceFailed),
    (502, "", "", ErrorKind::ServiceFailed),
    (
        400,
        "ValidationError",
        "1 validation error detected",
        ErrorKind::Unauthenticated,
    ),
    (403, "", "", ErrorKind::Unauthenticated),
    (200, "", "", ErrorKind::MalformedResponse),
];

fn evidence(status: u16, code: &str, message: &str) -> Evidence {
    Evidence {
        status: Some(status),
        code: (!code.is_empty()).then(|| code.to_owned()),
        message: Some(message.to_owned()),
        ..Evidence::default()
    }
}

#[test]
fn each_refusal_has_its_kind() {
    for (status, code, message, kind) in REFUSALS {
        let said = evidence(*status, code, message);
        assert_eq!(refused(&said, false), *kind, "{status} {code} {message}");
    }
    let page = evidence(403, "", "Blocked by your company.");
    assert_eq!(refused(&page, true), ErrorKind::MalformedResponse);
}
