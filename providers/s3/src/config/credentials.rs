//! Where the credentials of a store come from.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use backstop_contract::Secret;

/// One way to come by credentials; nothing falls through from one to another but in the chain.
#[derive(Clone)]
pub enum S3Credentials {
    /// An access key that is known now.
    AccessKey {
        /// The access key id, which is not secret.
        id: String,
        /// The secret access key.
        secret: Secret,
        /// The session token that temporary credentials carry.
        session_token: Option<Secret>,
        /// Where the key was found, for people: "config file", "environment".
        source: String,
    },
    /// A profile of the AWS files.
    Profile {
        /// Its name; absent for `AWS_PROFILE`, else `default`.
        name: Option<String>,
    },
    /// A command that prints credentials as JSON.
    ///
    /// See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>.
    Process {
        /// The command line, which a shell runs. Only its first word is ever shown.
        command: String,
    },
    /// A role that is assumed with other credentials.
    AssumeRole(AssumeRole),
    /// The role of the machine, by the second version of its instance metadata service.
    NodeRole,
    /// A role that the token of an OIDC provider is exchanged for.
    WebIdentity(WebIdentity),
    /// What the container's own endpoint hands out; the variables `AWS_CONTAINER_*` name it.
    Container,
    /// The AWS chain: environment, profile, web identity, container, node role.
    ///
    /// See <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.
    Chain,
}

/// A role and the credentials that may assume it.
#[derive(Debug, Clone)]
pub struct AssumeRole {
    /// The role; `MinIO`'s token service needs none, Amazon's does.
    pub role_arn: Option<String>,
    /// What the role's trust policy may ask for besides the caller.
    pub external_id: Option<String>,
    /// How the session is called in the role's ARN; absent for `backstop`.
    pub session_name: Option<String>,
    /// How long the session is asked to last; absent for the service's usual time.
    pub duration: Option<Duration>,
    /// Who assumes the role.
    pub base: Box<S3Credentials>,
}

/// A role and the token that is exchanged for it.
#[derive(Debug, Clone)]
pub struct WebIdentity {
    /// The role; `MinIO` needs none where the token's own claims name its policies.
    pub role_arn: Option<String>,
    /// The file that holds the token, read anew for each exchange.
    pub token_file: PathBuf,
    /// How the session is called in the role's ARN; absent for `backstop`.
    pub session_name: Option<String>,
    /// How long the session is asked to last; absent for the service's usual time.
    pub duration: Option<Duration>,
    /// Where all of this was found, for people: "config file", "environment".
    pub source: String,
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessKey {
                id,
                secret: _,
                session_token,
                source,
            } => f
                .debug_struct("AccessKey")
                .field("id", id)
                .field("secret", &"***")
                .field("session_token", &session_token.as_ref().map(|_| "***"))
                .field("source", source)
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
pub(crate) fn program(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_what_is_secret() {
        let key = S3Credentials::AccessKey {
            id: "AKIDEXAMPLE".to_owned(),
            secret: Secret::new("planted-secret".to_owned()),
            session_token: Some(Secret::new("planted-token".to_owned())),
            source: "environment".to_owned(),
        };
        let process = S3Credentials::Process {
            command: "vault read --password planted-password".to_owned(),
        };
        let role = S3Credentials::AssumeRole(AssumeRole {
            role_arn: Some("arn:aws:iam::123456789012:role/backup".to_owned()),
            external_id: None,
            session_name: None,
            duration: None,
            base: Box::new(key.clone()),
        });
        for (held, shown) in [
            (key, "AKIDEXAMPLE"),
            (process, "vault"),
            (role, "AKIDEXAMPLE"),
        ] {
            let text = format!("{held:?}");
            assert!(text.contains(shown), "{text}");
            assert!(!text.contains("planted"), "{text}");
        }
    }
}
