//! The gate that requests of checks go through.

use std::sync::atomic::{AtomicBool, Ordering};

/// The gate that requests of checks go through.
///
/// # Why
///
/// A check that is dropped in the middle of a write leaves a request on the way, which may arrive
/// after its key was cleaned. So when a run stops early the gate is closed: what is on the way may
/// still be answered, for a moment, and nothing new is sent.
#[derive(Debug, Default)]
pub(crate) struct Gate(AtomicBool);

impl Gate {
    /// Lets nothing new through.
    pub(crate) fn close(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Lets requests through again: those of the clean-up.
    pub(crate) fn open(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Returns whether nothing new is let through.
    #[must_use]
    pub(crate) fn is_closed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
