//! What looks wrong with an access key, told without a character of it.
//!
//! # Why
//!
//! Keys come from consoles, secrets and templates, and arrive with a newline, encoded once too
//! often or in each other's place. A service answers all of that with one code. Nothing here is a
//! verdict: another service than Amazon may well have keys of such a shape.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// One of the three parts of a key.
#[derive(Clone, Copy)]
struct Part<'a> {
    name: &'static str,
    text: &'a str,
}

/// A doubt about one part alone.
struct Row {
    when: fn(&str) -> bool,
    says: &'static str,
}

static ROWS: &[Row] = &[
    Row {
        when: |text| text.trim().is_empty(),
        says: "is empty",
    },
    Row {
        when: |text| text.trim() != text && !text.trim().is_empty(),
        says: "has a space or a newline at an end",
    },
    Row {
        when: |text| text.trim_end().ends_with("\\n") || text.trim_end().ends_with("\\r"),
        says: "ends with a newline that was typed as a backslash and a letter",
    },
    Row {
        when: |text| {
            ['"', '\'']
                .iter()
                .any(|quote| text.trim().starts_with(*quote))
        },
        says: "begins with a quotation mark",
    },
    Row {
        when: |text| {
            let text = text.to_ascii_lowercase();
            ["%2f", "%2b", "%3d"].iter().any(|code| text.contains(code))
        },
        says: "looks URL-encoded",
    },
    Row {
        when: |text| {
            decoded(text).is_some_and(|inside| is_secret(&inside) || is_amazon_id(&inside))
        },
        says: "looks base64-encoded once more; decode it first",
    },
    Row {
        when: |text| text.contains("-----BEGIN"),
        says: "is a PEM text, such as a certificate or a private key",
    },
    Row {
        when: |text| text.trim_start().starts_with("arn:"),
        says: "is an ARN",
    },
    Row {
        when: |text| text.contains("://"),
        says: "is a URL",
    },
    Row {
        when: is_placeholder,
        says: "is a placeholder that nobody filled in",
    },
];

/// The longest id of an access key that is shown, in characters.
const LONGEST_ID: usize = 32;

/// Returns whether what stands where an id should may be the secret, or anything else that is not
/// to be shown.
pub(super) fn is_hidden(id: &str) -> bool {
    let of_an_id = |c: char| c.is_ascii_alphanumeric() || "_.@=,+-".contains(c);
    id.chars().count() > LONGEST_ID || !id.chars().all(of_an_id)
}

/// Returns what looks wrong with a key, each in a sentence without a period.
pub(super) fn doubts(id: &str, secret: &str, token: Option<&str>) -> Vec<String> {
    let id_part = Part {
        name: "the access key id",
        text: id,
    };
    let secret_part = Part {
        name: "the secret access key",
        text: secret,
    };
    let token_part = token.map(|text| Part {
        name: "the session token",
        text,
    });
    let mut doubts = Vec::new();
    for part in [Some(id_part), Some(secret_part), token_part]
        .into_iter()
        .flatten()
    {
        let rows = ROWS.iter().filter(|row| (row.when)(part.text));
        doubts.extend(rows.map(|row| format!("{} {}", part.name, row.says)));
    }
    doubts.extend(together(id.trim(), secret.trim(), token, doubts.is_empty()));
    doubts
}

/// Returns what does not fit together; lengths only where nothing else explains them.
fn together(id: &str, secret: &str, token: Option<&str>, alone_is_fine: bool) -> Vec<String> {
    let mut doubts = Vec::new();
    let of_amazon = id.starts_with("AKIA") || id.starts_with("ASIA");
    if is_amazon_id(secret) || (id.len() == 40 && secret.len() == 20) {
        doubts.push("the access key id and the secret access key look swapped".to_owned());
    } else if of_amazon && alone_is_fine {
        for (name, length, expected) in [
            ("access key id", id.chars().count(), 20),
            ("secret access key", secret.chars().count(), 40),
        ] {
            if length != expected {
                doubts.push(format!(
                    "the {name} has length {length}, expected {expected}"
                ));
            }
        }
    }
    if id.starts_with("ASIA") && token.is_none() {
        doubts.push(
            "an access key id that begins with ASIA is temporary and needs a session token, and \
             there is none"
                .to_owned(),
        );
    }
    if id.starts_with("AKIA") && token.is_some() {
        doubts.push(
            "an access key id that begins with AKIA is permanent and has no session token, and \
             there is one"
                .to_owned(),
        );
    }
    doubts
}

/// Returns whether a text is an id as Amazon gives it.
fn is_amazon_id(text: &str) -> bool {
    let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (text.starts_with("AKIA") || text.starts_with("ASIA"))
        && text.len() == 20
        && text.bytes().all(upper)
}

/// Returns whether a text may be a secret as Amazon gives it.
fn is_secret(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len() == 40 && text.bytes().all(letter)
}

/// Returns the text inside a base64 text, without the newline that `echo` adds.
fn decoded(text: &str) -> Option<String> {
    let inside = BASE64.decode(text.trim()).ok()?;
    let inside = String::from_utf8(inside).ok()?;
    Some(inside.trim_end().to_owned())
}

fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let bracketed = text.starts_with('<') && text.ends_with('>');
    let of_template = text.starts_with("${") || text.starts_with("{{");
    let struck_out =
        |struck: char| text.len() >= 3 && text.chars().all(|character| character == struck);
    bracketed
        || of_template
        || struck_out('*')
        || struck_out('x')
        || ["your-", "your_", "changeme", "change-me", "change_me"]
            .iter()
            .any(|begin| text.starts_with(begin))
}

#[cfg(test)]
mod tests;
