//! What a store has sent in confidence, struck out of whatever is answered.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Evidence;
use crate::secret::Secret;

/// The most values that are kept: those of refreshed credentials take the place of old ones.
const MOST: usize = 64;

/// The shortest value that is struck out, in bytes: a shorter one is part of ordinary words.
const SHORTEST: usize = 6;

/// What stands in place of a value.
const WITHHELD: &str = "(withheld)";

/// The values that a store sends in confidence.
///
/// A service, a gateway or a proxy may repeat what it was sent, in a sentence, a code or a request
/// id. Everything that is kept of an answer goes through here first. Clones share their values.
#[derive(Clone, Default)]
pub struct Confidential(Arc<Mutex<VecDeque<Secret>>>);

impl fmt::Debug for Confidential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confidential").finish_non_exhaustive()
    }
}

impl Confidential {
    /// Keeps a value that is about to be sent; one that is kept already changes nothing.
    pub fn keep(&self, value: &str) {
        if value.len() < SHORTEST {
            return;
        }
        let mut kept = self.kept();
        if kept.iter().any(|held| held.expose() == value) {
            return;
        }
        if kept.len() == MOST {
            kept.pop_front();
        }
        kept.push_back(Secret::new(value.to_owned()));
    }

    /// Returns a text without the values, plain or as URLs, forms, JSON and XML write them.
    #[must_use]
    pub fn strike(&self, text: &str) -> String {
        let mut struck = text.to_owned();
        for value in self.kept().iter() {
            for form in forms(value.expose()) {
                if struck.contains(form.expose()) {
                    struck = struck.replace(form.expose(), WITHHELD);
                }
            }
        }
        struck
    }

    /// Strikes the values out of everything that is kept of an answer.
    pub fn strike_evidence(&self, evidence: &mut Evidence) {
        let Evidence {
            status: _,
            code,
            message,
            request_id,
            region,
            date: _,
            elapsed: _,
            facts,
        } = evidence;
        for text in [code, message, request_id, region].into_iter().flatten() {
            *text = self.strike(text);
        }
        for fact in facts {
            *fact = self.strike(fact);
        }
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the ways a value may be written, the longest ones first.
fn forms(value: &str) -> Vec<Secret> {
    let percent = |unreserved: &str, space: &str, upper: bool| {
        let mut text = String::with_capacity(value.len());
        for byte in value.bytes() {
            let letter = char::from(byte);
            match byte {
                b' ' => text.push_str(space),
                _ if letter.is_ascii_alphanumeric() || unreserved.contains(letter) => {
                    text.push(letter);
                }
                _ => {
                    text.push('%');
                    let digits = [byte >> 4, byte & 0x0f].map(u32::from);
                    let digits = digits.map(|digit| char::from_digit(digit, 16).unwrap_or('0'));
                    let cased = |digit: char| {
                        if upper {
                            digit.to_ascii_uppercase()
                        } else {
                            digit
                        }
                    };
                    text.extend(digits.map(cased));
                }
            }
        }
        text
    };
    let json = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    let xml = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;");
    let mut forms = vec![
        value.to_owned(),
        percent("-_.~", "%20", true),
        percent("-_.~", "%20", false),
        percent("-_.*", "+", true),
        percent("-_.*", "+", false),
        percent("-_.~/", "%20", true),
        json,
        xml,
    ];
    forms.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    forms.dedup();
    forms.into_iter().map(Secret::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "Pl+nted~Sec/ret=1 \"&x";

    #[test]
    fn a_value_is_struck_out_in_every_form() {
        let kept = Confidential::default();
        kept.keep(VALUE);
        for form in [
            VALUE,
            "Pl%2Bnted~Sec%2Fret%3D1%20%22%26x",
            "Pl%2bnted~Sec%2fret%3d1%20%22%26x",
            "Pl%2Bnted%7ESec%2Fret%3D1+%22%26x",
            "Pl+nted~Sec/ret=1 \\\"&x",
            "Pl+nted~Sec/ret=1 &quot;&amp;x",
        ] {
            let said = format!("no match: {form}, try again");
            assert_eq!(
                kept.strike(&said),
                "no match: (withheld), try again",
                "{form}"
            );
        }
        assert_eq!(kept.strike("nothing of it"), "nothing of it");
    }

    #[test]
    fn everything_of_an_answer_is_cleaned() {
        let kept = Confidential::default();
        kept.clone().keep("hunter2-hunter2");
        let said = || Some("x hunter2-hunter2".to_owned());
        let mut evidence = Evidence {
            code: said(),
            message: said(),
            request_id: said(),
            region: said(),
            facts: vec!["x hunter2-hunter2".to_owned()],
            ..Evidence::default()
        };
        kept.strike_evidence(&mut evidence);
        assert!(!format!("{evidence:?}").contains("hunter2"), "{evidence:?}");
        assert!(!format!("{kept:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_kept_is_bounded_and_words_stay() {
        let kept = Confidential::default();
        kept.keep("test");
        assert_eq!(kept.strike("a test"), "a test");
        for number in 0..100 {
            kept.keep(&format!("secret-{number:03}"));
        }
        assert_eq!(
            kept.strike("secret-099 secret-000"),
            "(withheld) secret-000"
        );
        assert_eq!(kept.kept().len(), MOST);
    }
}
