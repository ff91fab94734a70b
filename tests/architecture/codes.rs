//! The codes of causes: what a check or a manual names is in the table.

use std::collections::BTreeSet;

use backstop::check;
use backstop::diagnosis::rule;

use super::source::files;

/// Words of that form that are no codes: names of probes, accesses and values.
const NO_CODES: [&str; 14] = [
    "append-only",
    "if-absent",
    "if-absent-first",
    "if-absent-second",
    "link-local",
    "multipart-abort-seat",
    "multipart-seat",
    "object-overwritten",
    "probe-multipart",
    "put-get",
    "put-only",
    "read-only",
    "when-required",
    "x-amz-request-id",
];

/// Every cause that a check gives a name has a rule, and every code in its manual is one.
pub(crate) fn every_code_has_a_rule() -> Result<(), String> {
    let mut unknown = BTreeSet::new();
    let mut known = 0;
    for source in files("src/check")? {
        let text = source.code().collect::<Vec<_>>().join("\n");
        // A literal in quotes, and a code in the manual, which stands between backticks.
        for word in text.split(['"', '`']) {
            if !is_kebab(word) || NO_CODES.contains(&word) {
                continue;
            }
            if rule(word).is_some() {
                known += 1;
            } else if !check::ids().contains(&word) {
                unknown.insert(format!("{}: {word}", source.path));
            }
        }
    }
    if unknown.is_empty() && known > 30 {
        return Ok(());
    }
    Err(format!(
        "{known} codes are known, and not these: {unknown:#?}"
    ))
}

/// Returns whether a word is words of small letters with hyphens between.
fn is_kebab(word: &str) -> bool {
    let mut parts = word.split('-');
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    word.contains('-') && parts.all(part)
}
