//! SIGINT and SIGTERM: the first one ends the run in order, the second one at once.

use std::sync::{Arc, OnceLock};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::super::console;
use super::super::exit::Exit;
use super::super::plugin;
use super::super::run::Mistake;

/// Listens for signals while the runtime runs.
pub(in crate::cli) struct Signals {
    first: Arc<OnceLock<Exit>>,
}

impl Signals {
    /// Begins to listen; at the first signal `words` are said and `stop` turns true.
    pub(in crate::cli) fn listen(
        stop: watch::Sender<bool>,
        words: &'static str,
    ) -> Result<Self, Mistake> {
        let of = |kind| signal(kind).map_err(Mistake::signals);
        let interrupt = of(SignalKind::interrupt())?;
        let terminate = of(SignalKind::terminate())?;
        let first = Arc::new(OnceLock::new());
        tokio::spawn(heed(interrupt, terminate, stop, words, Arc::clone(&first)));
        Ok(Self { first })
    }

    /// Returns how the program ends because of a signal, where one came.
    pub(in crate::cli) fn received(&self) -> Option<Exit> {
        self.first.get().copied()
    }
}

async fn heed(
    mut interrupt: Signal,
    mut terminate: Signal,
    stop: watch::Sender<bool>,
    words: &'static str,
    first: Arc<OnceLock<Exit>>,
) {
    loop {
        let exit = tokio::select! {
            _ = interrupt.recv() => Exit::Interrupted,
            _ = terminate.recv() => Exit::Terminated,
        };
        if first.set(exit).is_err() {
            if plugin::is_wanted() {
                plugin::end("a second signal ended the run at once", false).now();
            }
            exit.now();
        }
        console::say(words);
        stop.send_replace(true);
    }
}
