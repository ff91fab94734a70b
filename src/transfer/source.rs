//! Where bytes come from.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use backstop_contract::Sha256Sum;
use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;

use super::error::TransferError;
use super::part::Piece;
use super::pool::Room;

/// How much is read and hashed at a time, in bytes: it is still in the cache when it is hashed.
const STEP: usize = 128 << 10;

/// Where bytes come from.
pub struct Source(pub(super) Origin);

pub(super) enum Origin {
    /// A file, read by offset and by several at a time.
    File(Regular),
    /// What can only be read once, from its beginning to its end.
    Stream(Stream),
    /// What is in memory.
    Bytes(Bytes),
}

/// A file as it was when it was opened.
#[derive(Clone)]
pub(super) struct Regular {
    file: Arc<File>,
    name: String,
    size: u64,
    changed: Option<SystemTime>,
}

/// A pipe or a device.
pub(super) struct Stream {
    reader: Box<dyn Read + Send>,
    name: String,
}

/// Bytes that were read, and their hash.
pub(super) struct Filled {
    pub(super) room: Room,
    pub(super) bytes: Bytes,
    pub(super) sum: Sha256Sum,
}

impl Source {
    /// Opens a file; a pipe or a device is read from its beginning to its end.
    ///
    /// # Errors
    ///
    /// It is not there, is a folder, or may not be read.
    pub fn open(path: &Path) -> Result<Self, TransferError> {
        let name = path.display().to_string();
        let told = |error| TransferError::local(format!("cannot read {name}"), error);
        let file = File::open(path).map_err(told)?;
        let facts = file.metadata().map_err(told)?;
        if facts.is_dir() {
            return Err(told(io::ErrorKind::IsADirectory.into()));
        }
        if !facts.is_file() {
            let reader = Box::new(file);
            return Ok(Self(Origin::Stream(Stream { reader, name })));
        }
        Ok(Self(Origin::File(Regular {
            file: Arc::new(file),
            name,
            size: facts.len(),
            changed: facts.modified().ok(),
        })))
    }

    /// Reads what has no known end, from its beginning.
    #[must_use]
    pub fn stream(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        Self(Origin::Stream(Stream {
            reader: Box::new(reader),
            name: name.into(),
        }))
    }

    /// Takes what is in memory.
    #[must_use]
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Origin::Bytes(bytes.into()))
    }

    /// Returns how many bytes there are, where that is known before they are read.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match &self.0 {
            Origin::File(file) => Some(file.size),
            Origin::Stream(_) => None,
            Origin::Bytes(bytes) => Some(bytes.len() as u64),
        }
    }
}

impl Regular {
    /// Reads a piece and hashes it.
    pub(super) async fn read(&self, piece: Piece, room: Room) -> Result<Filled, TransferError> {
        let of = self.clone();
        let filled = blocking(move || {
            let mut at = piece.start;
            fill(room, |space| {
                let read = of.file.read_at(space, at)?;
                at += read as u64;
                Ok(read)
            })
        });
        let filled = filled.await.map_err(|error| self.told(error))?;
        if filled.bytes.len() as u64 == piece.size {
            Ok(filled)
        } else {
            Err(TransferError::SourceChanged(self.name.clone()))
        }
    }

    /// Returns its size when it was opened.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Fails where it was written to since it was opened.
    pub(super) fn check_unchanged(&self) -> Result<(), TransferError> {
        let facts = self.file.metadata().map_err(|error| self.told(error))?;
        if facts.len() == self.size && facts.modified().ok() == self.changed {
            Ok(())
        } else {
            Err(TransferError::SourceChanged(self.name.clone()))
        }
    }

    fn told(&self, error: io::Error) -> TransferError {
        TransferError::local(format!("cannot read {}", self.name), error)
    }
}

impl Stream {
    /// Reads as much as there is room for, or up to the end, and hashes it.
    pub(super) async fn read(mut self, room: Room) -> Result<(Self, Filled), TransferError> {
        let name = self.name.clone();
        let read = blocking(move || {
            let filled = fill(room, |space| self.reader.read(space))?;
            Ok((self, filled))
        });
        let read = read.await;
        read.map_err(|error| TransferError::local(format!("cannot read {name}"), error))
    }
}

/// Runs what blocks on a thread where it may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Fills a buffer, as far as there is something, and hashes it.
fn fill(room: Room, mut read: impl FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<Filled> {
    let mut buffer: BytesMut = room.buffer();
    let mut hash = Sha256::new();
    let mut filled = 0;
    while filled < buffer.len() {
        let end = buffer.len().min(filled + STEP);
        match read(&mut buffer[filled..end]) {
            Ok(0) => break,
            Ok(count) => {
                hash.update(&buffer[filled..filled + count]);
                filled += count;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(filled);
    Ok(Filled {
        room,
        bytes: buffer.freeze(),
        sum: hash.finalize().into(),
    })
}
