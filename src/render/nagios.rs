//! One line for Nagios and those like it, by the letter of
//! <https://www.monitoring-plugins.org/doc/guidelines.html>.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::clean;

mod runs;

pub use runs::{Found, of_runs};

/// The longest text before the performance data, in characters: some transports cut at 1,024 bytes.
const LONGEST: usize = 600;

/// What a plugin says of what it looked at, in one word; the gravest is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// All is well.
    Ok,
    /// It works, and there is something to see to.
    Warning,
    /// It could not be decided, or the plugin was called in a wrong way.
    Unknown,
    /// It does not work.
    Critical,
}

impl State {
    /// Returns the word that begins the line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Unknown => "UNKNOWN",
            Self::Critical => "CRITICAL",
        }
    }

    /// Returns the exit code of a plugin.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

/// A value for those who draw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Perf {
    label: String,
    value: String,
    warning: String,
    critical: String,
    least: String,
    most: String,
}

impl Perf {
    fn new(label: &str, value: String) -> Self {
        let foreign = |c: char| c.is_whitespace() || c.is_control() || "='|".contains(c);
        let label = label.replace(foreign, "_");
        Self {
            label: if label.is_empty() {
                "_".to_owned()
            } else {
                label
            },
            value,
            warning: String::new(),
            critical: String::new(),
            least: String::new(),
            most: String::new(),
        }
    }

    /// Takes a number of things, or of something that has no unit there, such as days.
    #[must_use]
    pub fn number(label: &str, number: f64) -> Self {
        Self::new(label, decimal(number))
    }

    /// Takes seconds.
    #[must_use]
    pub fn seconds(label: &str, seconds: f64) -> Self {
        Self::new(label, decimal(seconds) + "s")
    }

    /// Takes bytes.
    #[must_use]
    pub fn bytes(label: &str, bytes: u64) -> Self {
        Self::new(label, format!("{bytes}B"))
    }

    /// Says in which range the value is no warning, such as `60`, `14:` or `-60:60`.
    #[must_use]
    pub fn warning(mut self, range: impl Into<String>) -> Self {
        self.warning = range.into();
        self
    }

    /// Says in which range the value is not critical.
    #[must_use]
    pub fn critical(mut self, range: impl Into<String>) -> Self {
        self.critical = range.into();
        self
    }

    /// Says the least that the value can be.
    #[must_use]
    pub fn least(mut self, least: f64) -> Self {
        self.least = decimal(least);
        self
    }

    /// Says the most that the value can be.
    #[must_use]
    pub fn most(mut self, most: f64) -> Self {
        self.most = decimal(most);
        self
    }

    fn written(&self) -> String {
        let Self {
            label,
            value,
            warning,
            critical,
            least,
            most,
        } = self;
        let text = format!("'{label}'={value};{warning};{critical};{least};{most}");
        text.trim_end_matches(';').to_owned()
    }
}

/// Returns the one line of a plugin, without its end: state, text, and performance data.
///
/// What is foreign in the text can neither end the line nor begin the performance data.
#[must_use]
pub fn line(state: State, text: &str, data: &[Perf]) -> String {
    let text = clean(text).replace('|', "/");
    let mut line = format!("{} - ", state.word());
    let long = text.chars().count() > LONGEST;
    if long {
        line.extend(text.chars().take(LONGEST));
        line.push('…');
    } else {
        line.push_str(&text);
    }
    for (index, perf) in data.iter().enumerate() {
        let before = if index == 0 { " | " } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(line, "{before}{}", perf.written());
    }
    line
}

/// Writes the line of what was found.
///
/// # Errors
///
/// Those of the writer.
pub fn write(found: &Found, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", line(found.state, &found.text, &found.data))
}

/// Writes a number with three decimals at most and never with an exponent.
fn decimal(number: f64) -> String {
    let rounded = (number * 1_000.0).round() / 1_000.0;
    // There is no minus zero in the guidelines.
    format!("{}", rounded + 0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_data_is_by_the_letter() {
        for (perf, expected) in [
            (Perf::number("passed", 24.0), "'passed'=24"),
            (
                Perf::seconds("duration", 0.118).critical("60").least(0.0),
                "'duration'=0.118s;;60;0",
            ),
            (
                Perf::number("certificate_days", 41.5)
                    .warning("14:")
                    .critical("0:"),
                "'certificate_days'=41.5;14:;0:",
            ),
            (
                Perf::seconds("clock", -3.0)
                    .warning("-60:60")
                    .critical("-900:900"),
                "'clock'=-3s;-60:60;-900:900",
            ),
            (
                Perf::bytes("left", 1 << 40).least(0.0),
                "'left'=1099511627776B;;;0",
            ),
            (
                Perf::number("a='b' |\tc", 1e-9).most(1e21),
                "'a__b____c'=0;;;;1000000000000000000000",
            ),
            (Perf::number("", -0.0), "'_'=0"),
        ] {
            assert_eq!(perf.written(), expected);
        }
    }

    #[test]
    fn foreign_words_neither_end_the_line_nor_begin_the_data() {
        let said = line(
            State::Critical,
            "a | 'b'=1\nOK\r\u{1b}[2J\u{2028}c",
            &[Perf::number("x", 1.0), Perf::number("y", 2.0)],
        );
        assert_eq!(
            said,
            "CRITICAL - a / 'b'=1\\nOK\\r\\u{1b}[2J\\u{2028}c | 'x'=1 'y'=2"
        );
        let long = line(State::Ok, &"é".repeat(5_000), &[]);
        assert_eq!(long.chars().count(), "OK - ".len() + LONGEST + 1);
    }

    proptest! {
        #[test]
        fn no_words_break_the_line(text: String, label: String, number in -1e12..1e12f64) {
            let said = line(State::Unknown, &text, &[Perf::seconds(&label, number)]);
            prop_assert!(!said.contains(char::is_control), "{said:?}");
            let (_, data) = said.split_once(" | ").expect("data");
            prop_assert!(!data.contains('|') && said.matches('|').count() == 1, "{said}");
            let (label, value) = data.split_once('=').expect("a value");
            let inner = label.strip_prefix('\'').and_then(|label| label.strip_suffix('\''));
            let foreign = |c: char| c == '\'' || c.is_whitespace();
            prop_assert!(inner.is_some_and(|it| !it.is_empty() && !it.contains(foreign)), "{said}");
            let number = value.strip_suffix('s').expect("a unit");
            let plain = |c: char| c.is_ascii_digit() || c == '-' || c == '.';
            prop_assert!(number.chars().all(plain), "{said}");
        }
    }

    #[test]
    fn the_codes_are_those_of_nagios() {
        let states = [State::Ok, State::Warning, State::Critical, State::Unknown];
        assert_eq!(states.map(State::code), [0, 1, 2, 3]);
        assert!(State::Critical > State::Unknown && State::Unknown > State::Warning);
    }
}
