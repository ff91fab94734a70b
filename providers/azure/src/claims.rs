//! What a token says in the open: its claims, read and not verified, because the service does that.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

/// The longest token that is read, in bytes.
const LONGEST_TOKEN: usize = 64 * 1024;
/// The longest claim that is kept, in characters.
const LONGEST_CLAIM: usize = 200;

/// The claims of a JSON web token.
#[derive(Debug, Clone)]
pub(crate) struct Claims(Value);

impl Claims {
    /// Reads the middle part of `HEADER.CLAIMS.SIGNATURE`; absent for anything else.
    pub(crate) fn read(token: &str) -> Option<Self> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let mut parts = token.trim().split('.');
        let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(claims.trim_end_matches('='))
            .ok()?;
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        (parts.next().is_none() && value.is_object()).then_some(Self(value))
    }

    /// Returns a claim as one printable line; several values are joined.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = match &self.0[name] {
            Value::String(text) => text.clone(),
            Value::Array(several) => {
                let several: Vec<_> = several.iter().filter_map(Value::as_str).collect();
                several.join(", ")
            }
            _ => return None,
        };
        let line = text.chars().filter(|c| !c.is_control());
        let line: String = line.take(LONGEST_CLAIM).collect();
        (!line.is_empty()).then_some(line)
    }

    /// Returns a claim that is a moment.
    pub(crate) fn moment(&self, name: &str) -> Option<Timestamp> {
        Timestamp::from_second(self.0[name].as_i64()?).ok()
    }

    /// Returns the tenant.
    pub(crate) fn tenant(&self) -> Option<String> {
        self.text("tid")
    }

    /// Returns the application: version 1.0 of the tokens and version 2.0 name it differently.
    /// See <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>.
    pub(crate) fn application(&self) -> Option<String> {
        self.text("appid").or_else(|| self.text("azp"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a token of claims, with a signature that must never be seen.
    fn token(claims: &Value) -> String {
        let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
        let header = part(r#"{"alg":"RS256"}"#.to_owned());
        format!(
            "{header}.{}.planted-token-signature",
            part(claims.to_string())
        )
    }

    #[test]
    fn claims_are_read_as_lines() {
        let claims = Claims::read(&token(&serde_json::json!({
            "tid": "t", "appid": "a", "aud": ["x", "y"], "exp": 1_800_000_000, "oid": "o\n", "n": 1,
        })));
        let claims = claims.expect("claims");
        assert_eq!(claims.tenant().as_deref(), Some("t"));
        assert_eq!(claims.application().as_deref(), Some("a"));
        assert_eq!(claims.text("aud").as_deref(), Some("x, y"));
        assert_eq!(claims.text("oid").as_deref(), Some("o"));
        assert_eq!(claims.text("n"), None);
        let end = claims.moment("exp").map(|end| end.to_string());
        assert_eq!(end.as_deref(), Some("2027-01-15T08:00:00Z"));
        assert!(!format!("{claims:?}").contains("planted"));
    }

    #[test]
    fn what_is_no_token_has_no_claims() {
        for text in ["", "opaque", "a.b.c", "a.e30.c.d", "a.W10.c"] {
            assert!(Claims::read(text).is_none(), "{text}");
        }
        assert!(Claims::read("a.e30.c\n").is_some());
    }
}
