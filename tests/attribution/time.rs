//! A run ends in time, whatever the store does, and cleans up on the way out.

use std::sync::Arc;
use std::time::Duration;

use backstop::engine::{NoEvents, WireTap};
use backstop::report::{Access, CleanupState, Verdict};
use backstop::subject::Subject;
use backstop::verify::verify;
use backstop_contract::memory::{Denied, MemoryOptions};
use backstop_contract::{ErrorKind, MemoryStore, ObjectStore, Operation, Sent};
use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::time::Instant;

use super::harness::{Nobody, Stalling, paused, request, run, run_on, told};

pub(crate) fn a_run_ends_in_time_wherever_the_store_stops_answering() -> Result<(), String> {
    let whole = Stalling::new(MemoryStore::new("whole"), usize::MAX);
    run(whole.clone(), request(Access::Full));
    for answers in 0..whole.answered() {
        for timeout in [Duration::from_secs(10), Duration::from_mins(1)] {
            let store = Stalling::new(MemoryStore::new("stalls"), answers);
            let (report, took) = paused(async {
                let began = Instant::now();
                let mut limited = request(Access::Full);
                limited.timeout = timeout;
                (run_on(store.clone(), limited).await, began.elapsed())
            });
            if took > timeout + Duration::from_millis(1) {
                return Err(format!("after {answers} answers it took {took:?}"));
            }
            if report.verdict == Verdict::Passed {
                return Err(format!("after {answers} answers: {}", told(&report)));
            }
        }
    }
    Ok(())
}

pub(crate) fn an_interrupted_run_cleans_up() -> Result<(), String> {
    interrupted(false)?;
    interrupted(true)
}

fn interrupted(versioned: bool) -> Result<(), String> {
    for after in (0..1_500).step_by(50) {
        let store = MemoryStore::with(
            "interrupted",
            MemoryOptions {
                versioned,
                latency: Some(backstop_contract::memory::Latency {
                    seed: after,
                    longest: Duration::from_millis(100),
                }),
                ..MemoryOptions::default()
            },
        );
        let shared: Arc<dyn ObjectStore> = Arc::new(store.clone());
        let report = paused(async {
            let (stop, interrupt) = watch::channel(false);
            let tap = WireTap::new(Arc::new(NoEvents));
            let run = verify(
                Subject::plain(shared, Arc::new(Nobody)),
                request(Access::Full),
                tap,
                interrupt,
            );
            let signal = async {
                tokio::time::sleep(Duration::from_millis(after)).await;
                stop.send_replace(true);
                std::future::pending::<()>().await;
            };
            tokio::select! {
                report = run => report.expect("the keys fit"),
                () = signal => unreachable!("it waits for ever"),
            }
        });
        let left = store.contents();
        let told_of =
            !report.cleanup.keys.is_empty() || report.cleanup.state == CleanupState::Incomplete;
        if !left.is_empty() && !told_of {
            return Err(format!("after {after} ms: {left:?}\n{}", told(&report)));
        }
        // What a cut-off write left is found by its key, except on the fixed probe.
        if left.keys.iter().any(|key| !key.ends_with("/probe")) {
            return Err(format!("after {after} ms: {left:?}\n{}", told(&report)));
        }
    }
    Ok(())
}

pub(crate) fn leftovers_are_swept_once_they_are_old() -> Result<(), String> {
    for versioned in [false, true] {
        let store = MemoryStore::with(
            "killed",
            MemoryOptions {
                versioned,
                ..MemoryOptions::default()
            },
        );
        // A run that is dropped at a request has been killed there.
        for requests in 1..60 {
            let stalls = Stalling::new(store.clone(), requests);
            paused(async {
                let run = run_on(stalls, request(Access::Full));
                let _ = tokio::time::timeout(Duration::from_millis(1), run).await;
            });
        }
        let young = store.contents();
        if young.is_empty() {
            return Err("the killed runs left nothing to sweep".to_owned());
        }
        run(Arc::new(store.clone()), request(Access::Full));
        if store.contents().keys != young.keys {
            return Err("young leftovers were swept".to_owned());
        }
        store.backdate(SignedDuration::from_hours(25));
        let report = run(Arc::new(store.clone()), request(Access::Full));
        if !store.contents().is_empty() || report.cleanup.swept == 0 {
            return Err(format!("left: {:?}\n{}", store.contents(), told(&report)));
        }
    }
    Ok(())
}

/// The access, and what its credentials may not do.
const LOST: [(Access, &[Operation]); 3] = [
    (Access::Full, &[]),
    (
        Access::PutGet,
        &[
            Operation::ListObjects,
            Operation::DeleteObject,
            Operation::AbortMultipart,
        ],
    ),
    (Access::PutGet, &[Operation::ListObjects]),
];

pub(crate) fn no_lost_reply_fails_a_run_on_a_correct_store() -> Result<(), String> {
    let failures = [
        (ErrorKind::Unreachable, Sent::Maybe),
        (ErrorKind::ServiceFailed, Sent::Answered),
    ];
    let mut wrong = Vec::new();
    for (access, denied) in LOST {
        for versioned in [false, true] {
            for (kind, sent) in failures {
                wrong.extend(lose_each(access, denied, versioned, kind, sent));
            }
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// Loses the reply of every request of a run in turn, and tells where that did harm.
fn lose_each(
    access: Access,
    denied: &[Operation],
    versioned: bool,
    kind: ErrorKind,
    sent: Sent,
) -> Vec<String> {
    let bucket = || {
        let options = MemoryOptions {
            versioned,
            denied: denied.iter().copied().map(Denied::Operation).collect(),
            ..MemoryOptions::default()
        };
        MemoryStore::with("loses", options)
    };
    let whole = Stalling::new(bucket(), usize::MAX);
    run(whole.clone(), request(access));
    let mut wrong = Vec::new();
    for reply in 0..whole.answered() {
        let store = bucket();
        let loses = Stalling::losing(store.clone(), reply, kind, sent);
        let report = run(loses, request(access));
        let left = store.contents();
        let stays = access == Access::Full && !left.is_empty();
        let unsaid = left.keys.len() > 2 || (!left.is_empty() && report.cleanup.keys.is_empty());
        if matches!(report.verdict, Verdict::Failed | Verdict::Degraded) || stays || unsaid {
            wrong.push(format!(
                "{} {versioned} {kind}, reply {reply}: left {left:?}\n  {}",
                access.name(),
                told(&report)
            ));
        }
    }
    wrong
}
