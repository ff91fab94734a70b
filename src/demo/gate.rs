//! The end of the tour: the gate before an upgrade, with a backup and without.

use std::sync::Arc;
use std::time::Duration;

use backstop_contract::{
    Attributes, GetOptions, MemoryStore, ObjectStore, ObjectStoreExt, PutOptions,
};

use super::server::DemoServer;
use super::tour::{Reached, SECRET_ACCESS_KEY, Seen, TourError, reach};
use crate::backup::{DataPath, Kind, Layout, Load, Manifest, Push, Pushing, Stored};
use crate::gate::ask::{Eyes, Place, look};
use crate::gate::{Asked, Decision, Ruling, State, decide};
use crate::report::Access;
use crate::transfer::{Pool, Silent, Source};
use crate::verify::verify;

/// The bucket of the gate.
pub(super) const BUCKET: &str = "gate";

/// What is backed up.
const DUMP: &[u8] = b"create table upgrades (version text, at timestamp);\n";
/// The one file of the backup.
const FILE: &str = "db.sql";
/// The byte that is flipped.
const FLIPPED: usize = 13;

/// The longest that a search may take.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) fn store() -> Arc<dyn ObjectStore> {
    Arc::new(MemoryStore::new(BUCKET))
}

/// Blocks without a backup, pushes one, allows, flips a byte of it in storage, and blocks.
pub(super) async fn visit(
    server: &DemoServer,
    tell: &mut impl FnMut(&Seen),
) -> Result<bool, TourError> {
    let mut right = true;
    let mut judged = |seen: Seen| {
        right &= seen.right;
        tell(&seen);
    };
    let decision = ask(server).await?;
    judged(decided("the gate, without a backup", "found", &decision));
    let pushed = push(server).await?;
    let objects = pushed.objects.len();
    judged(Seen {
        title: "a backup is pushed",
        expected: "1 object".to_owned(),
        saw: format!("{objects} object"),
        right: objects == 1,
    });
    let decision = ask(server).await?;
    judged(decided("the gate, with that backup", "", &decision));
    flip(server, &pushed).await?;
    let decision = ask(server).await?;
    judged(decided(
        "the gate, after a byte of it was flipped",
        "whole",
        &decision,
    ));
    Ok(right)
}

async fn reached(server: &DemoServer) -> Result<Reached, TourError> {
    reach(server, BUCKET, Access::PutGet, SECRET_ACCESS_KEY).await
}

/// Verifies storage, looks for the backup, reads every byte of it, and decides.
async fn ask(server: &DemoServer) -> Result<Decision, TourError> {
    let Reached {
        connected,
        request,
        tap,
    } = reached(server).await?;
    let place = Place {
        layout: Layout::new(request.prefix.clone()),
        layouts: Vec::new(),
        limit: LIMIT,
    };
    let eyes = Eyes {
        whose: "target",
        store: Arc::clone(&connected.subject.store),
        identity: Arc::clone(&connected.subject.identity),
        tap: Arc::clone(&tap),
    };
    let (_keep, interrupt) = tokio::sync::watch::channel(false);
    let report = verify(connected.subject, request, tap, interrupt)
        .await
        .map_err(|error| TourError::Target(error.to_string()))?;
    let asked = Asked {
        read: true,
        ..Asked::newest(Kind::Upgrade.name())
    };
    let seen = look(&asked, &place, &eyes, None).await;
    Ok(decide(&asked, &seen.facts(report), None))
}

async fn push(server: &DemoServer) -> Result<Manifest, TourError> {
    let failed = |error: &dyn std::fmt::Display| TourError::Target(error.to_string());
    let Reached {
        connected,
        request,
        tap,
    } = reached(server).await?;
    let store = connected.subject.store;
    let layout = Layout::new(request.prefix);
    let clock = || tap.server_clock();
    let push = Push {
        kind: Kind::Upgrade,
        name: "demo".to_owned(),
        installation: None,
        app_version: None,
        restorable_by: None,
        allow_empty: false,
        attributes: Attributes::default(),
    };
    let path = DataPath::parse(FILE).map_err(|error| failed(&error))?;
    let load = Load::Pipe(path, Source::bytes(DUMP));
    let pushing = Pushing::begin(&store, &layout, push, &clock).await;
    let pushing = pushing.map_err(|error| failed(&error))?;
    let pool = Pool::default();
    let pushed = pushing.run(load, &pool, Arc::new(Silent), &clock).await;
    Ok(pushed.map_err(|error| failed(&error))?.manifest)
}

/// Flips the lowest bit of one byte of the backup, as a disk does that rots.
async fn flip(server: &DemoServer, manifest: &Manifest) -> Result<(), TourError> {
    let failed = |error: &dyn std::fmt::Display| TourError::Target(error.to_string());
    let Reached {
        connected, request, ..
    } = reached(server).await?;
    let store = connected.subject.store;
    let layout = Layout::new(request.prefix);
    let first: Option<&Stored> = manifest.objects.first();
    let object = first.ok_or_else(|| failed(&"the backup is empty"))?;
    let key = layout
        .object(manifest.kind, &manifest.id, object)
        .map_err(|error| failed(&error))?;
    let held = store
        .read_back(&key, GetOptions::default())
        .await
        .map_err(|error| failed(&error))?;
    let mut bytes = held.head.to_vec();
    if let Some(byte) = bytes.get_mut(FLIPPED) {
        *byte ^= 1;
    }
    let put = store.put(&key, bytes.into(), PutOptions::default()).await;
    put.map(drop).map_err(|error| failed(&error))
}

fn decided(title: &'static str, stands_in_the_way: &str, decision: &Decision) -> Seen {
    let words = |ruling: Ruling, ids: &str| match ids {
        "" => ruling.name().to_owned(),
        ids => format!("{} ({ids})", ruling.name()),
    };
    let wanted = if stands_in_the_way.is_empty() {
        Ruling::Allow
    } else {
        Ruling::Block
    };
    let expected = words(wanted, stands_in_the_way);
    let saw = words(decision.decision, &decision.with(State::Fails).join(", "));
    Seen {
        title,
        right: expected == saw,
        expected,
        saw,
    }
}
