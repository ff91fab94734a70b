//! What the engine tells while a run lasts; it prints nothing itself.

use std::fmt;

use backstop_contract::Exchange;

use crate::report::CheckRecord;

/// One thing that happened in a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The run begins.
    Planned {
        /// How many checks will be asked.
        checks: usize,
    },
    /// A check begins.
    CheckStarted {
        /// Its id.
        id: &'static str,
    },
    /// A check has ended.
    CheckFinished {
        /// How.
        record: &'a CheckRecord,
    },
    /// An answer came over the wire, or failed to come.
    Exchanged {
        /// The answer.
        exchange: &'a Exchange,
        /// The check that asked; absent for the sandbox's own requests.
        check: Option<&'static str>,
    },
    /// What the run wrote is being removed.
    CleaningUp,
}

/// Takes the events of one run.
pub trait EventSink: fmt::Debug + Send + Sync + 'static {
    /// Takes one event; it must not block.
    fn take(&self, event: &Event<'_>);
}

/// Drops every event.
#[derive(Debug, Clone, Copy)]
pub struct NoEvents;

impl EventSink for NoEvents {
    fn take(&self, _event: &Event<'_>) {}
}
