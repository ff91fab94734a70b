//! The token of an OIDC provider: its file, and what it claims.

use std::io;
use std::path::Path;

use backstop_contract::{Secret, confidential};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::held::Failure;
use crate::ambient::Ambient;
use crate::classify::short;

/// The longest token that is looked into, in bytes.
const LONGEST: usize = 16 * 1024;

/// Reads a token anew: whoever mounts the file renews it.
pub(super) async fn of_file(ambient: &Ambient, path: &Path) -> Result<Secret, Failure> {
    let place = format!("the token file {}", path.display());
    let bytes = ambient.read(path).await.map_err(|error| {
        Failure::unusable(match error.kind() {
            io::ErrorKind::NotFound => format!("{place} does not exist"),
            kind => format!("{place} cannot be read: {kind}"),
        })
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::unusable(format!("{place} holds something else than a token")))?;
    if text.trim().is_empty() {
        return Err(Failure::unusable(format!("{place} is empty")));
    }
    confidential::keep(&text);
    Ok(Secret::new(text))
}

/// Returns what a token claims, a line each; nothing of it is verified, and its signature is left
/// out.
pub(super) fn facts(token: &str) -> Vec<String> {
    let mut facts = Vec::new();
    if token.trim() != token {
        facts.push("the token has a space or a newline at an end".to_owned());
    }
    let Some(claims) = claims(token.trim()) else {
        facts.push("the token is no JWT".to_owned());
        return facts;
    };
    let mut say = |what: &str, value: Option<String>| {
        let value = value.map_or_else(|| "(none)".to_owned(), |value| short(&value));
        facts.push(format!("token {what}: {value}"));
    };
    say("issuer", text(claims.get("iss")));
    say("subject", text(claims.get("sub")));
    say("audience", text(claims.get("aud")));
    if let Some(end) = end(&claims) {
        let verb = if end < Timestamp::now() {
            "ended"
        } else {
            "ends"
        };
        facts.push(format!("token {verb}: {end}"));
    }
    facts
}

/// Returns when a token says that it ends; nothing where it is no JWT or does not say.
///
/// The session tokens of `MinIO`'s token service are JWTs. Amazon's are not, and tell nobody.
pub(super) fn ends(token: &str) -> Option<Timestamp> {
    end(&claims(token)?)
}

fn claims(token: &str) -> Option<Map<String, Value>> {
    if token.len() > LONGEST {
        return None;
    }
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// Returns a claim that is a text, or a list of some.
fn text(claim: Option<&Value>) -> Option<String> {
    match claim? {
        Value::String(text) => Some(text.clone()),
        Value::Array(all) => {
            let all: Vec<_> = all.iter().filter_map(Value::as_str).collect();
            (!all.is_empty()).then(|| all.join(", "))
        }
        _ => None,
    }
}

fn end(claims: &Map<String, Value>) -> Option<Timestamp> {
    let seconds = claims.get("exp")?.as_f64()?;
    Timestamp::from_duration(jiff::SignedDuration::try_from_secs_f64(seconds).ok()?)
        .ok()?
        .round(jiff::Unit::Second)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("e30.{}.planted-signature", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn a_token_claims_what_a_trust_policy_compares() {
        let payload = r#"{"iss":"https://oidc.example","sub":"system:serviceaccount:ns:sa",
                          "aud":["sts.amazonaws.com"],"exp":1700000000}"#;
        assert_eq!(
            facts(&token(payload)),
            [
                "token issuer: https://oidc.example",
                "token subject: system:serviceaccount:ns:sa",
                "token audience: sts.amazonaws.com",
                "token ended: 2023-11-14T22:13:20Z",
            ]
        );
    }

    #[test]
    fn a_token_tells_its_end_where_it_is_a_jwt() {
        let end = ends(&token(r#"{"accessKey":"A","exp":1700000000}"#));
        assert_eq!(end, Timestamp::from_second(1_700_000_000).ok());
        for silent in [
            token("{}"),
            token("[]"),
            "IQoJb3JpZ2luX2VjEXAMPLE".to_owned(),
        ] {
            assert_eq!(ends(&silent), None, "{silent}");
        }
    }

    #[test]
    fn what_is_missing_is_said_and_nothing_secret_is() {
        let all = facts(&token(r#"{"aud":7,"exp":99999999999999999999}"#));
        assert_eq!(all[0], "token issuer: (none)");
        assert_eq!(all[2], "token audience: (none)");
        assert_eq!(all.len(), 3);
        for odd in ["planted", "a.planted.c", "", &"x".repeat(LONGEST + 1)] {
            let all = facts(odd);
            assert_eq!(all, ["the token is no JWT"], "{odd}");
        }
        let ended = facts(&format!("{}\n", token("{}")));
        assert_eq!(ended[0], "the token has a space or a newline at an end");
        assert!(!ended.concat().contains("planted"));
    }

    #[tokio::test]
    async fn a_token_file_is_named_when_it_is_no_use() {
        let ambient = Ambient::of_test(&[], &[("/empty", " \n"), ("/good", "a.b.c")]);
        for (path, said) in [
            ("/none", "the token file /none does not exist"),
            ("/empty", "the token file /empty is empty"),
        ] {
            let failure = of_file(&ambient, Path::new(path)).await.err();
            assert_eq!(failure.expect(path).to_string(), said);
        }
        let good = of_file(&ambient, Path::new("/good")).await;
        assert_eq!(good.expect("a token").expose(), "a.b.c");
    }
}
