//! The role of the machine, by the second version of the metadata service of Amazon EC2.
//!
//! See <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>.

use std::future::Future;
use std::time::{Duration, Instant};

use backstop_contract::{ErrorKind, Way};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;
use url::Url;

use super::document::{Document, Writer, read};
use super::held::{Failure, Held, Missing};
use super::http::{Ask, Http, Reply};
use crate::ambient::Ambient;
use crate::classify::short;

/// Where the service is on every machine of Amazon's.
const USUAL: &str = "http://169.254.169.254";
/// The same by IPv6.
const USUAL_V6: &str = "http://[fd00:ec2::254]";
/// How long a session is asked to last, in seconds: the longest there is.
const SESSION: u32 = 21_600;
/// When a session is begun anew, with room to spare.
const SESSION_KEPT: Duration = Duration::from_mins(350);
/// The longest wait for the begin of a session where nobody says that this machine has a role.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest time for all of it there.
const PATIENCE_IN_ALL: Duration = Duration::from_millis(3_500);

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const REGION: &str = "/latest/meta-data/placement/region";

/// What silence usually means where there is a service.
const HOPS: &str = "PUT /latest/api/token had no answer: in a container the hop limit must be 2 or more \
                    (HttpPutResponseHopLimit)";

/// How long the service is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It was asked for by name: as long as for any answer.
    Named,
    /// It is the last link of the usual chain: this may be no machine of Amazon's.
    Guess,
}

/// The metadata service of this machine.
#[derive(Debug)]
pub(crate) struct Node {
    http: Http,
    ambient: Ambient,
    profile: Option<String>,
    /// How long a guess waits for the first answer, and for all of them.
    guess: Duration,
    guess_in_all: Duration,
    endpoint: OnceCell<String>,
    session: Mutex<Option<Session>>,
}

/// How the last begin of a session ended.
#[derive(Clone)]
enum Session {
    /// The token, which every question carries.
    Begun(String, Instant),
    /// Nobody answered a guess, and nobody will.
    Nobody { reason: String, facts: Vec<String> },
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Begun(..) => "Begun",
            Self::Nobody { .. } => "Nobody",
        })
    }
}

impl Node {
    /// Prepares the questions; none is asked, and no file is read.
    pub(crate) fn new(
        http: Http,
        ambient: Ambient,
        profile: Option<&str>,
        limit: Duration,
    ) -> Self {
        Self {
            http,
            ambient,
            profile: profile.map(str::to_owned),
            guess: PATIENCE.min(limit * 3 / 4),
            guess_in_all: PATIENCE_IN_ALL.min(limit * 9 / 10),
            endpoint: OnceCell::new(),
            session: Mutex::new(None),
        }
    }

    /// Returns where the service is: said by a variable, the profile, or nobody.
    async fn endpoint(&self) -> &str {
        self.endpoint.get_or_init(|| self.find_endpoint()).await
    }

    /// Returns where the service is; what stands beside the host in a variable may be a secret.
    async fn origin(&self) -> String {
        let url = Url::parse(self.endpoint().await);
        url.map_or_else(
            |_| "an address that is no URL".to_owned(),
            |url| url.origin().ascii_serialization(),
        )
    }

    async fn place(&self) -> String {
        format!("metadata service: {}", self.origin().await)
    }

    async fn find_endpoint(&self) -> String {
        let profiles = self.ambient.profiles(self.profile.as_deref()).await.ok();
        let setting = |variable: &str, key: &str| {
            let of_profile = || profiles.as_ref()?.get(key).map(str::to_owned);
            self.ambient.variable(variable).or_else(of_profile)
        };
        let endpoint = setting(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "ec2_metadata_service_endpoint",
        );
        let mode = setting(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
            "ec2_metadata_service_endpoint_mode",
        );
        let usual = match mode {
            Some(mode) if mode.eq_ignore_ascii_case("ipv6") => USUAL_V6,
            _ => USUAL,
        };
        endpoint.unwrap_or_else(|| usual.to_owned())
    }

    /// Asks for the region that the machine is in; a missing one is as good as no service.
    pub(crate) async fn region(&self, patience: Patience) -> Option<String> {
        let asked = self.within(patience, self.get(REGION.to_owned(), patience));
        let reply = asked.await.ok()?;
        let region = String::from_utf8(reply.body).ok()?;
        (reply.status == 200).then(|| region.trim().to_owned())
    }

    /// Asks for the credentials of the machine's role.
    pub(super) async fn credentials(&self, patience: Patience) -> Result<Held, Missing> {
        self.within(patience, self.role_credentials(patience)).await
    }

    async fn role_credentials(&self, patience: Patience) -> Result<Held, Missing> {
        let reply = self.get(ROLES.to_owned(), patience).await?;
        let role = match reply.status {
            200 => first_line(&reply.body),
            404 => return Err(Missing::absent("no role is attached to this machine")),
            _ => return Err(reply.refused("the metadata service names no role").into()),
        };
        let Some(role) = role else {
            return Err(Missing::absent("no role is attached to this machine"));
        };
        let reply = self.get(format!("{ROLES}{role}"), patience).await?;
        let place = format!("the role {}", short(&role));
        if reply.status != 200 {
            let text = format!("the metadata service has no credentials of {place}");
            return Err(reply.refused(text).into());
        }
        match read(&reply.body, Writer::Service) {
            Ok(Document::Keys(keys)) => {
                let source = format!("instance metadata ({place})");
                Ok(Held::new(keys, Way::NodeRole, source))
            }
            Ok(Document::Refusal { code, message }) => {
                let text = message.unwrap_or_else(|| format!("{place} gives no credentials"));
                let mut failure = reply.failed(ErrorKind::Unauthenticated, text);
                failure.evidence.code = Some(code);
                Err(failure
                    .with_facts([format!("role of the machine: {role}")])
                    .into())
            }
            Err(reason) => {
                let text =
                    format!("what the metadata service says of {place} is unusable: {reason}");
                Err(reply.failed(ErrorKind::MalformedResponse, text).into())
            }
        }
    }

    /// Asks one question within a session.
    async fn get(&self, path: String, patience: Patience) -> Result<Reply, Missing> {
        let token = self.token(patience).await?;
        let ask = Ask {
            method: "GET",
            path,
            headers: vec![("x-aws-ec2-metadata-token", token)],
        };
        let reply = self.http.send(self.endpoint().await, ask).await?;
        if reply.status == 401 {
            *self.session.lock().await = None;
            return Err(reply
                .refused("the metadata service does not take the token that it gave")
                .into());
        }
        Ok(reply)
    }

    /// Returns the token of the session, which is begun where there is none.
    async fn token(&self, patience: Patience) -> Result<String, Missing> {
        if self.ambient.is_true("AWS_EC2_METADATA_DISABLED") {
            return Err(Missing::absent("AWS_EC2_METADATA_DISABLED is true"));
        }
        let mut session = self.session.lock().await;
        match &*session {
            Some(Session::Begun(token, at)) if at.elapsed() < SESSION_KEPT => {
                return Ok(token.clone());
            }
            Some(Session::Nobody { reason, facts }) => {
                let (reason, facts) = (reason.clone(), facts.clone());
                return Err(Missing::Absent { reason, facts });
            }
            _ => {}
        }
        let begun = match patience {
            Patience::Named => self.begin().await.map_err(Missing::from),
            Patience::Guess => self.guess().await,
        };
        match begun {
            Ok(token) => {
                *session = Some(Session::Begun(token.clone(), Instant::now()));
                Ok(token)
            }
            Err(Missing::Absent { reason, facts }) => {
                *session = Some(Session::Nobody {
                    reason: reason.clone(),
                    facts: facts.clone(),
                });
                Err(Missing::Absent { reason, facts })
            }
            Err(failed) => Err(failed),
        }
    }

    /// Begins a session with a service that ought to be there.
    async fn begin(&self) -> Result<String, Failure> {
        let ask = Ask {
            method: "PUT",
            path: "/latest/api/token".to_owned(),
            headers: vec![("x-aws-ec2-metadata-token-ttl-seconds", SESSION.to_string())],
        };
        let reply = match self.http.send(self.endpoint().await, ask).await {
            Ok(reply) => reply,
            Err(failure) if failure.kind == ErrorKind::TimedOut => {
                return Err(failure.with_facts([HOPS.to_owned(), self.place().await]));
            }
            Err(failure) => return Err(failure.with_facts([self.place().await])),
        };
        if reply.status != 200 {
            let text = format!("the metadata service gave no token (http {})", reply.status);
            return Err(reply.refused(text));
        }
        match first_line(&reply.body) {
            Some(token) => Ok(token),
            None => Err(reply.failed(
                ErrorKind::MalformedResponse,
                "the token of the metadata service is empty",
            )),
        }
    }

    /// Begins a session where there may well be no service; whoever fails of itself is one.
    async fn guess(&self) -> Result<String, Missing> {
        let origin = self.origin().await;
        let silent = || Missing::Absent {
            reason: format!(
                "the metadata service did not answer within {:?}",
                self.guess
            ),
            facts: vec![HOPS.to_owned()],
        };
        let failure = match timeout(self.guess, self.begin()).await {
            Ok(Ok(token)) => return Ok(token),
            Ok(Err(failure)) => failure,
            Err(_) => return Err(silent()),
        };
        match failure.kind {
            ErrorKind::TimedOut => Err(Missing::Absent {
                reason: format!("the metadata service did not answer ({failure})"),
                facts: vec![HOPS.to_owned()],
            }),
            ErrorKind::Throttled | ErrorKind::ServiceFailed => Err(failure.into()),
            _ if failure.evidence.status.is_some() => Err(Missing::absent(failure.to_string())),
            _ => Err(Missing::absent(format!(
                "no metadata service at {origin} ({failure})"
            ))),
        }
    }

    /// Bounds all of the questions of a guess.
    async fn within<T>(
        &self,
        patience: Patience,
        work: impl Future<Output = Result<T, Missing>>,
    ) -> Result<T, Missing> {
        if patience == Patience::Named {
            return work.await;
        }
        timeout(self.guess_in_all, work).await.unwrap_or_else(|_| {
            let text = format!(
                "the metadata service began to answer and was not done within {:?}",
                self.guess_in_all
            );
            Err(Failure::new(ErrorKind::TimedOut, text).into())
        })
    }
}

fn first_line(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}
