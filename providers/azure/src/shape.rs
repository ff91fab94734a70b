//! What a credential looks like: doubts that cost no request, and never repeat a value.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use url::form_urlencoded;

use crate::sas;

/// The shortest client secret that is not doubted, in characters; Entra makes them of 40.
const SHORTEST_SECRET: usize = 16;
/// The length of an account key, in bytes; in base64 it has 88 characters.
const ACCOUNT_KEY: usize = 64;

/// What a value looks like, and how that is said behind its name.
type Rule = (fn(&str) -> bool, &'static str);

/// What no value of any kind looks like.
const DRESSING: &[Rule] = &[
    (
        |value| value.trim() != value,
        "begins or ends with a space or a line break",
    ),
    (
        |value| value.ends_with("\\n"),
        "ends with \\n, written as two characters",
    ),
    (is_quoted, "stands in quotes"),
    (
        |value| value.starts_with('<') && value.ends_with('>'),
        "is a placeholder in angle brackets",
    ),
];

/// What no client secret looks like.
const SECRET: &[Rule] = &[
    (
        is_guid,
        "has the form of a GUID: that is the secret's id, and its value is needed",
    ),
    (
        |value| value.contains("-----BEGIN"),
        "is a PEM: give it as the certificate",
    ),
    (is_url_encoded, "looks URL-encoded"),
    (is_encoded_text, "looks like base64 that was not decoded"),
];

/// Returns what looks wrong with a client secret.
pub(crate) fn of_secret(secret: &str) -> Vec<String> {
    const NAME: &str = "the client secret";
    let mut doubts = found(NAME, secret, &[DRESSING, SECRET]);
    let length = secret.chars().count();
    if length < SHORTEST_SECRET {
        doubts.push(format!("{NAME} has {length} characters, expected 40"));
    }
    doubts
}

/// Returns what looks wrong with an account key.
pub(crate) fn of_account_key(key: &str) -> Vec<String> {
    let mut doubts = found("the account key", key, &[DRESSING]);
    let decoded = BASE64_STANDARD.decode(key.trim());
    if decoded.map_or(0, |bytes| bytes.len()) != ACCOUNT_KEY {
        let length = key.chars().count();
        doubts.push(format!(
            "the account key has {length} characters, expected 88 of base64"
        ));
    }
    doubts
}

/// Returns what looks wrong with a shared access signature at a moment.
pub(crate) fn of_sas(token: &str, now: Timestamp) -> Vec<String> {
    const NAME: &str = "the SAS";
    const FORM: &[Rule] = &[
        (
            |token| token.trim_start().starts_with("http"),
            "begins with a URL: only what follows its ? is the SAS",
        ),
        (
            |token| token.contains("&amp;"),
            "has &amp; in place of &: it was copied out of HTML or XML",
        ),
        (
            |token| raw_signature(token).contains(['+', ' ']),
            "has a + or a space in its signature, where %2B is needed",
        ),
        (
            |token| raw_signature(token).contains("%25"),
            "is URL-encoded twice",
        ),
    ];
    let mut doubts = found(NAME, token, &[DRESSING, FORM]);
    let field = |name: &str| {
        let mut fields = form_urlencoded::parse(sas::query(token).as_bytes());
        fields
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    };
    // A stored access policy can hold all that the SAS does not tell.
    if field("si").is_none() {
        if field("sp").is_none() {
            doubts.push(format!("{NAME} names no permissions (sp)"));
        }
        if field("se").is_none() {
            doubts.push(format!("{NAME} names no end (se)"));
        }
    }
    let moment = |name| field(name).and_then(|value| sas::moment(&value));
    if let Some(end) = moment("se").filter(|end| *end <= now) {
        doubts.push(format!("{NAME} ended on {end}"));
    }
    if let Some(start) = moment("st").filter(|start| *start > now) {
        doubts.push(format!(
            "{NAME} begins on {start}, by this host's clock in the future"
        ));
    }
    if field("spr").is_some_and(|protocols| !protocols.contains("https")) {
        doubts.push(format!("{NAME} permits plain http alone (spr)"));
    }
    doubts
}

/// Returns whether a text is a GUID.
pub(crate) fn is_guid(text: &str) -> bool {
    let mut parts = text.split('-');
    let fits = [8, 4, 4, 4, 12].iter().all(|length| {
        parts.next().is_some_and(|part| {
            part.len() == *length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    });
    fits && parts.next().is_none()
}

fn found(name: &str, value: &str, tables: &[&[Rule]]) -> Vec<String> {
    tables
        .iter()
        .copied()
        .flatten()
        .filter(|(looks, _)| looks(value))
        .map(|(_, said)| format!("{name} {said}"))
        .collect()
}

fn is_quoted(value: &str) -> bool {
    let value = value.trim();
    ['"', '\'', '`']
        .iter()
        .any(|quote| value.starts_with(*quote) || value.ends_with(*quote))
}

/// Returns whether a value holds an encoding of what Entra's secrets are made of.
fn is_url_encoded(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    ["%7e", "%2e", "%5f", "%2d", "%2b", "%2f", "%3d"]
        .iter()
        .any(|code| value.contains(code))
}

/// Returns whether a value decodes to a text as long as a secret.
fn is_encoded_text(value: &str) -> bool {
    let decoded = BASE64_STANDARD.decode(value.trim()).unwrap_or_default();
    let text = decoded.trim_ascii();
    text.len() >= SHORTEST_SECRET && text.iter().all(u8::is_ascii_graphic)
}

/// Returns the signature as it is written.
fn raw_signature(token: &str) -> &str {
    let mut fields = sas::query(token).split('&');
    fields
        .find_map(|field| field.strip_prefix("sig="))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text in the form that Entra gives its secrets.
    const GOOD: &str = "Qx8~3aB.cD_eF-gH1iJ2kL4mN5oP6qR7sT8uV9wX";

    #[test]
    fn a_client_secret_is_doubted_for_what_it_looks_like() {
        let encoded = BASE64_STANDARD.encode(GOOD);
        for (secret, doubt) in [
            (GOOD.to_owned(), None),
            // The older form.
            (
                "v0Wq1x+Zr4m8b2T7cYp9dS3fG6hJ5kL0nQ8wE1rU2i4=".to_owned(),
                None,
            ),
            (
                "0b6e2f7d-95c1-4d38-8a4e-6c1f0d2b3e00".to_owned(),
                Some("the secret's id"),
            ),
            (format!("{GOOD}\n"), Some("line break")),
            (format!(" {GOOD}"), Some("a space")),
            (format!("{GOOD}\\n"), Some("two characters")),
            (format!("\"{GOOD}\""), Some("quotes")),
            (GOOD.replace('~', "%7E"), Some("URL-encoded")),
            (encoded, Some("base64")),
            (
                "-----BEGIN PRIVATE KEY-----".to_owned(),
                Some("the certificate"),
            ),
            ("<client-secret-value>".to_owned(), Some("placeholder")),
            ("short".to_owned(), Some("has 5 characters")),
        ] {
            let doubts = of_secret(&secret);
            match doubt {
                None => assert!(doubts.is_empty(), "{secret}: {doubts:?}"),
                Some(words) => {
                    assert_eq!(doubts.len(), 1, "{secret}: {doubts:?}");
                    assert!(doubts[0].contains(words), "{secret}: {doubts:?}");
                    assert!(!doubts[0].contains(&secret), "{doubts:?}");
                }
            }
        }
    }

    #[test]
    fn an_account_key_has_64_bytes() {
        let good = BASE64_STANDARD.encode([7; 64]);
        assert_eq!(good.len(), 88);
        assert!(of_account_key(&good).is_empty());
        for (key, words) in [
            (good[..40].to_owned(), "has 40 characters"),
            (BASE64_STANDARD.encode(&good), "has 120 characters"),
            (format!("{good}\n"), "line break"),
        ] {
            let doubts = of_account_key(&key);
            assert_eq!(doubts.len(), 1, "{doubts:?}");
            assert!(doubts[0].contains(words), "{doubts:?}");
        }
    }

    #[test]
    fn a_sas_is_doubted_for_its_form_and_its_times() {
        const GOOD: &str = "sv=2024-11-04&sp=rcw&se=2027-01-01T00:00:00Z&sig=aB%2BcD%3D";
        let now = "2026-11-22T12:00:00Z".parse().expect("a time");
        for (token, doubt) in [
            (GOOD.to_owned(), None),
            (format!("?{GOOD}"), None),
            ("si=policy&sr=c&sig=x".to_owned(), None),
            (format!("{GOOD}&spr=https,http"), None),
            (
                format!("https://acme.blob.core.windows.net/c?{GOOD}"),
                Some("begins with a URL"),
            ),
            (GOOD.replace('&', "&amp;"), Some("&amp;")),
            (GOOD.replace("%2B", "+"), Some("%2B is needed")),
            (GOOD.replace("%2B", "%252B"), Some("twice")),
            (GOOD.replace("2027", "2025"), Some("ended on 2025-01-01")),
            (
                format!("{GOOD}&st=2026-12-01"),
                Some("begins on 2026-12-01"),
            ),
            (format!("{GOOD}&spr=http"), Some("plain http")),
            (GOOD.replace("sp=rcw&", ""), Some("no permissions")),
            (format!("\"{GOOD}\""), Some("quotes")),
        ] {
            let doubts = of_sas(&token, now);
            match doubt {
                None => assert!(doubts.is_empty(), "{token}: {doubts:?}"),
                Some(words) => assert!(
                    doubts.iter().any(|doubt| doubt.contains(words)),
                    "{token}: {doubts:?}"
                ),
            }
            assert!(
                doubts.iter().all(|doubt| !doubt.contains("cD")),
                "{doubts:?}"
            );
        }
    }

    #[test]
    fn a_guid_has_five_groups() {
        assert!(is_guid("0b6e2f7d-95c1-4d38-8A4E-6c1f0d2b3e00"));
        for text in [
            "",
            "0b6e2f7d",
            "0b6e2f7d-95c1-4d38-8a4e-6c1f0d2b3e0g",
            "a-b-c-d-e",
        ] {
            assert!(!is_guid(text), "{text}");
        }
    }
}
