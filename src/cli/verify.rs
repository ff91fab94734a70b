//! `verify`: targets to reports to the exit code.

use std::sync::Arc;

use futures::future::{join_all, try_join_all};
use tokio::sync::watch;

use crate::check;
use crate::config::{Environment, Target};
use crate::report::{Report, Verdict};

use super::args::VerifyArgs;
use super::console;
use super::exit::Exit;
use super::run::Mistake;
use super::targets::choose;

mod output;
mod progress;
mod rounds;
mod session;
mod signals;

use progress::Progress;
pub(super) use progress::exchanged;
use session::Session;
pub(super) use signals::Signals;

/// Verifies the targets at once and prints their reports in order.
pub(super) fn run(args: &VerifyArgs, environment: &Environment) -> Result<Exit, Mistake> {
    check_ids(&args.checks)?;
    output::check(&args.output.output)?;
    let config = args.file.config.as_deref();
    let chosen = choose(&args.targets, config, &args.url.flags(), environment)?;
    check_survivor(&args.checks, &chosen.targets)?;
    if !args.output.quiet {
        warn_of_risks(&chosen.targets);
    }
    let (reports, signal) = reports(args, &chosen.targets, environment)?;
    let exit = finish(args, &reports);
    Ok(signal.unwrap_or(exit))
}

/// Verifies targets and returns their reports, and how the program ends where a signal came.
pub(super) fn reports(
    args: &VerifyArgs,
    targets: &[Target],
    environment: &Environment,
) -> Result<(Vec<Report>, Option<Exit>), Mistake> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Mistake::runtime)?;
    let verified = runtime.block_on(verify(args, targets, environment));
    // Without waiting for threads: a name resolution may hang in one.
    runtime.shutdown_background();
    verified
}

fn check_ids(wanted: &[String]) -> Result<(), Mistake> {
    let known = check::ids();
    match wanted.iter().find(|id| !known.contains(&id.as_str())) {
        None => Ok(()),
        Some(id) => Err(Mistake::new(format!(
            "--checks: there is no check {id:?}; known are {}",
            known.join(", ")
        ))),
    }
}

/// Refuses to ask for an object that no configuration lets stay.
fn check_survivor(wanted: &[String], targets: &[Target]) -> Result<(), Mistake> {
    let without = targets.iter().find(|target| !target.keep_probe);
    match without {
        Some(target) if wanted.iter().any(|id| id == check::SURVIVOR) => {
            Err(Mistake::new(format!(
                "--checks: {} is asked only of a target with keep_probe = true in its table \
                 sandbox, and {} has none",
                check::SURVIVOR,
                target.name
            )))
        }
        _ => Ok(()),
    }
}

pub(super) fn warn_of_risks(targets: &[Target]) {
    for target in targets {
        for risk in &target.risks {
            console::warn(&format!("{}: {risk}", target.name));
        }
    }
}

/// Verifies every target; a mistake in one of them stops all before the first request.
async fn verify(
    args: &VerifyArgs,
    targets: &[Target],
    environment: &Environment,
) -> Result<(Vec<Report>, Option<Exit>), Mistake> {
    let (stop, interrupt) = watch::channel(false);
    let signals = Signals::listen(stop, STOPPING)?;
    let progress = Progress::new(&args.output);
    let sessions = targets.iter().map(|target| {
        let sink = progress.of(&target.name);
        Session::open(target, args, environment, sink)
    });
    let sessions = try_join_all(sessions).await?;
    // For the test that a panic shows no secret, when all of them are in memory.
    debug_assert!(environment.get("BACKSTOP_FORCE_PANIC").is_none(), "forced");
    let runs = sessions
        .into_iter()
        .map(|session| rounds::run(session, args.wait, interrupt.clone(), &progress));
    let reports: Result<Vec<_>, _> = join_all(runs).await.into_iter().collect();
    progress.end();
    Ok((reports?, signals.received()))
}

/// Prints the reports and returns how the program ends after them.
fn finish(args: &VerifyArgs, reports: &[Report]) -> Exit {
    let verdicts = || reports.iter().map(|report| report.verdict);
    let exit = Exit::of_all(verdicts(), args.strict);
    let well = verdicts().all(|verdict| verdict == Verdict::Passed);
    let mut written = output::write_files(&args.output.output, reports);
    if !(well && args.output.quiet) {
        written = written.and(output::print(args, reports));
    }
    match written {
        Ok(()) => exit,
        Err(mistake) => {
            console::complain(&mistake);
            // What was found weighs more than a file that could not be written.
            if exit == Exit::Passed {
                Exit::Usage
            } else {
                exit
            }
        }
    }
}

/// What is said when a signal comes.
const STOPPING: &str =
    "stopping: what was written is being removed, for at most 5 s; a second signal ends at once";

/// Shares a sink, as the engine wants it.
type Sink = Arc<dyn crate::engine::EventSink>;
