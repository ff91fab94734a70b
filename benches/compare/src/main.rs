//! Measures Backstop side by side with other clients on one real MinIO, and prints what was asked
//! and what was reached.
//!
//! `benches/run` builds the release binary and runs this; `benches/install-peers` installs the
//! other clients. Only ratios of one run mean anything: machines differ, and are busy.
//!
//! # Why
//!
//! It is a program of its own, not a `[[bench]]`, so that the binary it measures is the one that
//! `cargo build --release` makes for users, without the features that tests switch on.

mod bench;
mod cycle;
mod peers;
mod sample;
mod transfers;
mod trips;

use std::process::ExitCode;

/// A result whose error is only ever printed.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        // How this program calls itself.
        [sample::MEASURE, commands @ ..] => sample::measure(commands).map(ExitCode::from),
        [cycle::CYCLE, endpoint, bucket, from, to] => {
            cycle::run(endpoint, bucket, from, to).map(|()| ExitCode::SUCCESS)
        }
        ["transfers", runs @ ..] => {
            bench::print_transfers(runs.first().copied()).map(|()| ExitCode::SUCCESS)
        }
        _ => bench::print(words.first().copied()).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}
