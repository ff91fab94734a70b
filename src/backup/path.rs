//! The path of one object within a backup.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest path, in bytes: it has to fit into a key behind a prefix and an id.
const LONGEST: usize = 700;
/// The longest segment, in bytes: file systems take no more.
const LONGEST_SEGMENT: usize = 240;
/// How the folder begins in which a pull keeps what is not whole yet.
pub(super) const STAGING: &str = ".backstop-pull-";

/// A path that stays below the folder it is joined to, on every system.
///
/// It is relative, its segments are separated by `/`, and none of them is empty, `.` or `..`, begins
/// like the folder of an unfinished pull, or has a `\`, a control character or, as its second
/// character, a `:`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DataPath(String);

/// Why a text is no path of an object in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PathError {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It is too long.
    #[error("it is longer than 700 bytes, or a name in it is longer than 240")]
    TooLong,
    /// It begins with `/` or a drive's letter.
    #[error("it is absolute")]
    Absolute,
    /// A segment is empty, `.` or `..`.
    #[error("it has an empty segment, or one that is `.` or `..`")]
    Dots,
    /// It has a `\`.
    #[error("it has a `\\`, which some systems take for a separator")]
    Backslash,
    /// It has a control character.
    #[error("it has a control character")]
    Control,
    /// It is where a pull keeps what is not whole yet.
    #[error("it is the folder of an unfinished pull")]
    Staging,
}

impl DataPath {
    /// Takes a path.
    ///
    /// # Errors
    ///
    /// [`PathError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut letters = text.bytes();
        let (first, second) = (letters.next(), letters.next());
        let first = first.ok_or(PathError::Empty)?;
        if first == b'/' || (first.is_ascii_alphabetic() && second == Some(b':')) {
            return Err(PathError::Absolute);
        }
        if text.contains('\\') {
            return Err(PathError::Backslash);
        }
        if text.chars().any(char::is_control) {
            return Err(PathError::Control);
        }
        if text.split('/').any(|it| matches!(it, "" | "." | "..")) {
            return Err(PathError::Dots);
        }
        if text.starts_with(STAGING) {
            return Err(PathError::Staging);
        }
        if text.len() > LONGEST || text.split('/').any(|it| it.len() > LONGEST_SEGMENT) {
            return Err(PathError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the folders that the path goes through, the outermost first.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        let text = self.0.as_str();
        text.match_indices('/').map(move |(at, _)| &text[..at])
    }
}

impl fmt::Display for DataPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DataPath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        Self::parse(&text)
    }
}

impl From<DataPath> for String {
    fn from(path: DataPath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_its_folder_or_is_refused() {
        for good in [
            "a",
            "a/b.sql",
            "..a/b..",
            ".hidden",
            "a b/\u{e9}",
            "ab:c",
            "%2F",
        ] {
            let path = DataPath::parse(good);
            assert_eq!(path.map(|path| path.to_string()).as_deref(), Ok(good));
        }
        for (bad, expected) in [
            ("", PathError::Empty),
            ("/etc/passwd", PathError::Absolute),
            ("//server/share", PathError::Absolute),
            ("C:/windows", PathError::Absolute),
            ("c:autoexec.bat", PathError::Absolute),
            ("..", PathError::Dots),
            ("a/../../b", PathError::Dots),
            ("./a", PathError::Dots),
            ("a//b", PathError::Dots),
            ("a/", PathError::Dots),
            ("a\\..\\b", PathError::Backslash),
            ("a\nb", PathError::Control),
            ("a\0b", PathError::Control),
            ("a\u{9b}b", PathError::Control),
            (".backstop-pull-x/a", PathError::Staging),
        ] {
            assert_eq!(DataPath::parse(bad), Err(expected), "{bad:?}");
        }
        assert_eq!(DataPath::parse(&"a".repeat(241)), Err(PathError::TooLong));
        assert_eq!(DataPath::parse(&"a/".repeat(360)), Err(PathError::Dots));
        let long = "abc/".repeat(180) + "a";
        assert_eq!(DataPath::parse(&long), Err(PathError::TooLong));
        let path = DataPath::parse("a/b/c").expect("a path");
        assert_eq!(path.folders().collect::<Vec<_>>(), ["a", "a/b"]);
    }
}
