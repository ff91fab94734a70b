//! What stands for what, the same everywhere in one document.

use std::collections::BTreeMap;

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Account,
    Address4,
    Address6,
    Bucket,
    Certificate,
    Container,
    File,
    Host,
    Id,
    Installation,
    Key,
    Prefix,
    Principal,
    Region,
    Target,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address4 | Self::Address6 => "address",
            Self::Bucket => "bucket",
            Self::Certificate => "certificate",
            Self::Container => "container",
            Self::File => "file",
            Self::Host => "host",
            Self::Id => "id",
            Self::Installation => "installation",
            Self::Key => "key",
            Self::Prefix => "prefix",
            Self::Principal => "principal",
            Self::Region => "region",
            Self::Target => "target",
        }
    }

    /// Makes the placeholder of the n-th name, counted from 1.
    fn placeholder(self, number: u32) -> String {
        match self {
            Self::Address4 => address4(number),
            Self::Address6 => format!("2001:db8::{number:x}"),
            Self::File => format!("/file-{number}"),
            _ => format!("{}-{number}", self.word()),
        }
    }
}

/// Makes an address of the ranges that are kept for documents, and then of that for benchmarks.
fn address4(number: u32) -> String {
    let (block, last) = ((number - 1) / 254, (number - 1) % 254 + 1);
    match block {
        0 => format!("192.0.2.{last}"),
        1 => format!("198.51.100.{last}"),
        2 => format!("203.0.113.{last}"),
        block => format!("198.18.{}.{last}", block % 256),
    }
}

/// The shortest name that is looked for inside of words; a shorter one is often part of another.
const INSIDE_WORDS: usize = 8;

/// One spelling of a name, and what stands for it.
#[derive(Debug)]
struct Rule {
    kind: Kind,
    spelling: String,
    placeholder: String,
}

/// The names so far, the longest spelling first.
#[derive(Debug, Default)]
pub(super) struct Names {
    rules: Vec<Rule>,
    counts: BTreeMap<Kind, u32>,
}

/// A name that was found in a text.
pub(super) struct Hit {
    pub(super) length: usize,
    pub(super) placeholder: String,
    pub(super) leads_to_keys: bool,
}

impl Names {
    /// Learns a name and returns what stands for it; one that is known keeps what it has.
    pub(super) fn learn(&mut self, kind: Kind, name: &str) -> String {
        let name = small(name.trim());
        if name.is_empty() {
            return name;
        }
        if let Some(rule) = self.rules.iter().find(|rule| rule.spelling == name) {
            return rule.placeholder.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let placeholder = kind.placeholder(*count);
        for spelling in spellings(&name) {
            if self.rules.iter().all(|rule| rule.spelling != spelling) {
                self.rules.push(Rule {
                    kind,
                    spelling,
                    placeholder: placeholder.clone(),
                });
            }
        }
        self.rules
            .sort_by_key(|rule| std::cmp::Reverse(rule.spelling.len()));
        placeholder
    }

    /// Returns the longest name that begins at a place of a text in small letters.
    pub(super) fn at(&self, lower: &str, at: usize) -> Option<Hit> {
        let (rule, end) = self.rules.iter().find_map(|rule| {
            let end = end_of(lower.as_bytes(), at, rule.spelling.as_bytes())?;
            let found = rule.spelling.len() >= INSIDE_WORDS || is_whole(lower, at, end);
            found.then_some((rule, end))
        })?;
        let before = &lower[..at];
        Some(Hit {
            length: end - at,
            placeholder: rule.placeholder.clone(),
            leads_to_keys: match rule.kind {
                Kind::Prefix => true,
                Kind::Bucket | Kind::Container => before.ends_with('/'),
                _ => false,
            },
        })
    }

    /// Returns whether any of the names is in a text.
    pub(super) fn occur_in(&self, text: &str) -> bool {
        let lower = small(text);
        let mut starts = lower.char_indices();
        starts.any(|(at, _)| self.at(&lower, at).is_some())
    }
}

/// Returns a name as texts, JSON and XML write it.
fn spellings(name: &str) -> Vec<String> {
    let json = name.replace('\\', "\\\\").replace('"', "\\\"");
    let xml = name
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    vec![name.to_owned(), json, xml.replace('"', "&quot;"), xml]
}

/// Returns where a name ends that begins at a place of a text, any byte of it plain or encoded as
/// URLs encode it, be it twice.
fn end_of(text: &[u8], at: usize, name: &[u8]) -> Option<usize> {
    let mut at = at;
    for byte in name {
        let rest = text.get(at..)?;
        let first = *rest.first()?;
        at += if first == *byte {
            1
        } else if first == b'%' && encoded(rest, 1) == Some(*byte) {
            3
        } else if rest.starts_with(b"%25") && encoded(rest, 3) == Some(*byte) {
            5
        } else if first == b'+' && *byte == b' ' {
            1
        } else {
            return None;
        };
    }
    // A text may be cut between the bytes of one letter only where it was encoded.
    text.get(at)
        .is_none_or(|next| next & 0xc0 != 0x80)
        .then_some(at)
}

/// Returns the byte that two digits stand for, in small letters.
fn encoded(text: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    let byte = digit(at)? * 16 + digit(at + 1)?;
    // The text is in small letters, and so is the name.
    Some(u8::try_from(byte).ok()?.to_ascii_lowercase())
}

/// Returns a text in small letters, each as long as before.
pub(super) fn small(text: &str) -> String {
    let small = text.chars().map(|letter| {
        let mut lower = letter.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(one), None) if one.len_utf8() == letter.len_utf8() => one,
            _ => letter,
        }
    });
    small.collect()
}

/// Returns whether a place is a word by itself; the end of an encoded character begins one too.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (before, after) = (&text[..start], text[end..].chars().next());
    !letter(after) && (!letter(before.chars().next_back()) || is_encoded(before))
}

/// Returns whether a text ends in an encoded character: `%2f` or `\u002f`.
fn is_encoded(before: &str) -> bool {
    let bytes = before.as_bytes();
    let ends = |mark: &[u8], digits: usize| {
        let length = mark.len() + digits;
        bytes.len() >= length && {
            let tail = &bytes[bytes.len() - length..];
            tail.starts_with(mark) && tail[mark.len()..].iter().all(u8::is_ascii_hexdigit)
        }
    };
    ends(b"%", 2) || ends(b"\\u", 4)
}
