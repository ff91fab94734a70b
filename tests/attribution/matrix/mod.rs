//! Every fault of the wire at every step of a run, on real servers: what is said is right.
//!
//! What is right is written by hand in `tests/attribution/expected.toml`; what is said is committed beside it, in
//! `matrix.txt`, for reading. With `BACKSTOP_UPDATE_MATRIX=1` the table is written anew. `BACKSTOP_MATRIX` chooses cells
//! by what their name begins with, such as `azure black-hole at get`, and tells what was said of each.

mod cell;
mod expected;
mod faults;
mod place;
mod steps;
mod table;

use std::collections::BTreeSet;
use std::env;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use backstop::report::Verdict;

use self::cell::{Cell, Ran};
use self::expected::Expected;
use self::faults::Named;
use self::place::Provider;
use self::steps::{Step, Steps};

/// How many cells run at the same time: of those that wait, of the others on MinIO, and of the others on Azurite.
///
/// Cells that wait have little time and use little of the machine. The others would use all of it, and the first would
/// then be late for no fault of ours: so few of those run that nobody has long to wait for a core. Azurite has one core
/// alone.
const AT_ONCE: [usize; 3] = [9, 3, 3];
/// How many cells are run a second time.
const MOST_AGAIN: usize = 60;
/// The variable that chooses cells.
const CHOSEN: &str = "BACKSTOP_MATRIX";
/// How much longer than its time a run may take on a machine that does much at once.
const SLACK: Duration = Duration::from_secs(10);

/// Says whether there is a table to compare with, or another reason to run the cells.
pub(crate) fn is_recorded() -> bool {
    table::is_recorded() || env::var_os(CHOSEN).is_some()
}

pub(crate) fn every_request_of_a_healthy_run_has_a_step() -> Result<(), String> {
    for provider in Provider::ALL {
        for secure in [false, true] {
            let (ran, steps) = healthy(provider, secure)?;
            if ran.verdict != Verdict::Passed || !ran.codes.is_empty() {
                return Err(format!("{}: {}", provider.name(), ran.told));
            }
            let missing: Vec<_> = Step::OF_ALL
                .iter()
                .filter(|it| !steps.contains(it))
                .collect();
            if !missing.is_empty() {
                return Err(format!("{}: never asked: {missing:?}", provider.name()));
            }
        }
    }
    Ok(())
}

pub(crate) fn every_cell_is_right() -> Result<(), String> {
    let expected = Expected::read()?;
    let mut cells = Vec::new();
    for provider in Provider::ALL {
        let (_, steps) = healthy(provider, false)?;
        cells.extend(Cell::all(provider, &steps));
    }
    let chosen = env::var(CHOSEN).ok();
    if let Some(chosen) = &chosen {
        cells.retain(|cell| cell.to_string().starts_with(chosen));
    }
    let mut ran = run_all(&cells)?;
    again(&expected, &cells, &mut ran)?;
    let mut wrong = Vec::new();
    for (cell, ran) in cells.iter().zip(&ran) {
        wrong.extend(judge(&expected, *cell, ran));
    }
    let lines: Vec<_> = cells.iter().zip(&ran).collect();
    if chosen.is_some() {
        return Err(format!("{}{}", table::render(&lines), wrong.join("\n")));
    }
    wrong.extend(expected.unused());
    wrong.extend(table::compare(&lines)?);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} of {} cells:\n{}",
        wrong.len(),
        cells.len(),
        wrong.join("\n")
    ))
}

/// Runs a healthy run through the proxy, and returns the steps it has.
fn healthy(provider: Provider, secure: bool) -> Result<(Ran, Vec<Step>), String> {
    let (ran, requests) = cell::healthy(provider, secure)?;
    let mut names = Steps::new(provider);
    let mut steps = BTreeSet::new();
    let mut nameless = Vec::new();
    for seen in &requests {
        match names.name(seen) {
            Some(step) => drop(steps.insert(step)),
            None => nameless.push(format!("{} {}", seen.method, seen.target)),
        }
    }
    if nameless.is_empty() {
        return Ok((ran, steps.into_iter().collect()));
    }
    Err(format!(
        "{}: no step has a name for:\n{}",
        provider.name(),
        nameless.join("\n")
    ))
}

fn run_all(cells: &[Cell]) -> Result<Vec<Ran>, String> {
    let done: Mutex<Vec<(usize, Result<Ran, String>)>> = Mutex::default();
    let mut lanes = AT_ONCE.map(|_| Vec::new());
    for (index, cell) in cells.iter().enumerate() {
        lanes[cell.lane()].push((index, cell));
    }
    let lanes = lanes.map(|mut lane| {
        // In turn on each server.
        lane.sort_by_key(|(_, cell)| cell.step);
        Mutex::new(lane.into_iter())
    });
    thread::scope(|scope| {
        for (lane, at_once) in lanes.iter().zip(AT_ONCE) {
            for _ in 0..at_once {
                scope.spawn(|| {
                    while let Some((index, cell)) = next(lane) {
                        let ran = cell.run();
                        done.lock().expect("nobody panics here").push((index, ran));
                    }
                });
            }
        }
    });
    let mut done = done.into_inner().expect("nobody panics here");
    done.sort_by_key(|(index, _)| *index);
    if done.len() < cells.len() {
        return Err("a cell panicked".to_owned());
    }
    done.into_iter().map(|(_, ran)| ran).collect()
}

/// Takes the next of a lane; the lock is free again before it is run.
fn next<T>(lane: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    lane.lock().expect("nobody panics here").next()
}

/// Runs cells again that are not right, when nothing else runs: with so much at the same time, a server may
/// keep silent for longer than a run has.
fn again(expected: &Expected, cells: &[Cell], ran: &mut [Ran]) -> Result<(), String> {
    let runs = cells.iter().zip(ran.iter_mut());
    let wrong = runs.filter(|(cell, ran)| !judge(expected, **cell, ran).is_empty());
    for (cell, ran) in wrong.take(MOST_AGAIN) {
        *ran = cell.run()?;
    }
    Ok(())
}

/// Says what is wrong with a cell.
fn judge(expected: &Expected, cell: Cell, ran: &Ran) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Some(why) = expected.contradicts(cell, ran) {
        wrong.push(format!("{cell}: {why}: {}", ran.told));
    }
    if ran.took > cell.limit() + SLACK {
        wrong.push(format!("{cell}: it took {:?}", ran.took));
    }
    if ran.codes.contains("unrecognized") {
        wrong.push(format!("{cell}: unrecognized: {}", ran.told));
    }
    if let Some(leak) = &ran.leak {
        wrong.push(format!("{cell}: followed to another host: {leak}"));
    }
    wrong
}

impl Cell {
    /// Returns the lane it runs in, as an index of [`AT_ONCE`].
    fn lane(self) -> usize {
        // Who is refused does little but wait between attempts.
        if self.fault.waits() || self.fault == Named::Refused {
            0
        } else if self.provider == Provider::Azure {
            2
        } else {
            1
        }
    }
}

impl Named {
    /// Says whether a cell of it lasts until its time is over.
    fn waits(self) -> bool {
        matches!(self, Self::Silent | Self::BlackHole | Self::Drip)
    }
}
