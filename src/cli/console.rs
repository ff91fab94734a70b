//! Lines on standard error, and results on standard output.

use std::fmt::Display;
use std::io::{self, Write};

use anstyle::Style;

use crate::render::{clean, style};

/// Writes a line to standard error; control characters in it are escaped.
///
/// A reader that has gone is no error.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", clean(line));
}

/// Writes `error:` and each line of a problem to standard error.
pub(super) fn complain(problem: &impl Display) {
    label("error", style::BAD, &problem.to_string());
}

/// Writes `warning:` and a line to standard error.
pub(super) fn warn(text: &str) {
    label("warning", style::DOUBTFUL, text);
}

/// Writes a text that is coloured already to standard error.
pub(super) fn mutter(text: &[u8]) {
    let mut out = anstream::AutoStream::auto(io::stderr());
    let _ = out.write_all(text);
}

fn label(word: &str, style: Style, text: &str) {
    let mut out = anstream::AutoStream::auto(io::stderr());
    for line in text.lines() {
        let _ = writeln!(out, "{style}{word}:{style:#} {}", clean(line));
    }
}

/// Writes a text to standard output, without its colours where they are not wanted.
///
/// # Errors
///
/// Those of standard output, but for a reader that has gone.
pub(super) fn print(text: &[u8]) -> io::Result<()> {
    let mut out = anstream::AutoStream::auto(io::stdout());
    let written = out.write_all(text).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
