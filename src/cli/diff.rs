//! `diff`: two files of reports to what differs between them.

use super::args::{DiffArgs, PlainFormat};
use super::console;
use super::exit::Exit;
use super::report_file;
use super::run::Mistake;
use crate::diff::{Comparison, alone, compare, pairs};
use crate::redact::Redactor;
use crate::render::{differences, differences_json};
use crate::report::Report;

/// Compares the reports of two files.
///
/// It ends with the code of a failure where they differ, as a comparison that expects no
/// difference fails then: 1, which other programs take for that, is a bug here.
pub(super) fn run(args: &DiffArgs) -> Result<Exit, Mistake> {
    if report_file::is_stdin(&args.a) && report_file::is_stdin(&args.b) {
        return Err(Mistake::new(
            "standard input can be one of the two reports only; give a file for the other",
        ));
    }
    let mut a = report_file::read(&args.a)?;
    let mut b = report_file::read(&args.b)?;
    if args.redact {
        (a, b) = redacted(&a, &b)?;
    }
    let comparisons: Vec<_> = pairs(&a, &b)
        .into_iter()
        .filter_map(|pair| match pair {
            (Some(a), Some(b)) => Some(compare(a, b)),
            (Some(a), None) => Some(alone(a, true)),
            (None, Some(b)) => Some(alone(b, false)),
            (None, None) => None,
        })
        .collect();
    let mut text = Vec::new();
    let names = [&args.a, &args.b].map(|path| report_file::name(path));
    let written = match args.format {
        PlainFormat::Human => differences(&comparisons, (&names[0], &names[1]), &mut text),
        PlainFormat::Json => differences_json(&comparisons, &mut text),
    };
    written
        .and_then(|()| console::print(&text))
        .map_err(Mistake::stdout)?;
    if comparisons.iter().all(Comparison::is_same) {
        Ok(Exit::Passed)
    } else {
        Ok(Exit::Failed)
    }
}

/// Replaces names in both, the same ones alike.
fn redacted(a: &[Report], b: &[Report]) -> Result<(Vec<Report>, Vec<Report>), Mistake> {
    let mut redactor = Redactor::of(&[a, b].concat());
    let mut all = |reports: &[Report]| {
        let reports = reports.iter().map(|report| redactor.report(report));
        reports.collect::<Option<Vec<_>>>()
    };
    all(a).zip(all(b)).ok_or_else(super::ticket::cannot_redact)
}
