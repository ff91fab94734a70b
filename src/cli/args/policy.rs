//! The arguments of `policy`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::{FileArgs, accesses};

/// What `policy` is good for, at the end of its help.
pub(super) const EXAMPLES: &str = "\
It asks no service and needs no credentials. What it prints is a script for a shell, with
comments; words in capitals are to be replaced. With --format json it is the policy, or on
Azure the role definition, and nothing else; what is to be known goes to standard error.

With --compare it prints a table instead: what a run found missing or too much. REPORT is
what verify --format json or --output json=REPORT has written.

Examples:
  backstop policy s3://acme-backups/production --access put-get
  backstop policy primary --versioned --posture
  backstop policy azure://acmebackups/backups --access put-only --format json
  backstop policy primary --compare report.json";

/// The arguments of `policy`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PolicyArgs {
    /// A name from the configuration file, or a URL.
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: String,
    /// What the credentials are meant to be able to do [default: what the target declares].
    #[arg(long, value_name = "ACCESS", value_parser = accesses())]
    pub(in crate::cli) access: Option<String>,
    /// Adds the rights to ask the bucket about itself: versions, locks, rules.
    #[arg(long)]
    pub(in crate::cli) posture: bool,
    /// Adds the rights on the versions of objects; append-only has them anyway.
    #[arg(long)]
    pub(in crate::cli) versioned: bool,
    /// The key that objects are encrypted with [default: that of the target].
    #[arg(long, value_name = "ARN")]
    pub(in crate::cli) kms_key: Option<String>,
    /// Prints what the run of this report found missing or too much.
    #[arg(long, value_name = "REPORT")]
    pub(in crate::cli) compare: Option<PathBuf>,
    /// A script with comments, or JSON alone.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(in crate::cli) format: PolicyFormat,
    /// The region of a URL, which tells the partition of its ARNs.
    #[arg(long, value_name = "REGION")]
    pub(in crate::cli) region: Option<String>,
    /// The endpoint of a URL: a store that speaks S3 and is not Amazon's.
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) endpoint_url: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) file: FileArgs,
}

/// How a policy is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PolicyFormat {
    /// A script with comments.
    Text,
    /// JSON alone.
    Json,
}
