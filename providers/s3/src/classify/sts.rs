//! What a refusal of a token service means.
//!
//! The codes are those of <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>
//! and of the operations there; where noted, those of `cmd/sts-errors.go` in `MinIO`.

use std::ops::RangeInclusive;

use backstop_contract::{ErrorKind, Evidence};

/// One line of the table; it fits when each of its parts does.
struct Row {
    /// The codes; empty when any code fits, and none.
    codes: &'static [&'static str],
    status: RangeInclusive<u16>,
    /// What the message holds; empty for anything.
    says: &'static str,
    kind: ErrorKind,
}

const fn code(codes: &'static [&'static str], kind: ErrorKind) -> Row {
    Row {
        codes,
        status: 0..=999,
        says: "",
        kind,
    }
}

const fn status(status: RangeInclusive<u16>, kind: ErrorKind) -> Row {
    Row {
        codes: &[],
        status,
        says: "",
        kind,
    }
}

impl Row {
    const fn says(self, says: &'static str) -> Self {
        Self {
            codes: self.codes,
            status: self.status,
            says,
            kind: self.kind,
        }
    }

    fn fits(&self, evidence: &Evidence) -> bool {
        let said = || evidence.code.as_deref().unwrap_or_default();
        let message = evidence.message.as_deref().unwrap_or_default();
        self.status.contains(&evidence.status.unwrap_or_default())
            && (self.codes.is_empty() || self.codes.contains(&said()))
            && message.contains(self.says)
    }
}

static ROWS: &[Row] = &[
    // A wrong clock and a wrong key have one code; the sentence tells them apart.
    code(&["SignatureDoesNotMatch"], ErrorKind::ClockSkewed).says("Signature expired"),
    code(&["SignatureDoesNotMatch"], ErrorKind::ClockSkewed).says("not yet current"),
    code(
        &["RequestExpired", "RequestTimeTooSkewed"],
        ErrorKind::ClockSkewed,
    ),
    // `MinIO` has a few codes of its own here and borrows the sentences of S3.
    code(&[], ErrorKind::ClockSkewed).says("request time and the server's time is too large"),
    code(&["AccessDenied"], ErrorKind::SignatureRejected).says("signature we calculated"),
    code(&["AccessDenied"], ErrorKind::Unauthenticated).says("Access Key Id you provided"),
    code(&["InvalidParameterValue"], ErrorKind::Unsupported).says("Unsupported action"),
    code(&["InvalidParameterValue"], ErrorKind::CredentialExpired).says("Token is expired"),
    // Who asks.
    code(&["SignatureDoesNotMatch"], ErrorKind::SignatureRejected),
    code(
        &[
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidIdentityToken",
            "IDPRejectedClaim",
        ],
        ErrorKind::Unauthenticated,
    ),
    code(
        &[
            "ExpiredToken",
            "ExpiredTokenException",
            "ExpiredTradeInToken",
        ],
        ErrorKind::CredentialExpired,
    ),
    // The trust policy of the role, the external id, a policy of the caller; a region that the
    // account has not switched on.
    code(
        &[
            "AccessDenied",
            "AccessDeniedException",
            "NotAuthorized",
            "OptInRequired",
            "RegionDisabledException",
        ],
        ErrorKind::PermissionDenied,
    ),
    // The OIDC provider does not answer Amazon.
    code(&["IDPCommunicationError"], ErrorKind::ServiceFailed),
    code(
        &[
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
        ],
        ErrorKind::Throttled,
    ),
    status(429..=429, ErrorKind::Throttled),
    code(
        &["InvalidAction", "NotImplemented", "MethodNotAllowed"],
        ErrorKind::Unsupported,
    ),
    status(501..=501, ErrorKind::Unsupported),
    code(
        &["InternalFailure", "InternalError", "ServiceUnavailable"],
        ErrorKind::ServiceFailed,
    ),
    status(500..=599, ErrorKind::ServiceFailed),
];

/// Decides the kind of a refusal; `foreign` tells a body that is none of a token service.
pub(crate) fn refused(evidence: &Evidence, foreign: bool) -> ErrorKind {
    // Whatever else was wrong with the request, there are no credentials.
    let other = match (foreign, evidence.status) {
        (true, _) | (_, Some(200..=399)) => ErrorKind::MalformedResponse,
        _ => ErrorKind::Unauthenticated,
    };
    let row = ROWS.iter().find(|row| row.fits(evidence));
    row.map_or(other, |row| row.kind)
}

#[cfg(test)]
mod tests;
