//! Runs the built binary as a user would, in an environment that holds nothing it was not given.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::servers::process::signal;
use crate::{Error, Result, Scratch};

/// A command line that is about to be run, with a home folder of its own.
#[derive(Debug)]
pub struct Cli {
    command: Command,
    home: Scratch,
    input: Vec<u8>,
    between: Option<(PathBuf, PathBuf)>,
}

impl Cli {
    /// Prepares a run of a program with `PATH`, an empty `HOME` and no way to the metadata service.
    ///
    /// # Errors
    /// When the home folder cannot be created.
    pub fn new(program: impl AsRef<Path>) -> Result<Self> {
        let home = Scratch::new()?;
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path());
        command
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(home.path());
        Ok(Self {
            command,
            home,
            input: Vec::new(),
            between: None,
        })
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives the program something to read; otherwise its standard input is empty.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Lets the program read a file as its standard input, and write its standard output to another.
    #[must_use]
    pub fn between(mut self, from: impl Into<PathBuf>, to: impl Into<PathBuf>) -> Self {
        self.between = Some((from.into(), to.into()));
        self
    }

    /// Returns the folder that is the run's home and its working folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// When it cannot be started, or takes longer than two minutes.
    pub fn run(self) -> Result<Finished> {
        self.spawn()?.wait(Duration::from_mins(2))
    }

    /// Starts the program and leaves it running.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(mut self) -> Result<Running> {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some((from, to)) = &self.between {
            let told = |e| Error::while_doing("opening what the program reads and writes", e);
            self.command.stdin(File::open(from).map_err(told)?);
            self.command.stdout(File::create(to).map_err(told)?);
        }
        let program = self.command.get_program().to_string_lossy().into_owned();
        let started = Instant::now();
        let mut child = self
            .command
            .spawn()
            .map_err(|e| Error::while_doing(format!("starting {program}"), e))?;
        if let Some(mut stdin) = child.stdin.take() {
            let input = self.input;
            // A program that does not read to the end closes the pipe, as it may.
            thread::spawn(move || drop(stdin.write_all(&input)));
        }
        let (stdout, stderr) = (
            child.stdout.take().map(collect),
            child.stderr.take().map(collect),
        );
        Ok(Running {
            child,
            started,
            stdout,
            stderr,
            _home: self.home,
        })
    }
}

/// A program that was started and not waited for; it is killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    started: Instant,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
    _home: Scratch,
}

impl Running {
    /// Sends a signal by its name, such as `INT`, `TERM` or `KILL`.
    ///
    /// # Errors
    /// When the program has ended and was waited for.
    pub fn signal(&self, name: &str) -> Result<()> {
        signal(&self.child.id().to_string(), name)
    }

    /// Says whether the program is still there.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Returns the id of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the program to end, and kills it when it does not do so in time.
    ///
    /// # Errors
    /// When it had to be killed; the message has what it printed until then.
    pub fn wait(mut self, deadline: Duration) -> Result<Finished> {
        let began = Instant::now();
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if began.elapsed() < deadline => thread::sleep(Duration::from_millis(2)),
                Ok(None) => break None,
                Err(e) => return Err(Error::while_doing("waiting for the program", e)),
            }
        };
        let elapsed = self.started.elapsed();
        if status.is_none() {
            // It may end by itself at this very moment.
            let _ = self.child.kill();
        }
        let text = |reader: Option<JoinHandle<String>>| {
            reader.and_then(|r| r.join().ok()).unwrap_or_default()
        };
        let (stdout, stderr) = (text(self.stdout.take()), text(self.stderr.take()));
        match status {
            Some(status) => Ok(Finished {
                code: status.code(),
                stdout,
                stderr,
                elapsed,
            }),
            None => Err(Error::new(format!(
                "not finished after {deadline:?}; it said:\n{stdout}{stderr}"
            ))),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it has ended and was waited for, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// From its start to its end.
    pub elapsed: Duration,
}

impl Finished {
    /// Returns everything it wrote, for those who look for something that must not be there.
    #[must_use]
    pub fn output(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }
}

fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before the pipe broke still counts.
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_sees_only_what_it_was_given() {
        let cli = Cli::new("sh")
            .expect("a folder")
            .args(["-c", "cat; env; echo err >&2; exit 3"]);
        let done = cli
            .env("GIVEN", "yes")
            .input("in\n")
            .run()
            .expect("sh runs");
        assert_eq!((done.code, done.stderr.as_str()), (Some(3), "err\n"));
        assert!(
            done.stdout.starts_with("in\n") && done.stdout.contains("GIVEN=yes"),
            "{}",
            done.stdout
        );
        assert!(!done.stdout.contains("CARGO"), "{}", done.stdout);
    }

    #[test]
    fn a_program_can_be_signalled_and_does_not_outlast_its_deadline() {
        let running = Cli::new("sleep")
            .expect("a folder")
            .args(["100"])
            .spawn()
            .expect("sleep starts");
        running.signal("TERM").expect("it runs");
        assert_eq!(
            running.wait(Duration::from_secs(5)).expect("it ends").code,
            None
        );
        let stuck = Cli::new("sleep")
            .expect("a folder")
            .args(["100"])
            .spawn()
            .expect("sleep starts");
        assert!(stuck.wait(Duration::from_millis(50)).is_err());
    }
}
