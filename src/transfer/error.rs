//! What can go wrong between here and a store.

use std::io;
use std::path::PathBuf;

use backstop_contract::{Error, ErrorKind, ObjectKey, UploadId};
use thiserror::Error as Thiserror;

/// Why bytes did not come through.
#[derive(Debug, Thiserror)]
pub enum TransferError {
    /// The store refused, failed or kept silent.
    #[error(transparent)]
    Store(#[from] Error),
    /// A file or a pipe here could not be read or written.
    #[error("{what}: {error}")]
    Local {
        /// What was done, and to what.
        what: String,
        /// Why it failed.
        error: io::Error,
    },
    /// A file was written to while it was read, so that what was sent is no state that it ever had.
    #[error("{0} was changed while it was read")]
    SourceChanged(String),
    /// There are more bytes than the store takes in one object.
    #[error("{bytes} bytes are more than an object of this store can have")]
    TooLarge {
        /// How many there are.
        bytes: u64,
    },
    /// Bytes came back that are not those that were written.
    #[error("bytes {start} to {end} of {key} do not have the SHA-256 that they were written with")]
    Corrupt {
        /// The object.
        key: ObjectKey,
        /// The first byte of the part.
        start: u64,
        /// The byte after its last one.
        end: u64,
    },
    /// The object, or a range of it, has another length than it must have.
    #[error("{key} has {found} bytes where it must have {expected}")]
    Length {
        /// The object.
        key: ObjectKey,
        /// How many bytes there must be.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// The object was overwritten while it was read.
    #[error("{0} was overwritten while it was read")]
    Overwritten(ObjectKey),
    /// Another download to the same place is under way.
    #[error("{} is being written by another download", .0.display())]
    Busy(PathBuf),
    /// The reply to the end of a write was lost, and nothing told whether it took effect.
    #[error("it cannot be told whether {key} was written: {error}")]
    Unsettled {
        /// The object.
        key: ObjectKey,
        /// What came in place of the reply.
        error: Error,
    },
    /// An upload failed, and its parts stay in the store.
    #[error("{failure}; the upload {upload} stays open: {error}")]
    Stays {
        /// Why the upload failed.
        failure: Box<Self>,
        /// Its id.
        upload: UploadId,
        /// Why it could not be ended.
        error: Error,
    },
}

impl TransferError {
    /// Returns what went wrong first, without what became of the upload.
    #[must_use]
    pub fn first(&self) -> &Self {
        match self {
            Self::Stays { failure, .. } => failure.first(),
            other => other,
        }
    }

    /// Returns what the store said, where the failure is the store's.
    #[must_use]
    pub fn store(&self) -> Option<&Error> {
        match self.first() {
            Self::Store(error) | Self::Unsettled { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Returns whether no answer came in time, so that nothing is decided.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        self.store()
            .is_some_and(|error| error.kind() == ErrorKind::TimedOut)
    }

    /// Returns whether what is in the store is not what was wanted: nothing of it is worth keeping.
    pub(super) fn is_of_content(&self) -> bool {
        matches!(
            self,
            Self::Corrupt { .. } | Self::Length { .. } | Self::Overwritten(_)
        )
    }

    /// Names a failure of a file or a pipe.
    pub(super) fn local(what: impl Into<String>, error: io::Error) -> Self {
        let what = what.into();
        Self::Local { what, error }
    }
}
