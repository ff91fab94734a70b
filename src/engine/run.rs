//! One run, from the first request to the report.

use std::future::pending;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use backstop_contract::{
    Capability, Error, KeyError, ObjectStore, ObjectVersion, RetryPolicy, Retrying,
};
use futures::FutureExt;
use futures::future::{join, select};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until, timeout, timeout_at};

use super::clock::{AFTER_A_SIGNAL, Deadline};
use super::event::Event;
use super::finish::{Cleaned, Finish, Stopped};
use super::gate::Gate;
use super::not_proven::not_proven;
use super::request::RunRequest;
use super::resolve::Resolver;
use super::runner::Runner;
use super::sandbox::{
    Cleaner, Journal, Journalled, Removal, Swept, open, remove_residue, residue, sweep,
};
use super::tap::WireTap;
use super::trials::{Trials, Wanted};
use crate::check::{CheckStore, Effect, Facts, Keys, Mode, OBJECT_SIZE, Probe, Shared, Who};
use crate::plan::{Network, Plan, Wishes, fits};
use crate::reach::{Prober, Route};
use crate::report::{Access, CheckRecord, Posture, Report, SCHEMA, Survivor, Trial, verdict};
use crate::subject::{Subject, Variants};

/// Runs a plan on a store and reports what was found.
///
/// It ends within the request's timeout, whatever the store does, and removes what it wrote on
/// every way out. When `interrupt` turns true the checks stop and five seconds are left for that.
///
/// # Errors
///
/// [`KeyError`] when the prefix leaves no room for the sandbox's keys.
pub async fn run(
    subject: Subject,
    request: RunRequest,
    tap: Arc<WireTap>,
    interrupt: watch::Receiver<bool>,
) -> Result<Report, KeyError> {
    let deadline = Deadline::start(request.timeout);
    let session = Session::new(subject, request, tap)?;
    let mut found = Found::new(session.plan.steps.len());
    let stopped = session.ask(&mut found, deadline, interrupt.clone()).await;
    session.tap.emit(&Event::CleaningUp);
    let cleaned = tokio::select! {
        cleaned = timeout_at(deadline.end(), session.clean(&found, stopped)) => cleaned.ok(),
        // A signal leaves a few seconds, also when it comes only now.
        () = turned_true(interrupt).then(|()| sleep(AFTER_A_SIGNAL)) => None,
    };
    Ok(session.finish(found, stopped, cleaned, deadline))
}

/// What a run works with from beginning to end.
struct Session {
    run_id: String,
    started_at: Timestamp,
    request: RunRequest,
    keys: Keys,
    plan: Plan,
    who: Arc<Who>,
    journal: Arc<Journal>,
    gate: Arc<Gate>,
    store: Arc<dyn ObjectStore>,
    /// What the clean-up asks with, which counts its repeats.
    cleaner: CheckStore,
    tap: Arc<WireTap>,
    resolver: Resolver,
    prober: Option<Arc<Prober>>,
    variants: Option<Arc<dyn Variants>>,
}

/// What the asking found so far; it stays when the asking is stopped.
struct Found {
    shared: OnceLock<Shared>,
    records: Vec<Option<CheckRecord>>,
    swept: Swept,
    trials: Vec<Trial>,
}

impl Found {
    fn new(checks: usize) -> Self {
        Self {
            shared: OnceLock::new(),
            records: vec![None; checks],
            swept: Swept::default(),
            trials: Vec::new(),
        }
    }

    /// Returns how much the clean-up may remove.
    fn removal(&self) -> Removal {
        match self.shared.get().map(|shared| &shared.opening) {
            Some(opening) if opening.mode == Mode::Own => Removal::All,
            Some(opening) if opening.is_protected() => Removal::Uploads,
            _ => Removal::Known,
        }
    }

    /// Returns the object that stays for the next run.
    fn survivor(&self) -> Option<Survivor> {
        self.facts()?.survivor.clone()
    }

    /// Returns what the bucket says of itself, where anything was answered.
    fn posture(&self) -> Option<Posture> {
        let posture = self.facts()?.posture.clone();
        (posture != Posture::default()).then_some(posture)
    }

    fn facts(&self) -> Option<MutexGuard<'_, Facts>> {
        let facts = &self.shared.get()?.facts;
        Some(facts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the sandbox's mode; absent when it was not opened before the asking stopped.
    fn mode(&self) -> Option<Mode> {
        self.shared.get().map(|shared| shared.opening.mode)
    }
}

impl Session {
    fn new(subject: Subject, request: RunRequest, tap: Arc<WireTap>) -> Result<Self, KeyError> {
        let Subject {
            store,
            identity,
            route,
            variants,
        } = subject;
        let run_id = run_id();
        let keys = Keys::new(&request.prefix, &request.folder, &run_id)?;
        let plan = Plan::new(
            Wishes {
                access: request.access,
                levels: &request.levels,
                only: request.only.as_deref(),
                quick: request.quick,
                expects: request.expect_principal.is_some() || request.management,
                keeps_probe: request.memory.is_some(),
                network: network(route.as_ref()),
            },
            store.capabilities(),
        );
        let route = route.filter(|_| plan.asks_of_the_way());
        let scheme = store.provider().scheme;
        let prober = route.map(|route| Arc::new(Prober::new(route, scheme, tap.heard())));
        let resolver = Resolver {
            provider: store.provider(),
            encrypted: request.encrypted,
        };
        let who = Arc::new(Who::new(identity, request.expect_principal.clone()));
        let journal = Arc::new(Journal::default());
        let gate = Arc::new(Gate::default());
        let store = Journalled::new(store, keys.clone(), journal.clone(), gate.clone());
        let store: Arc<dyn ObjectStore> = Arc::new(store);
        Ok(Self {
            run_id,
            started_at: Timestamp::now(),
            request,
            keys,
            plan,
            who,
            journal,
            gate,
            cleaner: Retrying::new(store.clone(), RetryPolicy::default()),
            store,
            tap,
            resolver,
            prober,
            variants,
        })
    }

    fn check_store(&self) -> CheckStore {
        Retrying::new(self.store.clone(), RetryPolicy::default())
    }

    /// Asks until everything is answered, the time is over or the run is interrupted.
    async fn ask(
        &self,
        found: &mut Found,
        deadline: Deadline,
        interrupt: watch::Receiver<bool>,
    ) -> Stopped {
        self.tap.emit(&Event::Planned {
            checks: self.plan.steps.len(),
        });
        let Found {
            shared,
            records,
            swept,
            trials,
        } = found;
        let what = async {
            let opened = self.open().await;
            let shared = shared.get_or_init(|| opened);
            let runner = Runner {
                plan: &self.plan,
                store: self.store.clone(),
                policy: RetryPolicy::default(),
                tap: &self.tap,
                resolver: self.resolver,
                gate: &self.gate,
                end: deadline.end_of_checks(),
            };
            let sweeping = async { *swept = self.sweep(shared).await };
            join(runner.run(shared, records), sweeping).await;
            self.try_forms(shared, records, trials).await;
        };
        // Who keeps silent holds nobody back but the check that waits for it.
        let looking = async {
            join(self.look_up(), self.walk()).await;
            pending::<()>().await;
        };
        let mut asking = select(Box::pin(what), Box::pin(looking));
        let stopped = tokio::select! {
            _ = &mut asking => return Stopped::Finished,
            () = sleep_until(deadline.end_of_checks()) => Stopped::OutOfTime(deadline.time_for_checks()),
            () = turned_true(interrupt) => Stopped::Interrupted,
        };
        self.gate.close();
        // Nothing is lost when the time is over: what has no answer then is reported.
        drop(timeout(deadline.last_answers(), asking).await);
        self.gate.open();
        stopped
    }

    /// Tries other forms of requests where the usual one was refused; what is known stays known when
    /// this future is dropped.
    async fn try_forms(
        &self,
        shared: &Shared,
        records: &[Option<CheckRecord>],
        found: &mut Vec<Trial>,
    ) {
        let Some(variants) = self.variants.as_deref().filter(|_| !self.request.quick) else {
            return;
        };
        let trials = Trials {
            variants,
            shared,
            prefix: &self.request.prefix,
            journalled: &|store| {
                let (keys, journal) = (self.keys.clone(), self.journal.clone());
                let store = Journalled::new(store, keys, journal, self.gate.clone());
                Retrying::new(Arc::new(store), RetryPolicy::default())
            },
        };
        let wanted = Wanted::after(records);
        for variant in wanted.variants {
            if self.gate.is_closed() {
                return;
            }
            found.extend(trials.of(variant, wanted.in_parts).await);
        }
    }

    /// Looks up who asks, beside the first requests rather than after them.
    async fn look_up(&self) {
        // The checks report what they find; here it is only begun early.
        if self.who.credential().await.is_ok() && self.plan.asks("principal") {
            let _ = self.who.principal().await;
        }
    }

    /// Walks the way to the service, beside the first requests and never before them: without a
    /// credential there are none.
    async fn walk(&self) {
        if let Some(prober) = &self.prober
            && self.who.credential().await.is_ok()
        {
            prober.walk().await;
        }
    }

    /// Removes what the run wrote, and looks whether it is gone.
    async fn clean(&self, found: &Found, stopped: Stopped) -> Cleaned {
        let store = &self.cleaner;
        let cleaner = Cleaner {
            store,
            journal: &self.journal,
            keys: &self.keys,
            run_id: &self.run_id,
            removal: found.removal(),
        };
        // A request that was cut off, or whose answer was lost, may arrive after its key was cleaned.
        let late = stopped != Stopped::Finished || self.journal.is_unsettled();
        if let Some(failure) = cleaner.clean_up().await {
            return Cleaned::Refused(failure);
        }
        if found.mode() != Some(Mode::Own) || self.request.quick {
            return Cleaned::Done;
        }
        let mut there = self.left_over().await;
        if let Ok(found) = &there
            && !found.is_empty()
            && late
        {
            remove_residue(store, found).await;
            there = self.left_over().await;
        }
        match there {
            Err(error) => Cleaned::Refused(error),
            Ok(there) if there.is_empty() => Cleaned::Done,
            Ok(there) => Cleaned::Lied(there.iter().map(|it| it.key.to_string()).collect()),
        }
    }

    /// Returns what is still in the run's own folder.
    ///
    /// Where versioning is suspended, MinIO's deletes leave markers that no answer tells of: they are
    /// removed as soon as they are seen.
    async fn left_over(&self) -> Result<Vec<ObjectVersion>, Error> {
        let store = &self.cleaner;
        let mut there = residue(store, &self.keys.own).await?;
        if there.iter().any(|it| it.delete_marker) {
            there.retain(|it| it.delete_marker);
            remove_residue(store, &there).await;
            there = residue(store, &self.keys.own).await?;
        }
        Ok(there)
    }

    async fn open(&self) -> Shared {
        let writes = self
            .plan
            .steps
            .iter()
            .any(|step| matches!(step.check.info.effect, Effect::Writes | Effect::WritesMore));
        let probe = Probe::new(&self.run_id, "probe", self.started_at, OBJECT_SIZE);
        let RunRequest { prefix, access, .. } = &self.request;
        let store = self.check_store();
        let opening = open(&store, &self.keys, prefix, *access, writes, probe).await;
        Shared {
            run_id: self.run_id.clone(),
            started_at: self.started_at,
            access: *access,
            who: self.who.clone(),
            prober: self.prober.clone(),
            variants: self.variants.clone(),
            prefix: prefix.clone(),
            retention: self.request.retention,
            clock: self.tap.clone(),
            keys: self.keys.clone(),
            opening,
            size: self.request.size,
            quick: self.request.quick,
            memory: self.request.memory.clone(),
            facts: Mutex::new(Facts::default()),
        }
    }

    async fn sweep(&self, shared: &Shared) -> Swept {
        if shared.opening.mode != Mode::Own || self.request.quick {
            return Swept::default();
        }
        let now = self.tap.server_clock().unwrap_or_else(Timestamp::now);
        let age = self.request.sweep_after;
        let versioned = self.journal.saw_versions();
        sweep(&self.check_store(), &self.keys, age, now, versioned).await
    }

    fn finish(
        self,
        found: Found,
        stopped: Stopped,
        cleaned: Option<Cleaned>,
        deadline: Deadline,
    ) -> Report {
        let survivor = found.survivor();
        let posture = found.posture();
        let finish = Finish {
            plan: &self.plan,
            resolver: self.resolver,
            keys: &self.keys,
            journal: &self.journal,
            tap: &self.tap,
            mode: found.mode(),
            protected: found.removal() == Removal::Uploads,
            parts_go: !self.store.capabilities().has(Capability::AbortMultipart),
            stopped,
            swept: found.swept,
            survives: survivor.is_some(),
        };
        let mut checks = finish.records(found.records);
        let (cleanup, mut record) = finish.cleanup(cleaned);
        record.attempts += self.cleaner.repeats();
        self.tap.emit(&Event::CheckFinished { record: &record });
        checks.push(record);
        let RunRequest {
            access, vantage, ..
        } = self.request;
        let credential = self.who.known_credential();
        Report {
            schema: SCHEMA.to_owned(),
            run_id: self.run_id,
            started_at: self.started_at,
            duration_ms: deadline.elapsed_ms(),
            target: self.request.target,
            access,
            principal: self.who.known_principal(),
            diagnoses: Vec::new(),
            fits: (access == Access::Undeclared)
                .then(|| fits(&checks))
                .filter(|found| !found.fits.is_empty()),
            not_proven: not_proven(access, &checks, credential.as_ref(), &vantage),
            credential,
            vantage,
            reach: self.prober.map(|prober| prober.report()),
            posture,
            variants: found.trials,
            survivor,
            cleanup,
            verdict: verdict(&checks),
            checks,
        }
    }
}

async fn turned_true(mut interrupt: watch::Receiver<bool>) {
    if interrupt.wait_for(|is| *is).await.is_err() {
        // Nobody can interrupt any more.
        pending::<()>().await;
    }
}

/// Returns how a store is reached.
fn network(route: Option<&Route>) -> Network {
    match route {
        None => Network::Absent,
        Some(route) if route.secure => Network::Tls,
        Some(_) => Network::Plain,
    }
}

/// Makes the random id of a run: 16 hexadecimal digits.
fn run_id() -> String {
    let random =
        RandomState::new().hash_one((Timestamp::now().as_nanosecond(), std::process::id()));
    format!("{random:016x}")
}
