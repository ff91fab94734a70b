//! `verify`: targets to reports to the exit code.

use std::sync::Arc;

use futures::future::{join_all, try_join_all};
use tokio::sync::watch::channel;

use crate::check;
use crate::config::{Environment, Ping, Target};
use crate::monitor::Observed;
use crate::render::Format;
use crate::render::nagios::{State, of_runs};
use crate::report::{Report, Verdict};

use super::args::VerifyArgs;
use super::console;
use super::exit::Exit;
use super::run::Mistake;
use super::targets::{choose, ping_of_run};

mod output;
mod pings;
mod progress;
mod rounds;
mod session;
mod signals;
mod watch;

pub(super) use output::{check as check_outputs, check_path, replace};
use pings::{End, Pings};
pub(super) use progress::{Progress, exchanged};
pub(super) use session::Session;
pub(super) use signals::Signals;
use watch::{Watch, tell_held_back};

/// Verifies the targets at once and prints their reports in order.
pub(super) fn run(args: &VerifyArgs, environment: &Environment) -> Result<Exit, Mistake> {
    check_ids(&args.checks)?;
    output::check(&args.output.output)?;
    let config = args.file.config.as_deref();
    let chosen = choose(&args.targets, config, &args.url.flags(), environment)?;
    check_survivor(&args.checks, &chosen.targets)?;
    let ping = ping_of_run(chosen.file.as_ref(), environment)?;
    if !args.output.quiet {
        warn_of_risks(&chosen.targets);
    }
    within_a_runtime(watched(args, &chosen.targets, ping.as_ref(), environment))
}

/// Verifies targets and returns their reports, and how the program ends where a signal came.
pub(super) fn reports(
    args: &VerifyArgs,
    targets: &[Target],
    environment: &Environment,
) -> Result<(Vec<Report>, Option<Exit>), Mistake> {
    let targets: Vec<_> = targets.iter().collect();
    within_a_runtime(async {
        let verified = verify(args, &targets, environment, || ()).await?;
        Ok((verified.reports, verified.signals.received()))
    })
}

/// Runs something to its end.
pub(super) fn within_a_runtime<T>(
    work: impl Future<Output = Result<T, Mistake>>,
) -> Result<T, Mistake> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Mistake::runtime)?;
    let done = runtime.block_on(work);
    // Without waiting for threads: a name resolution may hang in one.
    runtime.shutdown_background();
    done
}

/// Verifies the targets whose turn it is, prints what was found, and tells whoever wants to know.
async fn watched(
    args: &VerifyArgs,
    targets: &[Target],
    ping: Option<&Ping>,
    environment: &Environment,
) -> Result<Exit, Mistake> {
    let watch = Watch::begin(targets, args, environment);
    for line in &watch.busy {
        console::warn(line);
    }
    let mine = watch.targets();
    if mine.is_empty() {
        return Ok(finish(args, &[], &watch.busy, None).1);
    }
    let mut pings = None;
    let verified = verify(args, &mine, environment, || {
        pings = Some(Pings::begin(ping, &mine));
    });
    let Verified { reports, signals } = verified.await?;
    let runs = watch.after(&reports);
    let signal = signals.received();
    let (well, exit) = finish(args, &runs, &watch.busy, signal);
    if let Some(pings) = pings {
        pings
            .end(|target| end_of(target, &runs, well, signal, args.strict))
            .await;
    }
    Ok(exit)
}

/// Tells how the run of a target ended, or all of them.
fn end_of(
    target: Option<&str>,
    runs: &[Observed<'_>],
    well: bool,
    signal: Option<Exit>,
    strict: bool,
) -> End {
    let own = |run: &&Observed<'_>| target.is_none_or(|name| run.report.target.name == name);
    let runs: Vec<_> = runs.iter().filter(own).cloned().collect();
    // What a signal cut short is held back by nothing.
    let counted = |run: &Observed<'_>| match signal {
        Some(_) => run.report.verdict,
        None => run.counted(),
    };
    let fine = |run: &Observed<'_>| Exit::of(counted(run), strict) == Exit::Passed;
    let text = output::rendered(Format::Human, &runs, &[]).unwrap_or_default();
    End {
        well: match target {
            None => well,
            Some(_) => runs.iter().all(fine),
        },
        text: String::from_utf8_lossy(&text).into_owned(),
    }
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

/// What runs found, while signals are still listened for.
struct Verified {
    reports: Vec<Report>,
    signals: Signals,
}

/// Verifies every target; a mistake in one of them stops all before the first request, and `begun`
/// is called at that moment otherwise.
async fn verify(
    args: &VerifyArgs,
    targets: &[&Target],
    environment: &Environment,
    begun: impl FnOnce(),
) -> Result<Verified, Mistake> {
    let (stop, interrupt) = channel(false);
    let signals = Signals::listen(stop, STOPPING)?;
    let progress = Progress::new(&args.output);
    let sessions = targets.iter().map(|target| {
        let sink = progress.of(&target.name);
        Session::open(target, args, environment, sink)
    });
    let sessions = try_join_all(sessions).await?;
    // For the test that a panic shows no secret, when all of them are in memory.
    debug_assert!(environment.get("BACKSTOP_FORCE_PANIC").is_none(), "forced");
    begun();
    let runs = sessions
        .into_iter()
        .map(|session| rounds::run(session, args.wait, interrupt.clone(), &progress));
    let reports: Result<Vec<_>, _> = join_all(runs).await.into_iter().collect();
    progress.end();
    let reports = reports?;
    Ok(Verified { reports, signals })
}

/// Prints what was found, and returns whether all of it is well, and how the program ends.
fn finish(
    args: &VerifyArgs,
    runs: &[Observed<'_>],
    busy: &[String],
    signal: Option<Exit>,
) -> (bool, Exit) {
    let counted = runs.iter().map(Observed::counted);
    let verdicts: Vec<_> = counted
        .chain(busy.iter().map(|_| Verdict::Unknown))
        .collect();
    let found = Exit::of_all(verdicts.iter().copied(), args.strict);
    let passed = verdicts.iter().all(|verdict| *verdict == Verdict::Passed);
    if !args.output.quiet {
        tell_held_back(runs);
    }
    // Where there is nothing to write, another run of the same targets writes it.
    let written = if runs.is_empty() {
        Ok(())
    } else {
        output::write_files(&args.output.output, runs, busy)
    };
    let well = found == Exit::Passed && signal.is_none() && written.is_ok();
    if args.output.format == Format::Nagios {
        let mut trouble = busy.to_vec();
        trouble.extend(signal.map(|_| "a signal ended the run".to_owned()));
        trouble.extend(written.as_ref().err().map(ToString::to_string));
        let exit = Exit::Plugin(of_runs(runs, &trouble).state);
        let printed = output::print(args, runs, &trouble);
        return (well, told(exit, written.and(printed)));
    }
    let printed = if passed && args.output.quiet {
        Ok(())
    } else {
        output::print(args, runs, busy)
    };
    let exit = told(found, written.and(printed));
    (well, signal.unwrap_or(exit))
}

/// Says what could not be written; what was found weighs more.
pub(super) fn told(exit: Exit, written: Result<(), Mistake>) -> Exit {
    let Err(mistake) = written else {
        return exit;
    };
    console::complain(&mistake);
    match exit {
        Exit::Passed => Exit::Usage,
        Exit::Plugin(state) => Exit::Plugin(state.max(State::Unknown)),
        worse => worse,
    }
}

/// What is said when a signal comes.
pub(super) const STOPPING: &str =
    "stopping: what was written is being removed, for at most 5 s; a second signal ends at once";

/// Shares a sink, as the engine wants it.
pub(super) type Sink = Arc<dyn crate::engine::EventSink>;
