//! Faults that store a key under another name.

use std::borrow::Cow;

use super::Fault;
use crate::key::ObjectKey;

/// Returns the name under which a faulty store keeps a key.
pub(super) fn stored(fault: Fault, key: &ObjectKey) -> Cow<'_, ObjectKey> {
    let text = key.as_str();
    let other = match fault {
        Fault::NormalizesUnicode => compose(text),
        Fault::DecodesKeys => decode(text),
        Fault::FoldsCase => text.to_lowercase(),
        Fault::CutsLongNames => cut(text),
        Fault::CutsAtQuestionMarks => text.split('?').next().unwrap_or(text).to_owned(),
        Fault::DropsTrailingSlashes => text.trim_end_matches('/').to_owned(),
        Fault::SpaceBecomesPlus => text.replace(' ', "+"),
        Fault::PlusBecomesSpace => text.replace('+', " "),
        Fault::DropsTrailingDots => text.trim_end_matches('.').to_owned(),
        Fault::CollapsesSlashes => collapse(text),
        Fault::FoldsBackslashes => text.replace('\\', "/"),
        _ => return Cow::Borrowed(key),
    };
    // What would be no key is stored as it is.
    ObjectKey::new(other).map_or(Cow::Borrowed(key), Cow::Owned)
}

/// Composes the few accents that tests and people use.
fn compose(text: &str) -> String {
    [
        ("e\u{301}", "é"),
        ("a\u{308}", "ä"),
        ("o\u{308}", "ö"),
        ("u\u{308}", "ü"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (apart, composed)| {
        text.replace(apart, composed)
    })
}

/// Cuts each name to 200 bytes, or a little less where a character lies across them.
fn cut(text: &str) -> String {
    let names = text
        .split('/')
        .map(|name| &name[..name.floor_char_boundary(200)]);
    names.collect::<Vec<_>>().join("/")
}

fn collapse(text: &str) -> String {
    let mut text = text.to_owned();
    while text.contains("//") {
        text = text.replace("//", "/");
    }
    text
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| tail.get(..2)).flatten();
        let digits = escaped.filter(|two| two.iter().all(u8::is_ascii_hexdigit));
        let text = digits.and_then(|two| std::str::from_utf8(two).ok());
        let byte = text.and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = byte.map_or(tail, |_| &tail[2..]);
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
