//! Planted secrets: no output may hold one, in any form that an encoder may have given it.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::shared_key::encode;

/// Returns every form of a secret that is looked for: plain, JSON, percent-encoded, form-encoded, hexadecimal, base64.
///
/// Base64 in the middle of a longer text starts at any of three offsets, so the part of each that does not depend on
/// the neighbours is looked for.
#[must_use]
pub fn forms(secret: &str) -> BTreeSet<String> {
    let escaped = serde_json::Value::from(secret).to_string();
    let percent = encode(secret);
    let mut forms = BTreeSet::from([
        secret.to_owned(),
        escaped.trim_matches('"').to_owned(),
        lower_escapes(&percent),
        percent.replace("%20", "+"),
        percent,
        crate::residue::hex(secret.as_bytes()),
    ]);
    for engine in [STANDARD, URL_SAFE, STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        forms.insert(engine.encode(secret));
    }
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        for offset in 0..3 {
            let shifted = engine.encode([&b"\0\0"[..offset], secret.as_bytes()].concat());
            let whole = (secret.len() + offset) / 3 * 4;
            let first = [0, 4, 4][offset];
            if whole > first + 8 {
                forms.insert(shifted[first..whole].to_owned());
            }
        }
    }
    forms
}

/// Writes the digits of percent-encoding as those who prefer lower case do.
fn lower_escapes(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let plain = parts.next().unwrap_or_default().to_owned();
    parts.fold(plain, |text, part| {
        format!("{text}%{}{}", part[..2].to_lowercase(), &part[2..])
    })
}

/// Fails the test when `output` holds one of the secrets in any form.
///
/// # Panics
/// When it does. The message names the secret by its place in the list and does not repeat it.
#[track_caller]
pub fn assert_absent(secrets: &[&str], output: &str) {
    for (place, secret) in secrets.iter().enumerate() {
        assert!(
            secret.len() >= 8,
            "secret {place} is too short to be looked for"
        );
        for form in forms(secret) {
            if let Some(at) = output.find(&form) {
                let line = output[..at].lines().count().max(1);
                panic!(
                    "secret {place} is in the output, line {line}, as a form of {} characters",
                    form.len()
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "Pl+nted/Secret key=1";

    #[test]
    fn an_output_without_the_secret_passes() {
        assert_absent(&[SECRET], "permission denied (http 403, AccessDenied)");
    }

    #[test]
    fn every_encoding_is_found_in_the_middle_of_a_text() {
        let joined = STANDARD.encode(format!("user:{SECRET}"));
        let encoded = encode(SECRET);
        for hidden in [
            SECRET,
            joined.as_str(),
            encoded.as_str(),
            "Pl%2bnted%2fSecret%20key%3d1",
        ] {
            let output = format!("first\n<{hidden}>");
            assert!(
                std::panic::catch_unwind(|| assert_absent(&[SECRET], &output)).is_err(),
                "{hidden}"
            );
        }
    }
}
