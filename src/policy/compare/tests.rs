//! What was missing and what was too much, from reports made by hand.

use backstop_contract::{ErrorKind, KeyPrefix, Operation, Sent};
use jiff::Timestamp;

use super::{Seen, Standing, compare};
use crate::policy::{Partition, Place, Wanted};
use crate::report::{
    Access, CheckRecord, Cleanup, CleanupState, ErrorRecord, Finding, FindingCode, Level,
    LevelSource, Outcome, Posture, Report, SCHEMA, Stage, TargetInfo, Vantage, Verdict,
};

use Standing::{Fine, Missing, TooMuch, Untold};

fn record(id: &str, outcome: Outcome, finding: Option<Finding>) -> CheckRecord {
    CheckRecord {
        id: id.to_owned(),
        stage: Stage::Write,
        level: Level::Required,
        level_source: LevelSource::Access,
        outcome,
        duration_ms: 1,
        attempts: 1,
        finding,
    }
}

fn passed(id: &str) -> CheckRecord {
    record(id, Outcome::Passed, None)
}

fn denied(id: &str, permissions: &[&str]) -> CheckRecord {
    let error = ErrorRecord {
        operation: Operation::PutObject,
        kind: ErrorKind::PermissionDenied,
        place: "s3://acme/pre/.backstop/probe".to_owned(),
        sent: Sent::Answered,
        status: Some(403),
        code: Some("AccessDenied".to_owned()),
        message: None,
        request_id: None,
        region: None,
        date: None,
        permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
        facts: Vec::new(),
    };
    let finding = Finding {
        error: Some(error),
        ..Finding::plain(FindingCode::Denied, String::new())
    };
    record(id, Outcome::Skipped, Some(finding))
}

fn report(checks: Vec<CheckRecord>) -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        run_id: "0123456789abcdef".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        duration_ms: 1,
        target: TargetInfo {
            name: "s3://acme/pre".to_owned(),
            provider: "s3".to_owned(),
            location: "s3://acme/pre/".to_owned(),
            endpoint: None,
            region: None,
        },
        access: Access::PutGet,
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

fn wanted(access: Access) -> Wanted {
    Wanted {
        place: Place::Amazon {
            bucket: "acme".to_owned(),
            partition: Partition::Aws,
        },
        prefix: KeyPrefix::new("pre").expect("prefix"),
        folder: ".backstop".to_owned(),
        access,
        kms_key: None,
        versioned: false,
        posture: false,
    }
}

/// Returns what the comparison says of an action.
#[track_caller]
fn of(wanted: &Wanted, checks: Vec<CheckRecord>, action: &str) -> (bool, Seen, Standing) {
    let found = compare(wanted, &report(checks));
    let row = found.rows.iter().find(|row| row.action == action);
    let row = row.unwrap_or_else(|| panic!("no {action}: {found:?}"));
    (row.needed, row.seen, row.standing)
}

#[test]
fn what_was_seen_is_held_against_what_is_needed() {
    let put_get = wanted(Access::PutGet);
    for (record, action, needed, seen, standing) in [
        (
            passed("put-object"),
            "s3:PutObject",
            true,
            Seen::Allowed,
            Fine,
        ),
        (
            denied("get-object", &["s3:GetObject"]),
            "s3:GetObject",
            true,
            Seen::Denied,
            Missing,
        ),
        (
            passed("delete-object"),
            "s3:DeleteObject",
            false,
            Seen::Allowed,
            TooMuch,
        ),
        (
            denied("delete-object", &["s3:DeleteObject"]),
            "s3:DeleteObject",
            false,
            Seen::Denied,
            Fine,
        ),
        (
            passed("put-object"),
            "s3:ListBucket",
            false,
            Seen::Untold,
            Untold,
        ),
        // Without the right to list, absence is answered with a denial.
        (
            denied("get-absent", &["s3:GetObject"]),
            "s3:GetObject",
            true,
            Seen::Untold,
            Untold,
        ),
        (
            denied("get-absent", &["s3:GetObject"]),
            "s3:ListBucket",
            false,
            Seen::Denied,
            Fine,
        ),
    ] {
        let id = record.id.clone();
        assert_eq!(
            of(&put_get, vec![record], action),
            (needed, seen, standing),
            "{id} {action}"
        );
    }
}

#[test]
fn of_two_actions_that_a_request_needs_the_one_seen_elsewhere_was_there() {
    let mut encrypted = wanted(Access::PutGet);
    encrypted.kms_key = Some("arn:aws:kms:eu-west-1:123456789012:key/1".to_owned());
    let both = ["s3:PutObject", "kms:GenerateDataKey", "kms:Decrypt"];
    let checks = || vec![passed("put-object"), denied("multipart-upload", &both)];
    assert_eq!(of(&encrypted, checks(), "s3:PutObject").2, Fine);
    assert_eq!(of(&encrypted, checks(), "kms:GenerateDataKey").2, Fine);
    assert_eq!(
        of(&encrypted, checks(), "kms:Decrypt"),
        (true, Seen::PerhapsDenied, Missing)
    );
}

#[test]
fn reaching_beyond_the_prefix_is_too_much() {
    let mut full = wanted(Access::Full);
    for (told, expected) in [(Some(true), TooMuch), (Some(false), Fine), (None, Untold)] {
        let mut run = report(Vec::new());
        run.posture = Some(Posture {
            beyond_prefix: told,
            ..Posture::default()
        });
        let rows = compare(&full, &run).rows;
        let row = rows.iter().find(|row| row.action == "beyond the prefix");
        assert_eq!(row.map(|row| row.standing), Some(expected), "{told:?}");
    }
    full.prefix = KeyPrefix::default();
    let rows = compare(&full, &report(Vec::new())).rows;
    assert!(rows.iter().all(|row| row.action != "beyond the prefix"));
}

#[test]
fn versions_that_were_deleted_show_the_right_to_it() {
    let mut versioned = wanted(Access::PutGet);
    versioned.versioned = true;
    let mut clean = report(vec![passed("put-object")]);
    clean.cleanup.state = CleanupState::Clean;
    let rows = compare(&versioned, &clean).rows;
    let row = rows
        .iter()
        .find(|row| row.action == "s3:DeleteObjectVersion");
    assert_eq!(row.map(|row| row.standing), Some(TooMuch));
}

#[test]
fn what_azure_calls_by_one_name_is_one_row() {
    let mut azure = wanted(Access::ReadOnly);
    azure.place = Place::Azure {
        account: "acme".to_owned(),
        container: "backups".to_owned(),
    };
    let found = compare(&azure, &report(vec![passed("list-prefix")]));
    let rows = found
        .rows
        .iter()
        .filter(|row| row.action.ends_with("blobs/read"));
    assert_eq!(rows.map(|row| row.standing).collect::<Vec<_>>(), [Fine]);
}
