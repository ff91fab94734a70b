//! From arguments to the command that does it.

use std::fmt;
use std::io;

use crate::config::{ConfigError, ConfigErrors, Environment};

use super::args::{Args, Command};
use super::console;
use super::exit::Exit;
use super::{
    backup, completions, config, diff, explain, gate, job, object, plugin, policy, ticket, verify,
};

/// A mistake in the arguments or the configuration, as it is told.
#[derive(Debug)]
pub(super) struct Mistake(String);

impl Mistake {
    /// Creates a mistake out of a lower-case sentence fragment.
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }

    /// Tells that standard output cannot be written to.
    #[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
    pub(super) fn stdout(error: io::Error) -> Self {
        Self(format!("cannot write to standard output: {error}"))
    }

    /// Tells that the asynchronous runtime cannot be started.
    #[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
    pub(super) fn runtime(error: io::Error) -> Self {
        Self(format!("the runtime cannot be started: {error}"))
    }

    /// Tells that signals cannot be listened for.
    #[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
    pub(super) fn signals(error: io::Error) -> Self {
        Self(format!("cannot listen for signals: {error}"))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ConfigErrors> for Mistake {
    fn from(errors: ConfigErrors) -> Self {
        Self(errors.to_string())
    }
}

impl From<ConfigError> for Mistake {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

/// Runs a command and returns how the program ends.
#[must_use]
pub fn run(args: Args) -> Exit {
    let environment = Environment::of_process();
    let result = match args.command {
        Command::Verify(args) => verify::run(&args, &environment),
        Command::Object { command } => object::run(&command, &environment),
        Command::Backup { command } => backup::run(&command, &environment),
        Command::Gate(args) => gate::run(&args, &environment),
        Command::Config { command } => config::run(&command, &environment),
        Command::Job(args) => job::run(&args, &environment),
        Command::Policy(args) => policy::run(&args, &environment),
        Command::Ticket(args) => ticket::run(&args, &environment),
        Command::Diff(args) => diff::run(&args),
        #[cfg(feature = "demo")]
        Command::Demo(args) => super::demo::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Completions(args) => completions::run(&args),
    };
    result.unwrap_or_else(|mistake| {
        console::complain(&mistake);
        if plugin::is_wanted() {
            return plugin::end(&mistake.to_string(), false);
        }
        Exit::Usage
    })
}
