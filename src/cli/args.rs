//! Every argument, exactly as it was given.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args as ClapArgs, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::{UrlFlags, parse_duration, parse_size};
use crate::report::Access;

use super::exit::Exit;
use super::plugin;

mod backup;
mod gate;
mod object;
mod output;
mod policy;

pub(super) use backup::{
    BackupCommand, BackupListArgs, PruneArgs, PullArgs, PushArgs, StatusArgs, VerifyBackupArgs,
};
pub(super) use gate::GateArgs;
pub(super) use object::{
    DeleteArgs, GetArgs, HeadArgs, ListArgs, ObjectCommand, PlaceArgs, PutArgs,
};
pub(super) use output::{FileOutput, OutputArgs, PlainFormat};
pub(super) use policy::{PolicyArgs, PolicyFormat};

const EXIT_CODES: &str = "\
Exit codes:
  0        passed
  1        a bug in backstop
  2        wrong arguments or configuration; nothing was verified
  3        failed
  4        unknown: it could not be decided, or another run of the target is running
  5        degraded, with --strict only
  130 143  ended by SIGINT, SIGTERM
Of several targets the first of 3, 4, 5, 0 that occurs.
With --format nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, mistakes included.";

const VERIFY_EXAMPLES: &str = "\
A TARGET is a name from the configuration file or a URL:
  s3://bucket/prefix                 minio://host:port/bucket/prefix   (https)
  azure://account/container/prefix   minio+http://host:port/bucket/prefix
  https URLs and bucket ARNs as the consoles show them are taken as well, but
  for those that carry a signature.

Where the configuration names no credentials, the first of these is used:
  S3, MinIO  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY (AWS_SESSION_TOKEN)
             a profile (AWS_PROFILE), a web identity (AWS_ROLE_ARN,
             AWS_WEB_IDENTITY_TOKEN_FILE), a container's credentials
             (AWS_CONTAINER_CREDENTIALS_FULL_URI), the role of the node
  Azure      AZURE_TENANT_ID, AZURE_CLIENT_ID with one of AZURE_CLIENT_SECRET,
             AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE;
             AZURE_STORAGE_SAS_TOKEN, AZURE_STORAGE_KEY,
             AZURE_STORAGE_CONNECTION_STRING, a managed identity (of
             AZURE_CLIENT_ID)
A variable that is not set is also looked for in $CREDENTIALS_DIRECTORY, as a
file of its name. AZURE_CLOUD_NAME and AZURE_AUTHORITY_HOST name another cloud
than the public one. AWS_CA_BUNDLE (S3, MinIO), SSL_CERT_FILE and --ca-file add
to the system's certificates.

--credentials takes an AWS credentials file, lines NAME=VALUE (Velero's file is
one of these), or the JSON that az ad sp create-for-rbac, aws sts assume-role
and programs for credential_process print. No flag takes a secret itself.

Examples:
  backstop verify s3://acme-backups/production --access put-get
  backstop verify azure://acmebackups/backups
  backstop verify minio+http://127.0.0.1:9000/backups
  backstop verify                       every target of the configuration file
  backstop verify s3://acme-backups --credentials cloud-credentials
  backstop verify primary --wait 10m    until a new role has arrived
  backstop verify --quiet --quick       for cron: says nothing when all is well
  backstop verify --quick --format nagios --timeout 20s
  backstop verify --quiet --consecutive 3 --output prometheus=/var/lib/x/backstop.prom
  backstop verify --format json --output human=/var/log/backstop.txt";

const CONFIG_EXAMPLES: &str = "\
The file is the first of: --config FILE, $BACKSTOP_CONFIG, ./backstop.toml,
~/.config/backstop/config.toml, /etc/backstop/config.toml.

Examples:
  backstop config init s3://acme-backups/production --output backstop.toml
  backstop config check
  backstop config show primary";

const JOB_EXAMPLES: &str = "\
It prints a ConfigMap and a Job, with secrets by reference alone, and applies nothing:
what it says at its top is left to do. Credentials that a pod has by itself (the role of
its node, the identity of its service account) are the pod's.

Examples:
  backstop job primary --namespace backups --service-account velero
  backstop job s3://acme-backups/production --image registry.example.com/backstop:1.0";

const EXPLAIN_EXAMPLES: &str = "\
Checks are named in a report beside their outcome, causes in square brackets, conditions in a
decision of the gate. It asks nothing of any service.

Examples:
  backstop explain get-range
  backstop explain missing-permission
  backstop explain fresh
  backstop explain --all > manual.md";
const TICKET_EXAMPLES: &str = "\
It verifies TARGET and writes a ticket about what was refused; with --from it takes a report that
is there already. Where no credentials are set yet, or with --unverified, no service is asked: the
ticket then asks for what the access needs.

Exit codes:
  0        the ticket was written, whatever the verdict
  1        a bug in backstop
  2        wrong arguments, configuration or report; nothing was written
  130 143  ended by SIGINT, SIGTERM

Examples:
  backstop ticket s3://acme-backups/production --access put-get
  backstop ticket primary --redact
  backstop verify primary --format json | backstop ticket --from -";

const DIFF_EXAMPLES: &str = "\
Targets are matched by name; two files with one report each are compared whatever the names are.
Times and ids are no differences; a check that took ten times as long and more than a second is.

Exit codes:
  0        nothing of weight differs
  1        a bug in backstop
  2        wrong arguments, or a file that cannot be read
  3        something differs

Examples:
  backstop diff staging.json production.json
  backstop verify primary --format json | backstop diff yesterday.json -";

const CONFIG_HELP: &str = "The configuration file [default: $BACKSTOP_CONFIG, ./backstop.toml, \
                           ~/.config/backstop/config.toml, /etc/backstop/config.toml]";

/// Proves that backup storage will take a backup and give it back.
///
/// Backstop puts, reads back and removes objects of its own under PREFIX/.backstop/ and tells in
/// one word whether backups will work there; where they will not, it tells who is to blame and
/// what exactly to ask for. It never touches anything else in the bucket.
#[derive(Debug, Parser)]
#[command(name = "backstop", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Verifies storage: one target, several, or all of the configuration file.
    #[command(after_long_help = format!("{VERIFY_EXAMPLES}\n\n{EXIT_CODES}"))]
    Verify(Box<VerifyArgs>),
    /// Writes, reads, lists and deletes single objects.
    #[command(after_long_help = object::EXAMPLES)]
    Object {
        #[command(subcommand)]
        command: Box<ObjectCommand>,
    },
    /// Pushes, pulls, lists, verifies and prunes backups, and tells whether they are fresh.
    #[command(after_long_help = backup::EXAMPLES)]
    Backup {
        #[command(subcommand)]
        command: Box<BackupCommand>,
    },
    /// Allows an upgrade, only if a fresh, complete backup is there and storage works.
    #[command(after_long_help = gate::EXAMPLES)]
    Gate(Box<GateArgs>),
    /// Makes, checks and shows the configuration file.
    #[command(after_long_help = CONFIG_EXAMPLES)]
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Prints a Kubernetes Job that verifies where the identity is.
    #[command(after_long_help = JOB_EXAMPLES)]
    Job(Box<JobArgs>),
    /// Prints the smallest policy for what credentials are meant to be able to do.
    #[command(after_long_help = policy::EXAMPLES)]
    Policy(Box<PolicyArgs>),
    /// Writes what to send to the cloud or the network team, in Markdown.
    #[command(after_long_help = TICKET_EXAMPLES)]
    Ticket(Box<TicketArgs>),
    /// Compares two reports: staging and production, laptop and pod, yesterday and today.
    #[command(after_long_help = DIFF_EXAMPLES)]
    Diff(DiffArgs),
    /// Shows on a small embedded server what backstop finds, on healthy storage and on broken.
    #[cfg(feature = "demo")]
    Demo(DemoArgs),
    /// Explains a check, a cause or a condition of the gate: what it is, why it matters, how to fix it.
    #[command(after_long_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Prints a completion script for a shell.
    Completions(CompletionsArgs),
}

/// The arguments of `verify`.
#[derive(Debug, ClapArgs)]
pub(super) struct VerifyArgs {
    /// Names from the configuration file, or URLs; without any, every target of the file.
    #[arg(value_name = "TARGET")]
    pub(super) targets: Vec<String>,
    /// Runs only these checks and what they need, such as put-object,get-range.
    #[arg(long, value_name = "CHECK,...", value_delimiter = ',')]
    pub(super) checks: Vec<String>,
    /// Makes the multipart probe this large, such as 64MiB: as large as a real part of a backup.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(super) size: Option<u64>,
    /// Makes at most eight requests, without multipart: for a run every few minutes.
    #[arg(long, conflicts_with_all = ["checks", "size"])]
    pub(super) quick: bool,
    /// Repeats a run that fails or cannot be decided until it passes or this time is over.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(super) wait: Option<Duration>,
    /// The longest one run may take, clean-up included [default: 60s].
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    pub(super) timeout: Option<Duration>,
    /// Takes degraded for a failure too, with exit code 5.
    #[arg(long)]
    pub(super) strict: bool,
    /// Lets a failure count when it is the N-th in a row; what is held back ends with exit code 0.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) consecutive: Option<u32>,
    /// Prints the certificates that the server shows, in PEM, before a report for people.
    #[arg(long, conflicts_with = "quiet")]
    pub(super) show_certificates: bool,
    #[command(flatten)]
    pub(super) file: FileArgs,
    // What has a heading of its own comes last, since a heading holds for all that follow.
    #[command(flatten)]
    pub(super) url: UrlArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Where the configuration is.
#[derive(Debug, Clone, ClapArgs)]
pub(super) struct FileArgs {
    #[arg(long, value_name = "FILE", help = CONFIG_HELP)]
    pub(super) config: Option<PathBuf>,
}

/// What completes a URL.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "With a URL")]
pub(super) struct UrlArgs {
    /// The endpoint of a store that speaks S3, or of Azure's emulator.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    #[arg(
        long,
        value_name = "REGION",
        help = "The region [default: $AWS_REGION, $AWS_DEFAULT_REGION]"
    )]
    region: Option<String>,
    /// How the bucket is addressed.
    #[arg(long, value_name = "HOW", value_parser = ["path", "virtual"])]
    addressing: Option<String>,
    /// Certificates in PEM to trust beside the system's.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// What the credentials are meant to be able to do; without it, the run tells what fits.
    #[arg(long, value_name = "ACCESS", value_parser = accesses())]
    access: Option<String>,
    /// Who the credentials have to make us, such as *:role/backup; anybody else is a failure.
    #[arg(long, value_name = "PATTERN")]
    expect_principal: Option<String>,
    /// Allows plain http beyond this machine and private addresses.
    #[arg(long)]
    allow_http: bool,
    // It is of use without a URL too, so it has no heading.
    #[command(flatten)]
    credentials: CredentialsArgs,
}

/// Credentials that are laid over the environment.
#[derive(Debug, Clone, ClapArgs)]
pub(super) struct CredentialsArgs {
    /// Takes credentials from this file, or from standard input, in place of the environment's;
    /// targets with credentials of their own keep them.
    #[arg(long, value_name = "FILE|-", help_heading = None)]
    pub(super) credentials: Option<PathBuf>,
}

impl UrlArgs {
    /// Returns the flags as the configuration takes them.
    pub(super) fn flags(&self) -> UrlFlags {
        let Self {
            endpoint_url,
            region,
            addressing,
            ca_file,
            access,
            expect_principal,
            allow_http,
            credentials,
        } = self;
        UrlFlags {
            endpoint_url: endpoint_url.clone(),
            region: region.clone(),
            addressing: addressing.clone(),
            ca_file: ca_file.clone(),
            access: access.clone(),
            expect_principal: expect_principal.clone(),
            allow_http: *allow_http,
            credentials: credentials.credentials.clone(),
        }
    }
}

/// What is done with the configuration file.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Prints a commented file made from a URL or the environment; it holds no secret.
    Init {
        /// The place to write about; without it, what the environment's variables say.
        #[arg(value_name = "URL")]
        url: Option<String>,
        /// Writes to this file, which must not exist yet.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Checks the file and every target in it, secrets included, without asking any service.
    Check {
        #[command(flatten)]
        file: FileArgs,
        #[command(flatten)]
        credentials: CredentialsArgs,
    },
    /// Shows the configuration that is in effect, with secrets hidden.
    Show {
        /// Names from the file, or URLs; without any, every target of the file.
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
        #[command(flatten)]
        file: FileArgs,
        #[command(flatten)]
        credentials: CredentialsArgs,
    },
}

/// The arguments of `job`.
#[derive(Debug, ClapArgs)]
pub(super) struct JobArgs {
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(super) target: String,
    /// The namespace that the Job runs in.
    #[arg(long, value_name = "N", default_value = "default")]
    pub(super) namespace: String,
    /// The service account whose identity it proves [default: the namespace's own].
    #[arg(long, value_name = "S")]
    pub(super) service_account: Option<String>,
    /// The image, which the cluster must be able to pull [default: backstop:VERSION].
    #[arg(long, value_name = "IMAGE")]
    pub(super) image: Option<String>,
    /// The Kubernetes Secret that holds the credentials [default: backstop-TARGET].
    #[arg(long, value_name = "NAME")]
    pub(super) secret: Option<String>,
    #[command(flatten)]
    pub(super) file: FileArgs,
    // What has a heading of its own comes last, since a heading holds for all that follow.
    #[command(flatten)]
    pub(super) url: UrlArgs,
}

/// The arguments of `ticket`.
#[derive(Debug, ClapArgs)]
pub(super) struct TicketArgs {
    /// A name from the configuration file, or a URL; with --from, which of its targets.
    #[arg(value_name = "TARGET", required_unless_present = "from")]
    pub(super) target: Option<String>,
    /// Takes a report that verify wrote in JSON, or standard input; nothing is verified.
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["unverified", "timeout", "config"])]
    pub(super) from: Option<PathBuf>,
    /// Replaces names, accounts and addresses, so that it can be shown to strangers.
    #[arg(long)]
    pub(super) redact: bool,
    /// Asks no service, and for what the access needs: for the time before there are credentials.
    #[arg(long)]
    pub(super) unverified: bool,
    /// The longest the run may take, clean-up included [default: 60s].
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    pub(super) timeout: Option<Duration>,
    #[command(flatten)]
    pub(super) file: FileArgs,
    // What has a heading of its own comes last, since a heading holds for all that follow.
    #[command(flatten)]
    pub(super) url: UrlArgs,
}

/// The arguments of `diff`.
#[derive(Debug, ClapArgs)]
pub(super) struct DiffArgs {
    /// A report that verify wrote in JSON, or - for standard input.
    #[arg(value_name = "A.json")]
    pub(super) a: PathBuf,
    /// The report to compare it with, or - for standard input.
    #[arg(value_name = "B.json")]
    pub(super) b: PathBuf,
    /// The format: human or json (JSON Lines, one object a target).
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = output::parse_plain)]
    pub(super) format: PlainFormat,
    /// Replaces names, accounts and addresses, the same ones alike in both.
    #[arg(long)]
    pub(super) redact: bool,
}

/// The arguments of `demo`.
#[cfg(feature = "demo")]
#[derive(Debug, ClapArgs)]
pub(super) struct DemoArgs {
    /// Leaves the server up until interrupted, and prints what to try on it.
    #[arg(long)]
    pub(super) keep: bool,
}

/// The arguments of `explain`.
#[derive(Debug, ClapArgs)]
pub(super) struct ExplainArgs {
    /// A check such as put-object, a cause such as missing-permission, or a condition such as fresh.
    #[arg(value_name = "CHECK|CODE|CONDITION", required_unless_present = "all")]
    pub(super) word: Option<String>,
    /// Prints the whole manual, in Markdown.
    #[arg(long, conflicts_with = "word")]
    pub(super) all: bool,
}

/// The arguments of `completions`.
#[derive(Debug, ClapArgs)]
pub(super) struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(super) shell: Shell,
}

impl Args {
    /// Reads the arguments of this process.
    ///
    /// # Errors
    ///
    /// How the program ends instead: after `--help` and `--version` well, after a mistake not; for a
    /// plugin of Nagios neither is an answer.
    pub fn from_command_line() -> Result<Self, Exit> {
        Self::try_parse().map_err(|error| {
            let asked = !error.use_stderr();
            if plugin::is_wanted() {
                return plugin::end(&error.to_string(), asked);
            }
            // A reader that has gone is no error.
            let _ = error.print();
            if asked { Exit::Passed } else { Exit::Usage }
        })
    }
}

fn accesses() -> PossibleValuesParser {
    Access::DECLARABLE.map(Access::name).into()
}

/// Takes a name or a version, which an unset variable of a pipeline would leave empty.
fn parse_filled(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is empty; is a variable not set?".to_owned()),
        text => Ok(text.to_owned()),
    }
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("it is zero; expected a duration such as 60s".to_owned()),
        timeout => Ok(timeout),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn values_are_taken_as_given() {
        let args = Args::try_parse_from([
            "backstop",
            "verify",
            "primary",
            "s3://b",
            "--checks",
            "put-object,get-range",
            "--size",
            "64MiB",
            "--wait",
            "10m",
            "--output",
            "json=a=b.json",
            "--output",
            "human=/x",
            "-v",
        ]);
        let Command::Verify(args) = args.expect("arguments").command else {
            panic!("another command");
        };
        assert_eq!(args.targets, ["primary", "s3://b"]);
        assert_eq!(args.checks, ["put-object", "get-range"]);
        assert_eq!(args.size, Some(64 << 20));
        assert_eq!(args.wait, Some(Duration::from_mins(10)));
        assert_eq!(args.output.output[0].path, PathBuf::from("a=b.json"));
        assert_eq!(args.output.output[1].format, crate::render::Format::Human);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for bad in [
            &["verify", "--timeout", "0s"][..],
            &["verify", "--timeout", "60"],
            &["verify", "--format", "xml"],
            &["verify", "--output", "report.json"],
            &["verify", "--access", "all"],
            &["verify", "--quiet", "-v"],
            &["verify", "--quick", "--size", "1MiB"],
            &["frobnicate"],
        ] {
            let args = std::iter::once("backstop").chain(bad.iter().copied());
            assert!(Args::try_parse_from(args).is_err(), "{bad:?}");
        }
    }
}
