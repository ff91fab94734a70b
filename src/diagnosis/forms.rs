//! What the trials of other forms of requests told.

use super::case::Case;
use crate::report::{FindingCode, Outcome, Report, Trial, Variant};

/// The forms that are told of, with their names.
const NAMES: [(Variant, &str); 6] = [
    (Variant::NoChecksum, "no checksum"),
    (Variant::ContentMd5, "Content-MD5"),
    (Variant::Crc32Header, "CRC32 in a header"),
    (Variant::Crc32Trailer, "CRC32 in a trailer"),
    (Variant::PathAddressing, "the bucket in the path"),
    (Variant::VirtualAddressing, "the bucket in the host name"),
];

/// Returns which forms work and which do not, in a sentence.
pub(super) fn told(report: &Report) -> String {
    let named = |works: bool| {
        let trials = report.variants.iter().filter(move |it| it.works == works);
        trials.filter_map(name).collect::<Vec<_>>()
    };
    let (good, bad) = (named(true), named(false));
    if good.is_empty() && bad.is_empty() {
        return "No other form of the request was tried in this run.".to_owned();
    }
    let list = |forms: &[String]| match forms {
        [] => "none".to_owned(),
        some => some.join(", "),
    };
    format!(
        "Tried with a small object: works: {}; does not work: {}.",
        list(&good),
        list(&bad)
    )
}

fn name(trial: &Trial) -> Option<String> {
    let (_, name) = NAMES
        .iter()
        .find(|(variant, _)| *variant == trial.variant)?;
    let said = trial.error.as_ref().map(|error| {
        let code = error.code.as_deref();
        match (error.status, code) {
            (Some(status), Some(code)) => format!(" (http {status} {code})"),
            (Some(status), None) => format!(" (http {status})"),
            (None, _) => format!(" ({})", error.kind),
        }
    });
    Some(format!("{name}{}", said.unwrap_or_default()))
}

/// Returns whether a form was tried and works.
fn works(case: &Case<'_>, variant: Variant) -> bool {
    tried(case, variant) == Some(true)
}

fn tried(case: &Case<'_>, variant: Variant) -> Option<bool> {
    let mut trials = case.report.variants.iter();
    trials
        .find(|trial| trial.variant == variant)
        .map(|trial| trial.works)
}

/// Returns whether writes work without the usual checksum alone.
pub(super) fn checksums_are_refused(case: &Case<'_>) -> bool {
    works(case, Variant::NoChecksum) && tried(case, Variant::Crc32Header) == Some(false)
}

/// Returns whether a checksum is taken before the body and not behind it.
pub(super) fn trailers_are_refused(case: &Case<'_>) -> bool {
    works(case, Variant::Crc32Header) && tried(case, Variant::Crc32Trailer) == Some(false)
}

/// Returns whether the bucket answers under the name of the service alone.
pub(super) fn path_works(case: &Case<'_>) -> bool {
    works(case, Variant::PathAddressing)
}

/// Returns whether the bucket answers under a name of its own.
pub(super) fn host_works(case: &Case<'_>) -> bool {
    works(case, Variant::VirtualAddressing)
}

/// Returns whether no other check saw the store lie: one that loses writes ignores conditions too,
/// and where nothing could be read back, that is how it looks.
pub(super) fn is_the_only_lie(case: &Case<'_>) -> bool {
    case.report.checks.iter().all(|record| {
        let finding = record.finding.as_ref();
        let lied = finding.is_some_and(|finding| finding.code == FindingCode::Violated);
        let unread = record.id == "get-object" && record.outcome == Outcome::Failed;
        record.id == case.record.id || !(lied || unread)
    })
}
