//! `completions`: a script for a shell.

use clap::CommandFactory as _;

use super::args::{Args, CompletionsArgs};
use super::console;
use super::exit::Exit;
use super::run::Mistake;

/// Prints the script.
pub(super) fn run(args: &CompletionsArgs) -> Result<Exit, Mistake> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "backstop", &mut script);
    console::print(&script).map_err(Mistake::stdout)?;
    Ok(Exit::Passed)
}
