//! What a run could not prove, in a few words each.

use crate::report::{Access, CheckRecord, Credential, FindingCode, Outcome, Vantage};

/// What is not proven unless one of these checks passed.
const CLAIMS: [(&str, &str); 5] = [
    ("put-object", "writing"),
    ("multipart-upload", "large objects in parts"),
    ("get-object", "read-back"),
    ("list-prefix", "finding backups by listing"),
    ("delete-object", "deleting old backups"),
];

/// Returns what the records leave open.
#[must_use]
pub(super) fn not_proven(
    access: Access,
    checks: &[CheckRecord],
    credential: Option<&Credential>,
    vantage: &Vantage,
) -> Vec<String> {
    let passed = |id: &str| {
        checks
            .iter()
            .any(|record| record.id == id && record.outcome == Outcome::Passed)
    };
    let because = if access == Access::Undeclared {
        String::new()
    } else {
        format!(" ({})", access.name())
    };
    let mut open: Vec<String> = CLAIMS
        .iter()
        .filter(|(id, _)| !passed(id))
        .map(|(_, claim)| format!("{claim}{because}"))
        .collect();
    open.extend(
        checks
            .iter()
            .filter(|record| {
                let finding = record.finding.as_ref();
                finding.is_some_and(|it| it.code == FindingCode::WouldLeaveLitter)
            })
            .map(|record| format!("{} (would leave litter)", record.id)),
    );
    if passed("multipart-upload") && !passed("get-object") {
        open.push(format!("that an upload in parts comes back{because}"));
    }
    if let Some(credential) = credential.filter(|credential| credential.way.is_personal()) {
        open.push(format!(
            "the identity of a node or pod (these credentials are a person's: {}; `backstop job` \
             runs this there)",
            credential.source
        ));
    }
    if !passed("lifecycle") {
        open.push("retention and lifecycle rules".to_owned());
    }
    open.push(match &vantage.host {
        Some(host) => format!("the network of other hosts (run from {host})"),
        None => "the network of other hosts".to_owned(),
    });
    open.push("durability".to_owned());
    open
}
