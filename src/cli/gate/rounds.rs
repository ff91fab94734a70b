//! One decision, and with `--wait` as many as it takes.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::super::args::GateArgs;
use super::super::exit::Exit;
use super::super::run::Mistake;
use super::super::verify::{Progress, STOPPING, Session, Signals};
use super::{keep, look, verification};
use crate::config::{Environment, Target};
use crate::gate::ask::Seen;
use crate::gate::{
    Asked, Decision, Facts, RECORD_SCHEMA, Record, Ruling, State, Versions, Who, decide,
};
use crate::report::{Access, Report};

/// The first pause; each one after it is half as long again.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Decides, again and again while it is waited for; returns the record and how a signal ends it.
pub(super) async fn run(
    args: &GateArgs,
    asked: &Asked,
    target: &Target,
    environment: &Environment,
) -> Result<(Record, Option<Exit>), Mistake> {
    let (stop, interrupt) = watch::channel(false);
    let signals = Signals::listen(stop, STOPPING)?;
    let verification = verification(args);
    let progress = Progress::new(&verification.output);
    let sink = progress.of(&target.name);
    let mut session = Session::open(target, &verification, environment, sink.clone()).await?;
    // For the test that a panic shows no secret, when all of them are in memory.
    debug_assert!(environment.get("BACKSTOP_FORCE_PANIC").is_none(), "forced");
    let lookout = look::Lookout::open(target, &session, args.timeout, sink).await?;
    let begun = Instant::now();
    let end = args.wait.map(|wait| begun + wait);
    let mut pause = FIRST_PAUSE;
    let (report, seen) = tokio::join!(session.run(interrupt.clone()), lookout.look(asked));
    let (mut report, mut seen) = (report?, seen);
    let (facts, decision) = loop {
        let facts = seen.facts(report);
        let decision = decide(asked, &facts, args.reason.as_deref());
        let left = end.map_or(Duration::ZERO, |end| {
            end.saturating_duration_since(Instant::now())
        });
        if !is_hopeful(&facts, &decision) || left.is_zero() || *interrupt.borrow() {
            break (facts, decision);
        }
        pause = pause.min(left);
        progress.say(&waiting(&target.name, &decision, pause, left));
        let mut stopped = interrupt.clone();
        tokio::select! {
            () = sleep(pause) => {}
            _ = stopped.wait_for(|stop| *stop) => break (facts, decision),
        }
        pause = (pause + pause / 2).min(LONGEST_PAUSE);
        seen = lookout.look(asked).await;
        report = facts.storage;
        if is_another_run_due(asked, &seen, &report) {
            session = session.again().await?;
            report = session.run(interrupt.clone()).await?;
        }
    };
    progress.end();
    let record = record(asked, facts, decision, environment, begun.elapsed());
    keep::keep(&record, target, &lookout, args.output.quiet).await;
    Ok((record, signals.received()))
}

/// Returns whether waiting can change the decision: what nobody declared comes with no time.
fn is_hopeful(facts: &Facts, decision: &Decision) -> bool {
    decision.decision != Ruling::Allow && facts.storage.access != Access::Undeclared
}

/// Returns whether storage is verified again: where it did not hold, and before it is relied on.
fn is_another_run_due(asked: &Asked, seen: &Seen, report: &Report) -> bool {
    let decision = decide(asked, &seen.clone().facts(report.clone()), None);
    let held = decision.answer("storage").map(|answer| answer.state) == Some(State::Holds);
    !held || decision.decision == Ruling::Allow
}

/// Says what is waited for, in a line.
fn waiting(name: &str, decision: &Decision, pause: Duration, left: Duration) -> String {
    let mut open = decision.conditions.iter().filter(|it| {
        let state = it.answer.state;
        matches!(state, State::Fails | State::Unanswered)
    });
    let what = open.next().map_or_else(String::new, |it| {
        format!(" for {}: {}", it.id, it.answer.evidence)
    });
    format!(
        "{name}: waiting{what}; again in {} s, for {} s more at most",
        pause.as_secs().max(1),
        left.as_secs().max(1)
    )
}

fn record(
    asked: &Asked,
    facts: Facts,
    decision: Decision,
    environment: &Environment,
    waited: Duration,
) -> Record {
    let report = facts.storage.clone();
    let user = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| environment.get(name));
    Record {
        schema: RECORD_SCHEMA.to_owned(),
        id: report.run_id.clone(),
        decided_at: facts.now,
        host_time: Timestamp::now(),
        waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
        asked: asked.clone(),
        who: Who {
            installation: asked.installation.clone(),
            principal: report.principal.clone(),
            user: user.map(str::to_owned),
        },
        vantage: report.vantage.clone(),
        target: report.target.clone(),
        access: report.access,
        versions: Versions {
            backstop: env!("CARGO_PKG_VERSION").to_owned(),
            from: asked.from_version.clone(),
            to: asked.restorable_by.clone(),
        },
        backup: facts.candidate().cloned(),
        objects: facts.objects.ok(),
        decision,
        report,
    }
}
