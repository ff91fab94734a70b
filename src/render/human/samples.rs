//! Reports made by hand, for the tests of every renderer.

use std::collections::BTreeMap;

use backstop_contract::{ErrorKind, Operation, Sent};
use jiff::Timestamp;

use crate::report::{
    Access, CheckRecord, Cleanup, CleanupState, Diagnosis, ErrorRecord, Finding, FindingCode, Fits,
    Left, Level, LevelSource, Misfit, Outcome, Principal, Report, SCHEMA, Stage, TargetInfo,
    Vantage, Verdict,
};

/// A record without a finding.
pub(in crate::render) fn record(
    id: &str,
    stage: Stage,
    level: Level,
    outcome: Outcome,
) -> CheckRecord {
    CheckRecord {
        id: id.to_owned(),
        stage,
        level,
        level_source: LevelSource::Access,
        outcome,
        duration_ms: 3,
        attempts: 1,
        finding: None,
    }
}

/// The same record with a finding.
pub(in crate::render) fn with(
    mut record: CheckRecord,
    code: FindingCode,
    summary: &str,
) -> CheckRecord {
    record.finding = Some(Finding::plain(code, summary.to_owned()));
    record
}

/// What a refusal looks like.
pub(in crate::render) fn refusal(operation: Operation, permission: &str) -> ErrorRecord {
    ErrorRecord {
        operation,
        kind: ErrorKind::PermissionDenied,
        place: "s3://acme-backups/production/.backstop/probe".to_owned(),
        sent: Sent::Answered,
        status: Some(403),
        code: Some("AccessDenied".to_owned()),
        message: Some("Access Denied.".to_owned()),
        request_id: Some("17F0A1".to_owned()),
        region: None,
        date: None,
        permissions: vec![permission.to_owned()],
        facts: Vec::new(),
    }
}

fn report(checks: Vec<CheckRecord>, verdict: Verdict) -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        run_id: "00000000deadbeef".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        duration_ms: 118,
        target: TargetInfo {
            name: "primary".to_owned(),
            provider: "s3".to_owned(),
            location: "s3://acme-backups/production/".to_owned(),
            endpoint: None,
            region: Some("eu-west-1".to_owned()),
        },
        access: Access::PutGet,
        principal: Some(Principal {
            id: "AKIDEXAMPLE".to_owned(),
            source: "file /run/secrets/key".to_owned(),
            expires_at: None,
            known_as: Vec::new(),
            claims: BTreeMap::new(),
        }),
        credential: None,
        vantage: Vantage {
            host: Some("web-1".to_owned()),
            addresses: Vec::new(),
            proxy: None,
        },
        reach: None,
        posture: None,
        variants: Vec::new(),
        survivor: None,
        checks,
        diagnoses: Vec::new(),
        fits: None,
        not_proven: vec![
            "deleting old backups (put-get)".to_owned(),
            "durability".to_owned(),
        ],
        cleanup: Cleanup {
            state: CleanupState::Clean,
            ..Cleanup::default()
        },
        verdict,
    }
}

/// A run on a `put-get` target that passed.
pub(in crate::render) fn passed() -> Report {
    let required = |id, stage| record(id, stage, Level::Required, Outcome::Passed);
    let denied = record(
        "delete-object",
        Stage::Remove,
        Level::Optional,
        Outcome::Skipped,
    );
    let mut needs = record(
        "delete-absent",
        Stage::Remove,
        Level::Optional,
        Outcome::Skipped,
    );
    needs = with(needs, FindingCode::DependsOn, "it needs delete-object");
    if let Some(finding) = &mut needs.finding {
        finding.depends_on = Some("delete-object".to_owned());
    }
    let mut report = report(
        vec![
            required("bucket", Stage::Authorize),
            required("put-object", Stage::Write),
            record(
                "checksum",
                Stage::Write,
                Level::Optional,
                Outcome::Unsupported,
            ),
            required("multipart-upload", Stage::Write),
            required("get-object", Stage::Read),
            with(
                denied,
                FindingCode::Denied,
                "the credentials may not delete",
            ),
            needs,
            record("preserved", Stage::Remove, Level::NotRun, Outcome::Skipped),
            required("cleanup", Stage::Cleanup),
        ],
        Verdict::Passed,
    );
    report.cleanup = Cleanup {
        state: CleanupState::Bounded,
        left: Left {
            objects: 2,
            bytes: 1_536,
            ..Left::default()
        },
        keys: vec![
            "production/.backstop/probe".to_owned(),
            "production/.backstop/probe-multipart".to_owned(),
        ],
        swept: 0,
        kept: Vec::new(),
    };
    report
}

/// A run that failed for a diagnosed cause, with another that nobody diagnosed.
pub(in crate::render) fn failed() -> Report {
    let mut put = record("put-object", Stage::Write, Level::Required, Outcome::Failed);
    put = with(put, FindingCode::OperationFailed, "the put was refused");
    let mut get = record("get-object", Stage::Read, Level::Required, Outcome::Skipped);
    get = with(get, FindingCode::DependsOn, "it needs put-object");
    let range = record("get-range", Stage::Read, Level::Required, Outcome::Failed);
    let lie = "bytes 0 to 9 were asked for, and the whole object came";
    let mut absent = record("get-absent", Stage::Read, Level::Optional, Outcome::Failed);
    absent = with(
        absent,
        FindingCode::OperationFailed,
        "an absent object is answered with a refusal",
    );
    for (record, operation, permission) in [
        (&mut put, Operation::PutObject, "s3:PutObject"),
        (&mut absent, Operation::GetObject, "s3:ListBucket"),
    ] {
        if let Some(finding) = &mut record.finding {
            finding.error = Some(refusal(operation, permission));
        }
    }
    let mut report = report(
        vec![
            record("bucket", Stage::Authorize, Level::Required, Outcome::Passed),
            put,
            get,
            with(range, FindingCode::Violated, lie),
            absent,
        ],
        Verdict::Failed,
    );
    report.access = Access::Undeclared;
    report.fits = Some(Fits {
        fits: vec![Access::ReadOnly],
        not: vec![Misfit {
            access: Access::Full,
            because: vec![
                "s3:PutObject denied".to_owned(),
                "s3:DeleteObject denied".to_owned(),
            ],
        }],
    });
    report.diagnoses = vec![Diagnosis {
        code: "permission-missing".to_owned(),
        title: "the credentials may not put objects".to_owned(),
        checks: vec!["put-object".to_owned()],
        evidence: vec![
            "put_object on s3://acme-backups/production/.backstop/probe: http 403 AccessDenied (request 17F0A1)".to_owned(),
        ],
        remedies: vec![
            "grant s3:PutObject on arn:aws:s3:::acme-backups/production/* to these credentials:\n{\n  \"Effect\": \"Allow\"\n}".to_owned(),
            "then run it again with --wait 10m, since roles take time to arrive".to_owned(),
        ],
    }];
    report.cleanup = Cleanup::default();
    report
}
