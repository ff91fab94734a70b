//! The kill matrix: every lying store, served over HTTP, is caught by exactly the checks that it
//! lies to.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use backstop::check::{self, Memory};
use backstop::report::{CheckRecord, FindingCode, Level, Outcome, Report, Verdict};
use backstop_contract::fault::{Fault, FaultStore};

use super::faults::bucket;
use super::harness::told;
use super::table::{KILLS, Kill, Lie, On};
use super::twist::{Oddity, Refusal, Twist};
use super::wire::{Ask, Asker, altered, remembering, verified};

/// How many runs there are at the same time.
const PARALLEL: usize = 3;

/// What the runs found, for reading.
const FOUND: &str = include_str!("kills.txt");
/// Where a table that differs is written.
const WRITTEN: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/kills.txt");

impl Kill {
    fn run(&self) -> Result<Report, String> {
        let (store, behind) = bucket(self.on);
        let ask = Ask::of(self.asker, self.on.access());
        match self.lie {
            Lie::Store(fault) => {
                let store = FaultStore::with_behind(store, Arc::new(behind), fault);
                verified(Arc::new(store), ask)
            }
            Lie::Wire(twist) => altered(Arc::new(store), ask, move |request, response| {
                twist.alter(request, response);
            }),
            Lie::Forgets => {
                let first = remembering(Arc::new(store), ask, Memory::Blank)?;
                let left = first.survivor.map_or(Memory::Blank, Memory::Known);
                let (empty, _) = bucket(self.on);
                remembering(Arc::new(empty), ask, left)
            }
            Lie::Nobody(refusal) => {
                let store = store.as_seen_with(refusal.denied());
                verified(Arc::new(store), refusal.asked(ask))
            }
        }
    }

    /// Tells what is not as the table says.
    fn judge(&self, report: &Report) -> Option<String> {
        let failed = bad(report);
        let codes = codes(report);
        let right = failed == self.failed && codes == self.codes && report.verdict == self.verdict;
        let right = right && risks(report) == self.risks;
        (!right).then(|| {
            let Self { lie, on, .. } = self;
            format!(
                "{lie} {on:?}: expected {:?} {:?} {:?}\n  failed {failed:?} {:?} {codes:?}\n  {}",
                self.failed,
                self.risks,
                self.codes,
                risks(report),
                told(report)
            )
        })
    }

    /// Returns the line of the readable table.
    fn line(&self, report: &Report) -> String {
        let on = match self.on {
            On::Versioned => ", versioned",
            _ => "",
        };
        format!(
            "    {} {}{on}: {} [{}]\n",
            self.asker.name(),
            self.on.access().name(),
            [bad(report), risks(report)].concat().join(", "),
            codes(report).join(", ")
        )
    }
}

/// Returns the checks that make a run fail.
fn bad(report: &Report) -> Vec<&str> {
    let lacks = |record: &&CheckRecord| {
        record.level == Level::Required && record.outcome == Outcome::Unsupported
    };
    let records = report.checks.iter();
    let bad = records.filter(|record| record.outcome == Outcome::Failed || lacks(record));
    bad.map(|record| record.id.as_str()).collect()
}

/// Returns the checks that pass and warn.
fn risks(report: &Report) -> Vec<&str> {
    let warns = |record: &&CheckRecord| {
        let finding = record.finding.as_ref();
        finding.is_some_and(|finding| finding.code == FindingCode::Risk)
    };
    let warning = report.checks.iter().filter(warns);
    warning.map(|record| record.id.as_str()).collect()
}

fn codes(report: &Report) -> Vec<&str> {
    let causes = report.diagnoses.iter();
    causes.map(|cause| cause.code.as_str()).collect()
}

/// Runs every row, a few at a time, and returns the reports in the table's order.
fn run_all() -> Result<Vec<Report>, String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(kill) = KILLS.get(at) else {
                return Ok(done);
            };
            done.push((at, kill.run()?));
        }
    };
    let done: Result<Vec<Vec<_>>, String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..PARALLEL).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(|worker| {
            let ended = worker.join();
            ended.map_err(|_| "a run panicked".to_owned())?
        });
        ended.collect()
    });
    let mut done: Vec<_> = done?.into_iter().flatten().collect();
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, report)| report).collect())
}

pub(crate) fn every_lie_is_caught_by_exactly_its_checks() -> Result<(), String> {
    let reports = run_all()?;
    let rows = KILLS.iter().zip(&reports);
    let wrong: Vec<_> = rows.filter_map(|(kill, it)| kill.judge(it)).collect();
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let mut found = String::new();
    for (at, (kill, report)) in KILLS.iter().zip(&reports).enumerate() {
        if at == 0 || KILLS[at - 1].lie != kill.lie {
            let _ = writeln!(found, "{}: {}", kill.lie, kill.lie.sentence());
        }
        found.push_str(&kill.line(report));
    }
    if found == FOUND {
        return Ok(());
    }
    std::fs::write(WRITTEN, found).map_err(|error| format!("{WRITTEN}: {error}"))?;
    Err(format!(
        "tests/attribution/kills.txt does not say what was found; {WRITTEN} does"
    ))
}

pub(crate) fn every_lie_is_in_the_table() -> Result<(), String> {
    let faults = Fault::ALL.iter().map(|fault| Lie::Store(*fault));
    let twists = Twist::ALL.iter().map(|twist| Lie::Wire(*twist));
    let refusals = Refusal::ALL.iter().map(|refusal| Lie::Nobody(*refusal));
    let others = refusals.chain([Lie::Forgets]);
    let lies: Vec<Lie> = faults.chain(twists).chain(others).collect();
    let is_told = |lie: &Lie| KILLS.iter().any(|kill| kill.lie == *lie);
    let missing: Vec<_> = lies.iter().filter(|lie| !is_told(lie)).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("not in the table: {missing:?}"))
    }
}

/// At least 45 lies, and no check that none of the rows fails.
pub(crate) fn every_check_is_killed() -> Result<(), String> {
    let lies = Fault::ALL.len() + Twist::ALL.len();
    if lies < 45 {
        return Err(format!("only {lies} lies are told"));
    }
    let alive: Vec<_> = check::ids()
        .into_iter()
        .filter(|id| {
            KILLS
                .iter()
                .all(|kill| !kill.failed.contains(id) && !kill.risks.contains(id))
        })
        .collect();
    if alive.is_empty() {
        Ok(())
    } else {
        Err(format!("nothing kills {alive:?}"))
    }
}

/// What is honest and odd fails nothing.
pub(crate) fn no_honest_store_is_called_a_liar() -> Result<(), String> {
    let mut wrong = Vec::new();
    for oddity in Oddity::ALL {
        let (store, _) = bucket(On::Plain);
        let ask = Ask::of(Asker::S3, On::Plain.access());
        let report = altered(Arc::new(store), ask, |request, response| {
            oddity.alter(request, response);
        })?;
        if report.verdict != Verdict::Passed {
            let sentence = oddity.sentence();
            wrong.push(format!("{oddity}: {sentence}\n  {}", told(&report)));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}
