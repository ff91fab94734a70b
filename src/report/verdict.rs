//! The run in one word.

use serde::{Deserialize, Serialize};

use super::{CheckRecord, FindingCode, Level, Outcome};

/// A run in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything required was asked and is good.
    Passed,
    /// Everything required is good, and something else is not.
    Degraded,
    /// Something required is bad, or the store lied.
    Failed,
    /// It could not be decided.
    Unknown,
}

impl Verdict {
    /// Returns the stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// Judges the records of a run; total, so that a run in which nothing was asked is `unknown`.
#[must_use]
pub fn verdict(checks: &[CheckRecord]) -> Verdict {
    let worst = checks.iter().map(weigh).max();
    match worst {
        Some(Weight::Bad) => Verdict::Failed,
        None | Some(Weight::Nothing | Weight::Undecided) => Verdict::Unknown,
        Some(_) if !checks.iter().any(is_proof) => Verdict::Unknown,
        Some(Weight::Doubtful) => Verdict::Degraded,
        Some(Weight::Good) => Verdict::Passed,
    }
}

/// What one record does to the verdict, the gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Nothing,
    Good,
    Doubtful,
    Undecided,
    Bad,
}

fn weigh(record: &CheckRecord) -> Weight {
    let code = record.finding.as_ref().map(|finding| finding.code);
    if code == Some(FindingCode::Violated) {
        return Weight::Bad;
    }
    match (record.level, record.outcome) {
        (Level::NotRun, _) => Weight::Nothing,
        (_, Outcome::Passed) if code == Some(FindingCode::Risk) => Weight::Doubtful,
        // What would leave litter is told as not proven: a bucket whose versions these credentials
        // may not delete is a good one.
        (_, Outcome::Skipped) if code == Some(FindingCode::WouldLeaveLitter) => Weight::Good,
        (_, Outcome::Passed)
        | (Level::Optional | Level::Advisory, Outcome::Unsupported | Outcome::Skipped) => {
            Weight::Good
        }
        (Level::Required, Outcome::Failed | Outcome::Unsupported) => Weight::Bad,
        (Level::Required, Outcome::Inconclusive | Outcome::Skipped) => Weight::Undecided,
        (Level::Optional | Level::Advisory, Outcome::Failed | Outcome::Inconclusive) => {
            Weight::Doubtful
        }
    }
}

/// A run that passed nothing of substance has proven nothing: a clean-up of nothing is no proof.
fn is_proof(record: &CheckRecord) -> bool {
    record.outcome == Outcome::Passed && record.stage != super::Stage::Cleanup
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Finding, LevelSource, Stage};

    fn record(level: Level, outcome: Outcome, code: Option<FindingCode>) -> CheckRecord {
        CheckRecord {
            id: "x".to_owned(),
            stage: Stage::Write,
            level,
            level_source: LevelSource::Access,
            outcome,
            duration_ms: 0,
            attempts: 1,
            finding: code.map(|code| Finding::plain(code, String::new())),
        }
    }

    #[test]
    fn nothing_asked_is_unknown() {
        assert_eq!(verdict(&[]), Verdict::Unknown);
        let skipped = record(Level::Optional, Outcome::Skipped, Some(FindingCode::Denied));
        assert_eq!(verdict(&[skipped]), Verdict::Unknown);
        let mut cleanup = record(Level::Required, Outcome::Passed, None);
        cleanup.stage = Stage::Cleanup;
        assert_eq!(verdict(&[cleanup]), Verdict::Unknown);
    }

    #[test]
    fn levels_decide_what_an_outcome_means() {
        use Level::{Advisory, Optional, Required};
        use Outcome::{Failed, Inconclusive, Passed, Skipped, Unsupported};
        let good = record(Required, Passed, None);
        for (level, outcome, code, expected) in [
            (Required, Passed, None, Verdict::Passed),
            (Required, Failed, None, Verdict::Failed),
            (Required, Unsupported, None, Verdict::Failed),
            (Required, Inconclusive, None, Verdict::Unknown),
            (
                Required,
                Skipped,
                Some(FindingCode::DependsOn),
                Verdict::Unknown,
            ),
            (
                Required,
                Skipped,
                Some(FindingCode::WouldLeaveLitter),
                Verdict::Passed,
            ),
            (
                Optional,
                Skipped,
                Some(FindingCode::Denied),
                Verdict::Passed,
            ),
            (Optional, Unsupported, None, Verdict::Passed),
            (Optional, Failed, None, Verdict::Degraded),
            (Optional, Inconclusive, None, Verdict::Degraded),
            (
                Optional,
                Failed,
                Some(FindingCode::Violated),
                Verdict::Failed,
            ),
            (
                Advisory,
                Failed,
                Some(FindingCode::Violated),
                Verdict::Failed,
            ),
            (Advisory, Failed, None, Verdict::Degraded),
            (
                Advisory,
                Skipped,
                Some(FindingCode::Denied),
                Verdict::Passed,
            ),
            (Required, Passed, Some(FindingCode::Risk), Verdict::Degraded),
            (Required, Passed, Some(FindingCode::Note), Verdict::Passed),
        ] {
            let records = [good.clone(), record(level, outcome, code)];
            assert_eq!(
                verdict(&records),
                expected,
                "{level:?} {outcome:?} {code:?}"
            );
        }
    }

    #[test]
    fn failed_outweighs_unknown() {
        let records = [
            record(Level::Required, Outcome::Inconclusive, None),
            record(Level::Required, Outcome::Failed, None),
        ];
        assert_eq!(verdict(&records), Verdict::Failed);
    }
}
