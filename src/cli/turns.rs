//! One run of a target at a time on this host, and what is known of those before it.
//!
//! # Why
//!
//! Cron begins the next run whether or not the last one has ended. The lock is an advisory one of the
//! operating system on an empty file: it is gone with the process that held it, however that ended, so
//! there is no stale one. Where no file can be made there is no lock: a run that may not write here is
//! one of a pod, and its neighbours are elsewhere.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::state::{State, make_folder_of, read_json, replace, short_hash, try_write};
use crate::monitor::History;
use crate::report::TargetInfo;

/// The name and version of the file's form.
const SCHEMA: &str = "backstop.runs/1";

/// What a file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    schema: String,
    target: String,
    location: String,
    endpoint: Option<String>,
    question: String,
    #[serde(flatten)]
    history: History,
}

/// The turn of one run: as long as it lives, no other run of the target begins on this host.
#[derive(Debug)]
pub(super) struct Turn {
    target: TargetInfo,
    question: String,
    path: Result<PathBuf, String>,
    _lock: Option<File>,
}

impl Turn {
    /// Takes the turn; absent where another run of the target is running, whatever it asks.
    ///
    /// What is known of earlier runs is that of the same question: a quick run that passes says
    /// nothing of what a whole one fails for.
    pub(super) fn take(state: &State, target: TargetInfo, question: String) -> Option<Self> {
        let place = [
            target.name.as_str(),
            &target.location,
            target.endpoint.as_deref().unwrap_or_default(),
        ];
        let lock_name = format!("runs-{}.lock", short_hash(&place));
        let [name, location, endpoint] = place;
        let name = format!(
            "runs-{}",
            short_hash(&[name, location, endpoint, &question])
        );
        let lock = match state.path(&lock_name).map(|path| lock(&path)) {
            Ok(Err(TryLockError::WouldBlock)) => return None,
            Ok(Ok(file)) => Some(file),
            Ok(Err(TryLockError::Error(_))) | Err(_) => None,
        };
        Some(Self {
            path: state.path(&format!("{name}.json")),
            target,
            question,
            _lock: lock,
        })
    }

    /// Returns what is known of the runs before this one, or why nothing can be.
    pub(super) fn recall(&self) -> Result<History, String> {
        let path = self.path.as_ref().map_err(Clone::clone)?;
        let told = |error: io::Error| format!("{}: {error}", path.display());
        try_write(path).map_err(told)?;
        let remembered: Option<Remembered> = read_json(path).map_err(told)?;
        let remembered = remembered.filter(|remembered| self.is_of(remembered));
        Ok(remembered.map_or_else(History::default, |remembered| remembered.history))
    }

    /// Keeps what is known after this one.
    ///
    /// # Errors
    ///
    /// Why it cannot be kept.
    pub(super) fn remember(&self, history: History) -> Result<(), String> {
        let path = self.path.as_ref().map_err(Clone::clone)?;
        let remembered = Remembered {
            schema: SCHEMA.to_owned(),
            target: self.target.name.clone(),
            location: self.target.location.clone(),
            endpoint: self.target.endpoint.clone(),
            question: self.question.clone(),
            history,
        };
        let text = serde_json::to_vec_pretty(&remembered).map_err(|error| error.to_string())?;
        replace(path, &text).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn is_of(&self, remembered: &Remembered) -> bool {
        remembered.schema == SCHEMA
            && remembered.target == self.target.name
            && remembered.location == self.target.location
            && remembered.endpoint == self.target.endpoint
            && remembered.question == self.question
    }
}

/// Locks a file, which is made where it is not there yet.
fn lock(path: &Path) -> Result<File, TryLockError> {
    let opened = make_folder_of(path).and_then(|()| {
        let mut options = OpenOptions::new();
        options
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
    });
    let file = opened.map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::Timestamp;

    use super::*;

    fn target(name: &str) -> TargetInfo {
        TargetInfo {
            name: name.to_owned(),
            provider: "s3".to_owned(),
            location: "s3://acme".to_owned(),
            endpoint: None,
            region: None,
        }
    }

    fn state(folder: &Path) -> State {
        let folder = folder.to_str().expect("a name");
        State::of(&[("BACKSTOP_STATE_DIR", folder)].into_iter().collect())
    }

    #[test]
    fn one_run_of_a_target_at_a_time() {
        let folder = std::env::temp_dir().join(format!("backstop-turns-{}", std::process::id()));
        let state = state(&folder);
        let take = |name, question: &str| Turn::take(&state, target(name), question.to_owned());
        let held = take("a", "all").expect("a turn");
        assert!(take("a", "all").is_none());
        assert!(take("a", "quick").is_none(), "whatever it asks");
        assert!(take("b", "all").is_some());
        drop(held);
        assert!(take("a", "all").is_some());
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn each_question_to_a_target_is_counted_by_itself() {
        let folder = std::env::temp_dir().join(format!("backstop-runs-{}", std::process::id()));
        let state = state(&folder);
        let history = History {
            failures: 2,
            last_success: Some(Timestamp::UNIX_EPOCH),
        };
        let asked = |name, question: &str| {
            let turn = Turn::take(&state, target(name), question.to_owned());
            turn.expect("a turn")
        };
        let turn = |name| asked(name, "all");
        assert_eq!(turn("a").recall(), Ok(History::default()));
        assert_eq!(turn("a").remember(history), Ok(()));
        assert_eq!(turn("a").recall(), Ok(history));
        assert_eq!(turn("b").recall(), Ok(History::default()));
        assert_eq!(asked("a", "quick").recall(), Ok(History::default()));
        let path = turn("a").path.expect("a path");
        for broken in ["", "{}", "[1", "\u{0}"] {
            fs::write(&path, broken).expect("written");
            let told = turn("a").recall().expect_err(broken);
            assert!(told.contains("runs-"), "{told}");
        }
        fs::remove_dir_all(&folder).expect("removed");
        fs::write(&folder, "a file in the way").expect("written");
        assert!(turn("a").recall().is_err() && turn("a").remember(history).is_err());
        fs::remove_file(&folder).expect("removed");
        let nowhere = Turn::take(
            &State::of(&crate::config::Environment::default()),
            target("a"),
            String::new(),
        );
        assert!(nowhere.expect("a turn").recall().is_err());
    }
}
