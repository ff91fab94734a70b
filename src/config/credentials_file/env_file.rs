//! Lines `NAME=VALUE`, as shells, Docker and systemd have them.

use backstop_contract::Secret;

use super::{EXPECTED, Found, Wrong, is_blank, is_known};

/// Reads the variables that are of use here.
pub(super) fn read(text: &str) -> Result<Vec<Found>, Wrong> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (number, line) = (index + 1, line.trim());
        if is_blank(line) {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| (number, format!("expected NAME=VALUE; {EXPECTED}")))?;
        let value = unquoted(value.trim()).ok_or_else(|| {
            let problem = "expected nothing but a comment behind the value, and a quote at both \
                           ends of it or at none";
            (number, problem.to_owned())
        })?;
        let name = name.trim().to_ascii_uppercase();
        if is_known(&name) {
            found.push(Found {
                name,
                value: Secret::new(value),
                line: number,
            });
        }
    }
    Ok(found)
}

/// Returns the value without quotes and comment, as a shell reads it.
fn unquoted(text: &str) -> Option<String> {
    let mut letters = text.chars();
    let Some(quote @ ('"' | '\'')) = letters.next() else {
        let end = text.find(" #").unwrap_or(text.len());
        return Some(text[..end].trim_end().to_owned());
    };
    let mut value = String::new();
    loop {
        match letters.next()? {
            letter if letter == quote => break,
            '\\' if quote == '"' => match letters.next()? {
                escaped @ ('"' | '\\' | '$' | '`') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            letter => value.push(letter),
        }
    }
    let rest = letters.as_str().trim_start();
    (rest.is_empty() || rest.starts_with('#')).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_a_shell_reads_them() {
        for (text, expected) in [
            ("a=b", Some("a=b")),
            ("a#b", Some("a#b")),
            ("a # b", Some("a")),
            ("\"a b\" # c", Some("a b")),
            ("'a\"b'", Some("a\"b")),
            (r#""a\"b\\c\d""#, Some(r#"a"b\c\d"#)),
            ("", Some("")),
            ("\"a", None),
            ("'a'b", None),
        ] {
            assert_eq!(unquoted(text).as_deref(), expected, "{text}");
        }
    }
}
