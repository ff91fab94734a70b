//! What the parts of a report are called and coloured.

use anstyle::Style;

use crate::render::style;
use crate::report::{CheckRecord, ErrorRecord, Finding, FindingCode, Level, Outcome, Verdict};

/// Returns the style of a verdict.
pub(super) fn verdict_style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Passed => style::GOOD,
        Verdict::Degraded | Verdict::Unknown => style::DOUBTFUL,
        Verdict::Failed => style::BAD,
    }
}

/// How grave one record is, the gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gravity {
    /// Nothing to explain.
    Fine,
    /// It works, and there is a risk.
    Risk,
    /// It does not work, and need not.
    Doubtful,
    /// It was not answered.
    Unknown,
    /// It fails the run.
    Failed,
}

impl Gravity {
    /// Weighs a record as the verdict does.
    pub(super) fn of(record: &CheckRecord) -> Self {
        let code = record.finding.as_ref().map(|finding| finding.code);
        if code == Some(FindingCode::Violated) {
            return Self::Failed;
        }
        match (record.level, record.outcome) {
            (Level::NotRun, _) => Self::Fine,
            (_, Outcome::Passed) if code == Some(FindingCode::Risk) => Self::Risk,
            (Level::Required, Outcome::Failed | Outcome::Unsupported) => Self::Failed,
            // What waits for another check is told with that one, and what would leave litter with
            // what was not proven: the verdict does not mind it.
            (_, Outcome::Skipped)
                if matches!(
                    code,
                    Some(FindingCode::DependsOn | FindingCode::WouldLeaveLitter)
                ) =>
            {
                Self::Fine
            }
            (Level::Required, Outcome::Inconclusive | Outcome::Skipped) => Self::Unknown,
            (_, Outcome::Failed | Outcome::Inconclusive) => Self::Doubtful,
            (_, Outcome::Passed | Outcome::Skipped | Outcome::Unsupported) => Self::Fine,
        }
    }

    /// Returns the word a block begins with.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fine => "note",
            Self::Risk => "risk",
            Self::Doubtful => "doubtful",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }

    /// Returns the word's style.
    pub(super) fn style(self) -> Style {
        match self {
            Self::Fine => style::STRONG,
            Self::Risk | Self::Doubtful | Self::Unknown => style::DOUBTFUL,
            Self::Failed => style::BAD,
        }
    }
}

/// Why a check ended as it did, in a word or two; nothing where the outcome says it.
pub(super) fn reason(finding: &Finding) -> Option<String> {
    let word = match finding.code {
        FindingCode::DependsOn => {
            let on = finding.depends_on.as_deref().unwrap_or("another check");
            return Some(format!("needs {on}"));
        }
        FindingCode::Violated => "the store lied",
        FindingCode::Denied => "denied",
        FindingCode::Allowed => "allowed",
        FindingCode::WouldLeaveLitter => "would leave litter",
        FindingCode::NoAnswer => "no answer",
        FindingCode::Interrupted => "interrupted",
        FindingCode::OtherRun => "another run",
        FindingCode::NothingThere => "nothing there",
        FindingCode::Residue => "left behind",
        FindingCode::Malformed => "malformed",
        FindingCode::Ended => "ended",
        FindingCode::OtherPrincipal => "somebody else",
        FindingCode::Unfit => "unfit",
        FindingCode::Risk => "risk",
        FindingCode::OperationFailed | FindingCode::Unsupported | FindingCode::Note => return None,
    };
    Some(word.to_owned())
}

/// What to do where no diagnosis knows better.
pub(super) fn advice(finding: Option<&Finding>) -> &'static str {
    match finding.map(|finding| finding.code) {
        Some(FindingCode::Violated | FindingCode::Residue) => {
            "trust this store with no backup until whoever runs it has explained this"
        }
        Some(FindingCode::NoAnswer) => {
            "run it again with a longer --timeout, and with -v to see every request"
        }
        Some(FindingCode::Interrupted) => "run it again and let it finish",
        Some(FindingCode::OtherRun) => "run it again when the other run has ended",
        Some(FindingCode::WouldLeaveLitter) => {
            "let these credentials list and delete under the prefix, or declare the access that \
             fits them"
        }
        Some(FindingCode::Allowed) => {
            "take the right to do this from these credentials, or declare another access"
        }
        Some(FindingCode::Malformed) => "copy the credential again, exactly as it was given",
        Some(FindingCode::Ended) => "get a new credential, and rotate it before it ends next time",
        Some(FindingCode::OtherPrincipal) => {
            "pin the way that is meant with credentials.kind, or expect somebody else"
        }
        Some(FindingCode::NothingThere) => "put a backup there first, or verify another prefix",
        _ => {
            "run it again with -v to see every request, and show the request id to whoever runs \
              the store"
        }
    }
}

/// What the service said, in a line.
pub(super) fn said(error: &ErrorRecord) -> String {
    let answer = match (error.status, error.code.as_deref()) {
        (Some(status), Some(code)) => format!("http {status} {code}"),
        (Some(status), None) => format!("http {status} without a code"),
        (None, Some(code)) => code.to_owned(),
        (None, None) => "no answer".to_owned(),
    };
    let mut line = format!("{} on {}: {answer}", error.operation, error.place);
    if let Some(message) = &error.message {
        line = format!("{line}: \"{message}\"");
    }
    if let Some(id) = &error.request_id {
        line = format!("{line} (request {id})");
    }
    line
}

/// Writes a number with its noun.
pub(super) fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

/// Tells how many objects there are.
#[must_use]
pub fn objects(number: u64) -> String {
    count(number, "object")
}

/// Writes a number of bytes as people read it.
#[must_use]
pub fn bytes(number: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = UNITS.iter().find(|(size, _)| number >= *size);
    let Some((size, name)) = unit else {
        return count(number, "byte");
    };
    let tenths = number.saturating_mul(10) / size;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}
