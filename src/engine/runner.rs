//! Asks the checks of a plan: everything independent at the same time.

use std::cmp::Reverse;
use std::sync::Arc;

use backstop_contract::{ObjectStore, RetryPolicy, Retrying};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::time::{Instant, timeout};

use super::clock::millis;
use super::event::Event;
use super::gate::Gate;
use super::resolve::{Resolver, skipped};
use super::tap::{ASKING, WireTap};
use crate::check::{Answer, Context, Effect, Mode, Shared, Stop};
use crate::plan::{Plan, Step};
use crate::report::{CheckRecord, Finding, FindingCode, Level, Outcome, Stage};

/// Returns whether a check has half of the time that is left and not all of it: what is required waits
/// for it, so that the object is not deleted while it is read and no listing shows what is being written.
fn is_in_passing(step: &Step) -> bool {
    let info = step.check.info;
    match info.stage {
        Stage::Posture => true,
        Stage::Write => step.level != Level::Required,
        _ => false,
    }
}

/// The check that judges the requests which opened the sandbox.
const BUCKET: &str = "bucket";

/// What a runner asks with.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The journalled store.
    pub store: Arc<dyn ObjectStore>,
    /// How failures are tried again.
    pub policy: RetryPolicy,
    /// Where answers come by.
    pub tap: &'a WireTap,
    /// How answers become records.
    pub resolver: Resolver,
    /// What closes when the run stops early.
    pub(super) gate: &'a Gate,
    /// When checks stop.
    pub(super) end: Instant,
}

type Finished = (usize, CheckRecord);

impl<'a> Runner<'a> {
    /// Asks until every check has ended; ended checks are put into `records` one by one, so that
    /// what is known stays known when this future is dropped.
    pub(super) async fn run(&self, shared: &'a Shared, records: &mut [Option<CheckRecord>]) {
        let steps = &self.plan.steps;
        let mut order: Vec<usize> = (0..steps.len()).collect();
        // Where all checks share two keys they take turns, in the table's order; elsewhere the
        // longest chains of requests get the connections that are open already.
        if shared.opening.mode != Mode::Fixed {
            order.sort_by_key(|&index| Reverse(steps[index].check.info.chain));
        }
        let mut started = vec![false; steps.len()];
        let outside = |index: usize| steps[index].check.info.effect == Effect::Outside;
        let mut at_keys = 0;
        let mut running: FuturesUnordered<BoxFuture<'_, Finished>> = FuturesUnordered::new();
        loop {
            for &index in &order {
                let step = &steps[index];
                let taken = shared.opening.mode == Mode::Fixed && at_keys > 0 && !outside(index);
                let over = taken || self.gate.is_closed();
                if over || started[index] || !self.is_ready(step, records) {
                    continue;
                }
                started[index] = true;
                if let Some(record) = self.spared(step, shared, records) {
                    self.finish(index, record, records);
                } else {
                    let id = step.check.info.id;
                    self.tap.emit(&Event::CheckStarted { id });
                    at_keys += usize::from(!outside(index));
                    running.push(Box::pin(self.ask(index, *step, shared)));
                }
            }
            match running.next().await {
                Some((index, record)) => {
                    at_keys -= usize::from(!outside(index));
                    self.finish(index, record, records);
                }
                None if self.gate.is_closed() => return,
                None if records.iter().all(Option::is_some) => return,
                // A check that was spared may have freed others.
                None => {}
            }
        }
    }

    fn finish(&self, index: usize, record: CheckRecord, records: &mut [Option<CheckRecord>]) {
        // What ends behind a closed gate ends for want of an answer, unless it is a proof.
        if self.gate.is_closed() && record.outcome != Outcome::Passed {
            return;
        }
        self.tap.emit(&Event::CheckFinished { record: &record });
        records[index] = Some(record);
    }

    async fn ask(&self, index: usize, step: Step, shared: &'a Shared) -> Finished {
        let store = Retrying::new(self.store.clone(), self.policy);
        let context = Context {
            store: store.clone(),
            run: shared,
        };
        let began = Instant::now();
        let id = step.check.info.id;
        let asking = ASKING.scope(id, (step.check.run)(&context));
        let answer: Answer = if is_in_passing(&step) {
            let half = self.end.saturating_duration_since(began) / 2;
            let answer = timeout(half, asking).await;
            let waited = began.elapsed().as_secs_f64();
            answer.unwrap_or_else(|_| {
                let text = format!(
                    "no answer within {waited:.1} s; the rest of the time is for what is required"
                );
                Err(Stop::Silent("no-answer", text))
            })
        } else {
            asking.await
        };
        let (outcome, finding) = self.resolver.resolve(&step, answer);
        // What the sandbox was opened with is what this check judges.
        let opening = if id == BUCKET {
            shared.opening.repeats
        } else {
            0
        };
        let record = CheckRecord {
            duration_ms: millis(began.elapsed()),
            attempts: 1 + store.repeats() + opening,
            outcome,
            finding,
            ..skipped(&step)
        };
        (index, record)
    }

    fn is_ready(&self, step: &Step, records: &[Option<CheckRecord>]) -> bool {
        let info = step.check.info;
        info.needs.iter().chain(info.after).all(|id| {
            self.position(id)
                .is_none_or(|index| records[index].is_some())
        })
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.plan
            .steps
            .iter()
            .position(|step| step.check.info.id == id)
    }

    /// Returns the record of a check that need not be asked.
    fn spared(
        &self,
        step: &Step,
        shared: &Shared,
        records: &[Option<CheckRecord>],
    ) -> Option<CheckRecord> {
        let missing = step.check.info.needs.iter().find(|id| {
            self.position(id)
                .and_then(|index| records[index].as_ref())
                .is_some_and(|record| record.outcome != Outcome::Passed)
        });
        if let Some(id) = missing {
            return Some(CheckRecord {
                finding: Some(Finding {
                    depends_on: Some((*id).to_owned()),
                    ..Finding::plain(FindingCode::DependsOn, format!("{id} did not pass"))
                }),
                ..skipped(step)
            });
        }
        if !step.supported {
            return Some(CheckRecord {
                outcome: Outcome::Unsupported,
                finding: Some(Finding::plain(
                    FindingCode::Unsupported,
                    format!("{} does not offer it", self.resolver.provider.title),
                )),
                ..skipped(step)
            });
        }
        let fixed = shared.opening.mode == Mode::Fixed;
        (fixed && step.check.info.effect == Effect::WritesMore).then(|| CheckRecord {
            finding: Some(Finding::plain(
                FindingCode::WouldLeaveLitter,
                "it would leave objects that these credentials cannot remove".to_owned(),
            )),
            ..skipped(step)
        })
    }
}
