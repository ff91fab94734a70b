//! The folder that a Kubernetes Secret is mounted as: a file for each of its keys.

use std::path::PathBuf;

use super::given::{Given, io_words};
use super::origin::{Located, Origin};
use super::problem::{ConfigError, Problems};
use super::shown;

/// What a key of a Kubernetes Secret is looked for as.
///
/// Letters count in either case, and `-` and `_` count for nothing: `rootUser`, `root-user` and
/// `ROOT_USER` are one name.
pub(super) type Names = &'static [&'static str];

/// A folder of secrets, with the names of its files.
pub(super) struct Folder {
    path: PathBuf,
    origin: Origin,
    files: Vec<String>,
}

impl Folder {
    /// Opens the folder.
    pub(super) fn open(written: &Located<PathBuf>, problems: &mut Problems) -> Option<Self> {
        let shown = shown::path(&written.value);
        let read = std::fs::read_dir(&written.value).and_then(|entries| {
            let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
            names.collect::<Result<Vec<_>, std::io::Error>>()
        });
        let read = read.map_err(|error| {
            let problem = format!("cannot read the folder {shown}: {}", io_words(&error));
            ConfigError::new(&written.origin, problem)
        });
        // What begins with two dots is Kubernetes' own.
        let names = problems.keep(read)?.into_iter().flatten();
        let mut files: Vec<_> = names.filter(|name| !name.starts_with("..")).collect();
        files.sort();
        Some(Self {
            path: written.value.clone(),
            origin: written.origin.clone(),
            files,
        })
    }

    /// Returns the file of a value, where there is one; several are a problem.
    pub(super) fn find(&self, names: Names, problems: &mut Problems) -> Option<Given> {
        let meant = |file: &&String| names.iter().any(|name| plain(name) == plain(file));
        let found: Vec<_> = self.files.iter().filter(meant).collect();
        if let [_, _, ..] = found.as_slice() {
            let problem = format!("several files there stand for one value: {}", list(&found));
            problems.add(ConfigError::new(&self.origin, problem));
        }
        let path = self.path.join(found.first()?);
        Some(Given::File(Located::new(path, self.origin.clone())))
    }

    /// Returns the error for a value that no file stands for.
    pub(super) fn lacks(&self, value: &str, names: Names) -> ConfigError {
        let files: Vec<_> = self.files.iter().collect();
        let there = match files.as_slice() {
            [] => "nothing is".to_owned(),
            files => list(files),
        };
        let problem = format!(
            "the folder {} has no file for {value}; known names are {}, in any case and with '-' \
             for '_'; there: {there}",
            self.path.display(),
            names.join(", ")
        );
        ConfigError::new(&self.origin, problem)
    }
}

fn plain(name: &str) -> String {
    let letters = name.chars().filter(|letter| !matches!(letter, '-' | '_'));
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Lists names of files, of which there may be many.
fn list(files: &[&String]) -> String {
    const MOST: usize = 12;
    let shown = files
        .iter()
        .take(MOST)
        .map(|file| file.escape_debug().to_string());
    let mut shown: Vec<_> = shown.collect();
    if files.len() > MOST {
        shown.push(format!("and {} more", files.len() - MOST));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = &["access_key_id", "rootuser"];

    #[test]
    fn names_are_taken_in_every_spelling() {
        let path = std::env::temp_dir().join(format!("backstop-folder-{}", std::process::id()));
        std::fs::create_dir_all(path.join("..data")).expect("folder");
        let written = Located::new(path.clone(), Origin::Argument);
        let found = |files: &[&str]| {
            for file in files {
                std::fs::write(path.join(file), "x").expect("file");
            }
            let mut problems = Problems::default();
            let folder = Folder::open(&written, &mut problems).expect("a folder");
            let found = folder.find(NAMES, &mut problems).is_some();
            let lacks = folder.lacks("the id", NAMES).to_string();
            for file in files {
                std::fs::remove_file(path.join(file)).expect("removed");
            }
            (found, problems.finish(Some(())).is_ok(), lacks)
        };
        for file in [
            "access_key_id",
            "access-key-id",
            "ACCESS_KEY_ID",
            "accessKeyId",
            "rootUser",
            "root-user",
        ] {
            let (found, fine, _) = found(&[file, "other"]);
            assert!(found && fine, "{file}");
        }
        let (there, _, lacks) = found(&["accesskey", "region"]);
        assert!(!there);
        assert!(
            lacks.ends_with("'-' for '_'; there: accesskey, region"),
            "{lacks}"
        );
        assert!(
            lacks.contains("known names are access_key_id, rootuser"),
            "{lacks}"
        );
        let (_, fine, lacks) = found(&["rootUser", "root-user"]);
        assert!(!fine);
        assert!(!lacks.contains("..data"), "{lacks}");
        assert!(found(&[]).2.ends_with("there: nothing is"));
        std::fs::remove_dir_all(&path).expect("removed");
        let mut problems = Problems::default();
        assert!(Folder::open(&written, &mut problems).is_none());
    }
}
