//! An OIDC provider such as a Kubernetes cluster has one: it publishes its keys and signs tokens of service accounts.
//!
//! It publishes what <https://openid.net/specs/openid-connect-discovery-1_0.html> asks for; its tokens are those of
//! <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/>.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::jwt::signed;
use crate::keys::{Key, Use};
use crate::{Error, Request, Response, Result, Scripted};

const DISCOVERY: &str = "/.well-known/openid-configuration";
const LIFETIME: Duration = Duration::from_hours(1);

/// What a token says.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    subject: String,
    audience: String,
    is_expired: bool,
    more: Map<String, Value>,
}

impl Claims {
    /// Makes the claims of a token for one audience that is good for an hour.
    #[must_use]
    pub fn of(subject: &str, audience: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            audience: audience.to_owned(),
            is_expired: false,
            more: Map::new(),
        }
    }

    /// Ends the token an hour ago.
    #[must_use]
    pub fn expired(mut self) -> Self {
        self.is_expired = true;
        self
    }

    /// Adds a claim, or replaces one.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    fn of_issuer(&self, issuer: &str) -> Value {
        let lifetime = i64::try_from(LIFETIME.as_secs()).unwrap_or(i64::MAX);
        let past = if self.is_expired { 2 * lifetime } else { 0 };
        let start = Timestamp::now().as_second() - past;
        // A cluster always lists audiences, even when there is one.
        let mut claims = json!({
            "iss": issuer, "sub": self.subject, "aud": [self.audience],
            "iat": start, "nbf": start, "exp": start + lifetime,
        });
        if let Some(claims) = claims.as_object_mut() {
            claims.extend(self.more.clone());
        }
        claims
    }
}

/// An OIDC provider over http on a port of the loopback interface.
#[derive(Debug)]
pub struct Oidc {
    server: Scripted,
}

impl Oidc {
    /// Starts a provider.
    ///
    /// # Errors
    /// When Node.js cannot make keys, or no port is free.
    pub fn start() -> Result<Self> {
        let key = Key::of(Use::Oidc)?;
        let server = Scripted::start(move |request| answer(request, key).into())?;
        Ok(Self { server })
    }

    /// Returns the issuer: the provider's URL, without a slash at its end.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.server.endpoint()
    }

    /// Returns where the provider describes itself.
    #[must_use]
    pub fn discovery_url(&self) -> String {
        format!("{}{DISCOVERY}", self.issuer())
    }

    /// Makes a token that the provider's published key has signed.
    ///
    /// # Errors
    /// When Node.js cannot make keys.
    pub fn token(&self, claims: &Claims) -> Result<String> {
        self.signed(claims, Use::Oidc)
    }

    /// Makes a token that claims to be signed with the provider's key and is not.
    ///
    /// # Errors
    /// When Node.js cannot make keys.
    pub fn forged_token(&self, claims: &Claims) -> Result<String> {
        self.signed(claims, Use::Forgery)
    }

    /// Writes a token into a file, as the kubelet does: without a line's end.
    ///
    /// # Errors
    /// When Node.js cannot make keys, or the file cannot be written.
    pub fn write_token(&self, path: &Path, claims: &Claims) -> Result<()> {
        let token = self.token(claims)?;
        fs::write(path, token).map_err(|e| Error::while_doing("writing a token", e))
    }

    /// Returns every request so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    fn signed(&self, claims: &Claims, with: Use) -> Result<String> {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": Key::of(Use::Oidc)?.id() });
        signed(&header, &claims.of_issuer(&self.issuer()), Key::of(with)?)
    }
}

fn answer(request: &Request, key: &Key) -> Response {
    let issuer = format!("http://{}", request.header("host").unwrap_or_default());
    match (request.method.as_str(), request.target.as_str()) {
        ("GET", DISCOVERY) => published(&json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/jwks"),
            "authorization_endpoint": "urn:kubernetes:programmatic_authorization",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "iss"],
        })),
        ("GET", "/jwks") => published(&json!({ "keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.id(), "n": key.n, "e": key.e,
        }] })),
        _ => Response::new(404, ""),
    }
}

fn published(document: &Value) -> Response {
    Response::new(200, document.to_string()).with("Content-Type", "application/json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::Jwt;
    use crate::wire::tests::ask;

    #[test]
    fn tokens_are_of_the_published_key_unless_they_are_forged() {
        let oidc = Oidc::start().expect("Node");
        let claims = Claims::of("system:serviceaccount:a:b", "x").with("name", "y".into());
        let parse = |token: Result<String>| Jwt::parse(&token.expect("keys")).expect("a token");
        let (right, forged) = (
            parse(oidc.token(&claims)),
            parse(oidc.forged_token(&claims)),
        );
        let key = Key::of(Use::Oidc).expect("Node");
        assert!(right.is_signed_by(key) && !forged.is_signed_by(key));
        assert_eq!(right.header["kid"], forged.header["kid"]);
        assert_eq!(
            (right.text("iss"), right.text("name")),
            (oidc.issuer().as_str(), "y")
        );
        assert_eq!(right.audience(), "x");
        let now = Timestamp::now().as_second();
        assert!(right.time("exp").is_some_and(|end| end > now));
        let expired = parse(oidc.token(&claims.expired()));
        assert!(expired.time("exp").is_some_and(|end| end < now));
    }

    #[test]
    fn the_provider_says_where_its_key_is() {
        let oidc = Oidc::start().expect("Node");
        let get = |target: &str| -> Value {
            let answer = ask(&oidc.issuer(), "GET", target, &[]);
            serde_json::from_slice(&answer.body).expect("JSON")
        };
        let document = get(DISCOVERY);
        assert_eq!(document["issuer"], oidc.issuer());
        assert_eq!(document["jwks_uri"], format!("{}/jwks", oidc.issuer()));
        let key = Key::of(Use::Oidc).expect("Node");
        assert_eq!(get("/jwks")["keys"][0]["kid"], key.id());
    }
}
