//! The file that an object comes into: this download's alone, and this user's own.
//!
//! # Why
//!
//! Its name is always the same, so that anybody can be there first. What lies there is gone on with
//! only where no one else can have written it, or can write to it later. The lock is one of the file
//! and not of its name, so that the name is looked at again when the lock is held: whoever had it
//! before may have given the file its last name meanwhile.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::super::error::TransferError;
use super::super::part::hex;
use super::super::source::blocking;
use super::Range;

/// How much is hashed and written at a time, in bytes.
pub(super) const STEP: usize = 1 << 20;
/// How the name of a partial file ends.
const ENDING: &str = ".backstop-partial";
/// The longest name that is kept in that of the partial file, in bytes; a file system takes 255.
const LONGEST: usize = 200;
/// How often it is tried anew where somebody moves or makes the file at the same time.
const TURNS: u32 = 8;

/// Returns the partial file of a destination: beside it, hidden, and always the same, so that a later
/// attempt finds it.
#[must_use]
pub fn partial_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let mut hidden = OsString::from(".");
    if name.len() <= LONGEST {
        hidden.push(name);
    } else {
        hidden.push(hex(&Sha256::digest(name.as_encoded_bytes())));
    }
    hidden.push(ENDING);
    path.with_file_name(hidden)
}

/// A file that is not whole yet.
pub(super) struct Partial {
    pub(super) file: Arc<File>,
    pub(super) path: PathBuf,
    /// How much of it was there.
    length: u64,
    /// Whether it is kept where it is not finished.
    pub(super) keep: bool,
}

impl Partial {
    /// Opens the partial file of a destination, for this download alone; it begins anew where nothing
    /// of an earlier attempt can be believed.
    pub(super) fn open(
        path: PathBuf,
        destination: &Path,
        keep: bool,
    ) -> Result<Self, TransferError> {
        let told = |error| TransferError::local(format!("cannot write {}", path.display()), error);
        for _ in 0..TURNS {
            match Claim::of(&path, keep).map_err(told)? {
                Claim::Held(file) => {
                    let length = file.metadata().map_err(told)?.len();
                    return Ok(Self {
                        file: Arc::new(file),
                        path,
                        length,
                        keep,
                    });
                }
                Claim::Busy => break,
                Claim::Moved => {}
            }
        }
        Err(TransferError::Busy(destination.into()))
    }

    /// Returns whether a range is there and right.
    pub(super) async fn holds(&self, range: Range) -> Result<bool, TransferError> {
        let piece = range.piece;
        let Some(expected) = range.sha256 else {
            return Ok(false);
        };
        if piece.end() > self.length {
            return Ok(false);
        }
        let file = Arc::clone(&self.file);
        let hashed = blocking(move || {
            let mut hash = Sha256::new();
            let mut space = vec![0; STEP];
            let (mut at, end) = (piece.start, piece.end());
            while at < end {
                let most = usize::try_from(end - at).unwrap_or(STEP).min(STEP);
                let read = file.read_at(&mut space[..most], at)?;
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                hash.update(&space[..read]);
                at += read as u64;
            }
            Ok(hash.finalize())
        });
        let sum = hashed.await.map_err(|error| {
            TransferError::local(format!("cannot read {}", self.path.display()), error)
        })?;
        Ok(sum[..] == expected[..])
    }

    /// Gives the file its name, when all of it is on the disk.
    pub(super) async fn finish(
        mut self,
        destination: &Path,
        size: u64,
    ) -> Result<(), TransferError> {
        let (file, from) = (Arc::clone(&self.file), self.path.clone());
        let to = destination.to_owned();
        let named = blocking(move || {
            file.set_len(size)?;
            file.sync_all()?;
            if !is_at(&file, &from) {
                let what = format!("somebody took {} away meanwhile", from.display());
                return Err(io::Error::other(what));
            }
            fs::rename(&from, &to)?;
            let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        });
        named.await.map_err(|error| {
            TransferError::local(format!("cannot write {}", destination.display()), error)
        })?;
        self.keep = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // What has its last name already may have a successor there.
        if !self.keep && is_at(&self.file, &self.path) {
            // Where it cannot be removed, the next attempt begins it anew.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What came of trying to have a partial file alone.
enum Claim {
    /// It is locked, and has its name.
    Held(File),
    /// Another download has it.
    Busy,
    /// It was made, moved or removed at the same time.
    Moved,
}

impl Claim {
    /// Tries once. What is not kept is made anew, since others may have the old one open.
    fn of(path: &Path, keep: bool) -> io::Result<Self> {
        let Some(file) = open(path)? else {
            return Self::create(path);
        };
        match Self::lock(file, path)? {
            Self::Held(old) if !keep => {
                fs::remove_file(path)?;
                let new = Self::create(path);
                // Until now whoever had opened it too was kept off.
                drop(old);
                new
            }
            claim => Ok(claim),
        }
    }

    fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        match options.read(true).write(true).create_new(true).open(path) {
            Ok(file) => Self::lock(file, path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Self::Moved),
            Err(error) => Err(error),
        }
    }

    fn lock(file: File, path: &Path) -> io::Result<Self> {
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => Ok(Self::Held(file)),
            Ok(()) => Ok(Self::Moved),
            Err(TryLockError::WouldBlock) => Ok(Self::Busy),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Opens what is there, where it is this user's own and nobody else's.
fn open(path: &Path) -> io::Result<Option<File>> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    let owner = owner_beside(path)?;
    check(&found, owner)?;
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    // It may be another one than a moment ago.
    check(&file.metadata()?, owner)?;
    Ok(Some(file))
}

/// Refuses what somebody else made, or has by another name.
fn check(facts: &Metadata, owner: u32) -> io::Result<()> {
    let wrong = if !facts.is_file() {
        "it is no regular file; remove it"
    } else if facts.uid() != owner {
        "it is somebody else's file; remove it, or choose another folder"
    } else if facts.nlink() > 1 {
        "the same file has another name too; remove it, or choose another folder"
    } else {
        return Ok(());
    };
    Err(io::Error::other(wrong))
}

/// Returns who owns what this process makes beside a path: some file systems give it to another user.
///
/// # Errors
///
/// Nothing can be made there.
pub fn owner_beside(path: &Path) -> io::Result<u32> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.subsec_nanos());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{now}", std::process::id()));
    let probe = path.with_file_name(name);
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&probe)?;
    let facts = made.metadata();
    fs::remove_file(&probe)?;
    Ok(facts?.uid())
}

/// Returns whether a path leads to a file, without a link.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(found)) => (held.dev(), held.ino()) == (found.dev(), found.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_has_its_last_name_is_let_alone() {
        let root = std::env::temp_dir().join(format!("backstop-partial-{}", std::process::id()));
        fs::create_dir_all(&root).expect("a folder");
        let (path, last) = (root.join("partial"), root.join("last"));
        fs::write(&path, "whole").expect("written");
        // Two open it; the first one ends before the second one has its lock.
        let first = Partial::open(path.clone(), &last, true).expect("opened");
        let second = open(&path).expect("opened").expect("it is there");
        assert!(matches!(Claim::of(&path, true), Ok(Claim::Busy)));
        assert!(matches!(Claim::of(&path, false), Ok(Claim::Busy)));
        fs::rename(&path, &last).expect("renamed");
        drop(first);
        assert!(matches!(Claim::lock(second, &path), Ok(Claim::Moved)));
        assert_eq!(fs::read(&last).expect("read"), b"whole");
        // One that is given up removes its own file alone, whatever has its name by then.
        let old = Partial::open(path.clone(), &last, false).expect("opened");
        fs::rename(&path, &last).expect("renamed");
        let new = Partial::open(path.clone(), &last, false).expect("opened");
        drop(old);
        assert!(path.exists() && last.exists());
        drop(new);
        assert!(!path.exists() && last.exists());
        fs::remove_dir_all(&root).expect("removed");
    }
}
