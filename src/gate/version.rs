//! Which of two versions is the later one.
//!
//! # Why
//!
//! The gate compares the version that is to be installed with the ones that a manifest names, so
//! the rule must be known to whoever writes either of them. It is that of semantic versions, for
//! as many numbers as an application has:
//!
//! 1. A leading `v` says nothing: `v1.2` is `1.2`.
//! 2. Numbers between dots are compared as numbers, from left to right: `1.10` is later than `1.9`.
//!    What is not written is 0: `1.2` is `1.2.0`.
//! 3. What follows the first `-` is a prerelease, which is earlier than the release: `2.0.0-rc.1` is
//!    earlier than `2.0.0`. Its parts between dots are compared as numbers where both are, else
//!    letter by letter; a number is earlier than a word, and fewer parts are earlier.
//! 4. What follows the first `+` names a build and orders nothing.
//!
//! Anything else, such as `latest`, is no version: nothing can be said of it, and the gate blocks.
//!
//! A [`Range`] is `FROM..TO` with both ends included and either of them left out, or what every
//! version has to be, such as `>=1.4 <3`: `=` (or nothing before it), `<`, `<=`, `>`, `>=`, parted by
//! spaces or commas. `1.4..2.9` ends with 2.9.0; whoever means every 2.9 writes `>=1.4 <2.10`. A
//! prerelease of the end of `<` lies outside: `3.0.0-rc.1` is not in `<3`, since it brings what 3 does.

use std::cmp::Ordering;

/// The versions that lie within some ends.
#[derive(Debug, Clone)]
pub struct Range(Vec<End>);

/// One end: how a version has to compare with it.
type End = (Fits, Version);
type Fits = fn(&Version, &Version) -> bool;

/// How an end is written, the longest first.
const ENDS: [(&str, Fits); 5] = [
    (">=", |version, end| version.order(end).is_ge()),
    ("<=", |version, end| version.order(end).is_le()),
    (">", |version, end| version.order(end).is_gt()),
    ("<", |version, end| {
        version.order(end).is_lt() && !version.is_early(end)
    }),
    ("=", |version, end| version.order(end).is_eq()),
];

impl Range {
    /// Reads a range; absent where it is none, or one without any end.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let ends = if let Some((from, to)) = text.split_once("..") {
            Self::between(from.trim(), to.trim())?
        } else {
            Self::joined(text)
                .iter()
                .map(|part| Self::end(part))
                .collect::<Option<_>>()?
        };
        (!ends.is_empty()).then_some(Self(ends))
    }

    /// Returns whether a version lies within.
    #[must_use]
    pub fn holds(&self, version: &Version) -> bool {
        let mut ends = self.0.iter();
        ends.all(|(fits, end)| fits(version, end))
    }

    /// Parts a text by commas and spaces, but not a sign from its version.
    fn joined(text: &str) -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        for part in text.split([',', ' ']).filter(|part| !part.is_empty()) {
            match parts.last_mut() {
                Some(sign) if ENDS.iter().any(|(it, _)| it == sign) => sign.push_str(part),
                _ => parts.push(part.to_owned()),
            }
        }
        parts
    }

    fn between(from: &str, to: &str) -> Option<Vec<End>> {
        let mut ends: Vec<End> = Vec::new();
        if !from.is_empty() {
            ends.push(Self::end(&format!(">={from}"))?);
        }
        if !to.is_empty() {
            ends.push(Self::end(&format!("<={to}"))?);
        }
        Some(ends)
    }

    fn end(part: &str) -> Option<End> {
        let written = ENDS
            .iter()
            .find_map(|(sign, fits)| Some((*fits, part.strip_prefix(sign)?)));
        let Some((fits, version)) = written else {
            return Self::end(&format!("={part}"));
        };
        Some((fits, Version::parse(version)?))
    }
}

/// A version that can be compared.
#[derive(Debug, Clone)]
pub struct Version {
    numbers: Vec<String>,
    prerelease: Vec<String>,
    build: String,
}

impl Version {
    /// Reads a version; absent where it cannot be compared.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (text, build) = text.split_once('+').unwrap_or((text, ""));
        let (core, prerelease) = match text.split_once('-') {
            Some((core, prerelease)) => (core, Some(prerelease)),
            None => (text, None),
        };
        let numbers: Vec<_> = core.split('.').map(number).collect::<Option<_>>()?;
        let prerelease = match prerelease {
            Some(parts) => parts.split('.').map(identifier).collect::<Option<_>>()?,
            None => Vec::new(),
        };
        Some(Self {
            numbers,
            prerelease,
            build: build.to_owned(),
        })
    }

    /// Returns whether both name the same build of the same version.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Equal && self.build == other.build
    }

    /// Returns whether it comes before the release of that name: 3.0.0-rc.1 before 3.
    fn is_early(&self, release: &Self) -> bool {
        let released = Self {
            prerelease: Vec::new(),
            ..self.clone()
        };
        !self.prerelease.is_empty() && released.order(release) == Ordering::Equal
    }

    /// Compares two versions; their builds have no say.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let longest = self.numbers.len().max(other.numbers.len());
        let zero = String::from("0");
        for at in 0..longest {
            let one = self.numbers.get(at).unwrap_or(&zero);
            let two = other.numbers.get(at).unwrap_or(&zero);
            let order = as_numbers(one, two);
            if order != Ordering::Equal {
                return order;
            }
        }
        match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => prereleases(&self.prerelease, &other.prerelease),
        }
    }
}

/// Takes digits, without the zeros before them: there may be more than a machine's number has.
fn number(text: &str) -> Option<String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = text.trim_start_matches('0');
    Some(if digits.is_empty() { "0" } else { digits }.to_owned())
}

fn identifier(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (!text.is_empty() && text.bytes().all(plain)).then(|| text.to_owned())
}

fn as_numbers(one: &str, two: &str) -> Ordering {
    one.len().cmp(&two.len()).then_with(|| one.cmp(two))
}

fn prereleases(one: &[String], two: &[String]) -> Ordering {
    for (a, b) in one.iter().zip(two) {
        let order = match (number(a), number(b)) {
            (Some(a), Some(b)) => as_numbers(&a, &b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    one.len().cmp(&two.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap_or_else(|| panic!("{text} is a version"))
    }

    #[test]
    fn later_versions_are_later() {
        let ascending = [
            "0",
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0",
            "1.0.0.1",
            "1.9",
            "1.10",
            "2",
            "2026.11.26",
            "99999999999999999999999",
        ];
        for (at, one) in ascending.iter().enumerate() {
            for (after, two) in ascending.iter().enumerate() {
                let order = version(one).order(&version(two));
                assert_eq!(order, at.cmp(&after), "{one} and {two}");
            }
        }
    }

    #[test]
    fn what_is_written_otherwise_is_the_same() {
        for (one, two) in [("v1.2", "1.2.0"), ("1.02", "1.2"), (" 1.2 ", "V1.2")] {
            assert!(version(one).is_same(&version(two)), "{one} and {two}");
        }
        assert_eq!(
            version("1.2+a").order(&version("1.2+b")),
            Ordering::Equal,
            "builds order nothing"
        );
        assert!(!version("1.2+a").is_same(&version("1.2+b")));
    }

    #[test]
    fn a_range_holds_what_lies_within() {
        for (range, within, outside) in [
            (
                "1.4..2.9",
                &["1.4", "2.0-rc.1", "v2.9.0"][..],
                &["1.3.9", "2.9.1", "1.4-rc"][..],
            ),
            ("1.4 .. ", &["1.4", "99"], &["1.3"]),
            ("..2.9", &["0", "2.9"], &["2.10"]),
            (">=1.4 <3", &["1.4", "2.99"], &["3", "1.3", "3.0.0-rc.1"]),
            (
                ">= 1.4, < 3.0-rc.2",
                &["2.9", "3.0.0-rc.1"],
                &["3.0-rc.2", "1.4-rc"],
            ),
            (">1.4,<=3", &["1.5", "3.0.0"], &["1.4", "3.1"]),
            ("2.4", &["2.4.0"], &["2.4.1"]),
            ("=2.4", &["v2.4"], &["2.3"]),
        ] {
            let read = Range::parse(range).unwrap_or_else(|| panic!("{range} is a range"));
            for text in within {
                assert!(read.holds(&version(text)), "{text} in {range}");
            }
            for text in outside {
                assert!(!read.holds(&version(text)), "{text} in {range}");
            }
        }
        for bad in [
            "", " ", "..", "latest", ">=", ">= >=1", "1..2..3", ">=1..2", "a..b", "~1.4", "*",
            "1.x",
        ] {
            assert!(Range::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_version_is_not_compared() {
        for bad in [
            "", "v", "latest", "1.", ".1", "1..2", "1.x", "1,2", "1.2-", "1.2-a..b", "-1",
            "1.2 beta", "١.٢",
        ] {
            assert!(Version::parse(bad).is_none(), "{bad}");
        }
    }
}
