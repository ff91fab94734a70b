//! The instance metadata service of EC2, version 2, as strict as the real one.
//!
//! It answers as
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html> documents, refusals included:
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-returns.html>.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::minted::{Minted, seconds};
use crate::scratch::unique;
use crate::sync::lock;
use crate::{Answer, Request, Response, Result, Scripted};

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const REGION: &str = "us-east-1";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
/// A token of the service lives between a second and six hours.
const LIFETIMES: std::ops::RangeInclusive<u64> = 1..=21600;

/// A metadata service of a machine with a role, on a port of the loopback interface.
///
/// Every request for the role's credentials gets new ones.
pub struct Imds {
    server: Scripted,
    state: Arc<Mutex<State>>,
}

struct State {
    role: Option<String>,
    mint: Box<dyn Fn() -> Minted + Send + Sync>,
    declared: Option<Duration>,
    is_silent: bool,
    issued: usize,
    tokens: BTreeMap<String, Instant>,
}

impl Imds {
    /// Starts the service of a machine with this role, whose credentials `mint` makes.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(role: &str, mint: impl Fn() -> Minted + Send + Sync + 'static) -> Result<Self> {
        let state = Arc::new(Mutex::new(State {
            role: Some(role.to_owned()),
            mint: Box::new(mint),
            declared: None,
            is_silent: false,
            issued: 0,
            tokens: BTreeMap::new(),
        }));
        let shared = Arc::clone(&state);
        let server = Scripted::start(move |request| lock(&shared).answer(request))?;
        Ok(Self { server, state })
    }

    /// Takes the role away from the machine.
    #[must_use]
    pub fn without_role(self) -> Self {
        lock(&self.state).role = None;
        self
    }

    /// Declares that credentials end so soon after they were given out, whatever is true.
    #[must_use]
    pub fn declares_expiry(self, lifetime: Duration) -> Self {
        lock(&self.state).declared = Some(lifetime);
        self
    }

    /// Takes requests for a token and never answers them, as it looks from behind one network hop too many.
    #[must_use]
    pub fn silent_token(self) -> Self {
        lock(&self.state).is_silent = true;
        self
    }

    /// Returns the URL of the service, as `AWS_EC2_METADATA_SERVICE_ENDPOINT` wants it.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// Returns how many credentials were given out.
    #[must_use]
    pub fn issued(&self) -> usize {
        lock(&self.state).issued
    }

    /// Returns every request so far, tokens included.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }
}

impl fmt::Debug for Imds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imds")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Answer {
        match (request.method.as_str(), request.target.as_str()) {
            ("PUT", "/latest/api/token") if self.is_silent => Answer::Silence,
            ("PUT", "/latest/api/token") => self.new_token(request).into(),
            ("GET", _) if !self.is_known(request.header("x-aws-ec2-metadata-token")) => {
                page(401, "Unauthorized").into()
            }
            ("GET", target) => self.document(target).into(),
            _ => page(405, "Method Not Allowed").into(),
        }
    }

    fn new_token(&mut self, request: &Request) -> Response {
        if request.header("x-forwarded-for").is_some() {
            return page(403, "Forbidden");
        }
        let lifetime = request.header(TTL).and_then(|value| value.parse().ok());
        let Some(lifetime) = lifetime.filter(|seconds| LIFETIMES.contains(seconds)) else {
            return page(400, "Bad Request");
        };
        let token = format!("AQAEA{}==", unique());
        let end = Instant::now() + Duration::from_secs(lifetime);
        self.tokens.insert(token.clone(), end);
        text(&token).with(TTL, &lifetime.to_string())
    }

    fn is_known(&self, token: Option<&str>) -> bool {
        let end = token.and_then(|token| self.tokens.get(token));
        end.is_some_and(|end| Instant::now() < *end)
    }

    fn document(&mut self, target: &str) -> Response {
        if target == "/latest/meta-data/placement/region" {
            return text(REGION);
        }
        match (&self.role, target.strip_prefix(ROLES)) {
            (Some(role), Some("")) => text(role),
            (Some(role), Some(asked)) if role == asked => self.credentials(),
            _ => page(404, "Not Found"),
        }
    }

    fn credentials(&mut self) -> Response {
        self.issued += 1;
        let minted = (self.mint)();
        let now = Timestamp::now();
        let end = self
            .declared
            .map_or(minted.expires_at, |lifetime| now + lifetime);
        let fields = [
            ("Code", "Success"),
            ("LastUpdated", &seconds(now)),
            ("Type", "AWS-HMAC"),
            ("AccessKeyId", &minted.access_key),
            ("SecretAccessKey", &minted.secret_key),
            ("Token", &minted.session_token),
            ("Expiration", &seconds(end)),
        ];
        let lines = fields.map(|(name, value)| format!("  \"{name}\" : \"{value}\""));
        text(&format!("{{\n{}\n}}", lines.join(",\n")))
    }
}

fn text(body: &str) -> Response {
    served(200, "text/plain", body)
}

/// Makes the page that the service's web server sends with every refusal.
fn page(status: u16, reason: &str) -> Response {
    let body = format!(
        r#"<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
	"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>{status} - {reason}</title>
 </head>
 <body>
  <h1>{status} - {reason}</h1>
 </body>
</html>
"#
    );
    served(status, "text/html", &body)
}

fn served(status: u16, kind: &str, body: &str) -> Response {
    let answer = Response::new(status, body).with("Content-Type", kind);
    answer.with("Server", "EC2ws").with("Connection", "close")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minted::sample;
    use crate::wire::tests::ask;

    const TOKEN: &str = "/latest/api/token";
    const CREDENTIALS: &str = "/latest/meta-data/iam/security-credentials/node";

    fn token(imds: &Imds) -> String {
        let answer = ask(&imds.endpoint(), "PUT", TOKEN, &[(TTL, "60")]);
        String::from_utf8(answer.body).expect("text")
    }

    fn get(imds: &Imds, target: &str, token: &str) -> (u16, String) {
        let headers = [("x-aws-ec2-metadata-token", token)];
        let answer = ask(&imds.endpoint(), "GET", target, &headers);
        let body = String::from_utf8(answer.body).expect("text");
        (answer.status, body)
    }

    #[test]
    fn a_token_is_given_only_to_who_asks_for_it_rightly() {
        let imds = Imds::start("node", || sample("A")).expect("a port");
        let put = |headers: &[(&str, &str)]| ask(&imds.endpoint(), "PUT", TOKEN, headers).status;
        assert_eq!(put(&[]), 400);
        assert_eq!(put(&[(TTL, "0")]), 400);
        assert_eq!(put(&[(TTL, "21601")]), 400);
        assert_eq!(put(&[(TTL, "60"), ("X-Forwarded-For", "10.0.0.1")]), 403);
        assert_eq!(put(&[(TTL, "21600")]), 200);
    }

    #[test]
    fn credentials_need_a_token_and_are_new_every_time() {
        let imds = Imds::start("node", || sample("A")).expect("a port");
        let none = ask(&imds.endpoint(), "GET", CREDENTIALS, &[]);
        assert_eq!((none.status, none.header("server")), (401, Some("EC2ws")));
        assert_eq!(get(&imds, CREDENTIALS, "made up").0, 401);
        let token = token(&imds);
        let roles = get(&imds, ROLES, &token);
        assert_eq!(roles, (200, "node".to_owned()));
        let (status, body) = get(&imds, CREDENTIALS, &token);
        let json: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((status, json["Code"].as_str()), (200, Some("Success")));
        assert_eq!(json["AccessKeyId"].as_str(), Some("A"));
        assert_eq!(get(&imds, &format!("{ROLES}other"), &token).0, 404);
        assert_eq!((imds.issued(), imds.requests().len()), (1, 6));
    }

    #[test]
    fn a_machine_without_a_role_has_no_list_of_roles() {
        let imds = Imds::start("node", || sample("A")).expect("a port");
        let imds = imds.without_role();
        let (status, body) = get(&imds, ROLES, &token(&imds));
        assert_eq!(status, 404);
        assert!(body.contains("<h1>404 - Not Found</h1>"), "{body}");
    }

    #[test]
    fn the_end_is_the_declared_one() {
        let imds = Imds::start("node", || sample("A")).expect("a port");
        let imds = imds.declares_expiry(Duration::from_secs(30));
        let (_, body) = get(&imds, CREDENTIALS, &token(&imds));
        let json: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let end: Timestamp = json["Expiration"]
            .as_str()
            .expect("text")
            .parse()
            .expect("time");
        let left = end.duration_since(Timestamp::now()).as_secs();
        assert!((25..=30).contains(&left), "{left}");
    }
}
