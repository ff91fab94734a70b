//! What this host remembers from run to run: one small file for each place where an object stays,
//! and one for each target whose runs are counted.
//!
//! # Why
//!
//! A store that has forgotten everything cannot say so. A file for each place, and not one for all,
//! lets runs on several targets end at the same time without losing each other's words.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::check::Memory;
use crate::config::Environment;
use crate::report::Survivor;

/// The name and version of the file's form.
const SCHEMA: &str = "backstop.state/1";
/// More than such a file ever holds, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Where this host remembers.
#[derive(Debug, Clone)]
pub(super) struct State {
    folder: Option<PathBuf>,
}

/// The place of an object that stays.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The printable location, prefix included.
    pub(super) location: &'a str,
    /// The endpoint, where one was set: two stores may have buckets of one name.
    pub(super) endpoint: Option<&'a str>,
    /// The sandbox's folder.
    pub(super) folder: &'a str,
}

/// What a file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    schema: String,
    location: String,
    endpoint: Option<String>,
    folder: String,
    survivor: Survivor,
}

impl State {
    /// Takes `$BACKSTOP_STATE_DIR`, else the folder for state of the user.
    pub(super) fn of(environment: &Environment) -> Self {
        let path = |name: &str| environment.get(name).map(PathBuf::from);
        // A relative path is not valid there, and means another folder at each place.
        let usual = path("XDG_STATE_HOME").filter(|path| path.is_absolute());
        let home = || Some(path("HOME")?.join(".local/state"));
        let own = usual.or_else(home).map(|state| state.join("backstop"));
        Self {
            folder: path("BACKSTOP_STATE_DIR").or(own),
        }
    }

    /// Returns what is remembered of a place, or why nothing can be.
    pub(super) fn recall(&self, place: &Place<'_>) -> Memory {
        let recalled = self.file(place).and_then(|path| {
            let told = |error: io::Error| format!("{}: {error}", path.display());
            try_write(&path).map_err(told)?;
            read(&path, place).map_err(told)
        });
        match recalled {
            Ok(Some(survivor)) => Memory::Known(survivor),
            Ok(None) => Memory::Blank,
            Err(why) => Memory::Out(why),
        }
    }

    /// Remembers what stays at a place, and returns what is remembered now.
    pub(super) fn remember(&self, place: &Place<'_>, survivor: &Survivor) -> Memory {
        let remembered = Remembered {
            schema: SCHEMA.to_owned(),
            location: place.location.to_owned(),
            endpoint: place.endpoint.map(str::to_owned),
            folder: place.folder.to_owned(),
            survivor: survivor.clone(),
        };
        let written = self.file(place).and_then(|path| {
            let text = serde_json::to_vec_pretty(&remembered).map_err(|it| it.to_string())?;
            replace(&path, &text).map_err(|error| format!("{}: {error}", path.display()))
        });
        match written {
            Ok(()) => Memory::Known(survivor.clone()),
            Err(why) => Memory::Out(why),
        }
    }

    fn file(&self, place: &Place<'_>) -> Result<PathBuf, String> {
        self.path(&place.file_name())
    }

    /// Returns the path of a file of that name, or why there can be none.
    pub(super) fn path(&self, name: &str) -> Result<PathBuf, String> {
        let folder = self.folder.as_ref().ok_or_else(|| {
            "there is no folder for it; name one in BACKSTOP_STATE_DIR".to_owned()
        })?;
        Ok(folder.join(name))
    }
}

impl Place<'_> {
    fn file_name(&self) -> String {
        let parts = [
            self.location,
            self.endpoint.unwrap_or_default(),
            self.folder,
        ];
        format!("survivor-{}.json", short_hash(&parts))
    }

    fn is_of(&self, remembered: &Remembered) -> bool {
        remembered.schema == SCHEMA
            && remembered.location == self.location
            && remembered.endpoint.as_deref() == self.endpoint
            && remembered.folder == self.folder
    }
}

/// Returns a short name for what a file is about.
pub(super) fn short_hash(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\n").as_bytes());
    let mut name = String::new();
    for byte in &digest[..8] {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// Reads a file; absent where there is none, or none of this place.
fn read(path: &Path, place: &Place<'_>) -> io::Result<Option<Survivor>> {
    let remembered = read_json(path)?.filter(|remembered| place.is_of(remembered));
    Ok(remembered.map(|remembered: Remembered| remembered.survivor))
}

/// Reads what a file holds; absent where there is none.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text)?;
    Ok(Some(serde_json::from_slice(&text)?))
}

/// Looks whether something can be remembered, before a run relies on it.
pub(super) fn try_write(path: &Path) -> io::Result<()> {
    let temporary = open_beside(path)?.1;
    fs::remove_file(temporary)
}

/// Replaces a file at once, so that no run ever reads half of it.
pub(super) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let (mut file, temporary) = open_beside(path)?;
    let written = file
        .write_all(text)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // What could not be written is of no use.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Opens a new file beside one, for nobody else to read.
fn open_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    make_folder_of(path)?;
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    Ok((options.open(&temporary)?, temporary))
}

/// Makes the folder of a file, for nobody else to look into.
pub(super) fn make_folder_of(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    path.parent()
        .map_or(Ok(()), |folder| builder.create(folder))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use jiff::Timestamp;

    use super::*;

    fn survivor(run: &str) -> Survivor {
        Survivor {
            run_id: run.to_owned(),
            written_at: Timestamp::UNIX_EPOCH,
            sha256: "00".repeat(32),
            lost_at: None,
        }
    }

    fn place(location: &str) -> Place<'_> {
        Place {
            location,
            endpoint: None,
            folder: ".backstop",
        }
    }

    fn state(variables: &[(&str, &str)]) -> State {
        State::of(&variables.iter().copied().collect())
    }

    #[test]
    fn the_folder_is_the_one_that_is_named_else_the_users() {
        let home = ("HOME", "/home/ann");
        for (variables, folder) in [
            (vec![home], "/home/ann/.local/state/backstop"),
            (vec![home, ("XDG_STATE_HOME", "/s")], "/s/backstop"),
            (
                vec![home, ("XDG_STATE_HOME", "s")],
                "/home/ann/.local/state/backstop",
            ),
            (vec![home, ("BACKSTOP_STATE_DIR", "/b")], "/b"),
        ] {
            assert_eq!(state(&variables).folder.as_deref(), Some(Path::new(folder)));
        }
        let nowhere = state(&[]).recall(&place("s3://a"));
        assert!(matches!(nowhere, Memory::Out(why) if why.contains("BACKSTOP_STATE_DIR")));
    }

    #[test]
    fn each_place_is_remembered_by_itself_and_for_nobody_else() {
        let folder = std::env::temp_dir().join(format!("backstop-state-{}", std::process::id()));
        let nested = folder.join("a/b");
        let state = state(&[("BACKSTOP_STATE_DIR", nested.to_str().expect("a name"))]);
        let elsewhere = Place {
            endpoint: Some("http://127.0.0.1:9"),
            ..place("s3://a")
        };
        assert_eq!(state.recall(&place("s3://a")), Memory::Blank);
        state.remember(&place("s3://a"), &survivor("1"));
        state.remember(&place("s3://b"), &survivor("2"));
        state.remember(&place("s3://a"), &survivor("3"));
        assert_eq!(state.recall(&place("s3://a")), Memory::Known(survivor("3")));
        assert_eq!(state.recall(&place("s3://b")), Memory::Known(survivor("2")));
        assert_eq!(state.recall(&elsewhere), Memory::Blank);
        let files: Vec<_> = fs::read_dir(&nested).expect("folder").flatten().collect();
        assert_eq!(files.len(), 2);
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode(&nested), mode(&files[0].path())), (0o700, 0o600));
        for broken in ["", "{}", "[1"] {
            fs::write(nested.join(place("s3://a").file_name()), broken).expect("written");
            assert!(matches!(state.recall(&place("s3://a")), Memory::Out(_)));
        }
        let healed = state.remember(&place("s3://a"), &survivor("4"));
        assert_eq!(state.recall(&place("s3://a")), healed);
        fs::remove_dir_all(&folder).expect("removed");
        fs::write(&folder, "a file in the way").expect("written");
        assert!(matches!(state.recall(&place("s3://a")), Memory::Out(_)));
        fs::remove_file(&folder).expect("removed");
    }
}
