//! What is written, and where to.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{FileArgs, UrlArgs, VerifyArgs};
use crate::render::Format;

/// What is written, and where to.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Output")]
pub(in crate::cli) struct OutputArgs {
    /// The format on standard output: human, json (JSON Lines, one object a target), junit, nagios
    /// (one line, and its exit codes) or prometheus.
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = parse_format)]
    pub(in crate::cli) format: Format,
    /// Writes to a file as well, such as json=report.json or prometheus=backstop.prom; may be given
    /// again.
    #[arg(long, value_name = "FORMAT=PATH", value_parser = parse_file)]
    pub(in crate::cli) output: Vec<FileOutput>,
    /// Says nothing when all is well.
    #[arg(long, short)]
    pub(in crate::cli) quiet: bool,
    /// Shows each request with its id on standard error.
    #[arg(long, short, conflicts_with = "quiet")]
    pub(in crate::cli) verbose: bool,
}

/// A file that results are written to.
#[derive(Debug, Clone)]
pub(in crate::cli) struct FileOutput {
    pub(in crate::cli) format: Format,
    pub(in crate::cli) path: PathBuf,
}

/// The formats of what is no result of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum PlainFormat {
    Human,
    Json,
}

impl VerifyArgs {
    /// Asks for everything, once, and writes nothing: for commands that have an output of their own.
    pub(in crate::cli) fn silent(file: &FileArgs, url: &UrlArgs) -> Self {
        Self {
            targets: Vec::new(),
            checks: Vec::new(),
            size: None,
            quick: false,
            wait: None,
            timeout: None,
            strict: false,
            consecutive: None,
            show_certificates: false,
            file: file.clone(),
            url: url.clone(),
            output: OutputArgs {
                format: Format::Human,
                output: Vec::new(),
                quiet: false,
                verbose: false,
            },
        }
    }
}

impl OutputArgs {
    /// Returns whether something is written in a format, be it to a file.
    pub(in crate::cli) fn writes(&self, format: Format) -> bool {
        let files = self.output.iter().map(|file| file.format);
        std::iter::once(self.format)
            .chain(files)
            .any(|it| it == format)
    }
}

pub(super) fn parse_plain(text: &str) -> Result<PlainFormat, String> {
    match text {
        "human" => Ok(PlainFormat::Human),
        "json" => Ok(PlainFormat::Json),
        _ => Err("expected human or json".to_owned()),
    }
}

fn parse_format(text: &str) -> Result<Format, String> {
    Format::from_name(text)
        .ok_or_else(|| "expected human, json, junit, nagios or prometheus".to_owned())
}

fn parse_file(text: &str) -> Result<FileOutput, String> {
    let expected = "expected FORMAT=PATH, such as json=report.json";
    let (format, path) = text.split_once('=').ok_or(expected)?;
    if path.is_empty() {
        return Err(expected.to_owned());
    }
    Ok(FileOutput {
        format: parse_format(format)?,
        path: PathBuf::from(path),
    })
}
