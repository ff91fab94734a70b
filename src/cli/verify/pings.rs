//! Those who are told of the beginning and the end of runs, beside the runs.

use futures::future::join_all;
use tokio::task::{JoinHandle, spawn_blocking};

use super::super::console;
use crate::config::{Ping, Target};
use crate::monitor::ping::{Failure, Pinger, Signal};

/// How something ended, for whoever is told.
pub(super) struct End {
    /// Whether it ended well.
    pub(super) well: bool,
    /// What there is to read; its last lines are told.
    pub(super) text: String,
}

/// Everybody who is told; the beginning is on its way.
pub(super) struct Pings(Vec<Told>);

/// One who is told.
struct Told {
    /// The target it is about; absent for the run as a whole.
    target: Option<String>,
    begun: JoinHandle<Begun>,
}

/// What became of the beginning; without a pinger there is no end to tell either.
type Begun = (Option<Pinger>, Result<usize, Failure>);

impl Pings {
    /// Tells everybody that the runs begin, without waiting for an answer.
    pub(super) fn begin(run: Option<&Ping>, targets: &[&Target]) -> Self {
        let of_targets = targets.iter().filter_map(|target| {
            let ping = target.ping.as_ref()?;
            Some((Some(target.name.clone()), ping))
        });
        let all = run.map(|ping| (None, ping)).into_iter().chain(of_targets);
        let told = all.map(|(target, ping)| Told {
            target,
            begun: tokio::spawn(begin(ping.clone())),
        });
        Self(told.collect())
    }

    /// Tells everybody how it ended; what is not taken is said, and changes nothing.
    pub(super) async fn end(self, how: impl Fn(Option<&str>) -> End) {
        let ends = self.0.into_iter().map(|told| {
            let end = how(told.target.as_deref());
            told.end(end)
        });
        join_all(ends).await;
    }
}

async fn begin(ping: Ping) -> Begun {
    // Certificates are read from files.
    let made = spawn_blocking(move || Pinger::new(&ping.address)).await;
    match made {
        Ok(Ok(pinger)) => {
            let begun = pinger.send(Signal::Start, "", 0).await;
            (Some(pinger), begun)
        }
        Ok(Err(failure)) => (None, Err(failure)),
        Err(_) => (None, Ok(0)),
    }
}

impl Told {
    async fn end(self, end: End) {
        // A task that panicked has ended the program.
        let Ok((pinger, begun)) = self.begun.await else {
            return;
        };
        let whose = self
            .target
            .map_or_else(String::new, |name| format!("{name}: "));
        let tell = |signal: Signal, failure: &Failure| {
            let signal = signal.name();
            console::warn(&format!(
                "{whose}the ping {signal} was not taken: {failure}"
            ));
        };
        if let Err(failure) = &begun {
            tell(Signal::Start, failure);
        }
        let Some(pinger) = pinger else {
            return;
        };
        let signal = if end.well {
            Signal::Success
        } else {
            Signal::Fail
        };
        let limit = begun.unwrap_or(Pinger::LIMIT);
        if let Err(failure) = pinger.send(signal, &end.text, limit).await {
            tell(signal, &failure);
        }
    }
}
