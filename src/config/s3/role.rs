//! Roles: what they are asked with.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::S3Credentials;
use super::credentials::Service;
use super::form::CredentialsForm;
use crate::config::environment::Environment;
use crate::config::given::token_path;
use crate::config::names;
use crate::config::origin::{Located, Origin};
use crate::config::problem::{ConfigError, Problems};
use crate::config::values::parse_duration;

/// A role and the credentials that may assume it.
#[derive(Clone)]
pub struct AssumeRole {
    /// The role; absent where a token service of `MinIO` needs none.
    pub role_arn: Option<String>,
    /// What the role's trust policy may ask for besides the caller; never shown, for whoever knows
    /// it may have the role assumed.
    pub external_id: Option<String>,
    /// How the session is called.
    pub session_name: Option<String>,
    /// How long the session is asked to last.
    pub duration: Option<Duration>,
    /// Who assumes the role.
    pub base: Box<S3Credentials>,
}

impl fmt::Debug for AssumeRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumeRole")
            .field("role_arn", &self.role_arn)
            .field("external_id", &self.external_id.as_ref().map(|_| "***"))
            .field("session_name", &self.session_name)
            .field("duration", &self.duration)
            .field("base", &self.base)
            .finish()
    }
}

/// A role and the token that is exchanged for it.
#[derive(Debug, Clone)]
pub struct WebIdentity {
    /// The role; absent where a token service of `MinIO` needs none.
    pub role_arn: Option<String>,
    /// The file that holds the token.
    pub token_file: PathBuf,
    /// How the session is called.
    pub session_name: Option<String>,
    /// How long the session is asked to last.
    pub duration: Option<Duration>,
    /// Where all of this was found, in printable words.
    pub source: String,
}

/// The shortest and the longest session that token services give, Amazon's and `MinIO`'s.
const SHORTEST: Duration = Duration::from_mins(15);
const LONGEST: Duration = Duration::from_hours(12);
const LONGEST_OF_MINIO: Duration = Duration::from_hours(365 * 24);

/// Validates a role that is assumed by others.
pub(super) fn assumed(
    mut form: CredentialsForm,
    base: Option<S3Credentials>,
    service: Service,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<S3Credentials> {
    let role = Role::of(&form, service, problems);
    let external_id = form.external_id.take();
    let external_id = external_id.and_then(|given| {
        let origin = given.origin().clone();
        let id = given.read(environment, problems)?;
        let named = |problem| ConfigError::new(&origin, problem);
        problems.keep(names::check_external_id(id.secret.expose()).map_err(named))?;
        Some(id.secret.expose().to_owned())
    });
    let Role {
        arn,
        session_name,
        duration,
    } = role?;
    Some(S3Credentials::AssumeRole(AssumeRole {
        role_arn: arn,
        external_id,
        session_name,
        duration,
        base: Box::new(base?),
    }))
}

/// Validates a role that a token is exchanged for; what is not written is taken from the variables
/// that the webhook of Amazon EKS sets.
pub(super) fn web_identity(
    mut form: CredentialsForm,
    service: Service,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<S3Credentials> {
    let usual = |name: &str| environment.located(name);
    let source = match (&form.token_file, environment.variable(TOKEN_FILE)) {
        (None, Some(variable)) => variable.source(),
        _ => "config file".to_owned(),
    };
    form.role_arn = form.role_arn.or_else(|| usual("AWS_ROLE_ARN"));
    form.session_name = form.session_name.or_else(|| usual("AWS_ROLE_SESSION_NAME"));
    let token_file = form.token_file.take().or_else(|| {
        let path = usual(TOKEN_FILE)?;
        Some(Located::new(PathBuf::from(path.value), path.origin))
    });
    if token_file.is_none() {
        let problem = format!(
            "token_file is missing, and {TOKEN_FILE} is not set; expected one such as token_file = \
             \"/var/run/secrets/eks.amazonaws.com/serviceaccount/token\""
        );
        problems.add(ConfigError::new(&form.origin, problem));
    }
    let Role {
        arn,
        session_name,
        duration,
    } = Role::of(&form, service, problems)?;
    Some(S3Credentials::WebIdentity(WebIdentity {
        role_arn: arn,
        token_file: token_path(token_file?, problems),
        session_name,
        duration,
        source,
    }))
}

/// The variable that names the file of the token.
pub(super) const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";

/// What both ways to a role have.
struct Role {
    arn: Option<String>,
    session_name: Option<String>,
    duration: Option<Duration>,
}

impl Role {
    fn of(form: &CredentialsForm, service: Service, problems: &mut Problems) -> Option<Self> {
        let check = |arn: &str| names::check_role_arn(arn, service.own_arns);
        let arn = text(form.role_arn.as_ref(), check, problems);
        if service.amazon && form.role_arn.is_none() {
            problems.add(missing_role(&form.origin));
            return None;
        }
        let session_name = text(
            form.session_name.as_ref(),
            names::check_session_name,
            problems,
        );
        let longest = if service.amazon {
            LONGEST
        } else {
            LONGEST_OF_MINIO
        };
        let duration = form
            .duration
            .as_ref()
            .map(|written| duration(written, longest));
        Some(Self {
            arn,
            session_name,
            duration: problems.keep_some(duration),
        })
    }
}

fn missing_role(table: &Origin) -> ConfigError {
    let problem = "role_arn is missing; expected one such as role_arn = \
                   \"arn:aws:iam::123456789012:role/backup\"";
    ConfigError::new(table, problem)
}

fn text(
    written: Option<&Located<String>>,
    check: impl Fn(&str) -> Result<(), String>,
    problems: &mut Problems,
) -> Option<String> {
    let written = written?;
    let named = |problem| ConfigError::new(&written.origin, problem);
    problems.keep(check(&written.value).map_err(named))?;
    Some(written.value.clone())
}

fn duration(written: &Located<String>, longest: Duration) -> Result<Duration, ConfigError> {
    let refuse = |problem: String| {
        let problem = format!("{:?} is not right here: {problem}", written.value);
        ConfigError::new(&written.origin, problem)
    };
    let duration = parse_duration(&written.value).map_err(refuse)?;
    if (SHORTEST..=longest).contains(&duration) {
        return Ok(duration);
    }
    let hours = longest.as_secs() / 3_600;
    Err(refuse(format!("a session lasts 15m to {hours}h")))
}
