//! Who signs the requests: one way that is pinned, or the usual chain.

use std::fmt;

use super::form::CredentialsForm;
use super::keys::{access_key, keys_of};
use super::kind::Kind;
use super::role::{self, AssumeRole, TOKEN_FILE, WebIdentity};
use crate::config::environment::Environment;
use crate::config::given::Sourced;
use crate::config::origin::{Located, Origin};
use crate::config::problem::{ConfigError, Problems};
use crate::config::shown;
use crate::config::target::one_of;

/// Who signs the requests to S3 or `MinIO`.
#[derive(Clone)]
pub enum S3Credentials {
    /// An access key.
    AccessKey {
        /// Its printable id.
        id: String,
        /// Its secret.
        secret: Sourced,
        /// The token of temporary credentials.
        session_token: Option<Sourced>,
    },
    /// A profile of the AWS files.
    Profile {
        /// Its name.
        name: Option<String>,
    },
    /// A command that prints credentials.
    Process {
        /// The command line; only its first word is ever shown.
        command: String,
    },
    /// A role that is assumed with other credentials.
    AssumeRole(AssumeRole),
    /// The role of the machine.
    NodeRole,
    /// A role that the token of an OIDC provider is exchanged for.
    WebIdentity(WebIdentity),
    /// What the container's own endpoint hands out.
    Container,
    /// What the usual chain finds: environment, profile, web identity, container, node role.
    Chain,
}

impl S3Credentials {
    /// Returns whether they are got over https; `sts` says it of the token service.
    pub(super) fn use_tls(&self, sts: bool) -> bool {
        match self {
            Self::AccessKey { .. } | Self::Process { .. } | Self::NodeRole => false,
            // A profile may lead to single sign-on, a container's endpoint may be anywhere.
            Self::Profile { .. } | Self::Container | Self::Chain => true,
            Self::WebIdentity(_) => sts,
            Self::AssumeRole(role) => sts || role.base.use_tls(sts),
        }
    }
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessKey {
                id,
                secret,
                session_token,
            } => f
                .debug_struct("AccessKey")
                .field("id", &shown::access_key_id(id))
                .field("secret", secret)
                .field("session_token", session_token)
                .finish(),
            Self::Profile { name } => f.debug_struct("Profile").field("name", name).finish(),
            Self::Process { command } => f
                .debug_struct("Process")
                .field("program", &program(command))
                .finish_non_exhaustive(),
            Self::AssumeRole(role) => role.fmt(f),
            Self::NodeRole => f.write_str("NodeRole"),
            Self::WebIdentity(identity) => identity.fmt(f),
            Self::Container => f.write_str("Container"),
            Self::Chain => f.write_str("Chain"),
        }
    }
}

/// Returns the first word of a command line; the others may be secret.
pub(in crate::config) fn program(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

/// What signs for whom, as far as it decides on what is right.
#[derive(Clone, Copy)]
pub(super) struct Service {
    /// Whether it is S3 rather than `MinIO`.
    pub(super) amazon: bool,
    /// Whether the token service is Amazon's own, so that ARNs have Amazon's form.
    pub(super) own_arns: bool,
}

/// Validates credentials that the configuration names.
pub(super) fn written(
    form: CredentialsForm,
    service: Service,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<S3Credentials> {
    match Kind::of(&form, problems)? {
        Kind::AccessKey if form.kind.is_some() && form.keys.is_empty() => {
            let keys = keys_of(environment);
            if keys.is_none() {
                problems.add(ConfigError::new(&form.origin, NO_KEYS));
            }
            access_key(keys?, environment, problems)
        }
        Kind::AccessKey => access_key((form.origin, form.keys), environment, problems),
        Kind::Profile => Some(profile(form.profile, problems)),
        Kind::Process => {
            let origin = form.origin;
            let command = form
                .process
                .filter(|command| !command.value.trim().is_empty());
            if command.is_none() {
                let problem = "credential_process is missing; expected a command that prints \
                               credentials, such as credential_process = \"/opt/bin/keys --json\"";
                problems.add(ConfigError::new(&origin, problem));
            }
            let command = command?.value;
            Some(S3Credentials::Process { command })
        }
        Kind::AssumeRole => {
            let mut form = form;
            let base = base(&mut form, service, environment, problems);
            role::assumed(form, base, service, environment, problems)
        }
        Kind::NodeRole => Some(S3Credentials::NodeRole),
        Kind::WebIdentity => role::web_identity(form, service, environment, problems),
        Kind::Container => Some(S3Credentials::Container),
        Kind::Chain => Some(S3Credentials::Chain),
    }
}

/// Takes what the environment has for a target that names nothing.
///
/// The chain is the provider's, which reads the environment of the process; so what is set anywhere
/// else is pinned here.
pub(super) fn usual(
    service: Service,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<S3Credentials> {
    if let Some(keys) = keys_of(environment) {
        return access_key(keys, environment, problems);
    }
    if environment.is_ours(PROFILE) {
        return Some(profile(environment.located(PROFILE), problems));
    }
    if environment.is_ours(TOKEN_FILE) {
        let origin = Origin::Variable(TOKEN_FILE.to_owned());
        let form = CredentialsForm::nothing(origin);
        return role::web_identity(form, service, environment, problems);
    }
    if let Some(over) = environment.laid_over() {
        let wanted = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or AWS_ROLE_ARN \
                      and AWS_WEB_IDENTITY_TOKEN_FILE";
        problems.add(over.lacks("S3 or MinIO", wanted));
        return None;
    }
    Some(S3Credentials::Chain)
}

const PROFILE: &str = "AWS_PROFILE";

const NO_KEYS: &str = "an access key is an id and a secret, and neither is given here nor in \
                       AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

fn profile(name: Option<Located<String>>, problems: &mut Problems) -> S3Credentials {
    let Some(name) = name else {
        return S3Credentials::Profile { name: None };
    };
    if name.value.trim().is_empty() || name.value.chars().any(char::is_control) {
        let problem = "not the name of a profile; expected one such as profile = \"backup\"";
        problems.add(ConfigError::new(&name.origin, problem));
    }
    let name = Some(name.value);
    S3Credentials::Profile { name }
}

/// The words for who assumes a role, where nothing else says it.
const SOURCES: [(&str, Source); 5] = [
    ("environment", Source::Environment),
    ("node-role", Source::NodeRole),
    ("web-identity", Source::WebIdentity),
    ("container", Source::Container),
    ("chain", Source::Chain),
];

#[derive(Clone, Copy)]
enum Source {
    Environment,
    NodeRole,
    WebIdentity,
    Container,
    Chain,
}

/// Returns who assumes the role of a form: an access key beside it, a profile, or one by a word.
fn base(
    form: &mut CredentialsForm,
    service: Service,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<S3Credentials> {
    let keys = std::mem::take(&mut form.keys);
    let given = [
        !keys.is_empty(),
        form.source_profile.is_some(),
        form.source.is_some(),
    ];
    let given = given.into_iter().filter(|given| *given).count();
    if given != 1 {
        let begin = match given {
            0 => "nothing says who assumes the role; give",
            _ => "it is said twice who assumes the role; keep",
        };
        let problem = format!(
            "{begin} one of source_profile, an access key, and source = \"environment\", \
             \"node-role\", \"web-identity\", \"container\" or \"chain\""
        );
        problems.add(ConfigError::new(&form.origin, problem));
        return None;
    }
    if let Some(name) = form.source_profile.take() {
        return Some(profile(Some(name), problems));
    }
    let Some(word) = form.source.take() else {
        return access_key((form.origin.clone(), keys), environment, problems);
    };
    match problems.keep(one_of(&word, &SOURCES))? {
        Source::Environment => {
            let keys = keys_of(environment);
            if keys.is_none() {
                let problem = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set";
                problems.add(ConfigError::new(&word.origin, problem));
            }
            access_key(keys?, environment, problems)
        }
        Source::WebIdentity => {
            let form = CredentialsForm::nothing(word.origin);
            role::web_identity(form, service, environment, problems)
        }
        Source::NodeRole => Some(S3Credentials::NodeRole),
        Source::Container => Some(S3Credentials::Container),
        Source::Chain => Some(S3Credentials::Chain),
    }
}
