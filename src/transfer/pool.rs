//! The memory and the requests that all transfers of a command share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backstop_contract::{Error, ErrorKind, ObjectKey, ObjectStore, UploadId};
use bytes::{Bytes, BytesMut};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

/// What a pool bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOptions {
    /// The size of a part in bytes, where the store and the length allow it.
    pub part: u64,
    /// The most bytes that are held at a time; a larger part is held alone.
    pub memory: u64,
    /// The most requests that carry bytes at a time.
    pub requests: usize,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            part: 8 << 20,
            memory: 32 << 20,
            requests: 4,
        }
    }
}

/// An upload that could not be ended: its parts stay in the store until somebody ends it.
#[derive(Debug)]
pub struct Left {
    /// The key it would have written.
    pub key: ObjectKey,
    /// Its id.
    pub upload: UploadId,
    /// Why it could not be ended.
    pub error: Error,
}

/// The memory and the requests that transfers share; clones share them too.
///
/// One pool serves any number of transfers at a time: give every upload of a folder the same one, and
/// let as many of them run as there are requests, or a few more.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    options: PoolOptions,
    /// In units, so that a permit fits into what a semaphore counts.
    memory: Arc<Semaphore>,
    units: u32,
    requests: Semaphore,
    idle: Mutex<Vec<BytesMut>>,
    ending: Mutex<Vec<JoinHandle<Option<Left>>>>,
}

/// What memory is counted in, in bytes.
const UNIT: u64 = 64 << 10;

/// Memory that one part may take; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Room {
    pool: Pool,
    size: usize,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Default for Pool {
    fn default() -> Self {
        Self::new(PoolOptions::default())
    }
}

impl Pool {
    /// Creates a pool.
    #[must_use]
    pub fn new(options: PoolOptions) -> Self {
        let units = u32::try_from(options.memory.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let units = units.clamp(1, 1 << 24);
        Self(Arc::new(Shared {
            options,
            memory: Arc::new(Semaphore::new(units as usize)),
            units,
            requests: Semaphore::new(options.requests.max(1)),
            idle: Mutex::default(),
            ending: Mutex::default(),
        }))
    }

    /// Returns what the pool bounds.
    #[must_use]
    pub fn options(&self) -> PoolOptions {
        self.0.options
    }

    /// Waits for the uploads that were given up on the way to be ended, and returns those that stay.
    pub async fn settle(&self) -> Vec<Left> {
        let ending = std::mem::take(&mut *self.ending());
        let mut left = Vec::new();
        for task in ending {
            left.extend(task.await.ok().flatten());
        }
        left
    }

    /// Waits for memory; what is larger than all of it waits for all of it.
    pub(super) async fn room(&self, bytes: u64) -> Room {
        let usual = self.0.options.part;
        // What takes more than half of a buffer gets one.
        let counted = if bytes > usual / 2 {
            bytes.max(usual)
        } else {
            bytes
        };
        let units = counted.div_ceil(UNIT).clamp(1, self.0.units.into());
        let units = u32::try_from(units).unwrap_or(self.0.units);
        let memory = Arc::clone(&self.0.memory);
        Room {
            pool: self.clone(),
            size: usize::try_from(bytes).unwrap_or(usize::MAX),
            // It fails only where the semaphore was closed, and nobody closes it.
            _permit: memory.acquire_many_owned(units).await.ok(),
        }
    }

    /// Waits for the turn to send a request that carries bytes.
    pub(super) async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.0.requests.acquire().await.ok()
    }

    /// Ends an upload that nobody waits for any more.
    pub(super) fn abandon(&self, store: Arc<dyn ObjectStore>, key: ObjectKey, upload: UploadId) {
        // Outside of a runtime nothing can be sent: the process is at its end.
        if let Ok(runtime) = Handle::try_current() {
            let task = runtime.spawn(end(store, key, upload));
            self.ending().push(task);
        }
    }

    fn ending(&self) -> MutexGuard<'_, Vec<JoinHandle<Option<Left>>>> {
        self.0.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<BytesMut>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends an upload and returns it where it stays.
pub(super) async fn end(
    store: Arc<dyn ObjectStore>,
    key: ObjectKey,
    upload: UploadId,
) -> Option<Left> {
    let error = store.abort_multipart(&key, &upload).await.err()?;
    (error.kind() != ErrorKind::UploadNotFound).then_some(Left { key, upload, error })
}

impl Room {
    /// Returns a buffer of that size, a used one where there is one; what is in it means nothing.
    pub(super) fn buffer(&self) -> BytesMut {
        let usual = usize::try_from(self.pool.0.options.part).unwrap_or(usize::MAX);
        let mut idle = self.pool.idle();
        if self.size > usual / 2 && self.size <= usual {
            let mut buffer = idle.pop().unwrap_or_else(|| BytesMut::with_capacity(usual));
            drop(idle);
            buffer.resize(self.size, 0);
            return buffer;
        }
        // Idle ones are not counted: they make room for what is.
        idle.clear();
        drop(idle);
        BytesMut::zeroed(self.size)
    }

    /// Takes a buffer back, if nobody else holds its bytes any more.
    pub(super) fn give_back(self, bytes: Bytes) {
        let usual = usize::try_from(self.pool.0.options.part).unwrap_or(usize::MAX);
        if let Ok(buffer) = bytes.try_into_mut()
            && buffer.capacity() == usual
        {
            self.pool.idle().push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn memory_is_bounded_and_buffers_are_used_again() {
        let pool = Pool::new(PoolOptions {
            part: 1 << 20,
            memory: 2 << 20,
            requests: 2,
        });
        let first = pool.room(1 << 20).await;
        let second = pool.room(600 << 10).await;
        let buffer = second.buffer();
        let place = buffer.as_ptr();
        assert_eq!((buffer.len(), buffer.capacity()), (600 << 10, 1 << 20));
        let waiting = pool.room(1);
        let waited = tokio::time::timeout(std::time::Duration::from_millis(20), waiting).await;
        assert!(waited.is_err(), "both parts of the memory are taken");
        second.give_back(buffer.freeze());
        let third = pool.room(1 << 20).await;
        assert_eq!(third.buffer().as_ptr(), place, "the same buffer");
        drop((first, third));
        let huge = pool.room(64 << 20).await;
        assert_eq!(huge.buffer().len(), 64 << 20, "it is held alone");
    }
}
