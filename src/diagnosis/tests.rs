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
        vantage: Vantage::default(),
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
            }),
            depends_on: None,
        }),
    }
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
