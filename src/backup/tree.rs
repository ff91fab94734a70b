//! The files below a folder, as a backup takes them.

use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::manifest::Manifest;
use super::path::{DataPath, PathError};

/// How many things that cannot be taken are named.
const NAMED: usize = 10;

/// What is to be pushed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// The files, sorted by their paths in the backup.
    pub files: Vec<(DataPath, PathBuf)>,
    /// The folders without anything in them, which a backup does not hold.
    pub empty: Vec<String>,
}

/// Why the files below a folder cannot be pushed.
#[derive(Debug, Error)]
pub enum TreeError {
    /// Something cannot be read.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// What.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// There are things that a backup does not take.
    #[error("{}", told(.named, *.more))]
    Refused {
        /// The first of them, each with the reason.
        named: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// There are no files.
    #[error("{0} has no files in it")]
    Empty(String),
    /// There are too many.
    #[error(
        "{0} has more files than the {most} that one backup takes; push them as one, such as: \
         tar -c FOLDER | backstop backup push - TARGET",
        most = Manifest::MOST_OBJECTS
    )]
    TooMany(String),
}

fn told(named: &[String], more: usize) -> String {
    let mut text = named.join("\n");
    if more > 0 {
        text = format!("{text}\nand {more} more");
    }
    text
}

impl Tree {
    /// Takes one file, under its own name.
    ///
    /// # Errors
    ///
    /// It has no name that a backup can keep.
    pub fn file(path: &Path) -> Result<Self, TreeError> {
        let name = path.file_name().unwrap_or_default();
        let path = match name.to_str().map(DataPath::parse) {
            Some(Ok(kept)) => return Ok(Self::of(vec![(kept, path.to_owned())])),
            Some(Err(rule)) => refusal(path, &rule.to_string()),
            None => refusal(path, "its name is not UTF-8"),
        };
        let (named, more) = (vec![path], 0);
        Err(TreeError::Refused { named, more })
    }

    fn of(files: Vec<(DataPath, PathBuf)>) -> Self {
        let empty = Vec::new();
        Self { files, empty }
    }

    /// Takes every file below a folder; it blocks.
    ///
    /// # Errors
    ///
    /// Something cannot be read, or is neither a file nor a folder, or has a name that a backup
    /// cannot keep: everything of that kind is told at once, and nothing is left out in silence.
    pub fn scan(folder: &Path) -> Result<Self, TreeError> {
        let mut scan = Scan::default();
        scan.walk(folder, "")?;
        let shown = folder.display().to_string();
        if !scan.named.is_empty() {
            let (named, more) = (scan.named, scan.more);
            return Err(TreeError::Refused { named, more });
        }
        if scan.tree.files.is_empty() {
            return Err(TreeError::Empty(shown));
        }
        if scan.tree.files.len() > Manifest::MOST_OBJECTS {
            return Err(TreeError::TooMany(shown));
        }
        scan.tree.files.sort();
        scan.tree.empty.sort();
        Ok(scan.tree)
    }
}

#[derive(Debug, Default)]
struct Scan {
    tree: Tree,
    named: Vec<String>,
    more: usize,
}

impl Scan {
    fn walk(&mut self, folder: &Path, path: &str) -> Result<(), TreeError> {
        let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
        let mut empty = true;
        for entry in entries {
            empty = false;
            let entry = entry.map_err(|error| unreadable(folder, error))?;
            let local = entry.path();
            let kind = entry
                .file_type()
                .map_err(|error| unreadable(&local, error))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                self.refuse(&local, "its name is not UTF-8");
                continue;
            };
            let below = match path {
                "" => name.to_owned(),
                path => format!("{path}/{name}"),
            };
            self.take(kind, local, &below)?;
            if self.tree.files.len() > Manifest::MOST_OBJECTS {
                return Ok(());
            }
        }
        if empty && !path.is_empty() {
            self.tree.empty.push(path.to_owned());
        }
        Ok(())
    }

    fn take(&mut self, kind: FileType, local: PathBuf, path: &str) -> Result<(), TreeError> {
        if kind.is_symlink() {
            self.refuse(&local, "it is a symbolic link");
        } else if kind.is_file() {
            match DataPath::parse(path) {
                Ok(path) => self.tree.files.push((path, local)),
                Err(rule) => self.refuse(&local, &rule.to_string()),
            }
        } else if !kind.is_dir() {
            self.refuse(&local, "it is neither a file nor a folder");
        } else if DataPath::parse(path) == Err(PathError::Staging) {
            self.refuse(&local, &PathError::Staging.to_string());
        } else {
            self.walk(&local, path)?;
        }
        Ok(())
    }

    fn refuse(&mut self, path: &Path, why: &str) {
        if self.named.len() < NAMED {
            self.named.push(refusal(path, why));
        } else {
            self.more += 1;
        }
    }
}

fn refusal(path: &Path, why: &str) -> String {
    format!(
        "{}: {why}, and a backup does not take it; to keep everything as it is, push an archive, such \
         as: tar -c FOLDER | backstop backup push - TARGET",
        path.display()
    )
}

fn unreadable(path: &Path, error: io::Error) -> TreeError {
    let path = path.display().to_string();
    TreeError::Unreadable { path, error }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn a_folder_is_taken_whole_or_not_at_all() {
        let root = std::env::temp_dir().join(format!("backstop-tree-{}", std::process::id()));
        let put = |path: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
            fs::write(path, "x").expect("written");
        };
        put("b/c/d.sql");
        put("a.sql");
        put(".hidden");
        fs::create_dir_all(root.join("none/at-all")).expect("folder");
        let tree = Tree::scan(&root).expect("a tree");
        let paths: Vec<_> = tree.files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, [".hidden", "a.sql", "b/c/d.sql"]);
        assert_eq!(tree.empty, ["none/at-all"]);
        assert!(Tree::scan(&root.join("none/at-all")).is_err());
        assert!(Tree::scan(&root.join("absent")).is_err());
        for bad in ["a\\b", "a\nb"] {
            put(bad);
        }
        std::os::unix::fs::symlink("/etc/passwd", root.join("link")).expect("link");
        fs::write(root.join(std::ffi::OsStr::from_bytes(b"\xff")), "x").expect("written");
        put(".backstop-pull-x/a");
        let error = Tree::scan(&root).expect_err("refused").to_string();
        for part in [
            "symbolic link",
            "UTF-8",
            "control",
            "separator",
            "unfinished pull",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
        fs::remove_dir_all(&root).expect("removed");
        assert!(Tree::file(Path::new("/")).is_err());
        let one = Tree::file(Path::new("/x/db.sql")).expect("a file");
        assert_eq!(one.files[0].0.as_str(), "db.sql");
    }
}
