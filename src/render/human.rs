//! A report to be read by somebody who is tired: the place, a line a stage, what is wrong and what
//! to do about it, what was not proven, and the verdict on the last line.

use std::borrow::Borrow;
use std::io::{self, Write};

use super::text::Paragraph;
use crate::report::{Report, Verdict};

mod closing;
mod header;
#[cfg(test)]
pub(super) mod samples;
mod stages;
#[cfg(test)]
mod tests;
mod trouble;
mod words;

pub use words::{bytes, objects};

/// Writes the reports one after the other, and behind several of them one line for all.
pub(super) fn write<R: Borrow<Report>>(reports: &[R], out: &mut dyn Write) -> io::Result<()> {
    let reports: Vec<&Report> = reports.iter().map(Borrow::borrow).collect();
    for (index, report) in reports.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        header::write(report, out)?;
        stages::write(report, out)?;
        trouble::write(report, out)?;
        closing::write(report, out)?;
    }
    if reports.len() > 1 {
        writeln!(out)?;
        write_sum(&reports, out)?;
    }
    Ok(())
}

/// Writes what is not fine in a report: the cause, what was said, and what to do.
///
/// # Errors
///
/// Those of the writer.
pub fn causes(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    trouble::write(report, out)
}

/// Writes one line for several targets: the worst verdict, and who has which.
fn write_sum(reports: &[&Report], out: &mut dyn Write) -> io::Result<()> {
    let worst_first = [
        Verdict::Failed,
        Verdict::Unknown,
        Verdict::Degraded,
        Verdict::Passed,
    ];
    let names = |verdict: Verdict| {
        let of = reports.iter().filter(|report| report.verdict == verdict);
        of.map(|report| report.target.name.as_str())
            .collect::<Vec<_>>()
    };
    let present = worst_first
        .into_iter()
        .filter(|verdict| !names(*verdict).is_empty());
    let mut line = Paragraph::default();
    for (index, verdict) in present.enumerate() {
        let names = names(verdict);
        line = if index == 0 {
            let of_all = format!("{} of {} targets", names.len(), reports.len());
            line.add(
                words::verdict_style(verdict),
                &format!("{}:", verdict.name()),
            )
            .add(super::style::PLAIN, &of_all)
        } else {
            let text = format!("{} {}", names.len(), verdict.name());
            line.mark(";").add(super::style::PLAIN, &text)
        };
        if verdict != Verdict::Passed {
            line = line.add(super::style::PLAIN, &format!("({})", names.join(", ")));
        }
    }
    line.write(out, "")
}
