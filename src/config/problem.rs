//! What is wrong with a configuration.

use std::fmt;

use thiserror::Error;

use super::origin::Origin;

/// One thing that is wrong: where, what, and what was expected.
///
/// It never repeats the value of a field that may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{origin}: {problem}")]
pub struct ConfigError {
    origin: Origin,
    problem: String,
}

impl ConfigError {
    /// Creates an error; the problem is a lower-case sentence fragment.
    #[must_use]
    pub fn new(origin: &Origin, problem: impl Into<String>) -> Self {
        Self {
            origin: origin.clone(),
            problem: problem.into(),
        }
    }

    /// Returns where the problem is.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns what is wrong and what was expected.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// Everything that is wrong, in the order of the file; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// Returns each error.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

/// Gathers errors, so that all of them are reported at once, and risks, which stop nothing.
#[derive(Debug, Default)]
pub(super) struct Problems {
    errors: Vec<ConfigError>,
    risks: Vec<String>,
}

impl Problems {
    /// Adds one.
    pub(super) fn add(&mut self, error: ConfigError) {
        self.errors.push(error);
    }

    /// Adds what is risky but not wrong, in a sentence without a period.
    pub(super) fn risk(&mut self, risk: String) {
        if !self.risks.contains(&risk) {
            self.risks.push(risk);
        }
    }

    /// Returns the risks that were added since this was last asked.
    pub(super) fn take_risks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.risks)
    }

    /// Keeps the error of a result and returns its value.
    pub(super) fn keep<T>(&mut self, result: Result<T, ConfigError>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// Keeps the error of a result and returns its value, of an optional one.
    pub(super) fn keep_some<T>(&mut self, result: Option<Result<T, ConfigError>>) -> Option<T> {
        self.keep(result?)
    }

    /// Returns the value if there is one and nothing was wrong.
    ///
    /// # Errors
    ///
    /// Everything that was wrong.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, ConfigErrors> {
        self.errors.sort_by_key(|error| match error.origin() {
            Origin::File { line, .. } => *line,
            _ => 0,
        });
        // The TOML parser tells some mistakes twice.
        self.errors.dedup();
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(ConfigErrors(self.errors)),
        }
    }
}
