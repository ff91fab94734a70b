//! A correct store never fails: many runs, random delays, and runs that overlap.

use std::sync::Arc;
use std::time::Duration;

use backstop::report::{Access, CleanupState, Verdict};
use backstop_contract::memory::{Denied, Latency, MemoryOptions};
use backstop_contract::{MemoryStore, Operation};

use super::harness::{paused, request, run, run_on, told};

/// How many seeded runs there are.
const RUNS: u64 = 10_000;

pub(crate) fn ten_thousand_runs_on_a_correct_store_never_fail() -> Result<(), String> {
    let half = RUNS / 2;
    std::thread::scope(|scope| {
        let halves =
            [(0, half), (half, RUNS)].map(|(from, to)| scope.spawn(move || runs(from, to)));
        halves
            .into_iter()
            .try_for_each(|half| half.join().map_err(|_| "a run panicked".to_owned())?)
    })
}

fn runs(from: u64, to: u64) -> Result<(), String> {
    for seed in from..to {
        let store = delayed(seed, seed % 3 == 0, Vec::new());
        let report = run(Arc::new(store.clone()), request(Access::Full));
        if report.verdict != Verdict::Passed || report.cleanup.state != CleanupState::Clean {
            return Err(format!("seed {seed}: {}", told(&report)));
        }
        if !store.contents().is_empty() {
            return Err(format!("seed {seed}: {:?}", store.contents()));
        }
    }
    Ok(())
}

pub(crate) fn runs_that_overlap_never_fail_each_other() -> Result<(), String> {
    let put_get = [Operation::ListObjects, Operation::DeleteObject];
    let unlisted = vec![Denied::Operation(Operation::ListObjects)];
    let hidden = vec![unlisted[0].clone(), Denied::Absence];
    for seed in 0..200 {
        for (access, denied) in [
            (Access::Full, Vec::new()),
            (Access::PutGet, put_get.map(Denied::Operation).to_vec()),
            (Access::PutGet, unlisted.clone()),
            (Access::PutGet, hidden.clone()),
        ] {
            let bounded = access == Access::PutGet;
            let store = delayed(seed, seed % 2 == 0, denied);
            let reports = paused(async {
                let one = run_on(Arc::new(store.clone()), request(access));
                let two = run_on(Arc::new(store.clone()), request(access));
                <[_; 2]>::from(futures::future::join(one, two).await)
            });
            for report in &reports {
                if matches!(report.verdict, Verdict::Failed | Verdict::Degraded) {
                    return Err(format!("seed {seed} {}: {}", access.name(), told(report)));
                }
            }
            if !bounded && !store.contents().is_empty() {
                return Err(format!("seed {seed}: {:?}", store.contents()));
            }
            if bounded && store.contents().keys.len() > 2 {
                return Err(format!("seed {seed}: {:?}", store.contents()));
            }
        }
    }
    Ok(())
}

fn delayed(seed: u64, versioned: bool, denied: Vec<Denied>) -> MemoryStore {
    MemoryStore::with(
        "soak",
        MemoryOptions {
            versioned,
            denied,
            latency: Some(Latency {
                seed,
                longest: Duration::from_millis(300),
            }),
            ..MemoryOptions::default()
        },
    )
}
