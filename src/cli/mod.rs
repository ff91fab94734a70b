//! The command line: arguments as given, one file a command, and the exit codes.
//!
//! | file | holds |
//! | --- | --- |
//! | `args` | every argument, exactly as it was given |
//! | `targets` | TARGET arguments to validated targets |
//! | `verify`, `backup`, `gate`, `config`, `job`, `policy`, `ticket`, `diff`, `explain`, `demo`, `completions` | one command each |
//! | `object` | single objects, with a file a verb |
//! | `place` | a target that objects are written to and read from, with its progress |
//! | `trouble` | what went wrong with an object, with its cause and remedy |
//! | `report_file` | reports from a file or standard input |
//! | `state`, `turns` | what this host remembers from run to run, and that runs do not overlap |
//! | `plugin` | the ways of a plugin of Nagios |
//! | `comment` | comments in what is printed for another program |
//! | `console` | lines on standard error |
//! | `exit` | the exit codes, and how the program ends |
//!
//! Results go to standard output and everything else to standard error.

mod answer;
mod args;
mod backup;
mod comment;
mod completions;
mod config;
mod console;
#[cfg(feature = "demo")]
mod demo;
mod diff;
mod exit;
mod explain;
mod gate;
mod job;
mod object;
mod place;
mod plugin;
mod policy;
mod report_file;
mod run;
mod state;
mod targets;
mod ticket;
mod trouble;
mod turns;
mod vantage;
mod verify;

pub use args::Args;
pub use exit::{Exit, catch_panics};
pub use run::run;
