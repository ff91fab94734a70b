//! Causes are told once, in the provider's words, with something to do.

use backstop_contract::{ErrorKind, Operation, Sent};
use jiff::Timestamp;

use super::diagnose;
use crate::report::{
    Access, CheckRecord, Cleanup, ErrorRecord, Finding, FindingCode, Level, LevelSource, Outcome,
    Report, SCHEMA, Stage, TargetInfo, Vantage, Verdict,
};

fn report(checks: Vec<CheckRecord>) -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        run_id: "0123456789abcdef".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        duration_ms: 1,
        target: TargetInfo {
            name: "primary".to_owned(),
            provider: "s3".to_owned(),
            location: "s3://acme/production/".to_owned(),
            endpoint: None,
            region: None,
        },
        access: Access::Full,
        principal: None,
        credential: None,
        vantage: Vantage::default(),
        reach: None,
        posture: None,
        variants: Vec::new(),
        survivor: None,
        checks,
        diagnoses: Vec::new(),
        fits: None,
        not_proven: Vec::new(),
        cleanup: Cleanup::default(),
        verdict: Verdict::Failed,
    }
}

fn failed(id: &str, operation: Operation, kind: ErrorKind, permission: &str) -> CheckRecord {
    CheckRecord {
        id: id.to_owned(),
        stage: Stage::Write,
        level: Level::Required,
        level_source: LevelSource::Access,
        outcome: Outcome::Failed,
        duration_ms: 1,
        attempts: 1,
        finding: Some(Finding {
            code: FindingCode::OperationFailed,
            summary: String::new(),
            error: Some(ErrorRecord {
                operation,
                kind,
                place: "s3://acme/production/.backstop/probe".to_owned(),
                sent: Sent::Answered,
                status: Some(403),
                code: Some("AccessDenied".to_owned()),
                message: None,
                request_id: Some("REQ1".to_owned()),
                region: None,
                date: None,
                permissions: vec![permission.to_owned()],
                facts: Vec::new(),
            }),
            depends_on: None,
            cause: None,
        }),
    }
}

/// Returns the code of the one cause of a failure of a kind.
pub(super) fn cause_of(kind: ErrorKind) -> String {
    let record = failed("put-object", Operation::PutObject, kind, "s3:PutObject");
    let mut found = diagnose(&report(vec![record]), "bucket");
    assert_eq!(found.len(), 1, "{kind:?}");
    found.remove(0).code
}

#[test]
fn one_cause_is_told_once_and_names_every_permission() {
    let denied = ErrorKind::PermissionDenied;
    let found = diagnose(
        &report(vec![
            failed(
                "list-prefix",
                Operation::ListObjects,
                denied,
                "s3:ListBucket",
            ),
            failed(
                "delete-object",
                Operation::DeleteObject,
                denied,
                "s3:DeleteObject",
            ),
        ]),
        "bucket",
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].checks, ["list-prefix", "delete-object"]);
    let remedies = found[0].remedies.join("\n");
    assert!(
        remedies.contains("Grant s3:ListBucket on arn:aws:s3:::acme."),
        "{remedies}"
    );
    assert!(
        remedies.contains("Grant s3:DeleteObject on arn:aws:s3:::acme/production/*."),
        "{remedies}"
    );
    assert!(found[0].evidence[0].contains("request id REQ1"));
}

/// What was said of a credential, and the cause that it must lead to.
#[rustfmt::skip]
const SAID: &[(Option<&str>, &str, &str, ErrorKind, &str)] = &[
    (Some("AADSTS7000215"), "Invalid client secret provided.", "", ErrorKind::Unauthenticated, "wrong-client-secret"),
    (Some("AADSTS7000222"), "The provided client secret keys are expired.", "", ErrorKind::CredentialExpired, "client-secret-expired"),
    (Some("AADSTS90002"), "Tenant 'x' not found.", "", ErrorKind::Unauthenticated, "tenant-not-found"),
    (Some("AADSTS700016"), "Application was not found.", "the account belongs to the tenant b", ErrorKind::Unauthenticated, "other-tenant"),
    (Some("AADSTS700016"), "Application was not found.", "", ErrorKind::Unauthenticated, "application-not-in-tenant"),
    (Some("AADSTS700213"), "No matching federated identity record found.", "token subject: x", ErrorKind::Unauthenticated, "federated-credential-mismatch"),
    (Some("AADSTS700024"), "Client assertion is not within its valid time range.", "", ErrorKind::CredentialExpired, "assertion-out-of-time"),
    (Some("InvalidIdentityToken"), "No OpenIDConnect provider found in your account for https://oidc", "", ErrorKind::Unauthenticated, "oidc-provider-missing"),
    (Some("InvalidIdentityToken"), "Incorrect token audience", "", ErrorKind::Unauthenticated, "web-identity-audience"),
    (Some("InvalidIdentityToken"), "The ID Token provided is not a valid JWT.", "token audience: sts.amazonaws.com", ErrorKind::Unauthenticated, "web-identity-rejected"),
    (Some("InvalidParameterValue"), "The audience must match configured OpenID Client ID", "token audience: x", ErrorKind::Unauthenticated, "web-identity-audience"),
    (Some("ExpiredTokenException"), "Token expired: current date/time must be before", "", ErrorKind::CredentialExpired, "web-identity-token-expired"),
    (Some("ExpiredToken"), "The provided token has expired.", "", ErrorKind::CredentialExpired, "credential-expired"),
    (Some("InvalidClientTokenId"), "The security token included in the request is invalid.", "role: arn:aws:iam::1:role/proxy-backup", ErrorKind::Unauthenticated, "credentials-unknown"),
    (Some("AuthorizationFailed"), "does not have authorization", "subscription: s", ErrorKind::PermissionDenied, "management-denied"),
    (Some("AADSTS50105"), "the user is not assigned to a role", "", ErrorKind::PermissionDenied, "sign-in-denied"),
    (Some("AccessDenied"), "Not authorized to perform sts:AssumeRoleWithWebIdentity", "role: r", ErrorKind::PermissionDenied, "web-identity-not-trusted"),
    (Some("AccessDenied"), "User: u is not authorized to perform: sts:AssumeRole on resource: r", "", ErrorKind::PermissionDenied, "assume-role-denied"),
    (Some("AccessDenied"), "Access Denied.", "", ErrorKind::PermissionDenied, "sign-in-denied"),
    (None, "no answer", "in a container the hop limit must be 2 or more", ErrorKind::TimedOut, "metadata-out-of-reach"),
    (None, "no credentials were found", "node role: the hop limit may be 1", ErrorKind::Unauthenticated, "no-credentials"),
    (None, "the proxy wants a user and a password", "through the proxy http://p:1", ErrorKind::Unauthenticated, "proxy-authorization"),
    (Some("SignatureDoesNotMatch"), "The request signature we calculated does not match", "", ErrorKind::SignatureRejected, "wrong-secret"),
];

#[test]
fn what_was_said_of_a_credential_leads_to_its_cause() {
    for (code, message, fact, kind, expected) in SAID {
        let mut record = failed("credential", Operation::Authenticate, *kind, "");
        let error = record.finding.as_mut().and_then(|it| it.error.as_mut());
        let error = error.expect("an error");
        error.code = code.map(str::to_owned);
        error.message = Some((*message).to_owned());
        error.facts = Some((*fact).to_owned())
            .filter(|fact| !fact.is_empty())
            .into_iter()
            .collect();
        let found = diagnose(&report(vec![record]), "bucket");
        assert_eq!(found[0].code, *expected, "{message}");
        let evidence = found[0].evidence.join("\n");
        assert!(
            evidence.contains(message) && evidence.contains(fact),
            "{evidence}"
        );
    }
}

#[test]
fn a_lie_brings_the_manual() {
    let mut record = failed("get-range", Operation::GetObject, ErrorKind::Unexpected, "");
    record.finding = Some(Finding::plain(
        FindingCode::Violated,
        "the range is ignored".to_owned(),
    ));
    let found = diagnose(&report(vec![record]), "bucket");
    assert_eq!(found[0].code, "contract-violated");
    assert!(found[0].remedies[0].contains("Range header"));
}

/// Returns a record with a finding that stands for itself.
fn told(id: &str, outcome: Outcome, finding: Finding) -> CheckRecord {
    CheckRecord {
        outcome,
        finding: Some(finding),
        ..failed(id, Operation::GetObject, ErrorKind::Unexpected, "")
    }
}

fn codes(checks: Vec<CheckRecord>) -> Vec<(String, Vec<String>)> {
    let found = diagnose(&report(checks), "bucket");
    found.into_iter().map(|it| (it.code, it.checks)).collect()
}

#[test]
fn what_only_echoes_a_cause_is_told_with_it() {
    let silent = |id| {
        let mut record = failed(id, Operation::HeadObject, ErrorKind::PermissionDenied, "");
        if let Some(error) = record.finding.as_mut().and_then(|it| it.error.as_mut()) {
            error.code = None;
        }
        record
    };
    let nothing = Finding::plain(FindingCode::NothingThere, "nothing was answered".to_owned());
    let checks = vec![
        silent("head-object"),
        told("bucket", Outcome::Inconclusive, nothing),
        failed("get-object", Operation::GetObject, ErrorKind::TimedOut, ""),
        failed(
            "put-object",
            Operation::PutObject,
            ErrorKind::SignatureRejected,
            "",
        ),
    ];
    let all = ["put-object", "head-object", "bucket", "get-object"];
    let found = codes(checks);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "wrong-secret");
    let mut seen = found[0].1.clone();
    seen.sort_unstable();
    let mut expected = all.map(str::to_owned).to_vec();
    expected.sort_unstable();
    assert_eq!(seen, expected);
}

#[test]
fn a_denial_to_whoever_has_the_wrong_secret_is_an_echo() {
    let refused = |id, operation, kind| failed(id, operation, kind, "");
    let checks = vec![
        refused(
            "put-object",
            Operation::PutObject,
            ErrorKind::PermissionDenied,
        ),
        refused(
            "bucket",
            Operation::ListObjects,
            ErrorKind::SignatureRejected,
        ),
    ];
    let all = ["bucket".to_owned(), "put-object".to_owned()];
    assert_eq!(codes(checks), [("wrong-secret".to_owned(), all.to_vec())]);
}

#[test]
fn a_lie_and_a_denial_are_no_echoes() {
    let lie = Finding::plain(FindingCode::Violated, "the range is ignored".to_owned());
    let checks = vec![
        failed("bucket", Operation::ListObjects, ErrorKind::Unreachable, ""),
        told("get-range", Outcome::Failed, lie),
        failed(
            "delete-object",
            Operation::DeleteObject,
            ErrorKind::PermissionDenied,
            "s3:DeleteObject",
        ),
    ];
    let found: Vec<_> = codes(checks).into_iter().map(|(code, _)| code).collect();
    assert_eq!(
        found,
        ["unreachable", "contract-violated", "missing-permission"]
    );
}

#[test]
fn a_cause_that_a_check_names_needs_no_rule() {
    let caused = |code, cause| Finding::caused(code, cause, "the bucket sleeps".to_owned());
    let unfit = caused(FindingCode::Unfit, "asleep");
    let threat = caused(FindingCode::Risk, "sleepy");
    let checks = vec![
        told("get-object", Outcome::Passed, threat),
        told("bucket", Outcome::Failed, unfit),
    ];
    let found = diagnose(&report(checks), "bucket");
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].code.as_str(), found[0].title.as_str()),
        ("asleep", "the bucket sleeps")
    );
    assert!(
        found[0].remedies[0].contains("Compare the name"),
        "{found:?}"
    );
    assert_eq!(found[1].code, "sleepy", "risks are behind the failures");
}

#[test]
fn what_need_not_work_is_told_only_where_nothing_fails() {
    let mut abort = failed(
        "multipart-abort",
        Operation::AbortMultipart,
        ErrorKind::PermissionDenied,
        "s3:AbortMultipartUpload",
    );
    abort.level = Level::Optional;
    abort.outcome = Outcome::Skipped;
    if let Some(finding) = &mut abort.finding {
        finding.code = FindingCode::Denied;
    }
    let of = |checks: Vec<CheckRecord>| {
        let report = Report {
            access: Access::PutGet,
            ..report(checks)
        };
        let found = diagnose(&report, "bucket");
        found.into_iter().map(|it| it.code).collect::<Vec<_>>()
    };
    assert_eq!(of(vec![abort.clone()]), ["abort-denied"]);
    let put = failed(
        "put-object",
        Operation::PutObject,
        ErrorKind::QuotaExceeded,
        "s3:PutObject",
    );
    assert_eq!(of(vec![put, abort]), ["storage-full"]);
}
