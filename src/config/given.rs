//! Values that may be kept outside of the configuration: in a file or a variable.

use std::fmt;
use std::path::PathBuf;

use backstop_contract::Secret;

use super::environment::Environment;
use super::origin::{Located, Origin};
use super::problem::ConfigError;

/// The longest secret that is read from a file, in bytes: what is longer is another file.
const LONGEST: u64 = 64 * 1024;

/// A value, or where to read it.
pub(super) enum Given {
    /// The value itself.
    Inline(Located<String>),
    /// A file that holds it and nothing else.
    File(Located<PathBuf>),
    /// The name of a variable that holds it.
    Variable(Located<String>),
    /// A part of something else that was read already.
    Part(Located<Secret>),
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
    /// Names a variable that is used because the services' own tools use it.
    pub(super) fn usual_variable(name: &str) -> Self {
        let origin = Origin::Variable(name.to_owned());
        Self::Variable(Located::new(name.to_owned(), origin))
    }

    /// Returns where the value, or the reference to it, was written.
    pub(super) fn origin(&self) -> &Origin {
        match self {
            Self::Inline(value) | Self::Variable(value) => &value.origin,
            Self::File(path) => &path.origin,
            Self::Part(secret) => &secret.origin,
        }
    }

    /// Reads the value.
    ///
    /// One line end at the end of a file is dropped, since every editor writes one. A control
    /// character anywhere else cannot be part of a credential and is refused: it is what
    /// `echo secret | base64` leaves in a Kubernetes secret, and services answer it with a
    /// signature error.
    ///
    /// # Errors
    ///
    /// The file or variable is absent, unreadable, empty or malformed; the value is not repeated.
    pub(super) fn read(self, environment: &Environment) -> Result<Sourced, ConfigError> {
        let origin = self.origin().clone();
        let (text, source) = match self {
            Self::Inline(value) => (value.value, origin_words(&origin)),
            Self::Part(secret) => (secret.value.expose().to_owned(), origin_words(&origin)),
            Self::File(path) => {
                let source = format!("file {}", path.value.display());
                (read_file(&path)?, source)
            }
            Self::Variable(name) => {
                let source = match &origin {
                    Origin::File { .. } => format!("variable {}", name.value),
                    _ => "environment".to_owned(),
                };
                (read_variable(&name, environment)?, source)
            }
        };
        let secret = Secret::new(text);
        match secret.expose() {
            "" => Err(ConfigError::new(&origin, format!("the {source} is empty"))),
            text if text.chars().any(char::is_control) => Err(ConfigError::new(
                &origin,
                format!(
                    "what the {source} holds has {} characters, and a line break or another \
                     control character is among them; write it again without, as with printf \
                     instead of echo",
                    text.chars().count()
                ),
            )),
            _ => Ok(Sourced { secret, source }),
        }
    }
}

fn origin_words(origin: &Origin) -> String {
    match origin {
        Origin::File { .. } => "config file".to_owned(),
        _ => "environment".to_owned(),
    }
}

fn read_variable(name: &Located<String>, environment: &Environment) -> Result<String, ConfigError> {
    let problem = match environment.get(&name.value) {
        Some(value) => return Ok(value.to_owned()),
        None if environment.has(&name.value) => "is empty",
        None => "is not set",
    };
    let problem = format!("the variable {:?} {problem}", name.value);
    Err(ConfigError::new(&name.origin, problem))
}

fn read_file(path: &Located<PathBuf>) -> Result<String, ConfigError> {
    let shown = path.value.display();
    let refuse = |problem: String| ConfigError::new(&path.origin, problem);
    let length = std::fs::metadata(&path.value).map_err(|error| {
        refuse(format!(
            "cannot read the file {shown}: {}",
            io_words(&error)
        ))
    })?;
    if length.is_dir() {
        return Err(refuse(format!("{shown} is a folder; a file was expected")));
    }
    if length.len() > LONGEST {
        return Err(refuse(format!("the file {shown} is too long for a secret")));
    }
    let bytes = std::fs::read(&path.value).map_err(|error| {
        refuse(format!(
            "cannot read the file {shown}: {}",
            io_words(&error)
        ))
    })?;
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
            match (given(path).read(&Environment::default()), expected) {
                (Ok(sourced), Ok(text)) => assert_eq!(sourced.secret.expose(), text),
                (Err(error), Err(words)) => {
                    let error = error.to_string();
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
        for (name, expected) in [
            (
                "EMPTY",
                "environment variable EMPTY: the variable \"EMPTY\" is empty",
            ),
            (
                "NONE",
                "environment variable NONE: the variable \"NONE\" is not set",
            ),
        ] {
            let error = Given::usual_variable(name)
                .read(&environment)
                .expect_err(name);
            assert_eq!(error.to_string(), expected);
        }
        let read = Given::usual_variable("FULL")
            .read(&environment)
            .expect("read");
        assert_eq!(format!("{read:?}"), "(hidden, from environment)");
        let absent = given(PathBuf::from("/nowhere/at/all"));
        let error = absent.read(&environment).expect_err("absent");
        assert_eq!(
            error.to_string(),
            "TARGET: cannot read the file /nowhere/at/all: it does not exist"
        );
    }
}
