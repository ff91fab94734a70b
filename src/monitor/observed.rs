//! A report with what is known of the runs before it.

use std::time::Duration;

use jiff::Timestamp;

use super::History;
use super::history::until;
use crate::report::{Report, Verdict};

/// A report with what is known of the runs before it.
#[derive(Debug, Clone)]
pub struct Observed<'a> {
    /// What the run found.
    pub report: &'a Report,
    /// The longest that it might have taken.
    pub timeout: Duration,
    /// How many of the last runs in a row failed, this one included; absent where nothing is kept.
    pub failures: Option<u32>,
    /// When a run last went well, this one included, by the host's clock; absent where none is known.
    pub last_success: Option<Timestamp>,
    /// How many failures in a row count as one; 1 where each of them does.
    pub needed: u32,
}

impl<'a> Observed<'a> {
    /// Takes a report of which nothing else is known.
    #[must_use]
    pub fn alone(report: &'a Report, timeout: Duration) -> Self {
        let history = History::default().after(report.verdict, ended_at(report));
        Self {
            report,
            timeout,
            failures: None,
            last_success: history.last_success,
            needed: 1,
        }
    }

    /// Adds what is known of the runs until now, this one included.
    #[must_use]
    pub fn with_history(self, history: History) -> Self {
        Self {
            failures: Some(history.failures),
            ..self.with_success(history.last_success)
        }
    }

    /// Adds when a run went well by somebody's account, where this one does not know better.
    #[must_use]
    pub fn with_success(self, success: Option<Timestamp>) -> Self {
        Self {
            last_success: self.last_success.max(until(success, self.ended_at())),
            ..self
        }
    }

    /// Returns which failure in a row this one is, where it is too early in the row to count.
    #[must_use]
    pub fn held_back(&self) -> Option<u32> {
        let bad = matches!(self.report.verdict, Verdict::Failed | Verdict::Unknown);
        self.failures
            .filter(|failures| bad && *failures < self.needed)
    }

    /// Returns the verdict as it counts: a failure that is held back is none.
    #[must_use]
    pub fn counted(&self) -> Verdict {
        match self.held_back() {
            Some(_) => Verdict::Passed,
            None => self.report.verdict,
        }
    }

    /// Returns when the run ended, by the host's clock.
    #[must_use]
    pub fn ended_at(&self) -> Timestamp {
        ended_at(self.report)
    }
}

/// Returns when a run ended, by the host's clock.
pub(super) fn ended_at(report: &Report) -> Timestamp {
    let duration = Duration::from_millis(report.duration_ms);
    report
        .started_at
        .saturating_add(duration)
        .unwrap_or(report.started_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{Names, everything};

    #[test]
    fn a_failure_counts_when_enough_of_them_came_in_a_row() {
        use Verdict::{Degraded, Failed, Passed, Unknown};
        let mut report = everything(&Names::usual());
        for (verdict, failures, needed, counted) in [
            (Failed, Some(1), 1, Failed),
            (Failed, Some(1), 2, Passed),
            (Unknown, Some(1), 2, Passed),
            (Failed, Some(2), 2, Failed),
            (Unknown, Some(3), 2, Unknown),
            (Degraded, Some(0), 2, Degraded),
            (Passed, Some(0), 2, Passed),
            (Failed, None, 2, Failed),
        ] {
            report.verdict = verdict;
            let observed = Observed {
                failures,
                needed,
                ..Observed::alone(&report, Duration::from_mins(1))
            };
            assert_eq!(
                observed.counted(),
                counted,
                "{verdict:?} {failures:?} {needed}"
            );
        }
    }
}
