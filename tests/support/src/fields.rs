//! Names and values as queries and forms carry them.

use crate::shared_key::{decode, encode};

/// The decoded parameters of a query or of a form.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Parses `a=b&c=d`; `+` is a space.
    pub(crate) fn parse(text: &str) -> Self {
        let plain = |part: &str| decode(&part.replace('+', " "));
        let parts = text.split('&').filter(|part| !part.is_empty());
        let pairs = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
        Self(
            pairs
                .map(|(name, value)| (plain(name), plain(value)))
                .collect(),
        )
    }

    /// Returns the first value of that name; an empty one counts as missing.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        found
            .next()
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Returns the parameters sorted and percent-encoded, as signatures of AWS want them.
    pub(crate) fn canonical(&self) -> String {
        let mut pairs: Vec<_> = self
            .0
            .iter()
            .map(|(name, value)| (encode(name), encode(value)))
            .collect();
        pairs.sort();
        join(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())))
    }
}

/// Writes parameters as a form or a query.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let encoded: Vec<_> = pairs.iter().map(|(n, v)| (encode(n), encode(v))).collect();
    join(encoded.iter().map(|(n, v)| (n.as_str(), v.as_str())))
}

fn join<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let parts: Vec<_> = pairs
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_goes_both_ways() {
        let text = form(&[("b", "x y/+"), ("a", "")]);
        let fields = Fields::parse(&text);
        assert_eq!(fields.get("b"), Some("x y/+"));
        assert_eq!((fields.get("a"), fields.get("c")), (None, None));
        assert_eq!(fields.canonical(), "a=&b=x%20y%2F%2B");
    }
}
