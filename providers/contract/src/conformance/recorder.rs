//! An observer that remembers.

use std::sync::{Mutex, PoisonError};

use crate::exchange::{Exchange, WireObserver};

/// Remembers every answer of one store.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Vec<Exchange>>);

impl Recorder {
    /// Returns what was seen since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl WireObserver for Recorder {
    fn observe(&self, exchange: &Exchange) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(exchange.clone());
    }
}
