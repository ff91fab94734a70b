//! From a finished report to causes and remedies: pure.
//!
//! One cause is told once, with every check it explains. What the service said stays beside it as
//! evidence, and every remedy is something that somebody can do.

mod causes;
mod lies;
mod words;

use crate::report::{CheckRecord, Diagnosis, ErrorRecord, Level, Outcome, Report};

use words::Words;

/// Returns the causes of what is not fine in a report, in the order of its checks.
#[must_use]
pub fn diagnose(report: &Report, bucket_word: &str) -> Vec<Diagnosis> {
    let words = Words::new(report, bucket_word);
    let mut found: Vec<Diagnosis> = Vec::new();
    for record in report.checks.iter().filter(|record| is_bad(record)) {
        let diagnosis = match errors(record) {
            Some(error) => causes::of_error(record, error, &words),
            None => match lies::of_finding(record) {
                Some(diagnosis) => diagnosis,
                None => continue,
            },
        };
        merge(&mut found, diagnosis);
    }
    found
}

fn is_bad(record: &CheckRecord) -> bool {
    matches!(record.outcome, Outcome::Failed | Outcome::Inconclusive)
        || (record.outcome == Outcome::Unsupported && record.level == Level::Required)
}

fn errors(record: &CheckRecord) -> Option<&ErrorRecord> {
    record.finding.as_ref()?.error.as_ref()
}

/// Adds a diagnosis to the one of the same cause, where there is one.
fn merge(found: &mut Vec<Diagnosis>, new: Diagnosis) {
    let same = found
        .iter_mut()
        .find(|held| held.code == new.code && held.title == new.title);
    match same {
        Some(held) => {
            held.checks.extend(new.checks);
            for (lines, more) in [
                (&mut held.evidence, new.evidence),
                (&mut held.remedies, new.remedies),
            ] {
                for line in more {
                    if !lines.contains(&line) {
                        lines.push(line);
                    }
                }
            }
        }
        None => found.push(new),
    }
}

#[cfg(test)]
mod tests;
