//! A server process that never outlives its test.
//!
//! # Why
//! `Drop` does not run when a test process is killed, and a child cannot ask the kernel to die with its parent without
//! `unsafe`. A small shell holds the other end of a pipe instead: when the pipe closes, for whatever reason, it kills
//! the server, waits for it and removes its folder.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use std::os::unix::process::CommandExt;

use crate::scratch::fresh_folder;
use crate::{Error, Result};

/// `$1` is the folder, the rest is the server's command. Closing standard input ends everything.
const WATCHDOG: &str = r#"
folder=$1; shift
exec 3<&0
"$@" </dev/null >"$folder/log" 2>&1 3<&- &
server=$!
echo "$server"
(read -r _ <&3; kill -KILL "$server") &
watcher=$!
wait "$server"
echo "$?" >"$folder/exited"
kill "$watcher"
read -r _ <&3
chmod -R u+rwX "$folder"
rm -rf "$folder"
"#;

/// A running server, its folder and the pipe that keeps both alive.
#[derive(Debug)]
pub(crate) struct Process {
    watchdog: Child,
    pipe: Option<ChildStdin>,
    pid: String,
    folder: PathBuf,
}

impl Process {
    /// Starts the command that `command` builds for a new folder, with no variables but the ones it sets and `PATH`.
    pub(crate) fn spawn(command: impl FnOnce(&Path) -> Command) -> Result<Self> {
        let folder = fresh_folder()?;
        let server = command(&folder);
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(WATCHDOG)
            .arg("watchdog")
            .arg(&folder)
            .arg(server.get_program())
            .args(server.get_args());
        shell
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &folder);
        shell.envs(
            server
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        // A signal to the test's process group must not reach the watchdog before it has cleaned up.
        shell.process_group(0).current_dir(&folder);
        shell
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut watchdog = shell
            .spawn()
            .map_err(|e| Error::while_doing("starting sh", e))?;
        let pipe = watchdog.stdin.take();
        let mut pid = String::new();
        if let Some(out) = watchdog.stdout.take() {
            BufReader::new(out)
                .read_line(&mut pid)
                .map_err(|e| Error::while_doing("reading the server's id", e))?;
        }
        Ok(Self {
            watchdog,
            pipe,
            pid: pid.trim().to_owned(),
            folder,
        })
    }

    /// Returns the folder that lives as long as the server.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns everything the server printed.
    pub(crate) fn log(&self) -> String {
        fs::read(self.folder.join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Waits until `ready` holds, and fails at once when the server ended before.
    pub(crate) fn wait_until(
        &self,
        what: &str,
        deadline: Duration,
        ready: impl Fn(&str) -> bool,
    ) -> Result<()> {
        let started = Instant::now();
        loop {
            let exited = self.folder.join("exited").exists();
            let log = self.log();
            if exited {
                return Err(Error::new(format!(
                    "{what} ended at once, saying:\n{}",
                    tail(&log)
                )));
            }
            if ready(&log) {
                return Ok(());
            }
            if started.elapsed() > deadline {
                return Err(Error::new(format!(
                    "{what} was not ready after {deadline:?}, saying:\n{}",
                    tail(&log)
                )));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends the server a signal by its name, such as `KILL`, `STOP` or `CONT`.
    pub(crate) fn signal(&self, name: &str) -> Result<()> {
        signal(&self.pid, name)
    }

    /// Kills the server, waits for it and removes its folder.
    pub(crate) fn stop(&mut self) {
        drop(self.pipe.take());
        // The watchdog ends by itself now; that it cannot be waited for twice is no concern.
        let _ = self.watchdog.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Sends a process a signal by its name.
pub(crate) fn signal(pid: &str, name: &str) -> Result<()> {
    let status = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(pid)
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Error::new(format!(
            "process {pid} is not there to be sent {name}"
        ))),
        Err(e) => Err(Error::while_doing("running kill", e)),
    }
}

/// Returns the last lines of a text, enough to see why something ended.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
