//! Installs the pinned servers once, below `target/test-servers/`.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use super::process::tail;
use crate::residue::hex;
use crate::{Error, Result};

const MINIO: &str = "v0.0.0-20260212201848-7aac2a2c5b7c";
const MC: &str = "v0.0.0-20250313080218-cf909e1063a9";
const AZURITE: &str = "3.37.0";

/// Returns MinIO's server, building it when it is not there yet (minutes, once).
pub(crate) fn minio() -> Result<PathBuf> {
    go_program("minio", MINIO)
}

/// Returns MinIO's client, which prepares users, policies, quotas and versioning.
pub(crate) fn mc() -> Result<PathBuf> {
    go_program("mc", MC)
}

/// Returns the script that starts Azurite's Blob service; Node runs it.
pub(crate) fn azurite() -> Result<PathBuf> {
    let installed = once(&format!("azurite-{AZURITE}"), |folder| {
        let lock = workspace().join("tests/support/azurite");
        for file in ["package.json", "package-lock.json", ".npmrc"] {
            fs::copy(lock.join(file), folder.join(file))
                .map_err(|e| Error::while_doing(format!("copying {file}"), e))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--loglevel=error"])
            .current_dir(folder);
        run(
            &mut npm,
            "install Node.js 22 or newer with npm, or set BACKSTOP_TEST_AZURITE=http://host:port",
        )
    })?;
    Ok(installed.join("node_modules/azurite/dist/src/blob/main.js"))
}

/// Returns the program that reads what monitoring reads.
pub(crate) fn readers() -> Result<PathBuf> {
    let source = workspace().join("tests/support/readers");
    let mut hash = Sha256::new();
    for file in ["main.go", "go.mod", "go.sum"] {
        let text = fs::read(source.join(file));
        hash.update(text.map_err(|e| Error::while_doing(format!("reading {file}"), e))?);
    }
    // Another source is another program.
    let name = hex(&hash.finalize()[..8]);
    let installed = once(&format!("readers-{name}"), |folder| {
        let mut go = Command::new("go");
        go.args(["build", "-o"]).arg(folder.join("readers"));
        go.env("GOFLAGS", "")
            .env("CGO_ENABLED", "0")
            .current_dir(&source);
        run(&mut go, "install Go")
    })?;
    Ok(installed.join("readers"))
}

/// Returns the folder that holds the workspace's `Cargo.toml`.
pub(crate) fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

fn go_program(name: &str, version: &str) -> Result<PathBuf> {
    let installed = once(&format!("{name}-{version}"), |folder| {
        let mut go = Command::new("go");
        go.arg("install")
            .arg(format!("github.com/minio/{name}@{version}"));
        go.env("GOBIN", folder)
            .env("GOFLAGS", "")
            .env("CGO_ENABLED", "0")
            .current_dir(folder);
        run(
            &mut go,
            "install Go, or set BACKSTOP_TEST_MINIO=http://user:password@host:port",
        )
    })?;
    Ok(installed.join(name))
}

/// Fills a folder once, even when several processes ask for it at the same time.
fn once(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let cache = target_folder().join("test-servers");
    let done = cache.join(name);
    if done.is_dir() {
        return Ok(done);
    }
    let explain = |e| Error::while_doing(format!("preparing {}", cache.display()), e);
    fs::create_dir_all(&cache).map_err(explain)?;
    let lock = File::create(cache.join(format!("{name}.lock"))).map_err(explain)?;
    lock.lock().map_err(explain)?;
    if done.is_dir() {
        return Ok(done);
    }
    // What an interrupted installation left is started over: only the rename makes it count.
    let partial = cache.join(format!("{name}.partial"));
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(explain)?;
    }
    fs::create_dir(&partial).map_err(explain)?;
    fill(&partial)?;
    fs::rename(&partial, &done).map_err(explain)?;
    Ok(done)
}

fn target_folder() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => workspace().join(folder),
        None => workspace().join("target"),
    }
}

/// Runs a command to its end; an error names the command, what it printed last and what to do.
pub(crate) fn run(command: &mut Command, remedy: &str) -> Result<()> {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    let shown = words.join(" ");
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| Error::new(format!("`{shown}` could not be started ({e}): {remedy}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = tail(&String::from_utf8_lossy(&output.stderr));
    Err(Error::new(format!(
        "`{shown}` failed ({}): {remedy}\n{said}",
        output.status
    )))
}
