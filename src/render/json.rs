//! JSON Lines: one object a target, exactly the report.

use std::borrow::Borrow;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::text::commands;
use crate::report::Report;

/// Writes each report as one line.
pub(super) fn write<R: Borrow<Report>>(reports: &[R], out: &mut dyn Write) -> io::Result<()> {
    for report in reports {
        let line = serde_json::to_string(report.borrow()).map_err(io::Error::from)?;
        writeln!(out, "{}", escape(&line))?;
    }
    Ok(())
}

/// Escapes what JSON itself lets pass and a terminal would take for a command.
///
/// It can only stand inside of strings, where `\u0085` means the same, and a terminal that shows
/// the line must not take a service's words for commands.
#[must_use]
pub fn escape(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    for letter in line.chars() {
        if commands(letter) {
            // Writing to a string cannot fail; each of them has four digits at most.
            let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::human::samples;

    #[test]
    fn a_line_is_the_report_and_nothing_else() {
        let mut report = samples::failed();
        report.diagnoses[0].evidence = vec!["\u{1b}[31m\u{9b}31m\u{7f}\u{202e}\nred".to_owned()];
        let reports = [report, samples::passed()];
        let mut out = Vec::new();
        write(&reports, &mut out).expect("written");
        let text = String::from_utf8(out).expect("UTF-8");
        assert!(!text.trim_end().chars().any(|c| commands(c) && c != '\n'));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        for (line, report) in lines.iter().zip(&reports) {
            let read: Report = serde_json::from_str(line).expect("a report");
            assert_eq!(read, *report);
        }
    }
}
