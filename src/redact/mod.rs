//! Replaces names, accounts and addresses, so that a document can be shown to strangers.
//!
//! | file | holds |
//! | --- | --- |
//! | `names` | what stands for what, the same everywhere in one document |
//! | `known` | the names that a report says are names |
//! | `shapes` | what is an address, an account or a path by its shape alone |
//! | `fields` | the report, field by field |
//!
//! # Why
//!
//! A name turns up in places that nobody thought of: in a service's sentence, in a key, encoded in
//! a URL. So the names are learned first, from the fields that hold them and from the shapes of
//! words, and then struck out of every text. Fields of fixed words and request ids stay: without
//! them nobody can find anything. A field that is new is redacted until somebody says otherwise.

mod fields;
mod known;
mod names;
mod shapes;
#[cfg(test)]
mod tests;

use crate::report::{Report, TargetInfo, Vantage};
use names::{Kind, Names, small};

/// The shortest request id that stays where it is quoted.
const SHORTEST_ID: usize = 6;

/// Replaces names in the texts of one document.
#[derive(Debug, Default)]
pub struct Redactor {
    names: Names,
    kept: Vec<String>,
}

impl Redactor {
    /// Learns the names of reports.
    #[must_use]
    pub fn of(reports: &[Report]) -> Self {
        let mut redactor = Self::default();
        for report in reports {
            known::learn(report, &mut redactor.names);
        }
        for report in reports {
            redactor.kept.extend(known::request_ids(report));
        }
        let names = &redactor.names;
        redactor
            .kept
            .retain(|id| id.len() >= SHORTEST_ID && !names.occur_in(id));
        // What is learned by its shape must be known before the first text is written.
        for report in reports {
            let _ = redactor.report(report);
        }
        redactor
    }

    /// Learns the names of a target that no report is about.
    pub fn learn(&mut self, target: &TargetInfo, vantage: &Vantage) {
        known::learn_target(target, &mut self.names);
        known::learn_vantage(vantage, &mut self.names);
    }

    /// Learns whose backups they are.
    pub fn learn_installation(&mut self, name: &str) {
        self.names.learn(Kind::Installation, name);
    }

    /// Returns a text without names.
    #[must_use]
    pub fn text(&mut self, text: &str) -> String {
        let lower = small(text);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(letter) = text[at..].chars().next() {
            if let Some(hit) = self.names.at(&lower, at) {
                out.push_str(&hit.placeholder);
                at += hit.length;
                if hit.leads_to_keys {
                    at += self.key(&text[at..], &lower[at..], &mut out);
                }
            } else if let Some(id) = self.kept_at(text, at) {
                out.push_str(id);
                at += id.len();
            } else if let Some((length, replaced)) = shapes::at(text, at, &mut self.names) {
                out.push_str(&replaced);
                at += length;
            } else {
                out.push(letter);
                at += letter.len_utf8();
            }
        }
        out
    }

    /// Returns the request id that stands at a place, by itself.
    fn kept_at<'a>(&self, text: &'a str, at: usize) -> Option<&'a str> {
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        if letter(text[..at].chars().next_back()) {
            return None;
        }
        let id = self.kept.iter().find(|id| {
            let rest = text[at..].strip_prefix(id.as_str());
            rest.is_some_and(|rest| !letter(rest.chars().next()))
        })?;
        text.get(at..at + id.len())
    }

    /// Replaces what follows a bucket or a prefix, unless it is the sandbox or a known name.
    fn key(&mut self, rest: &str, lower: &str, out: &mut String) -> usize {
        let Some(path) = rest.strip_prefix('/') else {
            return 0;
        };
        let own = path.starts_with(".backstop") || path.starts_with(['*', '/']);
        if own || self.names.at(lower, 1).is_some() {
            return 0;
        }
        let end = path.find(|c: char| c.is_whitespace() || "\"'`<>()[]{},;?&".contains(c));
        let key = path[..end.unwrap_or(path.len())].trim_end_matches(['.', ':', '!']);
        if key.is_empty() {
            return 0;
        }
        out.push('/');
        out.push_str(&self.names.learn(Kind::Key, key));
        key.len() + 1
    }
}
