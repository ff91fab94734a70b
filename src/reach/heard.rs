//! What the answers of a run tell of the way.

use std::sync::{Mutex, MutexGuard, PoisonError};

use backstop_contract::{Exchange, Operation};
use jiff::{SignedDuration, Timestamp};

/// The status by which a proxy asks who we are; it is no answer of the service.
const OF_THE_PROXY: u16 = 407;

/// What the answers of a run tell of the way: that there are any, that one bears the service's own
/// mark, and how far apart the clocks are.
#[derive(Debug, Default)]
pub struct Heard(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    answered: bool,
    marked: bool,
    offset: Option<SignedDuration>,
}

impl Heard {
    /// Takes note of an answer at the moment at which it arrives.
    ///
    /// What came for a credential is of another service, over another way and with another clock.
    pub fn hear(&self, exchange: &Exchange, now: Timestamp) {
        let Some(status) = exchange.status else {
            return;
        };
        if exchange.operation == Operation::Authenticate || status == OF_THE_PROXY {
            return;
        }
        let mut kept = self.kept();
        kept.answered = true;
        kept.marked |= exchange.request_id.is_some();
        if let Some(date) = exchange.date {
            let seen = apart(date, now);
            // An answer that was long on the way, or kept by somebody on it, tells too much.
            let nearer = |held: SignedDuration| seen.abs() < held.abs();
            if kept.offset.is_none_or(nearer) {
                kept.offset = Some(seen);
            }
        }
    }

    /// Returns whether anybody answered.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.kept().answered
    }

    /// Returns whether an answer bore the id that only the service gives.
    #[must_use]
    pub fn is_marked(&self) -> bool {
        self.kept().marked
    }

    /// Returns how far the server's clock is ahead of this host's, in seconds; absent before an
    /// answer that tells it.
    #[must_use]
    pub fn clock_offset(&self) -> Option<i64> {
        self.kept().offset.map(|offset| offset.as_secs())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns how far apart the clocks are at least: a date has whole seconds, so the server's clock
/// was anywhere within the second that it names.
fn apart(date: Timestamp, now: Timestamp) -> SignedDuration {
    let from = date.duration_since(now);
    let until = from + SignedDuration::from_secs(1);
    if from.is_positive() {
        from
    } else if until.is_negative() {
        until
    } else {
        SignedDuration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(operation: Operation, status: Option<u16>, date: &str) -> Exchange {
        Exchange {
            operation,
            status,
            request_id: None,
            date: Some(date.parse().expect("a time")),
            elapsed: Duration::ZERO,
            attempt: 1,
        }
    }

    #[test]
    fn the_smallest_offset_of_the_services_own_answers_is_kept() {
        let now: Timestamp = "2026-11-26T12:00:00.4Z".parse().expect("a time");
        let list = Operation::ListObjects;
        for (answers, expected) in [
            (vec![(list, Some(200), "2026-11-26T12:00:00Z")], Some(0)),
            (vec![(list, Some(403), "2026-11-26T12:20:00Z")], Some(1_199)),
            (vec![(list, Some(200), "2026-11-26T11:59:00Z")], Some(-59)),
            (
                vec![
                    (list, Some(200), "2026-11-26T11:59:00Z"),
                    (list, Some(200), "2026-11-26T11:59:50Z"),
                    (list, Some(200), "2026-11-26T11:58:00Z"),
                ],
                Some(-9),
            ),
            (vec![(list, None, "2026-11-26T12:00:00Z")], None),
            (vec![(list, Some(407), "2026-11-26T12:00:00Z")], None),
            (
                vec![(Operation::Authenticate, Some(200), "2026-11-26T12:00:00Z")],
                None,
            ),
        ] {
            let heard = Heard::default();
            for (operation, status, date) in &answers {
                heard.hear(&answer(*operation, *status, date), now);
            }
            assert_eq!(heard.clock_offset(), expected, "{answers:?}");
            assert_eq!(heard.is_answered(), expected.is_some(), "{answers:?}");
        }
    }
}
