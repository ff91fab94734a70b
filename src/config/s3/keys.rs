//! An access key: written, in the folder of a Kubernetes secret, or in the environment.

use super::S3Credentials;
use super::form::KeysForm;
use crate::config::environment::Environment;
use crate::config::folder::{Folder, Names};
use crate::config::given::Given;
use crate::config::origin::Origin;
use crate::config::problem::{ConfigError, Problems};

const ID_NAMES: Names = &[
    "access_key_id",
    "aws_access_key_id",
    "access_key",
    "aws_access_key",
    "root_user",
    "minio_root_user",
];
const SECRET_NAMES: Names = &[
    "secret_access_key",
    "aws_secret_access_key",
    "secret_key",
    "aws_secret_key",
    "access_secret_key",
    "root_password",
    "minio_root_password",
];
const TOKEN_NAMES: Names = &["session_token", "aws_session_token", "access_session_token"];

/// Reads an access key; the origin is where it belongs, for what is missing of it.
pub(super) fn access_key(
    (origin, mut keys): (Origin, KeysForm),
    environment: &Environment,
    problems: &mut Problems,
) -> Option<S3Credentials> {
    if let Some(directory) = keys.directory.take() {
        let folder = Folder::open(&directory, problems)?;
        keys.fill(&folder, problems);
    } else if keys.id.is_none() || keys.secret.is_none() {
        let problem = match &origin {
            Origin::File { field, .. } if !field.is_empty() => {
                "an access key is an id and a secret; expected access_key_id (or _file, _env) and \
                 secret_access_key_file (or _env), or the directory of a Kubernetes secret"
            }
            _ => {
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together, and only one of them is \
                 set"
            }
        };
        problems.add(ConfigError::new(&origin, problem));
    }
    let mut read = |given: Given| given.read(environment, problems);
    let id = keys.id.map(&mut read);
    let secret = keys.secret.map(&mut read);
    let token = keys.session_token.map(&mut read);
    Some(S3Credentials::AccessKey {
        id: id??.secret.expose().to_owned(),
        secret: secret??,
        session_token: match token {
            None => None,
            Some(token) => Some(token?),
        },
    })
}

impl KeysForm {
    /// Takes from a folder what was not written.
    fn fill(&mut self, folder: &Folder, problems: &mut Problems) {
        let parts = [
            ("the access key id", ID_NAMES, &mut self.id),
            ("the secret", SECRET_NAMES, &mut self.secret),
        ];
        for (value, names, part) in parts {
            if part.is_none() {
                *part = folder.find(names, problems);
            }
            if part.is_none() {
                problems.add(folder.lacks(value, names));
            }
        }
        if self.session_token.is_none() {
            self.session_token = folder.find(TOKEN_NAMES, problems);
        }
    }
}

/// Returns the access key of the environment, where either half of it is set.
pub(super) fn keys_of(environment: &Environment) -> Option<(Origin, KeysForm)> {
    let id = environment.given("AWS_ACCESS_KEY_ID");
    let secret = environment.given("AWS_SECRET_ACCESS_KEY");
    let origin = id.as_ref().or(secret.as_ref())?.origin().clone();
    let keys = KeysForm {
        id,
        secret,
        session_token: environment.given("AWS_SESSION_TOKEN"),
        directory: None,
    };
    Some((origin, keys))
}
