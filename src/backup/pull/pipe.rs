//! A pipe that takes every byte once, however often they are read.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A writer that is written to in turns, each of which has the same bytes from the beginning: a later
/// one goes on where those before it broke off.
pub(super) struct Once<W>(Arc<Mutex<Pipe<W>>>);

struct Pipe<W> {
    writer: W,
    written: u64,
}

/// One turn.
pub(super) struct Turn<W> {
    pipe: Arc<Mutex<Pipe<W>>>,
    at: u64,
}

impl<W> Once<W> {
    pub(super) fn new(writer: W) -> Self {
        Self(Arc::new(Mutex::new(Pipe { writer, written: 0 })))
    }

    /// Begins a turn.
    pub(super) fn turn(&self) -> Turn<W> {
        Turn {
            pipe: Arc::clone(&self.0),
            at: 0,
        }
    }
}

impl<W: Write> Write for Turn<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        let known = usize::try_from(pipe.written - self.at).unwrap_or(usize::MAX);
        let count = if known > 0 {
            known.min(bytes.len())
        } else {
            let count = pipe.writer.write(bytes)?;
            pipe.written += count as u64;
            count
        };
        self.at += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        pipe.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_written_once() {
        let once = Once::new(Vec::new());
        for turn in ["ab", "a", "", "abcd", "abcdef"] {
            let written = once.turn().write_all(turn.as_bytes());
            written.expect("memory takes everything");
        }
        let pipe = once.0.lock().expect("no panic");
        assert_eq!(pipe.writer, b"abcdef");
    }
}
