//! One run on one target: connected, asked, reported.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::super::args::VerifyArgs;
use super::super::run::Mistake;
use super::super::state::{Place, State};
use super::super::vantage::vantage;
use super::Sink;
use crate::check::Pattern;
use crate::config::{Encryption, Environment, StoreConfig, Target};
use crate::connect::{Connected, connect};
use crate::engine::{RunRequest, WireTap};
use crate::report::{Report, TargetInfo};
use crate::subject::Subject;
use crate::verify::verify;

/// A target that is connected, with what is to be asked.
pub(in crate::cli) struct Session<'a> {
    target: &'a Target,
    sink: Sink,
    tap: Arc<WireTap>,
    connected: Connected,
    request: RunRequest,
    state: Option<State>,
}

impl<'a> Session<'a> {
    /// Connects a target; of its store nothing is asked.
    pub(in crate::cli) async fn open(
        target: &'a Target,
        args: &VerifyArgs,
        environment: &Environment,
        sink: Sink,
    ) -> Result<Self, Mistake> {
        let limit = limit(target, args);
        let (tap, connected, spent) = connect_within(target, &sink, limit).await?;
        let mut request = request(target, args, environment, &connected);
        request.timeout = limit.saturating_sub(spent);
        let state = target.keep_probe.then(|| State::of(environment));
        request.memory = state.as_ref().map(|state| state.recall(&place(&request)));
        Ok(Self {
            target,
            sink,
            tap,
            connected,
            request,
            state,
        })
    }

    /// Returns what is connected.
    pub(in crate::cli) fn subject(&self) -> &Subject {
        &self.connected.subject
    }

    /// Returns where the answers come by.
    pub(in crate::cli) fn tap(&self) -> Arc<WireTap> {
        Arc::clone(&self.tap)
    }

    /// Returns the target's name.
    pub(in crate::cli) fn name(&self) -> &'a str {
        &self.target.name
    }

    /// Runs once, and remembers what it left.
    pub(in crate::cli) async fn run(
        &mut self,
        interrupt: watch::Receiver<bool>,
    ) -> Result<Report, Mistake> {
        let subject = self.connected.subject.clone();
        let tap = Arc::clone(&self.tap);
        let report = verify(subject, self.request.clone(), tap, interrupt).await;
        let report = report.map_err(|rule| {
            let name = self.name();
            Mistake::new(format!(
                "{name}: the prefix leaves no room for the sandbox's keys: {rule}"
            ))
        })?;
        if let (Some(state), Some(survivor)) = (&self.state, &report.survivor) {
            self.request.memory = Some(state.remember(&place(&self.request), survivor));
        }
        Ok(report)
    }

    /// Connects anew, so that the next run is made with fresh credentials.
    pub(in crate::cli) async fn again(self) -> Result<Self, Mistake> {
        let limit = self.request.timeout;
        let (tap, connected, _) = connect_within(self.target, &self.sink, limit).await?;
        Ok(Self {
            tap,
            connected,
            ..self
        })
    }
}

/// Returns the longest that a run may take.
pub(super) fn limit(target: &Target, args: &VerifyArgs) -> Duration {
    let given = args.timeout.or(target.timeout);
    given.unwrap_or(RunRequest::TIMEOUT)
}

/// Connects, and returns how long that took: the AWS chain may have to look for a region.
async fn connect_within(
    target: &Target,
    sink: &Sink,
    limit: Duration,
) -> Result<(Arc<WireTap>, Connected, Duration), Mistake> {
    let begun = Instant::now();
    let tap = WireTap::new(sink.clone());
    match timeout(limit, connect(target, limit, tap.clone())).await {
        Ok(Ok(connected)) => Ok((tap, connected, begun.elapsed())),
        Ok(Err(error)) => Err(Mistake::new(error.to_string())),
        Err(_) => Err(Mistake::new(format!(
            "{}: no region was found in time; set one in the configuration, by --region or in \
             AWS_REGION",
            target.name
        ))),
    }
}

/// Returns what the object that stays is remembered under.
fn place(request: &RunRequest) -> Place<'_> {
    Place {
        location: &request.target.location,
        endpoint: request.target.endpoint.as_deref(),
        folder: &request.folder,
    }
}

fn request(
    target: &Target,
    args: &VerifyArgs,
    environment: &Environment,
    connected: &Connected,
) -> RunRequest {
    let location = connected.subject.store.location().as_str();
    let encrypted = match &target.store {
        StoreConfig::S3(store) | StoreConfig::Minio(store) => {
            matches!(store.encryption, Some(Encryption::SseKms { .. }))
        }
        StoreConfig::Azure(_) => false,
    };
    RunRequest {
        target: TargetInfo {
            name: target.name.clone(),
            provider: target.store.provider().to_owned(),
            location: match target.prefix.as_str() {
                "" => location.to_owned(),
                prefix => format!("{location}/{prefix}"),
            },
            endpoint: connected.endpoint.clone(),
            region: target.store.region().map(str::to_owned),
        },
        vantage: vantage(target, environment),
        access: target.access,
        expect_principal: target.expect_principal.as_deref().map(Pattern::new),
        management: matches!(&target.store, StoreConfig::Azure(store) if store.management),
        prefix: target.prefix.clone(),
        encrypted,
        retention: target.retention,
        folder: target.folder.clone(),
        levels: target.levels.clone(),
        only: (!args.checks.is_empty()).then(|| args.checks.clone()),
        quick: args.quick,
        size: args.size,
        timeout: RunRequest::TIMEOUT,
        sweep_after: target.sweep_after,
        memory: None,
    }
}
