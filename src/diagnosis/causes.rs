//! What a refusal or a failure means, as one table.

use backstop_contract::{ErrorKind, Operation};

use super::identity;
use super::words::Words;
use crate::report::{CheckRecord, Diagnosis, ErrorRecord};

/// One cause: the kind, whose words these are, the stable code, the title and the remedies.
struct Cause {
    kind: ErrorKind,
    provider: Option<&'static str>,
    code: &'static str,
    title: &'static str,
    remedies: &'static [&'static str],
}

const fn any(
    kind: ErrorKind,
    code: &'static str,
    title: &'static str,
    remedies: &'static [&'static str],
) -> Cause {
    Cause {
        kind,
        provider: None,
        code,
        title,
        remedies,
    }
}

const fn azure(
    kind: ErrorKind,
    code: &'static str,
    title: &'static str,
    remedies: &'static [&'static str],
) -> Cause {
    Cause {
        kind,
        provider: Some("azure"),
        code,
        title,
        remedies,
    }
}

/// The code of a missing permission.
pub(super) const DENIED: &str = "missing-permission";

/// The causes; a provider's own row stands before the one for all.
#[rustfmt::skip]
const CAUSES: &[Cause] = &[
    any(ErrorKind::NameNotResolved, "name-not-resolved", "the host name has no address",
        &["Check the spelling of the endpoint, the account or the region, and the host's DNS.",
          "If only bucket.host fails to resolve, set the addressing to path."]),
    any(ErrorKind::Unreachable, "unreachable", "no connection to the service",
        &["Check host and port, the firewall between this host and the service, and whether the service is up."]),
    any(ErrorKind::TlsRejected, "tls-rejected", "the TLS connection was refused",
        &["If the service uses a private certificate authority, give its certificate with --ca-file (or ca_file in the configuration).",
          "If the service speaks plain http on this port, say so in the endpoint; if the certificate is expired or for another name, replace it."]),
    any(ErrorKind::TimedOut, "no-answer", "no answer came in time",
        &["A firewall that drops packets looks like this: check the outbound rules of this host for the endpoint.",
          "If the service is only slow, give the run more time with --timeout."]),
    azure(ErrorKind::Unauthenticated, "credentials-unknown", "the service principal, account key or SAS is not known",
        &["Compare tenant id, client id and client secret with the app registration; the secret's value is wanted, not its id.",
          "Check that the account is the one the credentials belong to."]),
    any(ErrorKind::Unauthenticated, "credentials-unknown", "there are no credentials, or the service does not know them",
        &["Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name files for them in the configuration.",
          "If they are set, the access key id is unknown, disabled or of another service: compare it with what the cloud team gave you."]),
    azure(ErrorKind::SignatureRejected, "wrong-secret", "the account key or the SAS does not fit the account",
        &["Copy the key again from the storage account; a SAS must be copied whole, from sv= to the end of sig=."]),
    any(ErrorKind::SignatureRejected, "wrong-secret", "the secret does not belong to the access key id",
        &["Copy the secret access key again: a newline at its end, or %2F in place of /, is enough to break it.",
          "If reading works and only writing fails like this, a proxy changes signed headers on the way."]),
    any(ErrorKind::ClockSkewed, "clock-skewed", "this host's clock and the service's are too far apart",
        &["Set this host's clock by NTP (chronyc tracking shows how far off it is); 15 minutes are allowed."]),
    any(ErrorKind::CredentialExpired, "credential-expired", "the credentials have ended",
        &["Get new credentials, and rotate them before they end next time."]),
    azure(ErrorKind::PermissionDenied, DENIED, "the identity may not do this",
        &["Grant {grant}. A service principal has it by the role Storage Blob Data Contributor, and a new assignment can take 30 minutes (--wait 30m waits for it); a SAS must be issued anew with that permission in sp=.",
          "If the code is AuthorizationFailure, look at the account's network rules first: it is refused before roles are asked. KeyBasedAuthenticationNotPermitted means that the account forbids account keys: use a service principal.",
          "If they are not meant to have it, declare the access that fits with --access (or access in the configuration)."]),
    any(ErrorKind::PermissionDenied, DENIED, "the credentials may not do this",
        &["Grant {grant}.",
          "If they are not meant to have it, declare the access that fits with --access (or access in the configuration)."]),
    any(ErrorKind::BucketNotFound, "bucket-not-found", "there is no such {word}",
        &["Check the name of the {word} {bucket}, and that endpoint and account are the right ones. Backstop never creates one."]),
    any(ErrorKind::WrongRegion, "wrong-region", "the {word} is in another region",
        &["Set the region to {region} (--region, or region in the configuration)."]),
    any(ErrorKind::ObjectNotFound, "object-not-found", "an object that was written is not there",
        &["Look for a lifecycle rule, a cache or another program that removes what is under the sandbox's folder."]),
    any(ErrorKind::UploadNotFound, "upload-not-found", "an upload that was begun is not there",
        &["Look for a load balancer that spreads one client over stores that do not share their uploads."]),
    any(ErrorKind::AlreadyExists, "already-exists", "the key exists already",
        &["Look for another program that writes under the sandbox's folder."]),
    any(ErrorKind::PreconditionFailed, "precondition-failed", "a condition of the request does not hold",
        &["Look for a proxy that adds conditions to requests, and for another program that writes under the sandbox's folder."]),
    any(ErrorKind::ChecksumMismatch, "checksum-refused", "the service says that the body arrived damaged",
        &["Look for a proxy that changes bodies.",
          "If the store does not know today's checksums, set checksums to when-required."]),
    any(ErrorKind::Immutable, "immutable", "a retention, a lock or a legal hold forbids it",
        &["This is right for a locked {word}: declare the access append-only."]),
    any(ErrorKind::ArchivedObject, "archived", "the object lies in archive storage",
        &["It must be restored first, which takes hours; keep the newest backups out of archive storage."]),
    any(ErrorKind::InvalidKey, "invalid-key", "the service does not take this key",
        &["Choose a prefix without unusual characters."]),
    any(ErrorKind::Throttled, "throttled", "the service asks for fewer requests",
        &["Run again later, and look for a program that floods the service."]),
    any(ErrorKind::QuotaExceeded, "storage-full", "the storage is full or over its quota",
        &["Free space or raise the quota of the {word}."]),
    any(ErrorKind::Unsupported, "unsupported", "the service does not offer what this access needs",
        &["Use a newer version of the service, or set checksums to when-required if it refuses checksum headers."]),
    any(ErrorKind::ServiceFailed, "service-failed", "the service failed by its own account",
        &["Look into the service's log under the request id. On MinIO, 503 SlowDownWrite means that the write quorum is lost: check drives and nodes."]),
    any(ErrorKind::MalformedResponse, "not-the-service", "the answer is not one that this service gives",
        &["Check the port (MinIO's console is not its API), http against https, and whether a proxy or a login page answers instead."]),
    any(ErrorKind::Unexpected, "unrecognized", "the service gave an answer that is not known",
        &["Give the request id and the code to whoever runs the service."]),
];

/// Returns the cause of a failed operation: by what was said, else by its kind.
pub(super) fn of_error(record: &CheckRecord, error: &ErrorRecord, words: &Words) -> Diagnosis {
    let (code, title, remedies) = match identity::rule_for(error) {
        Some(rule) => (rule.code, rule.title, rule.remedies),
        None if is_sign_in(error) => SIGN_IN_DENIED,
        None => of_kind(error.kind, &words.provider),
    };
    let filled = |text: &&str| words.fill(text, error);
    Diagnosis {
        code: code.to_owned(),
        title: filled(&title),
        checks: vec![record.id.clone()],
        evidence: std::iter::once(evidence(error))
            .chain(error.facts.iter().cloned())
            .collect(),
        remedies: remedies.iter().map(filled).collect(),
    }
}

/// A cause without its evidence: code, title and remedies.
type Told = (&'static str, &'static str, &'static [&'static str]);

/// A denial that is about tokens, where no permission on the store is of help.
const SIGN_IN_DENIED: Told = (
    "sign-in-denied",
    "the token service knows who asks and refuses a token",
    &[
        "Show the code and the request id to whoever runs the tenant or the account: a policy there forbids it.",
    ],
);

fn is_sign_in(error: &ErrorRecord) -> bool {
    error.operation == Operation::Authenticate && error.kind == ErrorKind::PermissionDenied
}

fn of_kind(kind: ErrorKind, provider: &str) -> Told {
    let fits =
        |cause: &&Cause| cause.kind == kind && cause.provider.is_none_or(|it| it == provider);
    let cause = CAUSES
        .iter()
        .find(fits)
        .unwrap_or(&CAUSES[CAUSES.len() - 1]);
    (cause.code, cause.title, cause.remedies)
}

/// Returns what the service said, in one line.
fn evidence(error: &ErrorRecord) -> String {
    let mut parts = vec![format!("{} on {}", error.operation, error.place)];
    let said = match (error.status, &error.code) {
        (Some(status), Some(code)) => format!("http {status} {code}"),
        (Some(status), None) => format!("http {status}"),
        (None, Some(code)) => code.clone(),
        (None, None) => error.kind.to_string(),
    };
    parts.push(said);
    if let Some(message) = &error.message {
        parts.push(format!("\"{message}\""));
    }
    if let Some(id) = &error.request_id {
        parts.push(format!("request id {id}"));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_cause_for_every_provider() {
        for kind in ErrorKind::ALL {
            let all = CAUSES
                .iter()
                .filter(|cause| cause.kind == kind && cause.provider.is_none())
                .count();
            assert_eq!(all, 1, "{kind:?}");
        }
        for cause in CAUSES {
            assert!(!cause.remedies.is_empty(), "{}", cause.code);
        }
    }
}
