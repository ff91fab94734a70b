//! The arguments of `object`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand};

use super::{FileArgs, UrlArgs, parse_timeout};

/// What `object` is good for, at the end of its help.
pub(super) const EXAMPLES: &str = "\
A TARGET is a name from the configuration file or a URL, as for verify. A KEY is the name of an
object below the target's prefix; no key leads out of it.

Exit codes:
  0        done
  1        a bug in backstop
  2        wrong arguments or configuration; nothing was asked
  3        refused or failed, or what came back is not what was written
  4        no answer in time
  130 143  ended by SIGINT, SIGTERM

Examples:
  backstop object put dump.sql primary 2026/dump.sql
  pg_dump app | backstop object put - primary 2026/dump.sql --if-absent
  backstop object get primary 2026/dump.sql restored.sql
  backstop object get s3://acme-backups/production 2026/dump.sql - | psql app
  backstop object list primary 2026 --recursive --json
  backstop object delete primary 2026/dump.sql --yes";

/// What is done with single objects.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ObjectCommand {
    /// Writes a file, or what comes through a pipe, as one object.
    #[command(after_long_help = PUT_HELP)]
    Put(PutArgs),
    /// Reads an object into a file, or to standard output.
    #[command(after_long_help = GET_HELP)]
    Get(GetArgs),
    /// Lists the objects below a folder.
    List(ListArgs),
    /// Shows what the service tells of an object.
    Head(HeadArgs),
    /// Deletes objects; it asks first.
    #[command(after_long_help = DELETE_HELP)]
    Delete(DeleteArgs),
}

const PUT_HELP: &str = "\
Up to 8 MiB are sent in one request, more in parts of 8 MiB, four at a time; the parts of a pipe
grow, so that they never run out. Nothing is visible before all of it is there, and an upload that
fails or is interrupted is ended.
On S3 and MinIO each part is signed with its SHA-256, which the service compares; on Azure TLS alone
protects it on the way. Of what is sent in one request the SHA-256 is kept in its metadata.";

const GET_HELP: &str = "\
Ranges of 8 MiB are read, four at a time, into a hidden file beside FILE, which gets its name when
all of it is there and on the disk. Its length is always verified, and that nobody overwrote it
meanwhile; its SHA-256 where put wrote it in one request. To standard output, a named pipe or a
device bytes are written in order; a link is followed and stays. An object in parts is proven part
by part by backup pull, whose manifest keeps their hashes.";

const DELETE_HELP: &str = "\
Without a terminal nothing is deleted unless --yes says so. On a bucket that keeps versions an object
is hidden, and its versions stay; --version removes one of them for good. The keys of verify itself,
below its own folder, are left alone: it removes them by itself.";

/// What every command on objects takes.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PlaceArgs {
    /// The longest it may take [default: as long as bytes move].
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    pub(in crate::cli) timeout: Option<Duration>,
    /// Says nothing but what fails.
    #[arg(long, short)]
    pub(in crate::cli) quiet: bool,
    /// Shows each request with its id on standard error.
    #[arg(long, short, conflicts_with = "quiet")]
    pub(in crate::cli) verbose: bool,
    #[command(flatten)]
    pub(in crate::cli) file: FileArgs,
    // What has a heading of its own comes last, since a heading holds for all that follow.
    #[command(flatten)]
    pub(in crate::cli) url: UrlArgs,
}

/// The arguments of `object put`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PutArgs {
    /// The file, or - for standard input.
    #[arg(value_name = "FILE|-")]
    pub(in crate::cli) source: PathBuf,
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// The name of the object below the target's prefix [default: the name of the file].
    #[arg(value_name = "KEY")]
    pub(in crate::cli) key: Option<String>,
    /// Writes only where there is no object of that name.
    #[arg(long)]
    pub(in crate::cli) if_absent: bool,
    /// The storage class or access tier, such as `STANDARD_IA` or `Cool` [default: the target's].
    #[arg(long, value_name = "CLASS")]
    pub(in crate::cli) storage_class: Option<String>,
    /// What the service encrypts it with [default: the target's].
    #[arg(long, value_name = "HOW", value_parser = ["SSE-S3", "SSE-KMS"])]
    pub(in crate::cli) encryption: Option<String>,
    /// The key for SSE-KMS [default: the account's own].
    #[arg(long, value_name = "KEY", requires = "encryption")]
    pub(in crate::cli) kms_key: Option<String>,
    /// Prints what was written as JSON: size, parts with their SHA-256, version.
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
}

/// The arguments of `object get`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct GetArgs {
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// The name of the object below the target's prefix.
    #[arg(value_name = "KEY")]
    pub(in crate::cli) key: String,
    /// Where to write it, or - for standard output [default: the last word of the key].
    #[arg(value_name = "FILE|-")]
    pub(in crate::cli) destination: Option<PathBuf>,
    /// The version to read [default: the newest].
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) version: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
}

/// The arguments of `object list`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ListArgs {
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// The folder below the target's prefix [default: all of it].
    #[arg(value_name = "FOLDER")]
    pub(in crate::cli) folder: Option<String>,
    /// Lists what is in folders below it too, in place of their names.
    #[arg(long, short)]
    pub(in crate::cli) recursive: bool,
    /// Prints JSON Lines, one object a line.
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
}

/// The arguments of `object head`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct HeadArgs {
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// The name of the object below the target's prefix.
    #[arg(value_name = "KEY")]
    pub(in crate::cli) key: String,
    /// The version to ask about [default: the newest].
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) version: Option<String>,
    /// Prints JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
}

/// The arguments of `object delete`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct DeleteArgs {
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// The names of the objects below the target's prefix.
    #[arg(value_name = "KEY", required = true)]
    pub(in crate::cli) keys: Vec<String>,
    /// Removes this version of the one object for good.
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) version: Option<String>,
    /// Deletes without asking.
    #[arg(long)]
    pub(in crate::cli) yes: bool,
    #[command(flatten)]
    pub(in crate::cli) place: PlaceArgs,
}
