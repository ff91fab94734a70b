//! Temporary credentials of AWS, and how the real MinIO makes some.
//!
//! MinIO's side is <https://github.com/minio/minio/blob/master/docs/sts/assume-role.md>.

use std::fmt::Display;
use std::net::ToSocketAddrs as _;

use jiff::Timestamp;

use crate::fields::form;
use crate::sigv4::sign;
use crate::wire::{Request, exchange};
use crate::{Error, Minio, Result};

/// An access key for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minted {
    /// The access key id.
    pub access_key: String,
    /// The secret access key.
    pub secret_key: String,
    /// The session token, without which the key is worth nothing.
    pub session_token: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Minted {
    /// Reads the `Credentials` of an answer of an STS.
    fn read(xml: &str) -> Option<Self> {
        let field = |name: &str| {
            let (_, rest) = xml.split_once(&format!("<{name}>"))?;
            Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
        };
        Some(Self {
            access_key: field("AccessKeyId")?,
            secret_key: field("SecretAccessKey")?,
            session_token: field("SessionToken")?,
            expires_at: field("Expiration")?.parse().ok()?,
        })
    }
}

impl Minio {
    /// Asks the server's own STS for temporary credentials of a user; less than 900 seconds are refused.
    ///
    /// # Errors
    /// When the server refuses; the message is its answer.
    pub fn mint(&self, user: (&str, &str), seconds: u32) -> Result<Minted> {
        let seconds = seconds.to_string();
        let body = form(&[
            ("Action", "AssumeRole"),
            ("Version", "2011-06-15"),
            ("DurationSeconds", &seconds),
        ]);
        self.ask_sts(&body, Some(user))
    }

    /// Asks the server's own STS for temporary credentials of the subject of a token.
    ///
    /// # Errors
    /// When the server refuses; the message is its answer.
    pub fn mint_by_token(&self, role_arn: &str, token: &str, seconds: u32) -> Result<Minted> {
        let seconds = seconds.to_string();
        let body = form(&[
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", "2011-06-15"),
            ("DurationSeconds", &seconds),
            ("RoleArn", role_arn),
            ("RoleSessionName", "backstop-test"),
            ("WebIdentityToken", token),
        ]);
        self.ask_sts(&body, None)
    }

    fn ask_sts(&self, body: &str, user: Option<(&str, &str)>) -> Result<Minted> {
        let mut request = Request {
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers: vec![(
                "Content-Type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body: body.into(),
        };
        let explain = |e: &dyn Display| Error::while_doing("asking MinIO's STS", e);
        let mut found = self.host().to_socket_addrs().map_err(|e| explain(&e))?;
        let address = found
            .next()
            .ok_or_else(|| explain(&"its name resolves to nothing"))?;
        if let Some(user) = user {
            let host = ("Host".to_owned(), address.to_string());
            request.headers.push(host);
            sign(&mut request, user, ("us-east-1", "sts"), Timestamp::now())?;
            // The header is sent by whoever sends the request; it was needed for the signature alone.
            request.headers.retain(|(name, _)| name != "Host");
        }
        let answer = exchange(address, None, &request).map_err(|e| explain(&e))?;
        let text = String::from_utf8_lossy(&answer.body);
        Minted::read(&text)
            .ok_or_else(|| explain(&format_args!("{} {}", answer.status, text.trim())))
    }
}

/// Writes a time as AWS does, to the second.
pub(crate) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Returns credentials that no server knows, for tests of the fakes themselves.
#[cfg(test)]
pub(crate) fn sample(access_key: &str) -> Minted {
    Minted {
        access_key: access_key.to_owned(),
        secret_key: format!("secret-of-{access_key}"),
        session_token: format!("session-of-{access_key}"),
        expires_at: Timestamp::now() + std::time::Duration::from_mins(15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Servers;

    #[test]
    fn minio_mints_for_a_user_and_for_nobody_else() {
        let minio = Servers::shared().native_minio().expect("MinIO");
        let (user, secret) = minio.fresh_user_for("any", &["s3:*"]).expect("a user");
        let first = minio.mint((&user, &secret), 900).expect("credentials");
        let second = minio.mint((&user, &secret), 900).expect("credentials");
        assert_ne!(first.access_key, second.access_key);
        let left = first.expires_at.duration_since(Timestamp::now()).as_secs();
        assert!((800..=900).contains(&left), "{left}");
        assert!(!first.session_token.is_empty());
        let refused = minio.mint((&user, "not the secret"), 900);
        assert!(refused.is_err_and(|e| e.to_string().contains("403")));
        let short = minio.mint((&user, &secret), 60);
        assert!(short.is_err_and(|e| e.to_string().contains("400")));
    }
}
