//! One cell: a whole run through the proxy, with one fault at one step.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backstop::config::Target;
use backstop::connect::connect;
use backstop::engine::{NoEvents, RunRequest, WireTap};
use backstop::report::{Report, TargetInfo, Vantage, Verdict};
use backstop::verify::verify;
use backstop_testkit::{Answer, Proxy, Response, Scripted, Seen};
use tokio::sync::watch;

use super::faults::Named;
use super::place::Provider;
use super::steps::{Step, Steps};
use crate::attribution::harness::told;

/// The time of a run that is expected to end by itself.
const LIMIT: Duration = Duration::from_mins(1);
/// The time of a run that waits for something that does not come.
const SHORT: Duration = Duration::from_secs(10);

/// The size of what is uploaded in parts, in bytes: one small part goes through the same steps as two large ones.
const UPLOAD: u64 = 16 * 1024;

/// Turns any error into the words of a failed test.
pub(super) fn text(error: impl fmt::Display) -> String {
    error.to_string()
}

/// One fault at one step of a provider's run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) provider: Provider,
    pub(super) fault: Named,
    pub(super) step: Step,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (provider, fault, step) = (self.provider.name(), self.fault.name(), self.step.name());
        write!(f, "{provider} {fault} at {step}")
    }
}

/// What was said of a run.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) verdict: Verdict,
    /// The codes of the diagnoses.
    pub(super) codes: BTreeSet<String>,
    pub(super) took: Duration,
    /// What another host was asked that a redirect led to.
    pub(super) leak: Option<String>,
    /// The report in a few lines.
    pub(super) told: String,
}

impl Cell {
    /// Returns every cell of a provider whose run has these steps.
    pub(super) fn all(provider: Provider, steps: &[Step]) -> Vec<Self> {
        let faults = Named::ALL.iter();
        faults
            .flat_map(|&fault| {
                let steps = [Step::Connect].into_iter().chain(steps.iter().copied());
                steps.map(move |step| Self {
                    provider,
                    fault,
                    step,
                })
            })
            .collect()
    }

    /// Returns the time the run has.
    pub(super) fn limit(self) -> Duration {
        if self.fault.waits() { SHORT } else { LIMIT }
    }

    /// Runs it.
    pub(super) fn run(self) -> Result<Ran, String> {
        let elsewhere = Scripted::start(|_| Answer::Send(Response::new(200, "")));
        let elsewhere = elsewhere.map_err(text)?;
        let proxy = open(self.provider, self.fault.needs_tls())?;
        let fault = self.fault.fault(self.provider, &elsewhere.endpoint());
        if self.step == Step::Connect {
            if fault.is_of_connections() {
                proxy.break_connections(&fault);
            } else {
                proxy.inject(fault, |_| true);
            }
        } else {
            let (mut names, step) = (Steps::new(self.provider), self.step);
            proxy.inject(fault, move |seen| names.name(seen) == Some(step));
        }
        let mut ran = run(self.provider, &proxy, self.limit())?;
        let asked = elsewhere.requests();
        ran.leak = asked
            .first()
            .map(|request| format!("{} {}", request.method, request.target));
        Ok(ran)
    }
}

/// Runs without a fault, and returns what was asked.
pub(super) fn healthy(provider: Provider, secure: bool) -> Result<(Ran, Vec<Seen>), String> {
    let proxy = open(provider, secure)?;
    // So that it is read as it is in the cells.
    proxy.inject(backstop_testkit::Fault::BlackHole, |_| false);
    let ran = run(provider, &proxy, Duration::from_mins(1))?;
    Ok((ran, proxy.requests()))
}

fn open(provider: Provider, secure: bool) -> Result<Proxy, String> {
    let upstream = provider.upstream()?;
    let proxy = if secure {
        Proxy::start_tls(upstream)
    } else {
        Proxy::start(upstream)
    };
    proxy.map_err(text)
}

fn run(provider: Provider, proxy: &Proxy, limit: Duration) -> Result<Ran, String> {
    let target = provider.target(proxy)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let begun = Instant::now();
    let report = runtime.map_err(text)?.block_on(ask(target, limit))?;
    Ok(Ran {
        verdict: report.verdict,
        codes: report.diagnoses.iter().map(|it| it.code.clone()).collect(),
        took: begun.elapsed(),
        leak: None,
        told: told(&report),
    })
}

async fn ask(target: Target, limit: Duration) -> Result<Report, String> {
    let tap = WireTap::new(Arc::new(NoEvents));
    let connected = connect(&target, limit, tap.clone()).await.map_err(text)?;
    let location = format!("{}/{}", connected.subject.store.location(), target.prefix);
    let request = RunRequest {
        target: TargetInfo {
            provider: target.store.provider().to_owned(),
            endpoint: connected.endpoint.clone(),
            region: target.store.region().map(str::to_owned),
            name: target.name,
            location,
        },
        vantage: Vantage::default(),
        access: target.access,
        expect_principal: None,
        management: false,
        prefix: target.prefix,
        encrypted: false,
        folder: target.folder,
        levels: target.levels,
        only: None,
        quick: false,
        size: Some(UPLOAD),
        timeout: limit,
        sweep_after: target.sweep_after,
        memory: None,
        retention: None,
    };
    let (_keep, interrupt) = watch::channel(false);
    verify(connected.subject, request, tap, interrupt)
        .await
        .map_err(text)
}
