//! The names that other tools give their backups.
//!
//! A pattern is plain text with at most one `{name}` and exactly one `{time:FORMAT}`:
//! `db-{time:%Y%m%d-%H%M%S}-{name}.sql.gz`. `{name}` is one or more letters without `/`; FORMAT is
//! `strptime`'s, as jiff reads it, and in UTC unless it has an offset. A pattern that ends in `/`
//! names a folder, and everything in it belongs to the backup; any other names one object.

use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

/// A pattern of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Name,
    Time(String),
}

/// How a key relates to a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// It is a backup's.
    Yes(Matched),
    /// It would be, were its time one.
    BadTime,
    /// It is something else.
    No,
}

/// What a pattern found in a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The part of the key that the pattern describes: all of it, or its folder.
    pub id: String,
    /// What stands for `{name}`.
    pub name: Option<String>,
    /// The time in it.
    pub time: Timestamp,
}

/// The longest pattern, in bytes.
const LONGEST: usize = 500;
/// The longest time within a name, in bytes; a name that is tried for one is not longer.
const LONGEST_TIME: usize = 64;

impl Pattern {
    /// Takes a pattern.
    ///
    /// # Errors
    ///
    /// A sentence fragment that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST || text.chars().any(char::is_control) {
            return Err(format!(
                "it is longer than {LONGEST} bytes or has a control character"
            ));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            let (plain, after) = rest.split_at(start);
            let end = after.find('}').ok_or("a { has no }")?;
            if !plain.is_empty() {
                pieces.push(plain_piece(plain)?);
            }
            pieces.push(named_piece(&after[1..end])?);
            rest = &after[end + 1..];
        }
        if !rest.is_empty() {
            pieces.push(plain_piece(rest)?);
        }
        let count = |wanted: fn(&Piece) -> bool| pieces.iter().filter(|it| wanted(it)).count();
        let times = count(|piece| matches!(piece, Piece::Time(_)));
        if times != 1 || count(|piece| *piece == Piece::Name) > 1 {
            return Err(
                "it needs exactly one {time:FORMAT} and at most one {name}, such as \
                 db-{time:%Y%m%d-%H%M%S}-{name}.sql.gz"
                    .to_owned(),
            );
        }
        Ok(Self {
            text: text.to_owned(),
            pieces,
        })
    }

    /// Returns the pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether a backup is a folder, and not one object.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.text.ends_with('/')
    }

    /// Says whether the pattern describes a key, which is given without the layout's prefix.
    #[must_use]
    pub fn fit(&self, key: &str) -> Fit {
        let mut found = Found::default();
        for times in [Times::Read, Times::Any] {
            let Some(length) = self.go(&self.pieces, key, 0, times, &mut found) else {
                continue;
            };
            return match found.time {
                Some(time) => Fit::Yes(Matched {
                    id: key[..length].to_owned(),
                    name: found.name,
                    time,
                }),
                None => Fit::BadTime,
            };
        }
        Fit::No
    }

    /// Tries the pieces from a place in the key on, and returns where they end.
    fn go(
        &self,
        pieces: &[Piece],
        key: &str,
        at: usize,
        times: Times,
        found: &mut Found,
    ) -> Option<usize> {
        let rest = &key[at..];
        let Some((piece, pieces)) = pieces.split_first() else {
            return (rest.is_empty() || self.is_folder()).then_some(at);
        };
        match piece {
            Piece::Plain(text) => {
                rest.strip_prefix(text.as_str())?;
                self.go(pieces, key, at + text.len(), times, found)
            }
            Piece::Name => wild(rest, usize::MAX).find_map(|length| {
                let end = self.go(pieces, key, at + length, times, found)?;
                found.name = Some(rest[..length].to_owned());
                Some(end)
            }),
            Piece::Time(format) if times == Times::Read => {
                let (time, length) = read_time(format, rest)?;
                let end = self.go(pieces, key, at + length, times, found)?;
                found.time = Some(time);
                Some(end)
            }
            Piece::Time(_) => wild(rest, LONGEST_TIME)
                .find_map(|length| self.go(pieces, key, at + length, times, found)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Read,
    Any,
}

#[derive(Debug, Default)]
struct Found {
    name: Option<String>,
    time: Option<Timestamp>,
}

/// Returns the lengths that one or more letters without `/` may have, the shortest first.
fn wild(text: &str, most: usize) -> impl Iterator<Item = usize> {
    let segment = &text[..text.find('/').unwrap_or(text.len())];
    segment
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8())
        .take_while(move |length| *length <= most)
}

fn plain_piece(text: &str) -> Result<Piece, String> {
    if text.contains('}') {
        return Err("a } has no {".to_owned());
    }
    Ok(Piece::Plain(text.to_owned()))
}

fn named_piece(word: &str) -> Result<Piece, String> {
    match word.split_once(':') {
        None if word == "name" => Ok(Piece::Name),
        Some(("time", format)) => {
            // One that writes no whole time can never be read as one.
            let written = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
            let written = BrokenDownTime::from(&written).to_string(format);
            let sound = written.is_ok_and(|text| {
                read_time(format, &text).is_some_and(|(_, length)| length == text.len())
            });
            if sound {
                Ok(Piece::Time(format.to_owned()))
            } else {
                Err(format!(
                    "{{time:{format}}} does not tell a whole date; expected one such as \
                     {{time:%Y%m%d-%H%M%S}}, {{time:%F}} or {{time:%s}}"
                ))
            }
        }
        _ => Err(format!(
            "{{{word}}} is not known here; expected {{name}} or {{time:FORMAT}}"
        )),
    }
}

/// Reads a time at the beginning of a text, and returns its length.
fn read_time(format: &str, text: &str) -> Option<(Timestamp, usize)> {
    let (read, length) = BrokenDownTime::parse_prefix(format, text).ok()?;
    let time = read.to_timestamp().ok().or_else(|| {
        let time = read.to_datetime().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(time.timestamp())
    })?;
    // A blank in the format may take any number of them.
    (length <= LONGEST_TIME && text.is_char_boundary(length)).then_some((time, length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(pattern: &str, key: &str) -> (String, String, String) {
        let pattern = Pattern::parse(pattern).expect(pattern);
        match pattern.fit(key) {
            Fit::Yes(found) => (
                found.time.to_string(),
                found.name.unwrap_or_default(),
                found.id,
            ),
            Fit::BadTime => ("bad time".to_owned(), String::new(), String::new()),
            Fit::No => ("no".to_owned(), String::new(), String::new()),
        }
    }

    #[test]
    fn names_of_other_tools_are_understood() {
        let dump = "db-{time:%Y%m%d-%H%M%S}-{name}.sql.gz";
        for (pattern, key, time, name) in [
            (
                dump,
                "db-20261126-143200-main.sql.gz",
                "2026-11-26T14:32:00Z",
                "main",
            ),
            (
                dump,
                "db-20261126-143200-a-b.sql.gz.sql.gz",
                "2026-11-26T14:32:00Z",
                "a-b.sql.gz",
            ),
            (dump, "db-20261126-143200-.sql.gz", "bad time", ""),
            (dump, "db-20261126-143200-a/b.sql.gz", "no", ""),
            (dump, "db-20261326-143200-main.sql.gz", "bad time", ""),
            (dump, "db-yesterday-main.sql.gz", "bad time", ""),
            (dump, "db-20261126-143200-main.sql.gz.ok", "no", ""),
            (dump, "xdb-20261126-143200-main.sql.gz", "no", ""),
            (
                "{name}/{time:%F}.tar",
                "a/2026-11-26.tar",
                "2026-11-26T00:00:00Z",
                "a",
            ),
            (
                "{name}-{time:%s}",
                "a-1-1700000000",
                "2023-11-14T22:13:20Z",
                "a-1",
            ),
            (
                "{name}{time:%Y%m%d}",
                "db20261126",
                "2026-11-26T00:00:00Z",
                "db",
            ),
            (
                "{time:%Y-%m-%dT%H:%M:%S%z}",
                "2026-11-26T15:32:00+0100",
                "2026-11-26T14:32:00Z",
                "",
            ),
            (
                "{time:%Y%m%d}/",
                "20261126/deep/down.tar",
                "2026-11-26T00:00:00Z",
                "",
            ),
            ("{time:%Y%m%d}/", "20261126", "no", ""),
            (
                "é{time:%Y%m%d}é{name}",
                "é20261126éü",
                "2026-11-26T00:00:00Z",
                "ü",
            ),
        ] {
            let (told, called, id) = fits(pattern, key);
            assert_eq!(
                (told.as_str(), called.as_str()),
                (time, name),
                "{pattern} {key}"
            );
            if pattern.ends_with('/') && !id.is_empty() {
                assert_eq!(id, "20261126/");
            } else if !id.is_empty() {
                assert_eq!(id, key);
            }
        }
    }

    #[test]
    fn patterns_that_cannot_work_are_refused() {
        let long = "a".repeat(501);
        for (bad, expected) in [
            ("", "exactly one"),
            ("db.sql", "exactly one"),
            ("{name}", "exactly one"),
            ("{time:%F}{time:%F}", "exactly one"),
            ("{name}{name}{time:%F}", "exactly one"),
            ("{time:%F", "no }"),
            ("time:%F}-{time:%F}", "no {"),
            ("{date:%F}", "not known"),
            ("{}", "not known"),
            ("{time}", "not known"),
            ("{time:}", "whole date"),
            ("{time:%H%M}", "whole date"),
            ("{time:%m%d}", "whole date"),
            ("{time:%Q}", "whole date"),
            ("{time:%F}\n", "control"),
            (long.as_str(), "longer"),
        ] {
            let error = Pattern::parse(bad).expect_err(bad);
            assert!(error.contains(expected), "{bad}: {error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever is listed is taken, and what fits is a beginning of it.
        #[test]
        fn any_key_is_taken(pattern in "(\\{name\\}|a|/|-){0,3}\\{time:%(F|s|Y%m%d)\\}(\\{name\\}|b|/|é){0,3}", key in "[-a/bé0-9]{0,30}") {
            if let Ok(pattern) = Pattern::parse(&pattern)
                && let Fit::Yes(found) = pattern.fit(&key)
            {
                prop_assert!(key.starts_with(&found.id));
                prop_assert!(pattern.is_folder() || found.id == key);
            }
            let _ = Pattern::parse(&key);
        }

        #[test]
        fn any_text_is_taken(text in ".*") {
            let _ = Pattern::parse(&text);
            let _ = Pattern::parse(&format!("{{time:{text}}}"));
        }
    }
}
