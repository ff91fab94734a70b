//! The time a run has.

use std::time::Duration;

use tokio::time::Instant;

/// The longest part of a run's time that is kept for cleaning up.
const LONGEST_RESERVE: Duration = Duration::from_secs(5);
/// How long cleaning up may take after a signal.
pub(super) const AFTER_A_SIGNAL: Duration = Duration::from_secs(5);

/// The time a run has: checks stop at the timeout less a reserve, which belongs to the clean-up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    started: Instant,
    timeout: Duration,
}

impl Deadline {
    /// Starts the clock.
    #[must_use]
    pub(super) fn start(timeout: Duration) -> Self {
        Self {
            started: Instant::now(),
            timeout,
        }
    }

    fn reserve(&self) -> Duration {
        (self.timeout / 5).min(LONGEST_RESERVE)
    }

    /// Returns how long checks may take: the timeout less a fifth of it, at most five seconds.
    #[must_use]
    pub(super) fn time_for_checks(&self) -> Duration {
        self.timeout.saturating_sub(self.reserve())
    }

    /// Returns when checks stop.
    #[must_use]
    pub(super) fn end_of_checks(&self) -> Instant {
        self.started + self.time_for_checks()
    }

    /// Returns how long requests on the way may still be answered once the checks have stopped: a
    /// fifth of the clean-up's time.
    #[must_use]
    pub(super) fn last_answers(&self) -> Duration {
        self.reserve() / 5
    }

    /// Returns when the run ends, whatever is still open.
    #[must_use]
    pub(super) fn end(&self) -> Instant {
        self.started + self.timeout
    }

    /// Returns how long the run has taken so far, in milliseconds.
    #[must_use]
    pub(super) fn elapsed_ms(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

/// Returns a duration in whole milliseconds.
#[must_use]
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
