//! The file of `--credentials`: variables that are laid over the environment.
//!
//! It is taken in the forms that people have it in: an AWS credentials file, lines `NAME=VALUE`
//! (Velero's cloud file is one of these two), or the JSON that `az ad sp create-for-rbac`,
//! `aws sts assume-role` and programs for `credential_process` print.
//!
//! # Why
//!
//! Whatever the form, it becomes the variables that the services' own tools read, so that
//! everything behind it is the same code with the same errors; only the places that are named
//! differ.

mod env_file;
mod ini;
mod json;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use backstop_contract::Secret;

use super::environment::{Environment, Place, Variable};
use super::exposure;
use super::given::io_words;
use super::origin::Origin;
use super::problem::ConfigError;
use super::shown;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

const EXPECTED: &str = "expected an AWS credentials file with [default], lines such as \
                        AWS_ACCESS_KEY_ID=… or AZURE_CLIENT_ID=…, or the JSON that aws or az prints";

/// The variables that hold credentials or say where they are.
const CREDENTIALS: [&str; 18] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AZURE_SUBSCRIPTION_ID",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_STORAGE_ACCOUNT",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_CONNECTION_STRING",
    "AZURE_STORAGE_ACCOUNT_ACCESS_KEY",
];

/// The variables that say where the store is, by what they say; as long as the file has none of a
/// row, those of the process stay in force.
const PLACES: [&[&str]; 4] = [
    &["AWS_REGION", "AWS_DEFAULT_REGION"],
    &["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"],
    &["AWS_ENDPOINT_URL_STS"],
    &["AZURE_AUTHORITY_HOST", "AZURE_CLOUD_NAME"],
];

/// Velero's name for the account's key, and everybody else's.
const KEY_OF_VELERO: (&str, &str) = ("AZURE_STORAGE_ACCOUNT_ACCESS_KEY", "AZURE_STORAGE_KEY");

/// What standard input is called.
const STDIN: &str = "standard input";

/// What a file of credentials says.
pub(super) struct LaidOver {
    pub(super) source: Arc<str>,
    pub(super) variables: BTreeMap<String, Variable>,
    exposed: bool,
}

/// Returns whether a variable holds credentials, or leads to some.
pub(super) fn is_credential(name: &str) -> bool {
    CREDENTIALS.contains(&name) || name.starts_with("AWS_CONTAINER_")
}

impl LaidOver {
    /// Returns whether a variable of the process is out of force: it holds credentials, or the file
    /// says the same in another way.
    pub(super) fn puts_out(&self, name: &str) -> bool {
        let said = |row: &&[&str]| {
            row.contains(&name) && row.iter().any(|name| self.variables.contains_key(*name))
        };
        is_credential(name) || PLACES.iter().any(said)
    }

    /// Returns what there is to say about the file, in a sentence without a period.
    pub(super) fn risk(&self) -> Option<String> {
        self.exposed.then(|| {
            let source = &self.source;
            format!("the {source} is readable by everybody on this host; chmod 600 it")
        })
    }

    /// Returns the error for a target whose service the file has no credentials for.
    pub(super) fn lacks(&self, service: &str, wanted: &str) -> ConfigError {
        let names: Vec<_> = self.variables.keys().map(String::as_str).collect();
        let problem = format!(
            "the {} has no credentials for {service}, and no others are in force beside it; it \
             sets {}; expected {wanted}",
            self.source,
            names.join(", ")
        );
        ConfigError::new(&Origin::Flag("--credentials"), problem)
    }
}

/// A variable of the file: its name, its value, and the line it is on.
struct Found {
    name: String,
    value: Secret,
    line: usize,
}

/// What is wrong with the file: the line, and what.
type Wrong = (usize, String);

/// Reads the file; `-` is standard input. The profile is the one wanted of an AWS file.
///
/// # Errors
///
/// It cannot be read, has none of the forms, or no credentials in it; no value is repeated.
pub(super) fn read(path: &Path, profile: Option<&str>) -> Result<LaidOver, ConfigError> {
    let stdin = path == Path::new("-");
    let shown = if stdin {
        STDIN.to_owned()
    } else {
        shown::path(path)
    };
    let mut text = Vec::new();
    let read = if stdin {
        std::io::stdin().take(LONGEST + 1).read_to_end(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text))
    };
    let refuse = |problem: String| {
        let problem = format!("{shown}: {problem}");
        ConfigError::new(&Origin::Flag("--credentials"), problem)
    };
    read.map_err(|error| refuse(format!("cannot read it: {}", io_words(&error))))?;
    if text.len() as u64 > LONGEST {
        return Err(refuse(format!("it is too long; {EXPECTED}")));
    }
    let text = String::from_utf8(text).map_err(|_| refuse(format!("it is no text; {EXPECTED}")))?;
    let text = Secret::new(text);
    Ok(LaidOver {
        variables: parse(&shown, text.expose(), profile)?,
        source: source(stdin, &shown),
        exposed: !stdin && exposure::is_exposed(path, &Environment::default()),
    })
}

fn source(stdin: bool, shown: &str) -> Arc<str> {
    if stdin {
        shown.into()
    } else {
        format!("file {shown}").into()
    }
}

/// Reads the text of a file that is called `shown`.
pub(super) fn parse(
    shown: &str,
    text: &str,
    profile: Option<&str>,
) -> Result<BTreeMap<String, Variable>, ConfigError> {
    let file: Arc<str> = shown.into();
    let at = |line| Origin::File {
        file: Arc::clone(&file),
        line,
        field: String::new(),
    };
    let text = text.trim_start_matches('\u{feff}');
    let found = match form_of(text) {
        Form::Nothing => Err((1, format!("there is nothing in it; {EXPECTED}"))),
        Form::Json => json::read(text),
        Form::Profiles => ini::read(text, profile),
        Form::Lines => env_file::read(text),
    };
    let refuse = |(line, problem): Wrong| ConfigError::new(&at(line), problem);
    let found = found.map_err(refuse)?;
    if !found
        .iter()
        .any(|found| CREDENTIALS.contains(&found.name.as_str()))
    {
        return Err(refuse((
            1,
            format!("there are no credentials in it; {EXPECTED}"),
        )));
    }
    let source = source(shown == STDIN, shown);
    let variables = found.into_iter().map(|found| {
        let (of_velero, usual) = KEY_OF_VELERO;
        let name = match found.name {
            name if name == of_velero => usual.to_owned(),
            name => name,
        };
        let place = Place::File {
            source: Arc::clone(&source),
            at: at(found.line),
        };
        let value = found.value;
        (name, Variable { value, place })
    });
    Ok(variables.collect())
}

enum Form {
    Nothing,
    Json,
    Profiles,
    Lines,
}

fn form_of(text: &str) -> Form {
    let mut lines = text.lines().map(str::trim);
    if text.trim_start().starts_with('{') {
        Form::Json
    } else if lines.clone().any(|line| line.starts_with('[')) {
        Form::Profiles
    } else if lines.all(is_blank) {
        Form::Nothing
    } else {
        Form::Lines
    }
}

/// Returns whether a line says nothing.
fn is_blank(line: &str) -> bool {
    line.is_empty() || line.starts_with(['#', ';'])
}

/// Returns whether a variable is of use here.
fn is_known(name: &str) -> bool {
    CREDENTIALS.contains(&name) || PLACES.iter().any(|row| row.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> Vec<(String, String)> {
        let variables =
            parse("creds", text, None).unwrap_or_else(|error| panic!("{text}: {error}"));
        let text = |variable: &Variable| variable.value.expose().to_owned();
        variables
            .iter()
            .map(|(name, variable)| (name.clone(), text(variable)))
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        expected.iter().map(owned).collect()
    }

    #[test]
    fn every_form_becomes_the_usual_variables() {
        let key = [
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "a/b+c="),
        ];
        let principal = [
            ("AZURE_CLIENT_ID", "app"),
            ("AZURE_CLIENT_SECRET", "x~y#z"),
            ("AZURE_TENANT_ID", "acme"),
        ];
        for (text, expected) in [
            (
                "[default]\naws_access_key_id = AKID\naws_secret_access_key=a/b+c=\n",
                &key[..],
            ),
            (
                "# mine\r\n[default]\r\naws_access_key_id=AKID\r\naws_secret_access_key=a/b+c=\r\n[x]\r\nnone",
                &key,
            ),
            (
                "\u{feff}AWS_ACCESS_KEY_ID=AKID\nexport AWS_SECRET_ACCESS_KEY='a/b+c='  # key\n",
                &key,
            ),
            (
                "aws_access_key_id = \"AKID\"\nHOME=/x\nAWS_SECRET_ACCESS_KEY=a/b+c= # key",
                &key,
            ),
            (
                r#"{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "a/b+c=", "SessionToken": null}"#,
                &key,
            ),
            (
                r#"{"Credentials": {"AccessKeyId": "AKID", "SecretAccessKey": "a/b+c="}, "AssumedRoleUser": {}}"#,
                &key,
            ),
            (
                r#"{"AccessKey": {"UserName": "ann", "AccessKeyId": "AKID", "SecretAccessKey": "a/b+c="}}"#,
                &key,
            ),
            (
                r#"{"appId": "app", "displayName": "backup", "password": "x~y#z", "tenant": "acme"}"#,
                &principal,
            ),
            (
                "AZURE_CLIENT_ID=app\nAZURE_CLIENT_SECRET=x~y#z\nAZURE_TENANT_ID=acme\nAZURE_RESOURCE_GROUP=g",
                &principal,
            ),
            (
                "AZURE_STORAGE_ACCOUNT_ACCESS_KEY=a2V5",
                &[("AZURE_STORAGE_KEY", "a2V5")],
            ),
        ] {
            assert_eq!(taken(text), pairs(expected), "{text}");
        }
        let long_form = taken(
            r#"{"clientId": "app", "clientSecret": "s", "subscriptionId": "sub", "tenantId": "acme",
                "activeDirectoryEndpointUrl": "https://login.microsoftonline.us",
                "resourceManagerEndpointUrl": "https://management.usgovcloudapi.net/"}"#,
        );
        let authority = ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us");
        assert_eq!(long_form[0], pairs(&[authority])[0]);
        assert_eq!(long_form.len(), 5);
    }

    #[test]
    fn what_has_none_of_the_forms_is_refused_with_its_line() {
        for (text, line, words) in [
            (
                "",
                1,
                "there is nothing in it; expected an AWS credentials file",
            ),
            ("\n# nothing\n", 1, "nothing in it"),
            ("hunter2", 1, "expected NAME=VALUE"),
            ("AWS_ACCESS_KEY_ID=AKID\nhunter2", 2, "expected NAME=VALUE"),
            ("hunter2=hunter2", 1, "no credentials in it"),
            ("AWS_REGION=hunter2", 1, "no credentials in it"),
            ("AWS_ACCESS_KEY_ID=\"hunter2", 1, "quote"),
            ("AWS_ACCESS_KEY_ID='hunter2' hunter2", 1, "quote"),
            ("[default]\nhunter2", 2, "expected name = value"),
            ("[default]\nregion = x\n", 1, "no credentials in it"),
            (
                "[prod]\naws_access_key_id = hunter2\n",
                1,
                "no profile \"default\"; it has prod",
            ),
            ("[default]\nrole_arn = hunter2\n", 2, "role_arn"),
            ("[default\nhunter2 = 1", 1, "]"),
            ("{\n  \"AccessKeyId\": hunter2\n}", 2, "not JSON"),
            ("{}", 1, "no credentials in it"),
            ("{\"AccessKeyId\": 7}", 1, "AccessKeyId is not a text"),
        ] {
            let error = parse("creds", text, None).err().expect(text).to_string();
            assert!(
                error.starts_with(&format!("creds:{line}: ")),
                "{text}: {error}"
            );
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_wanted_profile_is_taken() {
        let text = "[default]\naws_access_key_id=A\n[profile prod]\naws_access_key_id=B\n\
                    region = eu-west-1\ns3 =\n  addressing_style = path\n";
        let variables = parse("creds", text, Some("prod")).expect("a profile");
        assert_eq!(variables["AWS_ACCESS_KEY_ID"].value.expose(), "B");
        assert_eq!(variables["AWS_REGION"].value.expose(), "eu-west-1");
        let error = parse("creds", text, Some("none")).err().expect("no such");
        assert!(
            error.to_string().contains("it has default, prod"),
            "{error}"
        );
    }

    #[test]
    fn no_other_credentials_are_in_force() {
        let folder = std::env::temp_dir().join(format!("backstop-laid-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        let path = folder.join("creds");
        std::fs::write(&path, "AZURE_CLIENT_ID=app\nAZURE_AUTHORITY_HOST=https://a").expect("file");
        let process: Environment = [
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://x"),
            ("AZURE_CLIENT_SECRET", "hunter2"),
            ("AWS_REGION", "eu-west-1"),
            ("AZURE_AUTHORITY_HOST", "https://b"),
            ("AZURE_CLOUD_NAME", "public"),
        ]
        .into_iter()
        .collect();
        let loaded = process.with_credentials(Some(&path)).expect("loaded");
        std::fs::remove_dir_all(&folder).expect("removed");
        let force = loaded.in_force(false);
        assert_eq!(force.get("AZURE_CLIENT_ID"), Some("app"));
        assert_eq!(force.get("AZURE_AUTHORITY_HOST"), Some("https://a"));
        assert_eq!(force.get("AWS_REGION"), Some("eu-west-1"));
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AZURE_CLIENT_SECRET",
            // The file says the cloud by its authority.
            "AZURE_CLOUD_NAME",
        ] {
            assert!(!force.has(name), "{name}");
        }
        let id = force.variable("AZURE_CLIENT_ID").expect("a variable");
        assert_eq!(id.source(), format!("file {}", path.display()));
        let own = loaded.in_force(true);
        assert_eq!(own.get("AZURE_CLIENT_SECRET"), Some("hunter2"));
        assert_eq!(own.get("AZURE_CLIENT_ID"), None);
    }
}
