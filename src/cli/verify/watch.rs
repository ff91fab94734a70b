//! Runs that do not overlap, and what is known of those before them.

use super::super::args::VerifyArgs;
use super::super::console;
use super::super::state::State;
use super::super::turns::Turn;
use super::session::limit;
use crate::config::{Environment, Target};
use crate::monitor::{History, Observed};
use crate::render::Format;
use crate::report::Report;

/// The targets whose turn it is, and those that another run is busy with.
pub(super) struct Watch<'a> {
    args: &'a VerifyArgs,
    mine: Vec<Watched<'a>>,
    /// What is to be said of the targets that another run is busy with, each in a line.
    pub(super) busy: Vec<String>,
}

/// A target whose turn it is.
struct Watched<'a> {
    target: &'a Target,
    turn: Turn,
    /// What is known of its runs before this one; absent where nobody wants to know.
    history: Option<Result<History, String>>,
}

impl<'a> Watch<'a> {
    /// Takes the turns of all targets, for as long as this lives.
    pub(super) fn begin(
        targets: &'a [Target],
        args: &'a VerifyArgs,
        environment: &Environment,
    ) -> Self {
        let state = State::of(environment);
        let wanted = args.consecutive.is_some() || args.output.writes(Format::Prometheus);
        let (mut mine, mut busy) = (Vec::new(), Vec::new());
        for target in targets {
            match Turn::take(&state, target.info(), question(target, args)) {
                Some(turn) => mine.push(Watched {
                    target,
                    history: wanted.then(|| turn.recall()),
                    turn,
                }),
                None => busy.push(format!("{}: another run of it is running", target.name)),
            }
        }
        let watch = Self { args, mine, busy };
        for watched in &watch.mine {
            if let Some(Err(why)) = &watched.history {
                watch.warn(watched.target, why);
            }
        }
        watch
    }

    /// Returns the targets whose turn it is.
    pub(super) fn targets(&self) -> Vec<&'a Target> {
        self.mine.iter().map(|watched| watched.target).collect()
    }

    /// Takes the reports of the targets whose turn it was, in their order, and keeps what is to be
    /// known of them next time.
    pub(super) fn after<'r>(&self, reports: &'r [Report]) -> Vec<Observed<'r>> {
        let runs = self.mine.iter().zip(reports);
        runs.map(|(watched, report)| self.observe(watched, report))
            .collect()
    }

    fn observe<'r>(&self, watched: &Watched<'_>, report: &'r Report) -> Observed<'r> {
        let target = watched.target;
        let run = Observed::alone(report, limit(target, self.args));
        let Some(before) = &watched.history else {
            return run;
        };
        let history = before.clone().unwrap_or_default();
        let history = history.after(report.verdict, run.ended_at());
        let kept = watched.turn.remember(history);
        if let (Ok(_), Err(why)) = (before, &kept) {
            self.warn(target, why);
        }
        if before.is_err() || kept.is_err() {
            return run;
        }
        Observed {
            needed: self.args.consecutive.unwrap_or(1),
            ..run.with_history(history)
        }
    }

    /// Says that failures cannot be counted, where that was asked for.
    fn warn(&self, target: &Target, why: &str) {
        if self.args.consecutive.is_some() {
            console::warn(&format!(
                "{}: --consecutive: what earlier runs found cannot be kept ({why}), so each failure \
                 counts",
                target.name
            ));
        }
    }
}

/// Returns what a run asks of a target, in words that differ where the question does.
fn question(target: &Target, args: &VerifyArgs) -> String {
    let mut checks = args.checks.clone();
    checks.sort_unstable();
    format!(
        "access {:?}, quick {}, checks {checks:?}, size {:?}, levels {:?}",
        target.access, args.quick, args.size, target.levels
    )
}

/// Says of each failure that is held back that it does not count yet.
pub(super) fn tell_held_back(runs: &[Observed<'_>]) {
    for run in runs {
        let Some(failures) = run.held_back() else {
            continue;
        };
        console::say(&format!(
            "{}: {}, failure {failures} in a row; {} of them count as one, so this one does not count \
             yet",
            run.report.target.name,
            run.report.verdict.name(),
            run.needed
        ));
    }
}
