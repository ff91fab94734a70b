//! From a finished report to causes and remedies: pure.
//!
//! One cause is told once, with every check it explains. What the service said stays beside it as
//! evidence, and every remedy is something that somebody can do.

mod causes;
mod identity;
mod lies;
mod words;

use crate::report::{
    Access, CheckRecord, Diagnosis, ErrorRecord, FindingCode, Level, Outcome, Report,
};

use words::Words;

/// Returns the causes of what is not fine in a report: what failed first, then what is unknown.
#[must_use]
pub fn diagnose(report: &Report, bucket_word: &str) -> Vec<Diagnosis> {
    let words = Words::new(report, bucket_word);
    let mut found: Vec<Diagnosis> = Vec::new();
    let bad = |outcome: Outcome| {
        let checks = report.checks.iter();
        checks.filter(move |record| is_bad(record) && record.outcome == outcome)
    };
    let failed = bad(Outcome::Failed).chain(bad(Outcome::Unsupported));
    for record in failed.chain(bad(Outcome::Inconclusive)) {
        let diagnosis = match errors(record) {
            Some(error) => Some(causes::of_error(record, error, &words)),
            None => lies::of_finding(record),
        };
        match (found.first_mut(), diagnosis) {
            // What could not be told for want of anything to ask is explained by what failed.
            (Some(cause), Some(_)) if is_echo(record) => cause.checks.push(record.id.clone()),
            (_, Some(diagnosis)) => merge(&mut found, diagnosis),
            (_, None) => {}
        }
    }
    if report.access == Access::Full && found.iter().any(|it| it.code == causes::DENIED) {
        for (record, error) in denied(report) {
            merge(&mut found, causes::of_error(record, error, &words));
        }
    }
    found
}

/// Returns the denials that do not fail the run, which full access names all the same.
fn denied(report: &Report) -> impl Iterator<Item = (&CheckRecord, &ErrorRecord)> {
    let skipped = report.checks.iter().filter(|record| {
        let finding = record.finding.as_ref();
        finding.is_some_and(|finding| finding.code == FindingCode::Denied)
    });
    skipped.filter_map(|record| Some((record, errors(record)?)))
}

fn is_echo(record: &CheckRecord) -> bool {
    let finding = record.finding.as_ref();
    finding.is_some_and(|finding| finding.code == FindingCode::NothingThere)
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
            add_new(&mut held.evidence, new.evidence);
            add_new(&mut held.remedies, new.remedies);
        }
        None => found.push(new),
    }
}

/// Adds the lines that are not there yet, before the first one that both share: what is general
/// stays at the end.
fn add_new(lines: &mut Vec<String>, more: Vec<String>) {
    let shared = lines.iter().position(|line| more.contains(line));
    let mut at = shared.unwrap_or(lines.len());
    for line in more {
        if !lines.contains(&line) {
            lines.insert(at, line);
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests;
