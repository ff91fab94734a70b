//! What differs between two runs: staging and production, laptop and pod, yesterday and today.
//!
//! | file | holds |
//! | --- | --- |
//! | `pairs` | which report of one file belongs to which of the other |
//! | `facts` | a report as facts that can be compared, each under a name |
//!
//! # Why
//!
//! A report becomes a list of named facts, and two lists are compared name by name: what a report
//! gains later needs one more fact and nothing else. Times are no facts, since no two runs are
//! alike; a check that took ten times as long and more than a second is one.

mod facts;
mod pairs;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::report::{Report, Verdict};
pub use facts::Area;
use facts::Facts;
pub use pairs::pairs;

/// How two runs on one target compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The name of the target, or both where they differ.
    pub target: String,
    /// The verdict of the first run; absent where it has no such target.
    pub a: Option<Verdict>,
    /// The verdict of the second run; absent where it has no such target.
    pub b: Option<Verdict>,
    /// What differs, in the order in which a run comes by it.
    pub differences: Vec<Difference>,
    /// How many facts were compared.
    pub compared: usize,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is about.
    pub area: Area,
    /// Its name, such as `endpoint` or `put-object`.
    pub what: String,
    /// What the first run has; absent where it has nothing of the kind.
    pub a: Option<String>,
    /// What the second run has; absent where it has nothing of the kind.
    pub b: Option<String>,
}

impl Comparison {
    /// Returns whether nothing of weight differs.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.differences.is_empty()
    }
}

/// How many times as long a check must take to be told.
const TIMES: u64 = 10;
/// How long it must take at least, in milliseconds.
const SLOW_MS: u64 = 1_000;

/// How far two measured offsets of one clock may be apart, in seconds.
const CLOCK_S: u64 = 5;

/// Compares two runs.
#[must_use]
pub fn compare(a: &Report, b: &Report) -> Comparison {
    let (facts, others) = (Facts::of(a), Facts::of(b));
    let names = facts.names_with(&others);
    let mut differences: Vec<_> = names
        .iter()
        .filter_map(|(area, what)| {
            let (a, b) = (facts.get(*area, what), others.get(*area, what));
            (a != b).then(|| Difference {
                area: *area,
                what: what.clone(),
                a: a.map(str::to_owned),
                b: b.map(str::to_owned),
            })
        })
        .collect();
    differences.extend(clock(a, b));
    differences.extend(durations(a, b));
    Comparison {
        target: if a.target.name == b.target.name {
            a.target.name.clone()
        } else {
            format!("{} and {}", a.target.name, b.target.name)
        },
        a: Some(a.verdict),
        b: Some(b.verdict),
        differences,
        compared: names.len(),
    }
}

/// Tells of a target that only one of the files has.
#[must_use]
pub fn alone(report: &Report, is_first: bool) -> Comparison {
    let told = Some(format!("verdict {}", report.verdict.name()));
    let (a, b) = if is_first { (told, None) } else { (None, told) };
    let verdict = Some(report.verdict);
    Comparison {
        target: report.target.name.clone(),
        a: verdict.filter(|_| is_first),
        b: verdict.filter(|_| !is_first),
        differences: vec![Difference {
            area: Area::Target,
            what: "report".to_owned(),
            a,
            b,
        }],
        compared: 1,
    }
}

/// Tells of clocks that are further apart than two measurements are.
fn clock(a: &Report, b: &Report) -> Option<Difference> {
    let offset = |report: &Report| report.reach.as_ref()?.clock_offset_s;
    let (one, two) = (offset(a)?, offset(b)?);
    let told = |seconds: i64| Some(format!("{seconds} s off"));
    (one.abs_diff(two) > CLOCK_S).then(|| Difference {
        area: Area::Network,
        what: "clock".to_owned(),
        a: told(one),
        b: told(two),
    })
}

/// Returns the checks that took far longer in one of the runs.
fn durations(a: &Report, b: &Report) -> Vec<Difference> {
    let times = a.checks.iter().filter_map(|record| {
        let other = b.checks.iter().find(|other| other.id == record.id)?;
        let (one, two) = (record.duration_ms, other.duration_ms);
        let (short, long) = (one.min(two), one.max(two));
        let grossly = long > SLOW_MS && long >= short.saturating_mul(TIMES);
        grossly.then(|| Difference {
            area: Area::Duration,
            what: record.id.clone(),
            a: Some(format!("{one} ms")),
            b: Some(format!("{two} ms")),
        })
    });
    times.collect()
}
