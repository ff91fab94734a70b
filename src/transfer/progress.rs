//! Who is told how far a transfer is.

use std::fmt;
use std::sync::Arc;

/// Is told how far a transfer is; from any thread.
pub trait Progress: fmt::Debug + Send + Sync {
    /// Takes how many bytes there are in all, once that is known.
    fn total(&self, bytes: u64);

    /// Takes how many more bytes are done; those of a part that is sent again are told once.
    fn moved(&self, bytes: u64);
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn total(&self, _bytes: u64) {}

    fn moved(&self, _bytes: u64) {}
}

/// Passes on what is moved, and not how much one of many objects has.
#[derive(Debug)]
pub struct OneOfMany(pub Arc<dyn Progress>);

impl Progress for OneOfMany {
    fn total(&self, _bytes: u64) {}

    fn moved(&self, bytes: u64) {
        self.0.moved(bytes);
    }
}
