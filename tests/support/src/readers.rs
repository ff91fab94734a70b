//! Parsers that others wrote for what monitoring reads: Prometheus' own text parser and linter, which
//! are what `promtool check metrics` is made of, and a library for plugins of Nagios.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::servers::install;
use crate::{Error, Result};

/// The parsers, built once from pinned Go modules.
#[derive(Clone, Debug)]
pub struct Readers {
    program: PathBuf,
}

impl Readers {
    /// Builds them when they are not there yet.
    ///
    /// # Errors
    /// When they cannot be built.
    pub fn new() -> Result<Self> {
        let program = install::readers()?;
        Ok(Self { program })
    }

    /// Reads metrics in the text format: an array of `name`, `labels` and `value`.
    ///
    /// # Errors
    /// What the parser or the linter says, where they refuse something.
    pub fn prometheus(&self, text: &str) -> Result<Value> {
        self.read("prometheus", text)
    }

    /// Reads the line of a plugin: `text`, and `data` with `label`, `value`, `unit`, and whether the
    /// value is beyond its thresholds, `warning` and `critical`.
    ///
    /// # Errors
    /// What the library says, where it refuses something.
    pub fn nagios(&self, text: &str) -> Result<Value> {
        self.read("nagios", text)
    }

    fn read(&self, what: &str, text: &str) -> Result<Value> {
        let explain = |error: &dyn std::fmt::Display| {
            Error::new(format!("{what} cannot be read: {error}\n{text}"))
        };
        let mut child = Command::new(&self.program)
            .arg(what)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| explain(&error))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin
                .write_all(text.as_bytes())
                .map_err(|error| explain(&error))?;
        }
        let output = child.wait_with_output().map_err(|error| explain(&error))?;
        if !output.status.success() {
            return Err(explain(&String::from_utf8_lossy(&output.stderr)));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| explain(&error))
    }
}
