//! The gate's edge on the memory store: what lies there, and what may be seen of it, to a decision.

use std::sync::Arc;
use std::time::Duration;

use backstop::backup::{DataPath, Kind, Layout, Load, Manifest, Pointer, Push, Pushing};
use backstop::engine::{NoEvents, WireTap};
use backstop::gate::ask::{Eyes, Place, look};
use backstop::gate::{Asked, Decision, Ruling, State, decide};
use backstop::report::Report;
use backstop::transfer::{Pool, Silent, Source};
use backstop_contract::memory::Denied;
use backstop_contract::{
    Attributes, DeleteOptions, KeyPrefix, MemoryStore, ObjectKey, ObjectStore, Operation,
    PutOptions,
};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::gate::verified;
use super::harness::{Nobody, paused};

/// A bucket with one backup in it.
struct Bench {
    store: MemoryStore,
    layout: Layout,
    manifest: Manifest,
    asked: Asked,
    denied: Vec<Denied>,
    reader: bool,
}

fn layout() -> Layout {
    Layout::new(KeyPrefix::new("production").expect("a prefix"))
}

/// Pushes a backup of two objects that began so long ago.
async fn push(store: &MemoryStore, kind: Kind, ago: SignedDuration) -> Manifest {
    let store: Arc<dyn ObjectStore> = Arc::new(store.clone());
    let layout = layout();
    let push = Push {
        kind,
        name: "test".to_owned(),
        installation: Some("acme-production".to_owned()),
        app_version: Some("2.3.1".to_owned()),
        restorable_by: Some("2.0..2.9".to_owned()),
        attributes: Attributes::default(),
    };
    let clock = || Some(Timestamp::now() - ago);
    let pushing = Pushing::begin(&store, &layout, push, &clock)
        .await
        .expect("begun");
    let path = DataPath::parse("db.sql").expect("a path");
    let load = Load::Pipe(path, Source::bytes(Bytes::from_static(b"create table a;")));
    let pool = Pool::default();
    let pushed = pushing.run(load, &pool, Arc::new(Silent), &clock).await;
    pushed.expect("pushed").manifest
}

impl Bench {
    async fn new() -> Self {
        let store = MemoryStore::new("gate");
        let manifest = push(&store, Kind::Upgrade, SignedDuration::from_mins(5)).await;
        let asked = Asked {
            max_age_s: 60 * 60,
            installation: Some("acme-production".to_owned()),
            ..Asked::newest("upgrade")
        };
        Self {
            store,
            layout: layout(),
            manifest,
            asked,
            denied: Vec::new(),
            reader: false,
        }
    }

    fn key(&self) -> ObjectKey {
        let object = self.manifest.objects.first().expect("an object");
        let key = self
            .layout
            .object(self.manifest.kind, &self.manifest.id, object);
        key.expect("a key")
    }

    fn manifest_key(&self) -> ObjectKey {
        let key = self.layout.manifest(self.manifest.kind, &self.manifest.id);
        key.expect("a key")
    }

    async fn put(&self, key: &ObjectKey, bytes: impl Into<Bytes>) {
        let put = self
            .store
            .put(key, bytes.into(), PutOptions::default())
            .await;
        put.expect("put");
    }

    async fn remove(&self, key: &ObjectKey) {
        let gone = self.store.delete(key, DeleteOptions::default()).await;
        gone.expect("deleted");
    }

    async fn decide(&self, report: &Report) -> Decision {
        let eyes = |whose, denied: Vec<Denied>| {
            let tap = WireTap::new(Arc::new(NoEvents));
            let store = self.store.as_seen_with(denied).observed_by(tap.clone());
            Eyes {
                whose,
                store: Arc::new(store),
                identity: Arc::new(Nobody),
                tap,
            }
        };
        let place = Place {
            layout: self.layout.clone(),
            layouts: Vec::new(),
            limit: Duration::from_mins(1),
        };
        let target = eyes("target", self.denied.clone());
        let reader = self.reader.then(|| eyes("reader", Vec::new()));
        let seen = look(&self.asked, &place, &target, reader.as_ref()).await;
        decide(&self.asked, &seen.facts(report.clone()), None)
    }
}

/// What is done to the bucket before the gate looks.
#[derive(Clone, Copy)]
enum Deed {
    Nothing,
    NoManifest,
    ForeignManifest,
    BrokenManifest,
    NoObject,
    ShortObject,
    FlippedByte,
    Flipped,
    Archaic,
    OfLastMonth,
    FromTomorrow,
    OtherInstallation,
    OnlyScheduled,
    CannotList,
    CannotListNoPointer,
    HostilePointer,
    StalePointer,
    CannotGet,
    CannotGetButReader,
    CannotTellAbsence,
    AnotherIsBeingMade,
    NamedAndThere,
    NamedAndNotThere,
}

async fn done(deed: Deed) -> Bench {
    let mut bench = Bench::new().await;
    let deny = |operation| Denied::Operation(operation);
    match deed {
        Deed::Nothing => {}
        Deed::NoManifest => bench.remove(&bench.manifest_key()).await,
        Deed::ForeignManifest => {
            let other = push(&bench.store, Kind::Scheduled, SignedDuration::ZERO).await;
            let text = other.write().expect("written");
            bench.put(&bench.manifest_key(), text).await;
        }
        Deed::BrokenManifest => bench.put(&bench.manifest_key(), "{}").await,
        Deed::NoObject => bench.remove(&bench.key()).await,
        Deed::ShortObject => bench.put(&bench.key(), "create table a").await,
        Deed::FlippedByte | Deed::Flipped => {
            bench.asked.read = matches!(deed, Deed::FlippedByte);
            bench.put(&bench.key(), "create table b;").await;
        }
        Deed::Archaic => bench.store.backdate(SignedDuration::from_hours(24 * 30)),
        Deed::OfLastMonth => {
            bench.remove(&bench.manifest_key()).await;
            let ago = SignedDuration::from_hours(24 * 30);
            bench.manifest = push(&bench.store, Kind::Upgrade, ago).await;
        }
        Deed::FromTomorrow => {
            let ago = SignedDuration::from_hours(-24);
            bench.manifest = push(&bench.store, Kind::Upgrade, ago).await;
        }
        Deed::OtherInstallation => bench.asked.installation = Some("acme-staging".to_owned()),
        Deed::OnlyScheduled => {
            bench.store = MemoryStore::new("gate");
            push(&bench.store, Kind::Scheduled, SignedDuration::ZERO).await;
        }
        Deed::CannotList => bench.denied = vec![deny(Operation::ListObjects)],
        Deed::CannotListNoPointer => {
            let pointer = bench.layout.pointer(Kind::Upgrade).expect("a key");
            bench.remove(&pointer).await;
            bench.denied = vec![deny(Operation::ListObjects)];
        }
        Deed::HostilePointer => {
            let pointer = bench.layout.pointer(Kind::Upgrade).expect("a key");
            let text = r#"{"schema":"backstop.latest/1","kind":"upgrade","id":"../../x","size":1}"#;
            bench.put(&pointer, text).await;
            bench.denied = vec![deny(Operation::ListObjects)];
        }
        Deed::StalePointer => {
            let (id, size) = (bench.manifest.id.clone(), bench.manifest.size());
            bench.remove(&bench.manifest_key()).await;
            let pointer = Pointer::to(Kind::Upgrade, id, size)
                .write()
                .expect("written");
            let key = bench.layout.pointer(Kind::Upgrade).expect("a key");
            bench.put(&key, pointer).await;
            bench.denied = vec![deny(Operation::ListObjects)];
        }
        Deed::CannotGet | Deed::CannotGetButReader => {
            bench.reader = matches!(deed, Deed::CannotGetButReader);
            bench.denied = [
                Operation::ListObjects,
                Operation::GetObject,
                Operation::HeadObject,
            ]
            .map(deny)
            .to_vec();
        }
        Deed::CannotTellAbsence => {
            bench.store = MemoryStore::new("gate");
            bench.denied = vec![deny(Operation::ListObjects), Denied::Absence];
        }
        Deed::AnotherIsBeingMade => {
            let next = push(&bench.store, Kind::Upgrade, SignedDuration::ZERO).await;
            let key = bench
                .layout
                .manifest(Kind::Upgrade, &next.id)
                .expect("a key");
            bench.remove(&key).await;
        }
        Deed::NamedAndThere => bench.asked.backup = Some(bench.manifest.id.to_string()),
        Deed::NamedAndNotThere => {
            bench.asked.backup = Some("20261126T143200Z-other".to_owned());
        }
    }
    bench
}

/// What must come of a deed: nothing stands in the way, or this condition, in this state.
type Row = (&'static str, Deed, Option<(&'static str, State)>);

const FAILS: State = State::Fails;
const OPEN: State = State::Unanswered;

const ROWS: &[Row] = &[
    ("all is well", Deed::Nothing, None),
    ("no manifest", Deed::NoManifest, Some(("found", FAILS))),
    (
        "another's manifest",
        Deed::ForeignManifest,
        Some(("found", OPEN)),
    ),
    (
        "a manifest of nothing",
        Deed::BrokenManifest,
        Some(("found", OPEN)),
    ),
    (
        "an object is missing",
        Deed::NoObject,
        Some(("whole", FAILS)),
    ),
    (
        "an object is short",
        Deed::ShortObject,
        Some(("whole", FAILS)),
    ),
    (
        "a byte differs and is read",
        Deed::FlippedByte,
        Some(("whole", FAILS)),
    ),
    ("a byte differs and nobody reads", Deed::Flipped, None),
    (
        "it lies there for a month",
        Deed::Archaic,
        Some(("fresh", FAILS)),
    ),
    (
        "it was begun last month",
        Deed::OfLastMonth,
        Some(("fresh", FAILS)),
    ),
    (
        "it is of tomorrow",
        Deed::FromTomorrow,
        Some(("fresh", FAILS)),
    ),
    (
        "it is another's",
        Deed::OtherInstallation,
        Some(("ours", FAILS)),
    ),
    (
        "only a scheduled one",
        Deed::OnlyScheduled,
        Some(("found", FAILS)),
    ),
    ("the pointer leads there", Deed::CannotList, None),
    (
        "no pointer",
        Deed::CannotListNoPointer,
        Some(("found", FAILS)),
    ),
    (
        "a hostile pointer",
        Deed::HostilePointer,
        Some(("found", OPEN)),
    ),
    (
        "a pointer to nothing",
        Deed::StalePointer,
        Some(("found", OPEN)),
    ),
    ("nobody may look", Deed::CannotGet, Some(("found", OPEN))),
    ("the reader may", Deed::CannotGetButReader, None),
    (
        "absent or forbidden",
        Deed::CannotTellAbsence,
        Some(("found", OPEN)),
    ),
    ("another one is being made", Deed::AnotherIsBeingMade, None),
    ("the one that is named", Deed::NamedAndThere, None),
    (
        "the one that is named is not there",
        Deed::NamedAndNotThere,
        Some(("found", FAILS)),
    ),
];

/// Each deed is told by its condition alone; what echoes it says so.
pub(crate) fn what_lies_in_storage_decides() -> Result<(), String> {
    let report = verified();
    let mut wrong = Vec::new();
    for (what, deed, expected) in ROWS {
        let decision = paused(async { done(*deed).await.decide(&report).await });
        let stands: Vec<_> = decision
            .conditions
            .iter()
            .filter(|it| matches!(it.answer.state, State::Fails | State::Unanswered))
            .filter(|it| it.answer.depends_on.is_none())
            .map(|it| (it.id.as_str(), it.answer.state))
            .collect();
        let ruling = match expected {
            None => Ruling::Allow,
            Some(_) => Ruling::Block,
        };
        let right = decision.decision == ruling && stands.as_slice() == expected.as_slice();
        if !right {
            let told = decision.conditions.iter();
            let told: Vec<_> = told
                .map(|it| format!("{} {:?}", it.id, it.answer))
                .collect();
            wrong.push(format!("{what}: {stands:?}\n{}", told.join("\n")));
        }
    }
    super::end(&wrong)
}
