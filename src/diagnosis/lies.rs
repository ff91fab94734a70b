//! What a finding means that is no refusal: a success that lied, silence, another run.

use backstop_contract::ErrorKind;

use super::rule::{Rule, all, findings, kinds};
use crate::report::FindingCode;

/// The rules, the most specific first; the last one takes what fits nothing.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "contract-violated",
        "the store answered success and did not do it",
        "The answer was a success, and what was asked for afterwards shows that it was not done. No backup \
         tool can notice that on its own.",
    )
    .when(&[findings(&[FindingCode::Violated])])
    .remedies(&[all("{manual}")]),
    Rule::new(
        "not-offered",
        "what is required here is not offered",
        "The store does not have a behaviour that the declared access requires.",
    )
    .when(&[findings(&[FindingCode::Unsupported]).also(|case| case.error().is_none() && is_required(case))])
    .remedies(&[all("{manual}")]),
    Rule::new(
        "interrupted",
        "the run was interrupted",
        "A signal ended the run before everything was asked.",
    )
    .when(&[findings(&[FindingCode::Interrupted])])
    .remedies(&[all("Run it again.")]),
    Rule::new(
        "other-run",
        "another run uses the same keys",
        "Where nothing can be removed every run writes the same fixed keys, and two at once disturb each other.",
    )
    .when(&[findings(&[FindingCode::OtherRun])])
    .remedies(&[all("Run it again when no other run uses this target.")]),
    Rule::new(
        "nothing-to-ask",
        "it could not be told from what there is",
        "What the question is about is not there: no object under the prefix, or no answer that tells.",
    )
    .when(&[findings(&[FindingCode::NothingThere])])
    .remedies(&[all(
        "Look at the causes beside this one; with access read-only, an object must be under the prefix.",
    )]),
    Rule::new(
        "residue",
        "something the run wrote could not be removed",
        "The run removes what it wrote on every way out, and this stayed against expectation.",
    )
    .when(&[findings(&[FindingCode::Residue])])
    .remedies(&[all("{manual}")]),
    Rule::new(
        "at-risk",
        "it works, and there is a risk",
        "Nothing fails today, and what was seen can make a backup fail or be lost later.",
    )
    .when(&[findings(&[FindingCode::Risk, FindingCode::Unfit])])
    .remedies(&[all("{manual}")]),
    Rule::new(
        "unrecognized",
        "the service gave an answer that is not known",
        "None of the known causes fits what the service said.",
    )
    .when(&[kinds(&[ErrorKind::Unexpected])])
    .remedies(&[all(
        "Give the request id and the code to whoever runs the service.",
    )]),
];

fn is_required(case: &super::case::Case<'_>) -> bool {
    case.weight == super::case::Weight::Failed
}
