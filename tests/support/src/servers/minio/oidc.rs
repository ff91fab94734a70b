//! A MinIO whose STS trusts an OIDC provider.
//!
//! See <https://github.com/minio/minio/blob/master/docs/sts/web-identity.md>.

use std::thread;
use std::time::{Duration, Instant};

use super::{Minio, START};
use crate::servers::retry_on_lost_port;
use crate::{Claims, Error, Oidc, Result};

/// The audience that EKS gives the tokens of its service accounts.
const AUDIENCE: &str = "sts.amazonaws.com";
const ROLE: &str = "arn:minio:iam:::role/";

impl Minio {
    /// Starts a server that gives `readwrite` to the bearers of a provider's tokens for `sts.amazonaws.com`.
    ///
    /// # Errors
    /// When it cannot be installed or does not come up.
    pub fn start_with_oidc(oidc: &Oidc) -> Result<Self> {
        let discovery = oidc.discovery_url();
        let variables = [
            ("MINIO_IDENTITY_OPENID_CONFIG_URL", discovery.as_str()),
            ("MINIO_IDENTITY_OPENID_CLIENT_ID", AUDIENCE),
            ("MINIO_IDENTITY_OPENID_ROLE_POLICY", "readwrite"),
        ];
        let server = retry_on_lost_port(|| Self::start(None, &variables))?;
        // The server takes requests before it has read the provider's keys.
        server
            .process()?
            .wait_until("MinIO's role", START, |log| log.contains(ROLE))?;
        // Nor has it read its own policies then: what shows that it has is a session.
        let (role, begun) = (server.role_arn()?, Instant::now());
        let token = oidc.token(&Claims::of("system:serviceaccount:start:start", AUDIENCE))?;
        loop {
            match server.mint_by_token(&role, &token, 900) {
                Ok(_) => return Ok(server),
                Err(refused) if begun.elapsed() > START => return Err(refused),
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Returns the ARN of the role that bearers of tokens assume.
    ///
    /// # Errors
    /// When the server was not started with a provider.
    pub fn role_arn(&self) -> Result<String> {
        let log = self.process()?.log();
        let role = log.split_whitespace().find(|word| word.starts_with(ROLE));
        role.map(str::to_owned)
            .ok_or_else(|| Error::new("this MinIO trusts no OIDC provider"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_worth_credentials_only_when_all_of_it_is_right() {
        let oidc = Oidc::start().expect("Node");
        let minio = Minio::start_with_oidc(&oidc).expect("MinIO");
        let role = minio.role_arn().expect("a role");
        let claims = Claims::of("system:serviceaccount:backup:backstop", AUDIENCE);
        let mint = |token: Result<String>| {
            let minted = minio.mint_by_token(&role, &token.expect("keys"), 900);
            minted.map_err(|e| e.to_string())
        };
        let minted = mint(oidc.token(&claims)).expect("credentials");
        assert!(!minted.session_token.is_empty());
        let other = Claims::of("system:serviceaccount:backup:backstop", "someone.else");
        for (wrong, said) in [
            (
                mint(oidc.token(&other)),
                "must match configured OpenID Client ID",
            ),
            (mint(oidc.forged_token(&claims)), "verification error"),
            (mint(oidc.token(&claims.expired())), "Token is expired"),
        ] {
            let wrong = wrong.expect_err("refused");
            assert!(wrong.contains(said), "{wrong}");
        }
    }
}
