//! A push that takes long: it shows that it goes on, and looks whether its objects are still there.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use backstop_contract::{ObjectKey, ObjectStore, PutOptions};
use bytes::Bytes;
use futures::future::{Either, select};
use jiff::SignedDuration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::PushError;
use crate::backup::layout::Layout;
use crate::backup::manifest::Manifest;
use crate::backup::verify::{DeviationKind, verify};
use crate::transfer::{Progress, Silent};

/// How often a push shows that it goes on: prune takes one that was silent for a day for dead.
const EVERY: Duration = Duration::from_hours(1);
/// How long a push takes at least whose objects are looked at before it is called complete.
const LONG: SignedDuration = SignedDuration::from_hours(12);
/// What the object says that shows it.
const SIGN: &[u8] = b"backstop backup push was at work when this was last written\n";

/// Waits for some work, and writes an object every hour until it is done.
///
/// # Why
///
/// The parts of an upload are nobody's objects until it is completed, so a push of one large file
/// looks dead from outside.
pub(super) async fn shown<T>(
    store: &dyn ObjectStore,
    key: &ObjectKey,
    work: impl Future<Output = T>,
) -> T {
    let signs = async {
        let mut turns = interval_at(Instant::now() + EVERY, EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            let sign = Bytes::from_static(SIGN);
            // Work goes on where this cannot be written: it is looked at in the end.
            let _ = store.put(key, sign, PutOptions::default()).await;
        }
    };
    let signs = pin!(async { Infallible::from(signs.await) });
    match select(pin!(work), signs).await {
        Either::Left((done, _)) => done,
        Either::Right((never, _)) => match never {},
    }
}

/// Looks whether the objects of a push that took long are still there, where that may be seen.
///
/// # Errors
///
/// [`PushError::Gone`]: somebody took the push for dead and removed what it had written.
pub(super) async fn still_there(
    store: &Arc<dyn ObjectStore>,
    layout: &Layout,
    manifest: &Manifest,
) -> Result<(), PushError> {
    if manifest.ended_at.duration_since(manifest.started_at) < LONG {
        return Ok(());
    }
    let progress: Arc<dyn Progress> = Arc::new(Silent);
    let found = verify(store, layout, manifest, false, &progress).await?;
    let mut gone = found
        .deviations
        .iter()
        .filter(|it| matches!(it.kind, DeviationKind::Missing | DeviationKind::Size));
    match gone.next() {
        Some(first) => Err(PushError::Gone {
            first: format!("{}: {}", first.path, first.found),
            count: 1 + gone.count() as u64 + found.more,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use backstop_contract::{KeyPrefix, MemoryStore};
    use tokio::time::sleep;

    use super::*;
    use crate::backup::{BackupId, DataPath, Kind, Part, Stored};

    #[tokio::test]
    async fn what_was_removed_while_a_push_went_on_is_missed() {
        let store = MemoryStore::new("acme");
        let layout = Layout::new(KeyPrefix::default());
        let begun = jiff::Timestamp::now();
        let id = BackupId::new(begun, "x").expect("an id");
        let path = DataPath::parse("db.sql").expect("a path");
        let part = Part {
            size: 4,
            sha256: [0; 32],
        };
        let object = Stored::new(path, vec![part], None);
        let key = layout.object(Kind::Upgrade, &id, &object).expect("a key");
        let manifest = |hours| Manifest {
            schema: Manifest::SCHEMA.to_owned(),
            id: id.clone(),
            kind: Kind::Upgrade,
            installation: None,
            started_at: begun,
            ended_at: begun + SignedDuration::from_hours(hours),
            app_version: None,
            restorable_by: None,
            previous: None,
            objects: vec![object.clone()],
        };
        for (hours, there, fine) in [(11, false, true), (13, false, false), (13, true, true)] {
            if there {
                let put = store.put(&key, Bytes::from_static(b"dump"), PutOptions::default());
                put.await.expect("put");
            }
            let store: Arc<dyn ObjectStore> = Arc::new(store.clone());
            let found = still_there(&store, &layout, &manifest(hours)).await;
            assert_eq!(found.is_ok(), fine, "{hours} {there}: {found:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_lasts_is_shown_every_hour() {
        for (minutes, expected) in [(59, None), (61, Some(1)), (5 * 60 - 1, Some(4))] {
            let store = MemoryStore::with(
                "acme",
                backstop_contract::memory::MemoryOptions {
                    versioned: true,
                    ..Default::default()
                },
            );
            let key = ObjectKey::new("upgrade/x/in-progress").expect("a key");
            let work = async {
                sleep(Duration::from_mins(minutes)).await;
                "done"
            };
            assert_eq!(shown(&store, &key, work).await, "done");
            let versions = store.list_versions("", None).await.expect("listed");
            let written = versions.versions.len();
            assert_eq!((written > 0).then_some(written), expected, "{minutes}");
        }
    }
}
