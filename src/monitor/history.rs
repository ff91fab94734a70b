//! How many runs failed in a row, and when one last went well.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::report::Verdict;

/// What is known of the runs of a target until now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// How many of the last runs in a row failed or could not be decided.
    pub failures: u32,
    /// When a run last passed, degraded or not, by the host's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Timestamp>,
}

impl History {
    /// Returns what is known after one more run, which ended at a time by the host's clock.
    #[must_use]
    pub fn after(self, verdict: Verdict, at: Timestamp) -> Self {
        match verdict {
            Verdict::Passed | Verdict::Degraded => Self {
                failures: 0,
                last_success: Some(at),
            },
            Verdict::Failed | Verdict::Unknown => Self {
                failures: self.failures.saturating_add(1),
                last_success: until(self.last_success, at),
            },
        }
    }
}

/// Takes when a run last went well, unless that is later than a time: a clock that was ahead once would
/// else be believed until it has come.
pub(super) fn until(success: Option<Timestamp>, at: Timestamp) -> Option<Timestamp> {
    success.filter(|success| *success <= at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_of_the_future_is_not_kept() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let ahead = History {
            failures: 0,
            last_success: Some(at(9)),
        };
        for (verdict, now, expected) in [
            (Verdict::Failed, 5, None),
            (Verdict::Unknown, 9, Some(at(9))),
            (Verdict::Passed, 5, Some(at(5))),
        ] {
            let known = ahead.after(verdict, at(now));
            assert_eq!(known.last_success, expected, "{verdict:?} at {now}");
        }
    }

    #[test]
    fn what_went_well_begins_the_count_anew() {
        use Verdict::{Degraded, Failed, Passed, Unknown};
        for (verdicts, failures, last) in [
            (&[][..], 0, None),
            (&[Failed], 1, None),
            (&[Failed, Unknown, Failed], 3, None),
            (&[Passed, Failed], 1, Some(0)),
            (&[Failed, Failed, Degraded], 0, Some(2)),
            (&[Failed, Passed, Unknown, Unknown], 2, Some(1)),
        ] {
            let at = |second: usize| {
                Timestamp::from_second(i64::try_from(second).expect("small")).expect("a time")
            };
            let runs = verdicts.iter().enumerate();
            let history = runs.fold(History::default(), |history, (index, verdict)| {
                history.after(*verdict, at(index))
            });
            assert_eq!(history.failures, failures, "{verdicts:?}");
            assert_eq!(history.last_success, last.map(at), "{verdicts:?}");
        }
    }
}
