//! Values that may be kept outside of the configuration: in a file or a variable.

use std::fmt;
use std::path::{Path, PathBuf};

use backstop_contract::Secret;

use super::environment::Environment;
use super::exposure;
use super::origin::{Located, Origin};
use super::problem::{ConfigError, Problems};
use super::shown;

/// The longest secret that is read from a file, in bytes: what is longer is another file.
const LONGEST: u64 = 64 * 1024;

/// A value, or where to read it.
#[derive(Clone)]
pub(super) enum Given {
    /// The value itself, as it stands in the configuration file.
    Inline(Located<String>),
    /// A file that holds it and nothing else.
    File(Located<PathBuf>),
    /// The name of a variable that holds it.
    Variable(Located<String>),
    /// One that was read already, with its source in printable words.
    Known(Located<Secret>, String),
}

/// A secret and where it was read, in printable words.
#[derive(Clone)]
pub struct Sourced {
    /// The secret.
    pub secret: Secret,
    /// Where it was read, such as `file /run/secrets/key`.
    pub source: String,
}

impl fmt::Debug for Sourced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(hidden, from {})", self.source)
    }
}

impl Given {
    /// Returns where the value, or the reference to it, was written.
    pub(super) fn origin(&self) -> &Origin {
        match self {
            Self::Inline(value) | Self::Variable(value) => &value.origin,
            Self::File(path) => &path.origin,
            Self::Known(secret, _) => &secret.origin,
        }
    }

    /// Reads a value of one line; what is wrong with it is a problem that does not repeat it.
    ///
    /// One line end at the end of a file is dropped, since every editor writes one. A control
    /// character anywhere else cannot be part of a credential and is refused: it is what
    /// `echo secret | base64` leaves in a Kubernetes secret, and services answer it with a
    /// signature error.
    pub(super) fn read(
        self,
        environment: &Environment,
        problems: &mut Problems,
    ) -> Option<Sourced> {
        let origin = self.origin().clone();
        let read = self.fetch(environment, problems)?;
        let text = read.secret.expose();
        if text.chars().any(char::is_control) {
            let problem = format!(
                "what the {} holds has {} characters, and a line break or another control \
                 character is among them; write it again without, as with printf instead of echo",
                read.source,
                text.chars().count()
            );
            problems.add(ConfigError::new(&origin, problem));
            return None;
        }
        Some(read)
    }

    /// Reads a key and its certificate in PEM, which has many lines.
    pub(super) fn read_pem(
        self,
        environment: &Environment,
        problems: &mut Problems,
    ) -> Option<Sourced> {
        let origin = self.origin().clone();
        let read = self.fetch(environment, problems)?;
        if read.secret.expose().contains("-----BEGIN ") {
            return Some(read);
        }
        let problem = format!(
            "the {} is not PEM; expected a private key and its certificate between lines such as \
             -----BEGIN PRIVATE KEY-----; openssl pkcs12 -nodes makes them of a .pfx file",
            read.source
        );
        problems.add(ConfigError::new(&origin, problem));
        None
    }

    fn fetch(self, environment: &Environment, problems: &mut Problems) -> Option<Sourced> {
        let origin = self.origin().clone();
        let (text, source) = match self {
            Self::Inline(value) => (Ok(value.value), "config file".to_owned()),
            Self::Known(secret, source) => (Ok(secret.value.expose().to_owned()), source),
            Self::File(path) => {
                exposure::of(&path.value, environment, problems);
                let source = format!("file {}", shown::path(&path.value));
                (read_text(&path.value, &origin), source)
            }
            Self::Variable(name) => {
                let source =
                    environment
                        .variable(&name.value)
                        .map(|found| match found.source().as_str() {
                            "environment" => format!("variable {}", name.value),
                            source => source.to_owned(),
                        });
                let source = source.unwrap_or_default();
                (read_variable(&name, environment), source)
            }
        };
        let secret = Secret::new(problems.keep(text)?);
        if secret.expose().is_empty() {
            problems.add(ConfigError::new(&origin, format!("the {source} is empty")));
            return None;
        }
        Some(Sourced { secret, source })
    }
}

fn read_variable(name: &Located<String>, environment: &Environment) -> Result<String, ConfigError> {
    let problem = match environment.get(&name.value) {
        Some(value) => return Ok(value.to_owned()),
        None if environment.has(&name.value) => "is empty",
        None => "is not set",
    };
    let problem = format!("the variable {} {problem}", shown::word(&name.value));
    Err(ConfigError::new(&name.origin, problem))
}

/// Takes the path of a token's file, which is read anew whenever it is needed; a token in its place
/// is a problem.
pub(super) fn token_path(path: Located<PathBuf>, problems: &mut Problems) -> PathBuf {
    let parts = path.value.components();
    let mut texts = parts.filter_map(|part| part.as_os_str().to_str());
    if texts.any(shown::looks_secret) {
        let problem = "it looks like a token, so it is not repeated; expected the path of a file \
                       that holds one";
        problems.add(ConfigError::new(&path.origin, problem));
    }
    path.value
}

/// Reads a short text from a file, without the line end at its end.
///
/// # Errors
///
/// The file is absent, unreadable, too long or not text.
pub(super) fn read_text(path: &Path, origin: &Origin) -> Result<String, ConfigError> {
    let shown = shown::path(path);
    let refuse = |problem: String| ConfigError::new(origin, problem);
    let unreadable = |error: std::io::Error| {
        refuse(format!(
            "cannot read the file {shown}: {}",
            io_words(&error)
        ))
    };
    let facts = std::fs::metadata(path).map_err(unreadable)?;
    if facts.is_dir() {
        return Err(refuse(format!("{shown} is a folder; a file was expected")));
    }
    if facts.len() > LONGEST {
        return Err(refuse(format!("the file {shown} is too long for a secret")));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let mut text = String::from_utf8(bytes)
        .map_err(|_| refuse(format!("the file {shown} is not text in UTF-8")))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// Says why a file could not be read, without the operating system's error number.
pub(super) fn io_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".to_owned(),
        std::io::ErrorKind::PermissionDenied => {
            "permission denied for the user that backstop runs as".to_owned()
        }
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: Given, environment: &Environment) -> Result<Sourced, String> {
        let mut problems = Problems::default();
        let read = given.read(environment, &mut problems);
        problems.finish(read).map_err(|errors| errors.to_string())
    }

    fn given(path: PathBuf) -> Given {
        Given::File(Located::new(path, Origin::Argument))
    }

    #[test]
    fn one_line_end_of_a_file_is_dropped() {
        let folder = std::env::temp_dir().join(format!("backstop-given-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        for (content, expected) in [
            ("s3cret\n", Ok("s3cret")),
            ("s3cret\r\n", Ok("s3cret")),
            ("s3cret", Ok("s3cret")),
            (" s3cret ", Ok(" s3cret ")),
            ("", Err("is empty")),
            ("\n", Err("is empty")),
            ("s3cret\n\n", Err("control character")),
            ("s3\ncret\n", Err("control character")),
        ] {
            let path = folder.join("secret");
            std::fs::write(&path, content).expect("file");
            match (read(given(path), &Environment::default()), expected) {
                (Ok(sourced), Ok(text)) => assert_eq!(sourced.secret.expose(), text),
                (Err(error), Err(words)) => {
                    assert!(error.contains(words), "{error}");
                    assert!(!error.contains("s3"), "{error}");
                }
                (result, _) => panic!("{content:?}: {result:?}"),
            }
        }
        std::fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn absent_and_empty_are_told_apart() {
        let environment: Environment = [("EMPTY", ""), ("FULL", "s3cret")].into_iter().collect();
        let by_name = |name: &str| {
            let origin = Origin::Flag("--x");
            let name = Located::new(name.to_owned(), origin);
            read(Given::Variable(name), &environment)
        };
        for (name, expected) in [
            ("EMPTY", "--x: the variable \"EMPTY\" is empty"),
            ("NONE", "--x: the variable \"NONE\" is not set"),
        ] {
            assert_eq!(by_name(name).expect_err(name), expected);
        }
        let full = by_name("FULL").expect("read");
        assert_eq!(format!("{full:?}"), "(hidden, from variable FULL)");
        let usual = environment.given("FULL").expect("set");
        let usual = read(usual, &environment).expect("read");
        assert_eq!(format!("{usual:?}"), "(hidden, from environment)");
        assert!(environment.given("EMPTY").is_none());
        let absent = given(PathBuf::from("/nowhere/at/all"));
        assert_eq!(
            read(absent, &environment).expect_err("absent"),
            "TARGET: cannot read the file /nowhere/at/all: it does not exist"
        );
    }
}
