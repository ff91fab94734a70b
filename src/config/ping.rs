//! Who is told of the beginning and the end of a run.

use std::fmt;
use std::path::PathBuf;

use super::document::Section;
use super::environment::Environment;
use super::given::Given;
use super::origin::{Located, Origin};
use super::problem::{ConfigError, ConfigErrors, Problems};
use super::trust;
use crate::monitor::ping::{Address, check};

/// The variable that holds the URL for a run as a whole.
pub(super) const VARIABLE: &str = "BACKSTOP_PING_URL";

/// Who is told of a run.
#[derive(Clone)]
pub struct Ping {
    /// Where the pings go.
    pub address: Address,
    /// Where its URL was read, in printable words.
    pub source: String,
}

impl fmt::Debug for Ping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(hidden, from {})", self.source)
    }
}

/// A table `ping` as written.
pub(super) struct PingForm {
    table: Origin,
    url: Option<Given>,
    allow_http: bool,
    ca_file: Option<Located<PathBuf>>,
}

impl PingForm {
    /// Reads a table.
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let form = Self {
            table: section.origin().clone(),
            url: section.secret("url"),
            allow_http: section.flag("allow_http").is_some_and(|flag| flag.value),
            ca_file: section.path("ca_file"),
        };
        section.finish();
        form
    }

    /// Reads the URL from where it is kept, and looks whether it can be one.
    pub(super) fn validate(
        self,
        environment: &Environment,
        problems: &mut Problems,
    ) -> Option<Ping> {
        let Some(url) = self.url else {
            let problem = "the URL is missing; expected url_file = \"/path/of/a/file\" or \
                           url_env = \"NAME_OF_A_VARIABLE\", for it is a secret";
            problems.add(ConfigError::new(&self.table, problem));
            return None;
        };
        let origin = url.origin().clone();
        let read = url.read(environment, problems)?;
        if let Err(unfit) = check(read.secret.expose(), self.allow_http) {
            let problem = format!(
                "what the {} holds is no address of a ping: {unfit}",
                read.source
            );
            problems.add(ConfigError::new(&origin, problem));
            return None;
        }
        let mut ca_pem = None;
        if read.secret.expose().trim().starts_with("https:") {
            let found = trust::read(
                self.ca_file.as_ref(),
                &["SSL_CERT_FILE"],
                environment,
                problems,
            );
            let all: Vec<u8> = [found.added, found.system]
                .into_iter()
                .flatten()
                .flatten()
                .collect();
            ca_pem = (!all.is_empty()).then_some(all);
        }
        Some(Ping {
            address: Address {
                url: read.secret,
                ca_pem,
                allow_http: self.allow_http,
            },
            source: read.source,
        })
    }
}

/// Returns who is told of a run as a whole: the variable comes before the table of the file.
///
/// # Errors
///
/// The URL is not there or is none.
pub(super) fn of_run(
    written: Option<PingForm>,
    environment: &Environment,
    mut problems: Problems,
) -> Result<Option<Ping>, ConfigErrors> {
    let given = environment.given(VARIABLE).map(|url| PingForm {
        table: Origin::Variable(VARIABLE.to_owned()),
        url: Some(url),
        allow_http: false,
        ca_file: None,
    });
    let form = given.or(written);
    let ping = form.map(|form| form.validate(environment, &mut problems));
    problems.finish(Some(ping.flatten()))
}

/// Returns who is told of a run that no configuration file has a say in.
///
/// # Errors
///
/// The URL is none.
pub fn ping_of(environment: &Environment) -> Result<Option<Ping>, ConfigErrors> {
    of_run(None, environment, Problems::default())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::ConfigFile;

    fn ping(text: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let file = ConfigFile::parse(Path::new("b.toml"), text.to_owned());
        let environment: Environment = variables.iter().copied().collect();
        let found = file.and_then(|file| file.ping(&environment));
        found
            .map(|ping| ping.map(|ping| ping.source))
            .map_err(|errors| errors.to_string())
    }

    #[test]
    fn the_url_comes_from_elsewhere_and_is_never_repeated() {
        let good = "https://hc.example/hunter2";
        let named = "[ping]\nurl_env = \"P\"\n";
        for (text, variables, expected) in [
            ("", &[][..], Ok(None)),
            ("", &[(VARIABLE, good)], Ok(Some("environment"))),
            (named, &[("P", good)], Ok(Some("variable P"))),
            (
                named,
                &[("P", good), (VARIABLE, good)],
                Ok(Some("environment")),
            ),
            (
                named,
                &[],
                Err("b.toml:2: ping.url_env: the variable \"P\" is not set"),
            ),
            (
                named,
                &[("P", "hunter2")],
                Err("no address of a ping: not a URL"),
            ),
            (
                named,
                &[("P", "http://10.0.0.1/hunter2")],
                Err("plain http would show"),
            ),
            (
                "[ping]\nurl_env = \"P\"\nallow_http = true\n",
                &[("P", "http://10.0.0.1/hunter2")],
                Ok(Some("variable P")),
            ),
            ("", &[(VARIABLE, "hunter2")], Err(VARIABLE)),
            (
                "[ping]\nurl = \"hunter2\"\n",
                &[],
                Err("never written into this file"),
            ),
            ("[ping]\n", &[], Err("b.toml:1: ping: the URL is missing")),
            (
                "[ping]\nurl_env = \"P\"\nx = 1\n",
                &[],
                Err("unknown field"),
            ),
        ] {
            let found = ping(text, variables);
            match (expected, &found) {
                (Ok(expected), Ok(found)) => assert_eq!(found.as_deref(), expected, "{text}"),
                (Err(words), Err(told)) => assert!(told.contains(words), "{words}: {told}"),
                _ => panic!("{text} {variables:?}: {found:?}"),
            }
            assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
        }
    }
}
