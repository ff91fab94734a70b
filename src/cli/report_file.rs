//! Reports from a file or from standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::run::Mistake;
use crate::report::{self, Report};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 256 << 20;

/// Reads the reports of a file, or of standard input for `-`.
pub(super) fn read(path: &Path) -> Result<Vec<Report>, Mistake> {
    let name = name(path);
    let text = content(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => Mistake::new(format!("{name} is not text in UTF-8")),
        _ => Mistake::new(format!("cannot read {name}: {error}")),
    })?;
    report::read(&text).map_err(|error| Mistake::new(format!("{name}, {error}")))
}

/// Returns what a file is called in a sentence.
pub(super) fn name(path: &Path) -> String {
    if is_stdin(path) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

/// Returns whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn content(path: &Path) -> io::Result<String> {
    let from: Box<dyn Read> = if is_stdin(path) {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path)?)
    };
    let mut text = String::new();
    let read = from.take(LARGEST + 1).read_to_string(&mut text)?;
    if read as u64 > LARGEST {
        let words = format!("it is larger than {LARGEST} bytes");
        return Err(io::Error::other(words));
    }
    Ok(text)
}
