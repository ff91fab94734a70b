//! The command `backstop`: parse, run, exit.

use backstop::cli::{self, Args};

fn main() -> ! {
    cli::catch_panics();
    let exit = match Args::from_command_line() {
        Ok(args) => cli::run(args),
        Err(exit) => exit,
    };
    exit.now()
}
