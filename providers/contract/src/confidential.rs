//! What this process has sent or was given in confidence, struck out of whatever is answered.
//!
//! A service, a gateway or a proxy may repeat what it was sent: in a sentence, a code or a request
//! id. Everything that is kept of an answer goes through here first.
//!
//! # Why
//!
//! The values are the process's, not a store's: a secret is one wherever it turns up, and a
//! store that forgot to pass its own along would show it. Each provider keeps what it sends where
//! it takes it up: configured secrets, fetched tokens, the keys of a role.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::error::Evidence;

/// The most values that are kept: those of refreshed credentials take the place of old ones.
const MOST: usize = 256;

/// The shortest value that is struck out, in bytes: a shorter one is part of ordinary words.
const SHORTEST: usize = 8;

/// What stands in place of a value.
const WITHHELD: &str = "(withheld)";

static KEPT: Mutex<VecDeque<Zeroizing<String>>> = Mutex::new(VecDeque::new());

/// Keeps a value that is sent or was given in confidence; one that is kept already changes nothing.
pub fn keep(value: &str) {
    if value.len() < SHORTEST {
        return;
    }
    let mut kept = kept();
    if kept.iter().any(|held| held.as_str() == value) {
        return;
    }
    if kept.len() == MOST {
        kept.pop_front();
    }
    kept.push_back(Zeroizing::new(value.to_owned()));
}

/// Returns a text without the values, plain or as URLs, forms, JSON and XML write them.
#[must_use]
pub fn strike(text: &str) -> String {
    let mut struck = text.to_owned();
    for value in kept().iter() {
        for form in forms(value) {
            if struck.contains(form.as_str()) {
                struck = struck.replace(form.as_str(), WITHHELD);
            }
        }
    }
    struck
}

/// Strikes the values out of everything that is kept of an answer.
pub(crate) fn strike_evidence(evidence: &mut Evidence) {
    let Evidence {
        status: _,
        code,
        message,
        request_id,
        region,
        date: _,
        elapsed: _,
        facts,
        contradicts_itself: _,
    } = evidence;
    for text in [code, message, request_id, region].into_iter().flatten() {
        *text = strike(text);
    }
    for fact in facts {
        *fact = strike(fact);
    }
}

fn kept() -> MutexGuard<'static, VecDeque<Zeroizing<String>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the ways a value may be written, the longest ones first.
fn forms(value: &str) -> Vec<Zeroizing<String>> {
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
    forms.into_iter().map(Zeroizing::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "Pl+nted~Sec/ret=1 \"&x";

    #[test]
    fn a_value_is_struck_out_in_every_form() {
        keep(VALUE);
        for form in [
            VALUE,
            "Pl%2Bnted~Sec%2Fret%3D1%20%22%26x",
            "Pl%2bnted~Sec%2fret%3d1%20%22%26x",
            "Pl%2Bnted%7ESec%2Fret%3D1+%22%26x",
            "Pl+nted~Sec/ret=1 \\\"&x",
            "Pl+nted~Sec/ret=1 &quot;&amp;x",
        ] {
            let said = format!("no match: {form}, try again");
            assert_eq!(strike(&said), "no match: (withheld), try again", "{form}");
        }
        assert_eq!(strike("nothing of it"), "nothing of it");
    }

    #[test]
    fn everything_of_an_answer_is_cleaned() {
        keep("hunter2-hunter2");
        let said = || Some("x hunter2-hunter2".to_owned());
        let mut evidence = Evidence {
            code: said(),
            message: said(),
            request_id: said(),
            region: said(),
            facts: vec!["x hunter2-hunter2".to_owned()],
            ..Evidence::default()
        };
        strike_evidence(&mut evidence);
        assert!(!format!("{evidence:?}").contains("hunter2"), "{evidence:?}");
    }

    #[test]
    fn short_words_stay() {
        keep("tested");
        assert_eq!(strike("it was tested"), "it was tested");
    }
}
