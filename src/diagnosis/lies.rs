//! What a finding means that is no refusal: a success that lied, a right too many, silence.

use crate::check;
use crate::report::{CheckRecord, Diagnosis, Finding, FindingCode};

/// The findings that stand for themselves, with code and title.
const TITLES: [(FindingCode, &str, &str); 11] = [
    (
        FindingCode::Violated,
        "contract-violated",
        "the store answered success and did not do it",
    ),
    (
        FindingCode::Allowed,
        "not-append-only",
        "these credentials can destroy backups",
    ),
    (
        FindingCode::Unsupported,
        "not-offered",
        "what is required here is not offered",
    ),
    (
        FindingCode::Malformed,
        "malformed-credential",
        "the credential was refused, and it does not look like one",
    ),
    (
        FindingCode::Ended,
        "credential-expired",
        "the credentials have ended",
    ),
    (
        FindingCode::OtherPrincipal,
        "other-principal",
        "the credentials work, and they make us somebody else",
    ),
    (FindingCode::NoAnswer, "no-answer", "no answer came in time"),
    (
        FindingCode::Interrupted,
        "interrupted",
        "the run was interrupted",
    ),
    (
        FindingCode::OtherRun,
        "other-run",
        "another run uses the same keys",
    ),
    (
        FindingCode::NothingThere,
        "nothing-to-ask",
        "it could not be told from what there is",
    ),
    (
        FindingCode::Residue,
        "residue",
        "something the run wrote could not be removed",
    ),
];

/// Returns the cause of a finding without a failed operation; absent for what only echoes another
/// check.
pub(super) fn of_finding(record: &CheckRecord) -> Option<Diagnosis> {
    let finding = record.finding.as_ref()?;
    let (_, code, title) = TITLES.iter().find(|(code, ..)| *code == finding.code)?;
    Some(Diagnosis {
        code: (*code).to_owned(),
        title: (*title).to_owned(),
        checks: vec![record.id.clone()],
        evidence: vec![evidence(record, finding)],
        remedies: remedies(finding.code, &record.id),
    })
}

/// What is the same for every check is said once, without their names.
fn evidence(record: &CheckRecord, finding: &Finding) -> String {
    match finding.code {
        FindingCode::NoAnswer | FindingCode::Interrupted => finding.summary.clone(),
        _ => format!("{}: {}", record.id, finding.summary),
    }
}

fn remedies(code: FindingCode, id: &str) -> Vec<String> {
    let fixed = match code {
        FindingCode::NoAnswer => {
            "Give the run more time with --timeout, and look for a firewall that drops packets."
        }
        FindingCode::Interrupted => "Run it again.",
        FindingCode::Malformed => {
            "Copy it again exactly as it was given: from a file without a line end (printf instead of echo), without quotes, not encoded."
        }
        FindingCode::Ended => "Get new credentials, and rotate them before they end next time.",
        FindingCode::OtherPrincipal => {
            "Pin the way that is meant with credentials.kind in the configuration, so that nothing falls through to another one; or correct the expectation."
        }
        FindingCode::OtherRun => "Run it again when no other run uses this target.",
        FindingCode::NothingThere => {
            "Look at the causes beside this one; with access read-only, an object must be under the prefix."
        }
        _ => return from_manual(id),
    };
    vec![fixed.to_owned()]
}

/// Returns what the check's manual says on how to fix it.
fn from_manual(id: &str) -> Vec<String> {
    check::info(id)
        .and_then(|info| info.docs.split("## How to fix it\n").nth(1))
        .map(|text| text.trim().replace('\n', " "))
        .into_iter()
        .collect()
}
