//! The ways of a plugin of Nagios: one line on standard output whatever happens, and its exit codes.
//!
//! # Why
//!
//! Nagios reads the exit code 2 as CRITICAL and 1 as WARNING, so a typing mistake or a bug would page
//! somebody for a broken bucket. The arguments themselves may be what is wrong, so whether a plugin
//! is wanted is read from them as they were given, before anything else understands them.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;

use super::exit::Exit;
use crate::render::nagios::{State, line};

/// Returns whether this process was asked for the format of Nagios.
pub(super) fn is_wanted() -> bool {
    wants(std::env::args_os().skip(1))
}

/// Ends a plugin that cannot answer: with what was asked for instead, or with one line.
pub(super) fn end(text: &str, asked: bool) -> Exit {
    if asked {
        print(text);
    } else {
        print(&(line(State::Unknown, &summary(text), &[]) + "\n"));
    }
    Exit::Plugin(State::Unknown)
}

fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that has gone is no error.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Returns the last format that the arguments name, which is the one that holds.
fn wants(arguments: impl Iterator<Item = OsString>) -> bool {
    let (mut wanted, mut is_value) = (false, false);
    for argument in arguments.take_while(|argument| argument != OsStr::new("--")) {
        let text = argument.to_string_lossy();
        if is_value {
            wanted = text == "nagios";
        } else if let Some(value) = text.strip_prefix("--format=") {
            wanted = value == "nagios";
        }
        is_value = text == "--format" && !is_value;
    }
    wanted
}

/// Returns what a text of many lines says in one: its first paragraph.
fn summary(text: &str) -> String {
    let text = text.trim().trim_start_matches("error:");
    let lines = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_read_from_any_arguments() {
        for (arguments, wanted) in [
            (&["verify", "--format", "nagios"][..], true),
            (&["--format=nagios"], true),
            (
                &["verify", "--frobnicate", "--format", "nagios", "--help"],
                true,
            ),
            (&["verify", "--format", "json"], false),
            (&["verify", "--format", "nagios", "--format", "json"], false),
            (&["verify", "--format", "json", "--format=nagios"], true),
            (&["verify", "--format", "--format"], false),
            (&["verify", "--", "--format", "nagios"], false),
            (&["verify", "nagios"], false),
            (&["verify", "--format"], false),
            (&[], false),
        ] {
            let given = arguments.iter().map(OsString::from);
            assert_eq!(wants(given), wanted, "{arguments:?}");
        }
    }

    #[test]
    fn many_lines_become_one() {
        let text = "error: unexpected argument '--x' found\n\n  tip: …\n\nUsage: backstop\n";
        assert_eq!(summary(text), "unexpected argument '--x' found");
        assert_eq!(
            summary("b.toml:1: a\nb.toml:2: b"),
            "b.toml:1: a; b.toml:2: b"
        );
    }
}
