//! From a finished report to causes and remedies: pure.
//!
//! One cause is told once, with every check it explains. What the service said stays beside it as
//! evidence, and every remedy is something that somebody can do.
//!
//! # The table
//!
//! Each cause is a [`Rule`] in the file of its stage; [`rules`] is all of them in order. A record
//! of the report is explained by the rule that its finding names as `cause`, else by the first
//! rule that fits it, so what is specific stands before what is general: first the files in the
//! order of `table.rs`, then the rules of a file from top to bottom. What fits nothing is
//! `unrecognized`.
//!
//! A cause behind which nothing can work ([`explains_everything`](Rule)) takes in what only echoes
//! it: refusals without a code, silence, questions that had nothing to ask about.
//!
//! # How to add a row
//!
//! 1. Write the rule into the file of its stage (`src/diagnosis/<stage>.rs`), above the general
//!    rules there: a stable code, a title in one sentence without a period, how it comes about, and
//!    remedies, each in the words of one provider or of all (`all`, `s3`, `minio`, `s3_like`, `azure`).
//! 2. Say by what it is recognized: `.when(&[..])` with kinds, codes of the service, words of its
//!    message, facts, findings, checks, a provider, or a pure function over the whole report. A rule
//!    whose cause a check names itself (`Stop::Unfit`, `Remark::Threat`) needs no `when`.
//! 3. Give it a sample in `tests/attribution/samples/<stage>.rs`: a test fails for a rule without one,
//!    for a rule that another one hides, and for a text of more than a screen.
//! 4. Let the test write the snapshot, and read it: `BACKSTOP_UPDATE_SNAPSHOTS=1 cargo test --test
//!    suite attribution::snapshots`.

mod access;
mod authorize;
mod case;
mod denial;
mod entra;
mod forms;
mod group;
mod identity;
mod lies;
mod manual;
mod posture;
mod protocol;
mod reach;
mod rule;
mod state;
mod table;
mod words;

pub use rule::Rule;
pub use table::{rule, rules};

use case::{Case, Weight};
use group::Group;
use words::Words;

use crate::report::{Diagnosis, Level, Report};

/// Returns the causes of what is not fine in a report: what failed first, then what is unknown, then
/// the risks, then what need not work and is worth knowing.
#[must_use]
pub fn diagnose(report: &Report, bucket_word: &str) -> Vec<Diagnosis> {
    let words = Words::new(report, bucket_word);
    let groups = group::grouped(cases(report));
    groups.iter().map(|group| group.told(&words)).collect()
}

/// Returns the records to explain, the gravest first.
fn cases(report: &Report) -> Vec<Case<'_>> {
    let records = report.checks.iter();
    let mut cases: Vec<_> = records
        .filter_map(|record| Case::of(report, record))
        .collect();
    // What full access lacks is asked for at once, also where a denial does not fail the run.
    // What need not work is no news beside what must and does not.
    let bad = cases.iter().any(|case| case.weight < Weight::Risk);
    cases.retain(|case| {
        case.weight < Weight::Minor
            || (case.is_denial()
                && case.record.level != Level::Advisory
                && case.full_access_lacks())
            || (!bad && Group::rule_of(case).is_some_and(|rule| rule.minor))
    });
    cases.sort_by_key(|case| case.weight);
    cases
}

#[cfg(test)]
mod tests;
