//! Amazon's STS over http on the loopback interface, as strict as the real one.
//!
//! Requests and answers are those of <https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html>, the
//! refusals of every operation those of
//! <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>.

mod answers;
mod callers;
mod operations;
mod token;

use std::fmt;
use std::sync::{Arc, Mutex};

use answers::{Refusal, answered};
use callers::Session;
use jiff::Timestamp;

use crate::fields::Fields;
use crate::minted::Minted;
use crate::sync::lock;
use crate::{Oidc, Request, Response, Result, Scripted};

const ACCOUNT: &str = "123456789012";

/// Who is known to an [`Sts`] and who may become whom.
pub struct StsRules {
    users: Vec<User>,
    roles: Vec<Role>,
    mint: Box<dyn Fn() -> Minted + Send + Sync>,
}

struct User {
    name: String,
    access_key: String,
    secret_key: String,
}

struct Role {
    name: String,
    trust: Trust,
}

/// Who may assume a role.
enum Trust {
    /// A user or a role of the account, by name, and what it has to know besides.
    Principal {
        name: String,
        external_id: Option<String>,
    },
    /// The bearer of a provider's token for a subject.
    Token { issuer: String, subject: String },
}

impl StsRules {
    /// Makes the rules of an account without users and roles; `mint` makes the credentials that are handed out.
    #[must_use]
    pub fn new(mint: impl Fn() -> Minted + Send + Sync + 'static) -> Self {
        Self {
            users: Vec::new(),
            roles: Vec::new(),
            mint: Box::new(mint),
        }
    }

    /// Adds a user with an access key.
    #[must_use]
    pub fn user(mut self, name: &str, (access_key, secret_key): (&str, &str)) -> Self {
        self.users.push(User {
            name: name.to_owned(),
            access_key: access_key.to_owned(),
            secret_key: secret_key.to_owned(),
        });
        self
    }

    /// Adds a role that a user or another role of the account may assume, with an external id where there is one.
    #[must_use]
    pub fn role(self, name: &str, trusted: &str, external_id: Option<&str>) -> Self {
        let trust = Trust::Principal {
            name: trusted.to_owned(),
            external_id: external_id.map(str::to_owned),
        };
        self.with(name, trust)
    }

    /// Adds a role that the subject of a provider's tokens for `sts.amazonaws.com` may assume.
    #[must_use]
    pub fn web_role(self, name: &str, oidc: &Oidc, subject: &str) -> Self {
        let trust = Trust::Token {
            issuer: oidc.issuer(),
            subject: subject.to_owned(),
        };
        self.with(name, trust)
    }

    fn with(mut self, name: &str, trust: Trust) -> Self {
        let name = name.to_owned();
        self.roles.push(Role { name, trust });
        self
    }
}

/// A running STS of one account.
pub struct Sts {
    server: Scripted,
    account: Arc<Mutex<Account>>,
}

struct Account {
    rules: StsRules,
    sessions: Vec<Session>,
    issued: usize,
}

impl Sts {
    /// Starts the service.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(rules: StsRules) -> Result<Self> {
        let account = Arc::new(Mutex::new(Account {
            rules,
            sessions: Vec::new(),
            issued: 0,
        }));
        let shared = Arc::clone(&account);
        let server = Scripted::start(move |request| lock(&shared).answer(request).into())?;
        Ok(Self { server, account })
    }

    /// Returns the URL of the service, as `AWS_ENDPOINT_URL_STS` wants it.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// Returns the ARN of a role.
    #[must_use]
    pub fn role_arn(&self, name: &str) -> String {
        role_arn(name)
    }

    /// Makes credentials known that another service, such as a metadata service, handed out for a role.
    pub fn knows(&self, minted: &Minted, role: &str, session: &str) {
        let session = Session::of(minted.clone(), role, session);
        lock(&self.account).sessions.push(session);
    }

    /// Returns how many credentials were given out.
    #[must_use]
    pub fn issued(&self) -> usize {
        lock(&self.account).issued
    }

    /// Returns every request so far, tokens included.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }
}

impl fmt::Debug for Sts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sts")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Account {
    fn answer(&mut self, request: &Request) -> Response {
        if (request.method.as_str(), request.target.as_str()) != ("POST", "/") {
            return Response::new(302, "").with("Location", "https://aws.amazon.com/iam");
        }
        let fields = Fields::parse(&String::from_utf8_lossy(&request.body));
        let now = Timestamp::now();
        answered(match fields.get("Action").unwrap_or_default() {
            "AssumeRole" => self.assume_role(request, &fields, now),
            "AssumeRoleWithWebIdentity" => self.assume_by_token(&fields, now),
            "GetCallerIdentity" => self.caller_identity(request, now),
            other => {
                let said = format!("Could not find operation {other} for version 2011-06-15");
                Err(Refusal::new(400, "InvalidAction", said))
            }
        })
    }
}

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

#[cfg(test)]
mod tests;
