//! What may be repeated of what was written: not the secret that stands in the wrong place.
//!
//! # Why
//!
//! A secret pasted where the name of a file, of a variable or of a key was meant is a common
//! mistake, and an error that repeats it carries it into logs. The error names its line or
//! variable anyway, so what only looks like a secret is not missed much.

use std::path::Path;

/// What no name has, and some secret: keys in PEM, tokens, connection strings, signatures.
const TELLING: [&str; 4] = ["-----BEGIN", "AccountKey=", "sig=", "\n"];

/// The length from which letters of both cases and digits without any other are no name.
const LONG: usize = 32;

/// Returns whether a text that was meant as a name looks like a secret.
pub(super) fn looks_secret(text: &str) -> bool {
    let telling = TELLING.iter().any(|part| text.contains(part));
    let token = text.starts_with("eyJ") && text.contains('.');
    let odd = |c: char| "+=&".contains(c) || c.is_control();
    // A tilde begins a path, and stands within what Entra makes.
    let tilde = text.trim_start_matches('~').contains('~');
    telling || token || text.contains(odd) || tilde || is_random(text)
}

/// Returns whether a text is long and has letters of both cases and digits, and nothing that parts
/// words.
fn is_random(text: &str) -> bool {
    let has = |kind: fn(&char) -> bool| text.chars().any(|c| kind(&c));
    text.len() >= LONG
        && !text.contains(['-', '_', '.', ' ', ':'])
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit)
}

/// Returns a path as it may be shown.
pub(super) fn path(path: &Path) -> String {
    let text = path.display().to_string();
    let secret = path
        .components()
        .filter_map(|part| part.as_os_str().to_str())
        .any(|part| looks_secret(part) || part.len() > 255);
    if secret || looks_secret(text.trim_start_matches('/')) {
        return "that is named there (not repeated, for it looks like a secret itself)".to_owned();
    }
    text
}

/// Returns a word in quotes as it may be shown.
pub(super) fn word(text: &str) -> String {
    if looks_secret(text) {
        return "what is written there (not repeated, for it looks like a secret)".to_owned();
    }
    format!("{text:?}")
}

/// Returns the id of an access key as it may be shown: the secret may stand in its place.
pub(super) fn access_key_id(id: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    if id.len() < LONG && id.chars().all(plain) {
        return id;
    }
    "(hidden, for it does not look like an id)"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_repeated_and_secrets_are_not() {
        for name in [
            "none",
            "/run/secrets/client-secret",
            "/var/run/secrets/azure/tokens/azure-identity-token",
            "~/keys/Backup2027",
            "AWS_SECRET_ACCESS_KEY",
            "my_key",
            "C:/Users/Ann/key.pem",
        ] {
            assert!(!looks_secret(name), "{name}");
            assert_eq!(path(Path::new(name)), name);
            assert_eq!(word(name), format!("{name:?}"));
        }
        for secret in [
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "UGxhbnRlZCBhY2NvdW50IGtleSwgYXMgdGhlIHJhdw==",
            "Pl8~nted.ClientSecret-for_tests~only.012",
            "-----BEGIN PRIVATE KEY-----\nQUJD",
            "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
            "sv=2024-11-04&sig=abc",
            "AccountName=acme;AccountKey=a2V5",
        ] {
            assert!(looks_secret(secret), "{secret}");
            let joined = Path::new("/etc/backstop").join(secret);
            for shown in [path(Path::new(secret)), word(secret)] {
                assert!(!shown.contains(secret), "{shown}");
            }
            // A relative path begins at the file's folder.
            let shown = path(&joined);
            let random = is_random(secret) && secret.contains('/');
            assert!(random || !shown.contains(secret), "{shown}");
        }
        assert_eq!(
            access_key_id("AKIAIOSFODNN7EXAMPLE"),
            "AKIAIOSFODNN7EXAMPLE"
        );
        assert_eq!(access_key_id("minioadmin"), "minioadmin");
        for odd in ["wJalrXUtnFEMI/K7MDENG", "a b", &"a".repeat(40)] {
            assert!(!access_key_id(odd).contains(odd));
        }
    }
}
