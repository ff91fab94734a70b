//! Which report of one file belongs to which of the other.

use crate::report::Report;

/// Two reports that belong together, or one that is alone.
pub(super) type Pair<'a> = (Option<&'a Report>, Option<&'a Report>);

/// Pairs reports by the names of their targets, in the order of the first file.
///
/// Where each file has one report they belong together, whatever their names are. Of several runs
/// on one target the last counts.
#[must_use]
pub fn pairs<'a>(a: &'a [Report], b: &'a [Report]) -> Vec<Pair<'a>> {
    let (a, b) = (latest(a), latest(b));
    if let ([one], [other]) = (a.as_slice(), b.as_slice()) {
        return vec![(Some(one), Some(other))];
    }
    let of = |reports: &[&'a Report], name: &str| {
        let mut reports = reports.iter().copied();
        reports.find(|report| report.target.name == name)
    };
    let both = a.iter().map(|one| (Some(*one), of(&b, &one.target.name)));
    let rest = b
        .iter()
        .filter(|other| of(&a, &other.target.name).is_none());
    both.chain(rest.map(|other| (None, Some(*other)))).collect()
}

fn latest(reports: &[Report]) -> Vec<&Report> {
    let mut kept: Vec<&Report> = Vec::new();
    for report in reports {
        match kept
            .iter_mut()
            .find(|held| held.target.name == report.target.name)
        {
            Some(held) => *held = report,
            None => kept.push(report),
        }
    }
    kept
}
