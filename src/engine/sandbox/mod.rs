//! The sandbox: the only source of writable keys, and what becomes of them.
//!
//! A key is journalled *before* a write is sent and the version *after* it was answered; what a
//! run wrote is removed from the journal, never by listing, on every way out. Two things are
//! found by listing: what a write without an answer may have left on the run's own key, and what
//! runs that were killed left behind, once it is old enough.

mod clean;
mod journal;
mod journalled;
mod open;
mod sweep;

pub(super) use clean::{Cleaner, Removal, remove_residue, residue};
pub(super) use journal::Journal;
pub(super) use journalled::Journalled;
pub(super) use open::{open, remove};
pub(super) use sweep::{Swept, sweep};
