//! Whether a token is what it claims to be.
//!
//! The order and the words are those of
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html> as the service answers.

use jiff::Timestamp;

use super::answers::Refusal;
use super::{Account, Trust};
use crate::jwt::Jwt;
use crate::keys::{Key, Use};

const AUDIENCE: &str = "sts.amazonaws.com";

impl Account {
    /// Takes a token apart and checks everything that does not depend on a role.
    pub(super) fn verified(&self, token: &str, now: Timestamp) -> Result<Jwt, Refusal> {
        let Some(jwt) = Jwt::parse(token) else {
            return Err(untrue(
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            ));
        };
        let knows = |trust: &Trust| match trust {
            Trust::Token { issuer, .. } => issuer == jwt.text("iss"),
            Trust::Principal { .. } => false,
        };
        if !self.rules.roles.iter().any(|role| knows(&role.trust)) {
            return Err(untrue(&format!(
                "No OpenIDConnect provider found in your account for {}",
                jwt.text("iss")
            )));
        }
        if jwt.audience() != AUDIENCE {
            return Err(untrue("Incorrect token audience"));
        }
        let (now, end) = (now.as_second(), jwt.time("exp").unwrap_or_default());
        if end <= now {
            let said = format!(
                "Token expired: current date/time {now} must be before the expiration date/time {end}"
            );
            return Err(Refusal::new(400, "ExpiredTokenException", said));
        }
        if !Key::of(Use::Oidc).is_ok_and(|key| jwt.is_signed_by(key)) {
            return Err(untrue(
                "The web identity token that was passed could not be validated by AWS. Get a new identity token from \
                 the identity provider and then retry the request.",
            ));
        }
        Ok(jwt)
    }
}

fn untrue(said: &str) -> Refusal {
    Refusal::new(400, "InvalidIdentityToken", said)
}
