//! The token of an OIDC provider that an application trusts, such as a Kubernetes service account's.
//!
//! See <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>.

use std::path::PathBuf;

use async_trait::async_trait;
use azure_core::error::ErrorKind as CoreKind;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use backstop_contract::{ErrorKind, confidential};

use crate::auth_failure::AuthFailure;
use crate::claims::Claims;

/// The file of a federated token; somebody renews it, so it is read whenever it is needed.
#[derive(Debug, Clone)]
pub(crate) struct TokenFile(pub(crate) PathBuf);

impl TokenFile {
    async fn read(&self) -> Result<String, AuthFailure> {
        let name = self.0.display();
        let fault = |told| AuthFailure::unsent(ErrorKind::Unauthenticated, told);
        let read = tokio::fs::read_to_string(&self.0).await;
        let text = read.map_err(|error| {
            fault(format!(
                "the federated token file {name} cannot be read: {error}"
            ))
        })?;
        let token = text.trim();
        if token.is_empty() {
            return Err(fault(format!("the federated token file {name} is empty")));
        }
        if token.contains(char::is_whitespace) {
            return Err(fault(format!(
                "the federated token file {name} holds more than one token, or none"
            )));
        }
        confidential::keep(token);
        Ok(token.to_owned())
    }

    /// Returns the claims of the token that is in the file now.
    pub(crate) async fn claims(&self) -> Option<Claims> {
        Claims::read(&self.read().await.ok()?)
    }
}

/// Returns what a federated credential of the application is compared with.
pub(crate) fn facts(claims: &Claims) -> Vec<String> {
    let fact = |(title, name)| {
        let value = claims.text(name)?;
        Some(format!("token {title}: {value}"))
    };
    let end = claims.moment("exp").map(|end| format!("token end: {end}"));
    [("issuer", "iss"), ("subject", "sub"), ("audience", "aud")]
        .into_iter()
        .filter_map(fact)
        .chain(end)
        .collect()
}

#[async_trait]
impl ClientAssertion for TokenFile {
    async fn secret(
        &self,
        _options: Option<ClientMethodOptions<'_>>,
    ) -> azure_core::Result<String> {
        self.read()
            .await
            .map_err(|failure| azure_core::Error::new(CoreKind::Credential, failure))
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    fn file(name: &str, content: Option<&str>) -> TokenFile {
        let path = std::env::temp_dir().join(format!("backstop-{}-{name}", std::process::id()));
        if let Some(content) = content {
            std::fs::write(&path, content).expect("written");
        }
        TokenFile(path)
    }

    #[tokio::test]
    async fn a_file_without_a_token_is_named() {
        for (name, content, told) in [
            ("absent", None, "cannot be read"),
            ("empty", Some("\n"), "is empty"),
            ("two", Some("a.b.c\nd.e.f\n"), "more than one token"),
        ] {
            let file = file(name, content);
            let failure = file.read().await.expect_err(name);
            assert_eq!(failure.kind, ErrorKind::Unauthenticated);
            let message = failure.evidence.message.expect("a message");
            assert!(message.contains(told), "{message}");
            assert!(message.contains(&file.0.display().to_string()), "{message}");
            let _ = std::fs::remove_file(&file.0);
        }
    }

    #[tokio::test]
    async fn a_token_is_read_without_its_newline_and_tells_whose_it_is() {
        let claims = serde_json::json!({
            "iss": "https://oidc.example", "sub": "system:serviceaccount:ns:sa",
            "aud": ["api://AzureADTokenExchange"], "exp": 1_800_000_000,
        });
        let part = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
        let token = format!("e30.{part}.signature");
        let file = file("good", Some(&format!("{token}\n")));
        assert_eq!(file.read().await.expect("a token"), token);
        let found = facts(&file.claims().await.expect("claims"));
        assert_eq!(
            found,
            [
                "token issuer: https://oidc.example",
                "token subject: system:serviceaccount:ns:sa",
                "token audience: api://AzureADTokenExchange",
                "token end: 2027-01-15T08:00:00Z",
            ]
        );
        let _ = std::fs::remove_file(&file.0);
    }
}
