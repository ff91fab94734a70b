//! Transfers on the memory store, on stores that lie, and on answers that get lost.

mod delete;
mod down;
mod troubled;
mod up;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use backstop_contract::{MemoryStore, ObjectKey, ObjectStore};

use super::*;

/// Parts of 1 KiB, so that many of them cost next to nothing.
fn pool() -> Pool {
    Pool::new(PoolOptions {
        part: 1024,
        memory: 4096,
        requests: 3,
    })
}

fn key() -> ObjectKey {
    ObjectKey::new("backups/one").expect("a key")
}

/// Bytes that repeat at no part's edge.
fn content(size: usize) -> Vec<u8> {
    (0..size)
        .map(|at| u8::try_from((at * 31 + at / 251) % 256).unwrap_or_default())
        .collect()
}

fn shared(store: &MemoryStore) -> Arc<dyn ObjectStore> {
    Arc::new(store.clone())
}

fn silent() -> Arc<dyn Progress> {
    Arc::new(Silent)
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("backstop-transfer-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of what is in it.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
