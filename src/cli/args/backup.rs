//! The arguments of `backup`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args as ClapArgs, Subcommand};

use super::{FileArgs, OutputArgs, PlaceArgs, UrlArgs, parse_filled, parse_timeout};
use crate::backup::{Kind, Which};
use crate::config::parse_size;
use crate::gate::Range;

pub(super) const EXAMPLES: &str = "\
A backup is complete when its manifest is there, which is written last. Credentials that may only
put and get find the newest one by <kind>/latest.json; credentials that may only put push, and the
table targets.NAME.reader of the configuration names others that read.

Examples:
  pg_dump app | backstop backup push - primary --kind upgrade --name app.sql --app-version 4.2
  backstop backup push /var/backups/app primary --kind scheduled
  backstop backup list primary
  backstop backup status primary --kind upgrade --max-age 2h
  backstop backup verify --all primary --read
  backstop backup pull latest primary restored
  backstop backup prune primary --keep-last 7 --keep-days 30 --output plan.json
  backstop backup prune primary --plan plan.json

Exit codes:
  0        done; status, verify: all is well
  1        a bug in backstop
  2        wrong arguments or configuration
  3        refused or failed; status: too old, too small or not there; verify: something deviates
  4        it could not be found out
  130 143  ended by SIGINT, SIGTERM";

/// What is done with backups.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BackupCommand {
    /// Pushes a file, a folder or standard input as one backup.
    Push(PushArgs),
    /// Pulls a backup, proves every byte, and goes on where an earlier pull was cut off.
    Pull(PullArgs),
    /// Lists backups with their age by the server's clock, complete or not.
    List(BackupListArgs),
    /// Tells whether the newest complete backup of each kind is fresh enough.
    Status(StatusArgs),
    /// Looks whether everything that a manifest names is there, as it was written.
    #[command(allow_missing_positional = true)]
    Verify(VerifyBackupArgs),
    /// Plans which backups go, and removes with --plan exactly what is in the plan and still true.
    Prune(PruneArgs),
}

/// The arguments of `backup push`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PushArgs {
    /// A file, a folder, or - for standard input.
    #[arg(value_name = "FILE|DIR|-")]
    pub(in crate::cli) source: PathBuf,
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// Why it is made.
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(in crate::cli) kind: String,
    /// What it is called, beside its time [default: the name of FILE or DIR, else backup].
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
    /// The version of the application that made what is in it.
    #[arg(long, value_name = "VERSION", value_parser = parse_filled)]
    pub(in crate::cli) app_version: Option<String>,
    /// The versions that can restore it, such as ">=4.2, <6".
    #[arg(long, value_name = "RANGE", value_parser = parse_range)]
    pub(in crate::cli) restorable_by: Option<String>,
    /// Whose it is [default: installation of the configuration file].
    #[arg(long, value_name = "NAME", value_parser = parse_filled)]
    pub(in crate::cli) installation: Option<String>,
    /// Makes a backup also where there is not a single byte to back up.
    #[arg(long)]
    pub(in crate::cli) allow_empty: bool,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
}

/// The arguments of `backup pull`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PullArgs {
    /// The id of a backup, or latest.
    #[arg(value_name = "ID|latest", value_parser = Which::parse)]
    pub(in crate::cli) which: Which,
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// The folder to pull to, in which nothing is overwritten; - for standard output.
    #[arg(value_name = "DEST|-")]
    pub(in crate::cli) destination: PathBuf,
    /// The kind it is of [default: any].
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(in crate::cli) kind: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
}

/// The arguments of `backup list`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct BackupListArgs {
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// Of which kind [default: all].
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(in crate::cli) kind: Option<String>,
    /// The format: human or json (JSON Lines, one object a backup).
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json"])]
    pub(in crate::cli) format: String,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
}

/// The arguments of `backup status`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct StatusArgs {
    /// Names from the configuration file, or URLs; without any, every target of the file that has
    /// kinds.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) targets: Vec<String>,
    /// Of which kinds [default: those of the configuration].
    #[arg(long, value_name = "KIND,...", value_delimiter = ',', value_parser = kinds())]
    pub(in crate::cli) kind: Vec<String>,
    /// How old the newest complete one may be [default: the configuration's].
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    pub(in crate::cli) max_age: Option<Duration>,
    /// The bytes that it has at least, such as 10MiB [default: the configuration's].
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(in crate::cli) min_size: Option<u64>,
    /// The longest it may take for one target [default: 60s].
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    pub(in crate::cli) timeout: Option<Duration>,
    #[command(flatten)]
    pub(in crate::cli) file: FileArgs,
    #[command(flatten)]
    pub(in crate::cli) url: UrlArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
}

/// The arguments of `backup verify`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct VerifyBackupArgs {
    /// The id of a backup, or latest.
    #[arg(value_name = "ID|latest", value_parser = Which::parse, required_unless_present = "all")]
    pub(in crate::cli) which: Option<Which>,
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// Verifies every complete backup.
    #[arg(long, conflicts_with = "which")]
    pub(in crate::cli) all: bool,
    /// Reads every byte and compares its hash.
    #[arg(long)]
    pub(in crate::cli) read: bool,
    /// Of which kind [default: any].
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(in crate::cli) kind: Option<String>,
    /// The format: human or json (JSON Lines, one object a backup).
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json"])]
    pub(in crate::cli) format: String,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
}

/// The arguments of `backup prune`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PruneArgs {
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// Keeps this many complete backups of each kind, the newest first.
    #[arg(long, value_name = "N", required_unless_present_any = ["plan", "keep_days"])]
    pub(in crate::cli) keep_last: Option<u32>,
    /// Keeps complete backups for this many days.
    #[arg(long, value_name = "DAYS")]
    pub(in crate::cli) keep_days: Option<u32>,
    /// Of which kind [default: all].
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(in crate::cli) kind: Option<String>,
    /// Writes the plan to this file instead of standard output; it must not exist yet.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Removes what is in this plan and still true.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["keep_last", "keep_days", "kind", "output"])]
    pub(in crate::cli) plan: Option<PathBuf>,
    /// Removes without asking.
    #[arg(long, requires = "plan")]
    pub(in crate::cli) yes: bool,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
}

/// Takes a range that the gate can read: a wrong one would be noticed when the backup is needed.
fn parse_range(text: &str) -> Result<String, String> {
    let range = text.trim();
    match Range::parse(range) {
        Some(_) => Ok(range.to_owned()),
        None => Err("it is no range; expected one such as \">=4.2 <6\" or 4.2..5.9".to_owned()),
    }
}

fn kinds() -> PossibleValuesParser {
    Kind::ALL.map(Kind::name).into()
}
