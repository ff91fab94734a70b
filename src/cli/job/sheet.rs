//! TOML that is written so plainly that it may stand in a literal block of YAML.

use crate::cli::comment::printable;
use std::fmt::Write as _;
use std::time::Duration;

/// Lines of TOML.
#[derive(Default)]
pub(super) struct Sheet(String);

impl Sheet {
    /// Begins a table.
    pub(super) fn table(&mut self, path: &str) {
        let gap = if self.0.is_empty() { "" } else { "\n" };
        self.line(&format!("{gap}[{path}]"));
    }

    /// Writes a text.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.line(&format!("{name} = {}", quoted(value)));
    }

    /// Writes a text where there is one.
    pub(super) fn maybe(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Writes `true` where it is.
    pub(super) fn flag(&mut self, name: &str, value: bool) {
        if value {
            self.line(&format!("{name} = true"));
        }
    }

    /// Writes a duration where there is one.
    pub(super) fn duration(&mut self, name: &str, value: Option<Duration>) {
        self.maybe(name, value.map(duration).as_deref());
    }

    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// Returns the text.
    pub(super) fn end(self) -> String {
        self.0
    }
}

/// Writes a text in quotes; every letter that is not plainly printable is escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if printable(letter) => quoted.push(letter),
            letter => {
                // Writing to a text cannot fail.
                let _ = write!(quoted, "\\U{:08X}", u32::from(letter));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Writes a name as a part of a table's path.
pub(super) fn key(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// Writes a duration in the largest unit that takes it whole.
fn duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let whole = units
        .iter()
        .find(|(unit, _)| milliseconds >= *unit && milliseconds.is_multiple_of(*unit));
    let (unit, name) = whole.unwrap_or(&(1, "ms"));
    format!("{}{name}", milliseconds / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "",
            "plain",
            "with \"quotes\" and \\ and 'more'",
            "two\nlines\r\n\tand\u{0}\u{7f}\u{85}\u{2028}\u{feff}",
            "Sicherung für München 日本 😀",
        ] {
            let mut sheet = Sheet::default();
            sheet.table(&format!("a.{}", key(text)));
            sheet.text("b", text);
            let written = sheet.end();
            assert!(written.lines().count() == 2, "{written}");
            assert!(
                written.chars().all(|c| c == '\n' || printable(c)),
                "{written}"
            );
            let read: toml::Table = written.parse().expect("toml");
            assert_eq!(read["a"][text]["b"].as_str(), Some(text));
        }
    }

    #[test]
    fn durations_stay_as_they_are() {
        for text in ["90s", "1500ms", "24h", "10m", "0ms"] {
            let written = crate::config::parse_duration(text).map(duration);
            assert_eq!(written.as_deref(), Ok(text));
        }
    }
}
