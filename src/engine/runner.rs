//! Asks the checks of a plan: everything independent at the same time.

use std::cmp::Reverse;
use std::sync::Arc;

use backstop_contract::{ObjectStore, RetryPolicy, Retrying};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use super::clock::millis;
use super::event::Event;
use super::gate::Gate;
use super::resolve::{Resolver, skipped};
use super::tap::{ASKING, WireTap};
use crate::check::{Answer, Context, Effect, Mode, Shared};
use crate::plan::{Plan, Step};
use crate::report::{CheckRecord, Finding, FindingCode, Outcome};

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
        let answer: Answer = ASKING.scope(id, (step.check.run)(&context)).await;
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
