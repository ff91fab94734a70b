//! JSON Web Tokens: made for tests, and taken apart by the services that must not believe them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::Result;
use crate::keys::Key;

/// A token in its parts.
#[derive(Debug)]
pub(crate) struct Jwt {
    /// The header.
    pub(crate) header: Value,
    /// The claims.
    pub(crate) claims: Value,
    signed: String,
    signature: Vec<u8>,
}

impl Jwt {
    /// Takes a token apart; `None` when it is none.
    pub(crate) fn parse(token: &str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let json = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        Some(Self {
            header: json(header)?,
            claims: json(claims)?,
            signed: signed.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// Returns a claim that is a text; another one is empty.
    pub(crate) fn text(&self, claim: &str) -> &str {
        self.claims[claim].as_str().unwrap_or_default()
    }

    /// Returns a claim that is a time, in seconds.
    pub(crate) fn time(&self, claim: &str) -> Option<i64> {
        self.claims[claim].as_i64()
    }

    /// Returns the audience, or the first of several.
    pub(crate) fn audience(&self) -> &str {
        let audience = &self.claims["aud"];
        let first = audience.get(0).unwrap_or(audience);
        first.as_str().unwrap_or_default()
    }

    /// Says whether the key made the token, by `RS256`.
    pub(crate) fn is_signed_by(&self, key: &Key) -> bool {
        self.header["alg"] == "RS256" && key.has_signed(self.signed.as_bytes(), &self.signature)
    }
}

/// Makes a token that a key has signed.
pub(crate) fn signed(header: &Value, claims: &Value, key: &Key) -> Result<String> {
    let text = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes())?);
    Ok(format!("{text}.{signature}"))
}

/// Makes a token with a signature that nobody checks.
pub(crate) fn unsigned(claims: &Value) -> String {
    let header = serde_json::json!({ "typ": "JWT", "alg": "none" });
    let signature = URL_SAFE_NO_PAD.encode("unsigned");
    format!("{}.{}.{signature}", part(&header), part(claims))
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
