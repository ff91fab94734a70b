//! What a run waits for: the requests that go through a proxy, with their times.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use backstop_testkit::{Action, Phase, Proxy};

/// A request: its number, when it was sent, when its answer came, and what it asks.
type Trip = (usize, Duration, Duration, String);

/// The requests that go through a proxy, as the client sees them.
#[derive(Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Trip>>>);

impl Log {
    /// Takes note of everything from now on; `back` is how long an answer is on its way.
    pub(crate) fn start(proxy: &Proxy, back: Duration) -> Self {
        proxy.reset();
        let (log, began) = (Self::default(), Instant::now());
        let trips = Arc::clone(&log.0);
        proxy.on_request(move |seen, phase| {
            let (now, number) = (began.elapsed(), seen.number);
            let mut trips = trips.lock().unwrap_or_else(PoisonError::into_inner);
            if phase == Phase::Before {
                let what = format!("{} {}", seen.method, seen.target);
                trips.push((number, now, Duration::MAX, what));
            } else if let Some(trip) = trips.iter_mut().find(|trip| trip.0 == number) {
                trip.2 = now + back;
            }
            Action::Pass
        });
        log
    }

    /// Tells the chain of requests that waited for each other, in units of `trip`: each after the
    /// one whose answer came last before it was sent.
    pub(crate) fn critical_path(&self, trip: Duration) -> String {
        let trips = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut path = Vec::new();
        let mut last = trips.iter().max_by_key(|trip| trip.2);
        while let Some(found) = last {
            path.push(found);
            let earlier = trips.iter().filter(|other| other.2 <= found.1);
            last = earlier.max_by_key(|other| other.2);
        }
        let mut told = String::new();
        for (_, sent, answered, what) in path.iter().rev() {
            let [sent, answered] = [sent, answered].map(|at| at.div_duration_f64(trip));
            // Writing to a string cannot fail.
            let _ = writeln!(told, "  {sent:5.1} {answered:5.1}  {what}");
        }
        told
    }
}
