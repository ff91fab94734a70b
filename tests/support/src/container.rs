//! The agent of EKS Pod Identity, which gives a container the credentials of its service account.
//!
//! It answers as <https://github.com/aws/eks-pod-identity-agent> does; the environment it is found by is
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::minted::{Minted, seconds};
use crate::{Request, Response, Result, Scripted};

const PATH: &str = "/v1/credentials";
const ACCOUNT: &str = "123456789012";
const REQUEST_ID: &str = "5d8f1b0a-93c2-4b7e-8f44-0c6a2d19e7b3";

/// An agent that knows one token, on a port of the loopback interface.
///
/// Every request for credentials gets new ones.
pub struct ContainerAgent {
    server: Scripted,
    token: String,
    issued: Arc<AtomicUsize>,
}

impl ContainerAgent {
    /// Starts an agent that gives the bearer of `token` what `mint` makes.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(token: &str, mint: impl Fn() -> Minted + Send + Sync + 'static) -> Result<Self> {
        let issued = Arc::new(AtomicUsize::new(0));
        let (known, count) = (token.to_owned(), Arc::clone(&issued));
        let server = Scripted::start(move |request| {
            let answer = refusal(request, &known).unwrap_or_else(|| {
                count.fetch_add(1, Ordering::SeqCst);
                granted(&mint())
            });
            answer.into()
        })?;
        Ok(Self {
            server,
            token: token.to_owned(),
            issued,
        })
    }

    /// Returns the URL of the credentials, as `AWS_CONTAINER_CREDENTIALS_FULL_URI` wants it.
    #[must_use]
    pub fn full_uri(&self) -> String {
        format!("{}{PATH}", self.server.endpoint())
    }

    /// Returns the token, as `AWS_CONTAINER_AUTHORIZATION_TOKEN` wants it.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns how many credentials were given out.
    #[must_use]
    pub fn issued(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }

    /// Returns every request so far, tokens included.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }
}

impl fmt::Debug for ContainerAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerAgent")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

fn refusal(request: &Request, known: &str) -> Option<Response> {
    if request.target != PATH {
        return Some(plain(404, "404 page not found"));
    }
    let token = request.header("authorization").unwrap_or_default();
    if token == known {
        return None;
    }
    let said = match token.split('.').count() {
        _ if token.is_empty() => "Service account token cannot be empty".to_owned(),
        3 => format!(
            "[{REQUEST_ID}]: (InvalidTokenException): The token included in the request is invalid, fault: client"
        ),
        _ => "Service account token cannot be parsed: token is malformed: token contains an invalid number of segments".to_owned(),
    };
    Some(plain(400, &said))
}

fn granted(minted: &Minted) -> Response {
    let body = json!({
        "AccessKeyId": minted.access_key,
        "SecretAccessKey": minted.secret_key,
        "Token": minted.session_token,
        "AccountId": ACCOUNT,
        "Expiration": seconds(minted.expires_at),
    });
    Response::new(200, body.to_string()).with("Content-Type", "application/json")
}

/// Makes an answer as Go's `http.Error` writes it.
fn plain(status: u16, said: &str) -> Response {
    Response::new(status, format!("{said}\n"))
        .with("Content-Type", "text/plain; charset=utf-8")
        .with("X-Content-Type-Options", "nosniff")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minted::sample;
    use crate::wire::tests::ask;

    #[test]
    fn only_the_bearer_of_the_token_gets_credentials() {
        let agent = ContainerAgent::start("the.right.token", || sample("A")).expect("a port");
        let get = |headers: &[(&str, &str)]| {
            let base = agent.server.endpoint();
            let answer = ask(&base, "GET", PATH, headers);
            (answer.status, String::from_utf8(answer.body).expect("text"))
        };
        let none = get(&[]);
        assert_eq!(none.0, 400);
        assert_eq!(none.1, "Service account token cannot be empty\n");
        let wrong = get(&[("Authorization", "some.other.token")]);
        assert!(wrong.1.contains("(InvalidTokenException)"), "{}", wrong.1);
        let bearer = get(&[("Authorization", "not-a-token")]);
        assert!(bearer.1.contains("invalid number of segments"));
        assert_eq!(agent.issued(), 0);
        let (status, body) = get(&[("Authorization", "the.right.token")]);
        let json: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((status, json["AccessKeyId"].as_str()), (200, Some("A")));
        assert_eq!(json["Token"].as_str(), Some("session-of-A"));
        assert_eq!((agent.issued(), agent.requests().len()), (1, 4));
    }
}
