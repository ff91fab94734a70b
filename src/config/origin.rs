//! Where a value came from, so that an error can point at it.

use std::fmt;
use std::sync::Arc;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A field of the configuration file, or a line of a file of credentials.
    File {
        /// The file as it was named.
        file: Arc<str>,
        /// The line, counted from 1.
        line: usize,
        /// The field's whole path, such as `targets.primary.s3.bucket`; empty for the line itself.
        field: String,
    },
    /// A flag of the command line, with its dashes.
    Flag(&'static str),
    /// An environment variable.
    Variable(String),
    /// A file in the folder of systemd's credentials.
    Systemd(String),
    /// The TARGET argument.
    Argument,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, field } if field.is_empty() => write!(f, "{file}:{line}"),
            Self::File { file, line, field } => write!(f, "{file}:{line}: {field}"),
            Self::Flag(flag) => f.write_str(flag),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Systemd(name) => write!(f, "systemd credential {name}"),
            Self::Argument => f.write_str("TARGET"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Located<T> {
    /// Joins a value and its origin.
    pub const fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}
