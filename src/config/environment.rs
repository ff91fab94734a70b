//! The environment's variables, as a value.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use backstop_contract::Secret;

use super::credentials_file::{self, LaidOver};
use super::given::Given;
use super::origin::{Located, Origin};
use super::problem::ConfigError;
use super::systemd;

/// The environment's variables at one moment.
///
/// It is a value rather than a global so that every reader can be tested; its `Debug` shows names
/// alone, because values may be secrets.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
    laid_over: Option<Arc<LaidOver>>,
}

/// A variable and where it is set.
#[derive(Clone)]
pub(super) struct Variable {
    pub(super) value: Secret,
    pub(super) place: Place,
}

/// Where a variable is set.
#[derive(Clone)]
pub(super) enum Place {
    /// In the environment of the process.
    Process,
    /// In a file of `$CREDENTIALS_DIRECTORY` of this name.
    Systemd(String),
    /// In the file of `--credentials`.
    File { source: Arc<str>, at: Origin },
}

impl Variable {
    /// Returns where the variable is set, in printable words.
    pub(super) fn source(&self) -> String {
        match &self.place {
            Place::Process => "environment".to_owned(),
            Place::Systemd(file) => format!("systemd credential {file}"),
            Place::File { source, .. } => source.to_string(),
        }
    }

    fn origin(&self, name: &str) -> Origin {
        match &self.place {
            Place::Process => Origin::Variable(name.to_owned()),
            Place::Systemd(file) => Origin::Systemd(file.clone()),
            Place::File { at, .. } => at.clone(),
        }
    }
}

impl Environment {
    /// Returns the variables of this process; one that is not UTF-8 counts as absent.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// Returns the variables with those that systemd keeps as credentials, and with those of a
    /// file of credentials to lay over them; `-` is standard input.
    ///
    /// A file in `$CREDENTIALS_DIRECTORY` fills the variable of its name where that is not set.
    /// What the file given here says is in force for every target without credentials of its own,
    /// and no other variable with credentials is then, so that nothing mixes.
    ///
    /// # Errors
    ///
    /// The folder or the file cannot be read, or the file is none that is known. No value is
    /// repeated.
    pub fn with_credentials(&self, file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut loaded = self.clone();
        if let Some(folder) = self.get(systemd::VARIABLE) {
            for (name, variable) in systemd::read(Path::new(folder))? {
                loaded.variables.entry(name).or_insert(variable);
            }
        }
        if let Some(file) = file {
            let profile = self.get("AWS_PROFILE");
            loaded.laid_over = Some(Arc::new(credentials_file::read(file, profile)?));
        }
        Ok(loaded)
    }

    /// Returns the variables without those that hold credentials.
    pub(super) fn without_credentials(&self) -> Self {
        let mut variables = self.variables.clone();
        variables.retain(|name, _| !credentials_file::is_credential(name));
        let laid_over = None;
        Self {
            variables,
            laid_over,
        }
    }

    /// Returns what is in force for a target that names its own credentials, or one that does not.
    pub(super) fn in_force(&self, own_credentials: bool) -> Cow<'_, Self> {
        let Some(over) = &self.laid_over else {
            return Cow::Borrowed(self);
        };
        let mut variables = self.variables.clone();
        if own_credentials {
            let laid_over = None;
            return Cow::Owned(Self {
                variables,
                laid_over,
            });
        }
        variables.retain(|name, _| !over.puts_out(name));
        variables.extend(over.variables.clone());
        Cow::Owned(Self {
            variables,
            laid_over: Some(Arc::clone(over)),
        })
    }

    /// Returns the file that was laid over the environment.
    pub(super) fn laid_over(&self) -> Option<&LaidOver> {
        self.laid_over.as_deref()
    }

    /// Returns a variable; an empty one counts as absent, as it does in the services' own tools.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        Some(self.variable(name)?.value.expose())
    }

    /// Returns whether a variable is there, be it empty.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// Returns a variable that is not empty, with where it is set.
    pub(super) fn variable(&self, name: &str) -> Option<&Variable> {
        let variable = self.variables.get(name)?;
        (!variable.value.expose().is_empty()).then_some(variable)
    }

    /// Returns a variable that is no secret.
    pub(super) fn located(&self, name: &str) -> Option<Located<String>> {
        let variable = self.variable(name)?;
        let value = variable.value.expose().to_owned();
        Some(Located::new(value, variable.origin(name)))
    }

    /// Returns a variable that may be a secret.
    pub(super) fn given(&self, name: &str) -> Option<Given> {
        let variable = self.variable(name)?;
        let secret = Located::new(variable.value.clone(), variable.origin(name));
        Some(Given::Known(secret, variable.source()))
    }

    /// Returns whether a variable is set in a place that a provider does not read by itself.
    pub(super) fn is_ours(&self, name: &str) -> bool {
        let variable = self.variable(name);
        variable.is_some_and(|variable| !matches!(variable.place, Place::Process))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let of_process = |(name, value): (K, V)| {
            let value = Secret::new(value.into());
            let place = Place::Process;
            (name.into(), Variable { value, place })
        };
        Self {
            variables: pairs.into_iter().map(of_process).collect(),
            laid_over: None,
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
