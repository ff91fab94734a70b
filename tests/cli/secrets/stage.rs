//! A folder in which one run takes place, and a look at everything that the run left in it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use backstop_testkit::{Cli, Scratch};

use super::planted::{ENTRA, leaks};
use super::ways::Way;
use crate::cli::harness::{BINARY, put, read};

/// The run's home, working folder and folder for temporary files, with what was put there.
pub(super) struct Stage {
    folder: Scratch,
    put: Vec<PathBuf>,
}

impl Stage {
    /// Prepares a folder with the files of a way.
    pub(super) fn of(way: &Way) -> Result<Self, String> {
        let folder = Scratch::new().map_err(|error| error.to_string())?;
        let mut stage = Self {
            folder,
            put: Vec::new(),
        };
        fs::create_dir(stage.path().join("tmp")).map_err(|error| error.to_string())?;
        stage.put("ca.pem", &read(ENTRA.ca_file())?)?;
        for (name, content) in &way.files {
            stage.put(name, content)?;
        }
        Ok(stage)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn put(&mut self, name: &str, content: &str) -> Result<(), String> {
        let path = self.path().join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        put(&path, content)?;
        let owner_alone = Permissions::from_mode(0o600);
        fs::set_permissions(&path, owner_alone).map_err(|error| error.to_string())?;
        self.put.push(path);
        Ok(())
    }

    /// Prepares a command in the folder, with the variables of a way and with every voice turned up.
    pub(super) fn command(&self, way: &Way, arguments: &[&str]) -> Result<Cli, String> {
        // The working folder can be chosen by a shell alone; the process stays the same.
        let shell = Cli::new("sh").map_err(|error| error.to_string())?;
        let enter = ["-c", "cd \"$HOME\" && exec \"$@\"", "sh", BINARY];
        let mut cli = shell.args(enter).args(arguments).input(way.input.as_str());
        let tmp = self.path().join("tmp");
        cli = cli.env("HOME", self.path()).env("TMPDIR", tmp);
        for (name, value) in [
            ("RUST_LOG", "trace"),
            ("RUST_BACKTRACE", "full"),
            ("AZURE_LOG_LEVEL", "verbose"),
            ("SSLKEYLOGFILE", "keys.log"),
        ] {
            cli = cli.env(name, value);
        }
        let variables = way.variables.iter();
        Ok(variables.fold(cli, |cli, (name, value)| cli.env(name, value)))
    }

    /// Returns a path in the folder.
    pub(super) fn file(&self, name: &str) -> String {
        self.path().join(name).display().to_string()
    }

    /// Returns what the run has written that holds a secret.
    pub(super) fn leaks(&self) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(&folder).map_err(|error| error.to_string())?;
            for path in entries.flatten().map(|entry| entry.path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if !self.put.contains(&path) {
                    let content = fs::read(&path).map_err(|error| error.to_string())?;
                    let leaks = leaks(&String::from_utf8_lossy(&content));
                    found.extend(
                        leaks
                            .iter()
                            .map(|leak| format!("{}: {leak}", path.display())),
                    );
                }
            }
        }
        Ok(found)
    }
}
