//! Temporary folders with names of their own.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Error, Result};

/// A temporary folder that is removed when it is dropped, and when the process that holds it is killed.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// A shell that removes the folder when its standard input is closed.
    keeper: Child,
}

impl Scratch {
    /// Creates an empty folder below the system's folder for temporary files.
    ///
    /// # Errors
    /// When the folder cannot be created.
    pub fn new() -> Result<Self> {
        let path = fresh_folder()?;
        let mut shell = Command::new("sh");
        shell
            .args(["-c", r#"read -r _; chmod -R u+rwX "$0"; rm -rf "$0""#])
            .arg(&path);
        shell
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        let keeper = shell.spawn().map_err(|e| {
            // Nobody else would remove it now; it is empty.
            let _ = fs::remove_dir(&path);
            Error::while_doing("starting sh", e)
        })?;
        Ok(Self { path, keeper })
    }

    /// Returns the folder's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // The shell ends by itself now; that waiting failed would change nothing.
        let _ = self.keeper.wait();
    }
}

/// Creates a folder that somebody else will remove.
pub(crate) fn fresh_folder() -> Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("backstop-test-{}", unique()));
    fs::create_dir(&path)
        .map_err(|e| Error::while_doing(format!("creating {}", path.display()), e))?;
    Ok(path)
}

/// Returns a short text that no other call in any process returns: lower-case letters, digits and `-`.
pub(crate) fn unique() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let started = jiff::Timestamp::now().as_millisecond();
    format!(
        "{:x}-{:x}-{:x}",
        std::process::id(),
        started,
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}
