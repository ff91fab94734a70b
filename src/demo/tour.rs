//! A guided tour: a healthy store and broken ones, each verified over the wire.

use std::io;
use std::sync::Arc;

use backstop_contract::fault::{Fault, FaultStore};
use backstop_contract::memory::Denied;
use backstop_contract::{MemoryStore, ObjectStore, Operation, Secret};
use thiserror::Error;
use tokio::sync::watch;

use super::gate;
use super::server::DemoServer;
use crate::config::{Environment, Target, UrlFlags, url_target};
use crate::connect::{Connected, connect};
use crate::engine::{NoEvents, RunRequest, WireTap};
use crate::report::{Access, Report, TargetInfo, Vantage, Verdict};
use crate::verify::verify;

/// The access key id of the demo's server.
pub const ACCESS_KEY_ID: &str = "DEMOACCESSKEYID00000";
/// The secret of the demo's server, which guards nothing and is printed for everybody.
pub const SECRET_ACCESS_KEY: &str = "demo-secret-that-guards-nothing-000000000";

/// One store of the tour, and what must be said of it.
#[derive(Debug)]
pub struct Scene {
    /// What is the matter with the store.
    pub title: &'static str,
    /// The bucket; one that is not there is asked for in one scene.
    pub bucket: &'static str,
    /// What the credentials are declared to be able to do.
    pub access: Access,
    secret: &'static str,
    make: Option<fn() -> Arc<dyn ObjectStore>>,
    expected: Expected,
}

/// What a run must say: the verdict, the first cause, and a check that must be among the failed.
#[derive(Debug, Clone, Copy)]
struct Expected {
    verdict: Verdict,
    cause: &'static str,
    check: &'static str,
}

const PASSED: Expected = Expected {
    verdict: Verdict::Passed,
    cause: "",
    check: "",
};

const fn failed(cause: &'static str, check: &'static str) -> Expected {
    Expected {
        verdict: Verdict::Failed,
        cause,
        check,
    }
}

const fn scene(
    title: &'static str,
    bucket: &'static str,
    make: fn() -> Arc<dyn ObjectStore>,
    expected: Expected,
) -> Scene {
    Scene {
        title,
        bucket,
        access: Access::Full,
        secret: SECRET_ACCESS_KEY,
        make: Some(make),
        expected,
    }
}

/// The tour, in order.
pub const SCENES: [Scene; 9] = [
    scene(
        "a healthy store",
        "healthy",
        || Arc::new(MemoryStore::new("healthy")),
        PASSED,
    ),
    Scene {
        secret: "not-the-secret-of-this-server-00000000000",
        make: None,
        ..scene(
            "a wrong secret",
            "healthy",
            || Arc::new(MemoryStore::new("healthy")),
            failed("wrong-secret", "put-object"),
        )
    },
    Scene {
        make: None,
        ..scene(
            "a bucket that is not there",
            "not-there",
            || Arc::new(MemoryStore::new("not-there")),
            failed("bucket-not-found", "bucket"),
        )
    },
    scene(
        "credentials that cannot delete, declared full",
        "no-delete",
        no_delete,
        failed("missing-permission", "delete-object"),
    ),
    Scene {
        access: Access::PutGet,
        make: None,
        ..scene(
            "credentials that cannot delete, declared put-get",
            "no-delete",
            no_delete,
            PASSED,
        )
    },
    scene(
        "a store that loses writes",
        "loses-writes",
        || with(Fault::LosesWrites),
        failed("contract-violated", "get-object"),
    ),
    scene(
        "a store that flips a bit",
        "flips-a-bit",
        || with(Fault::FlipsABit),
        failed("contract-violated", "get-object"),
    ),
    scene(
        "a store that ignores Range",
        "ignores-range",
        || with(Fault::IgnoresRange),
        failed("contract-violated", "get-range"),
    ),
    scene(
        "a store that ignores If-None-Match",
        "ignores-if-absent",
        || with(Fault::IgnoresIfAbsent),
        failed("no-conditional-writes", "put-if-absent"),
    ),
];

fn no_delete() -> Arc<dyn ObjectStore> {
    let store = MemoryStore::new("no-delete");
    Arc::new(store.as_seen_with(vec![Denied::Operation(Operation::DeleteObject)]))
}

fn with(fault: Fault) -> Arc<dyn ObjectStore> {
    Arc::new(FaultStore::new(MemoryStore::new("faulty"), fault))
}

/// What was said of one store, or by the gate.
#[derive(Debug)]
pub struct Seen {
    /// Of what.
    pub title: &'static str,
    /// What had to be said, in a few words.
    pub expected: String,
    /// What was said, in a few words.
    pub saw: String,
    /// Whether the two agree.
    pub right: bool,
}

/// Why the tour could not be made.
#[derive(Debug, Error)]
pub enum TourError {
    /// No loopback port can be had.
    #[error("no loopback port can be had for the demo's server: {0}")]
    Server(#[from] io::Error),
    /// A store of the demo could not be reached through its own configuration.
    #[error("the demo's own target is refused: {0}")]
    Target(String),
}

/// Starts the server with every store of the tour.
///
/// # Errors
///
/// [`TourError::Server`].
pub async fn start() -> Result<DemoServer, TourError> {
    let scenes = SCENES
        .iter()
        .filter_map(|scene| Some((scene.bucket.to_owned(), scene.make?())));
    let gate = (gate::BUCKET.to_owned(), gate::store());
    let buckets = scenes.chain([gate]).collect();
    let keys = (
        ACCESS_KEY_ID.to_owned(),
        Secret::new(SECRET_ACCESS_KEY.to_owned()),
    );
    Ok(DemoServer::start(buckets, keys).await?)
}

/// Verifies every store of the tour, one after another, asks the gate, and tells of each.
///
/// # Errors
///
/// [`TourError::Target`].
pub async fn tour(server: &DemoServer, mut tell: impl FnMut(&Seen)) -> Result<bool, TourError> {
    let mut all_right = true;
    for scene in &SCENES {
        let report = visit(server, scene).await?;
        let seen = judge(scene, &report);
        all_right &= seen.right;
        tell(&seen);
    }
    let right = gate::visit(server, &mut tell).await?;
    Ok(all_right && right)
}

async fn visit(server: &DemoServer, scene: &Scene) -> Result<Report, TourError> {
    let Reached {
        connected,
        request,
        tap,
    } = reach(server, scene.bucket, scene.access, scene.secret).await?;
    let (_keep, interrupt) = watch::channel(false);
    verify(connected.subject, request, tap, interrupt)
        .await
        .map_err(|error| TourError::Target(error.to_string()))
}

/// A bucket of the demo, connected, with what is asked of it.
pub(super) struct Reached {
    pub(super) connected: Connected,
    pub(super) request: RunRequest,
    pub(super) tap: Arc<WireTap>,
}

/// Connects to a bucket of the demo; of it nothing is asked yet.
pub(super) async fn reach(
    server: &DemoServer,
    bucket: &str,
    access: Access,
    secret: &str,
) -> Result<Reached, TourError> {
    let refused = |error: &dyn std::fmt::Display| TourError::Target(error.to_string());
    let environment: Environment = [
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_REGION", "us-east-1"),
    ]
    .into_iter()
    .collect();
    let flags = UrlFlags {
        endpoint_url: Some(server.endpoint()),
        access: Some(access.name().to_owned()),
        ..UrlFlags::default()
    };
    let url = format!("s3://{bucket}/backups");
    let target = url_target(&url, &flags, &environment).map_err(|error| refused(&error))?;
    let tap = WireTap::new(Arc::new(NoEvents));
    let connected = connect(&target, RunRequest::TIMEOUT, tap.clone())
        .await
        .map_err(|error| refused(&error))?;
    let location = format!("{}/{}", connected.subject.store.location(), target.prefix);
    let request = request(target, location, server);
    Ok(Reached {
        connected,
        request,
        tap,
    })
}

fn request(target: Target, location: String, server: &DemoServer) -> RunRequest {
    RunRequest {
        target: TargetInfo {
            provider: target.store.provider().to_owned(),
            endpoint: Some(server.endpoint()),
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
        retention: target.retention,
        folder: target.folder,
        levels: target.levels,
        only: None,
        quick: false,
        size: None,
        timeout: RunRequest::TIMEOUT,
        sweep_after: target.sweep_after,
        memory: None,
    }
}

fn judge(scene: &Scene, report: &Report) -> Seen {
    let cause = report.diagnoses.first();
    let said = cause.map_or("", |cause| cause.code.as_str());
    let Expected {
        verdict,
        cause: wanted,
        check,
    } = scene.expected;
    let named = cause.is_none_or(|cause| cause.checks.iter().any(|id| id == check));
    Seen {
        expected: words(verdict, wanted, check),
        saw: cause.map_or_else(
            || words(report.verdict, "", ""),
            |cause| words(report.verdict, said, &cause.checks.join(", ")),
        ),
        right: report.verdict == verdict && said == wanted && named,
        title: scene.title,
    }
}

fn words(verdict: Verdict, cause: &str, checks: &str) -> String {
    if cause.is_empty() {
        verdict.name().to_owned()
    } else {
        format!("{} ({cause}: {checks})", verdict.name())
    }
}
