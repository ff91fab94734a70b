//! The command line: arguments as given, one file a command, and the exit codes.
//!
//! | file | holds |
//! | --- | --- |
//! | `args` | every argument, exactly as it was given |
//! | `targets` | TARGET arguments to validated targets |
//! | `verify`, `config`, `demo`, `explain`, `completions` | one command each |
//! | `state` | what this host remembers from run to run |
//! | `console` | lines on standard error |
//! | `exit` | the exit codes, and how the program ends |
//!
//! Results go to standard output and everything else to standard error.

mod args;
mod completions;
mod config;
mod console;
#[cfg(feature = "demo")]
mod demo;
mod exit;
mod explain;
mod job;
mod run;
mod state;
mod targets;
mod vantage;
mod verify;

pub use args::Args;
pub use exit::{Exit, catch_panics};
pub use run::run;
