//! Locks whose holder may have panicked: a test that failed must not take its neighbours with it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a value, whatever became of the last holder.
pub(crate) fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
