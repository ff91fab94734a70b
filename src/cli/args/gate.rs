//! The arguments of `gate`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::output::{PlainFormat, parse_plain};
use super::{FileArgs, UrlArgs, parse_filled, parse_timeout};
use crate::config::{parse_duration, parse_size};

pub(in crate::cli) const EXAMPLES: &str = "\
It verifies TARGET now, finds the newest complete backup, and asks nine conditions of
it; backstop explain CONDITION has the manual of each. What is asked and cannot be
answered blocks. The first line tells the decision and what was not asked:

  allow: 7 of 9 conditions; not asked: ours, restorable

An override lets a pipeline go on: it ends with 0, is called overridden and never
allow, on standard output, on standard error and in the record. A pipeline that must
know the difference reads decision in the record.

Versions are compared number by number: 1.10 is later than 1.9, 1.2 is 1.2.0,
2.0.0-rc.1 is earlier than 2.0.0, a leading v says nothing, and what follows a + is
neither earlier nor later, but another build.

Exit codes:
  0        allow, or overridden
  1        a bug in backstop
  2        wrong arguments or configuration; nothing was decided
  3        block: a condition fails
  4        block: none fails, and some could not be answered
  130 143  ended by SIGINT, SIGTERM

Examples:
  backstop gate primary
  backstop gate primary --wait 30m --read --output decision.json
  backstop gate primary --from-version 2.3.1 --restorable-by 2.4.0 --window 4h
  backstop gate primary --override 'INC-4711: the restore was proven by hand'";

const MAX_AGE_HELP: &str = "The greatest age, from the backup's start, by the server's clock \
                            [default: max_age of the kind, else 24h]";
const MIN_SIZE_HELP: &str = "The smallest size, such as 10MiB [default: min_size of the kind]";

/// The arguments of `gate`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct GateArgs {
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// The kind of backup that is needed.
    #[arg(long, value_name = "KIND", default_value = "upgrade", value_parser = kinds())]
    pub(in crate::cli) kind: String,
    /// This backup, instead of the newest complete one.
    #[arg(long, value_name = "ID", value_parser = parse_filled)]
    pub(in crate::cli) backup: Option<String>,
    #[arg(long, value_name = "TIME", value_parser = parse_timeout, help = MAX_AGE_HELP)]
    pub(in crate::cli) max_age: Option<Duration>,
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help = MIN_SIZE_HELP)]
    pub(in crate::cli) min_size: Option<u64>,
    /// By how much it may be smaller than the backup before it; 100% asks nothing [default: 50%].
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    pub(in crate::cli) shrink: Option<u8>,
    /// The version that runs now, which must have made the backup.
    #[arg(long, value_name = "VERSION", value_parser = parse_filled)]
    pub(in crate::cli) from_version: Option<String>,
    /// The version that is to be installed, which must be able to restore the backup.
    #[arg(long, value_name = "VERSION", value_parser = parse_filled)]
    pub(in crate::cli) restorable_by: Option<String>,
    /// How long from now no credential may end, such as 4h.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(in crate::cli) window: Option<Duration>,
    /// Reads every byte of the backup and compares its hashes.
    #[arg(long)]
    pub(in crate::cli) read: bool,
    /// Waits this long for a backup that is being made.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(in crate::cli) wait: Option<Duration>,
    /// Lets it go on whatever stands in the way, for this written reason, which is kept.
    #[arg(long = "override", value_name = "REASON", value_parser = parse_reason)]
    pub(in crate::cli) reason: Option<String>,
    /// The longest the verification may take, clean-up included, and the search as well [default: 60s].
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    pub(in crate::cli) timeout: Option<Duration>,
    #[command(flatten)]
    pub(in crate::cli) file: FileArgs,
    // What has a heading of its own comes last, since a heading holds for all that follow.
    #[command(flatten)]
    pub(in crate::cli) url: UrlArgs,
    #[command(flatten)]
    pub(in crate::cli) output: GateOutput,
}

/// What is written of a decision, and where to.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Output")]
pub(in crate::cli) struct GateOutput {
    /// The format on standard output: human, or json for the record in a line.
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = parse_plain)]
    pub(in crate::cli) format: PlainFormat,
    /// Writes the record to a file as well, in JSON; human=PATH writes what people read. May be given again.
    #[arg(long, value_name = "[FORMAT=]PATH", value_parser = parse_file)]
    pub(in crate::cli) output: Vec<RecordFile>,
    /// Says nothing when it allows.
    #[arg(long, short)]
    pub(in crate::cli) quiet: bool,
    /// Shows each request with its id on standard error.
    #[arg(long, short, conflicts_with = "quiet")]
    pub(in crate::cli) verbose: bool,
}

/// A file that a decision is written to.
#[derive(Debug, Clone)]
pub(in crate::cli) struct RecordFile {
    pub(in crate::cli) format: PlainFormat,
    pub(in crate::cli) path: PathBuf,
}

fn kinds() -> clap::builder::PossibleValuesParser {
    ["on-demand", "upgrade", "scheduled"].into()
}

fn parse_percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').and_then(|text| text.parse().ok());
    number
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| "expected a part of a hundred such as 50%".to_owned())
}

fn parse_reason(text: &str) -> Result<String, String> {
    let reason = text.trim();
    if reason.is_empty() {
        return Err("it is empty; expected why it goes on all the same, in words".to_owned());
    }
    Ok(reason.to_owned())
}

fn parse_file(text: &str) -> Result<RecordFile, String> {
    let named = text.split_once('=');
    let named = named.and_then(|(word, path)| Some((parse_plain(word).ok()?, path)));
    let (format, path) = named.unwrap_or((PlainFormat::Json, text));
    if path.is_empty() {
        return Err("expected a path such as decision.json".to_owned());
    }
    Ok(RecordFile {
        format,
        path: PathBuf::from(path),
    })
}
