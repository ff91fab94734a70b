//! The gate's edge on the memory store: what lies there, and what may be seen of it, to a decision.

use std::sync::Arc;
use std::time::Duration;

use backstop::backup::{
    DataPath, ForeignLayout, Kind, Layout, Load, Manifest, Marker, Pattern, Pointer, Push, Pushing,
};
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
    denied_to_reader: Vec<Denied>,
    layouts: Vec<ForeignLayout>,
}

fn layout() -> Layout {
    Layout::new(KeyPrefix::new("production").expect("a prefix"))
}

/// Pushes a backup that began so long ago.
async fn push(store: &MemoryStore, kind: Kind, ago: SignedDuration) -> Manifest {
    push_of(store, kind, ago, Bytes::from_static(b"create table a;")).await
}

async fn push_of(store: &MemoryStore, kind: Kind, ago: SignedDuration, bytes: Bytes) -> Manifest {
    let store: Arc<dyn ObjectStore> = Arc::new(store.clone());
    let layout = layout();
    let push = Push {
        kind,
        name: "test".to_owned(),
        installation: Some("acme-production".to_owned()),
        app_version: Some("2.3.1".to_owned()),
        restorable_by: Some("2.0..2.9".to_owned()),
        allow_empty: false,
        attributes: Attributes::default(),
    };
    let clock = || Some(Timestamp::now() - ago);
    let pushing = Pushing::begin(&store, &layout, push, &clock)
        .await
        .expect("begun");
    let path = DataPath::parse("db.sql").expect("a path");
    let load = Load::Pipe(path, Source::bytes(bytes));
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
            denied_to_reader: Vec::new(),
            layouts: Vec::new(),
        }
    }

    /// Leads the pointer to a backup.
    async fn point(&self, to: &Manifest) {
        let pointer = Pointer::to(to.kind, to.id.clone(), to.size());
        let key = self.layout.pointer(to.kind).expect("a key");
        self.put(&key, pointer.write().expect("written")).await;
    }

    /// Has another tool make the backups, and forgets our own.
    fn by_another(&mut self, pattern: &str, marker: &str) {
        self.store = MemoryStore::new("gate");
        self.asked.installation = None;
        self.layouts = vec![ForeignLayout {
            name: "dumps".to_owned(),
            prefix: KeyPrefix::new("dumps").expect("a prefix"),
            pattern: Pattern::parse(pattern).expect(pattern),
            kind: Kind::Upgrade,
            min_size: None,
            complete_when: Some(Marker::parse(marker).expect(marker)),
        }];
    }

    async fn shrink_twice(&self) {
        for (minutes, size) in [(40, 100), (20, 15)] {
            let ago = SignedDuration::from_mins(minutes);
            push_of(&self.store, Kind::Upgrade, ago, vec![b'x'; size].into()).await;
        }
    }

    /// Has another tool write a folder in which a part has a name as its marker has.
    async fn make_markers_within(&mut self) {
        self.by_another("{time:%Y%m%d-%H%M%S}/", "{id}_SUCCESS");
        for name in ["tables/part-0", "tables/_SUCCESS", "_SUCCESS"] {
            self.put_at(&format!("dumps/{}/{name}", stamp(5)), 10).await;
        }
    }

    /// Has another tool make dumps; the last one is as small as those of its name, or smaller than all.
    async fn made_by_another(&mut self, deed: Deed) {
        self.by_another("{name}-{time:%Y%m%d-%H%M%S}", "{id}.done");
        let (two, own) = (&["audit", "main", "audit"], &["job1", "job2", "job3"]);
        let names = if matches!(deed, Deed::TwoSeries) {
            two
        } else {
            own
        };
        for ((name, minutes), size) in names.iter().zip([40, 30, 5]).zip([10, 1_000, 10]) {
            let key = format!("dumps/{name}-{}", stamp(minutes));
            self.put_at(&key, size).await;
            self.put_at(&format!("{key}.done"), 0).await;
            self.asked.backup = matches!(deed, Deed::OneOfOwnNames).then_some(key);
        }
    }

    async fn put_at(&self, key: &str, size: usize) {
        let key = ObjectKey::new(key).expect("a key");
        self.put(&key, vec![b'x'; size]).await;
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
            layouts: self.layouts.clone(),
            limit: Duration::from_mins(1),
        };
        let target = eyes("target", self.denied.clone());
        let reader = self
            .reader
            .then(|| eyes("reader", self.denied_to_reader.clone()));
        let seen = look(&self.asked, &place, &target, reader.as_ref()).await;
        decide(&self.asked, &seen.facts(report.clone()), None)
    }
}

/// Returns a time so many minutes ago, as another tool writes it into a name.
fn stamp(minutes: i64) -> String {
    let time = Timestamp::now() - SignedDuration::from_mins(minutes);
    time.strftime("%Y%m%d-%H%M%S").to_string()
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
    AnotherFromTomorrow,
    OnlyFromTomorrow,
    OtherInstallation,
    OnlyScheduled,
    CannotList,
    CannotListNoPointer,
    HostilePointer,
    StalePointer,
    OldPointer,
    OldPointerButReader,
    ShrunkTwice,
    TwoSeries,
    OwnNames,
    OneOfOwnNames,
    MarkersWithin,
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
        Deed::AnotherFromTomorrow | Deed::OnlyFromTomorrow => {
            let ago = SignedDuration::from_hours(-24);
            push(&bench.store, Kind::Upgrade, ago).await;
            if matches!(deed, Deed::OnlyFromTomorrow) {
                bench.remove(&bench.manifest_key()).await;
            }
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
            bench.remove(&bench.manifest_key()).await;
            bench.point(&bench.manifest).await;
            bench.denied = vec![deny(Operation::ListObjects)];
        }
        Deed::OldPointer | Deed::OldPointerButReader => {
            bench.reader = matches!(deed, Deed::OldPointerButReader);
            let old = push(&bench.store, Kind::Upgrade, SignedDuration::from_hours(2)).await;
            bench.point(&old).await;
            bench.denied = vec![deny(Operation::ListObjects)];
        }
        Deed::ShrunkTwice => bench.shrink_twice().await,
        Deed::TwoSeries | Deed::OwnNames | Deed::OneOfOwnNames => bench.made_by_another(deed).await,
        Deed::MarkersWithin => bench.make_markers_within().await,
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
        "one of tomorrow is beside it",
        Deed::AnotherFromTomorrow,
        None,
    ),
    (
        "it is of tomorrow",
        Deed::OnlyFromTomorrow,
        Some(("fresh", FAILS)),
    ),
    (
        "the pointer leads to an old one",
        Deed::OldPointer,
        Some(("fresh", FAILS)),
    ),
    (
        "the pointer leads to an old one, and the reader sees the new one",
        Deed::OldPointerButReader,
        None,
    ),
    (
        "it is as small as the one before it, which shrank",
        Deed::ShrunkTwice,
        Some(("size", FAILS)),
    ),
    ("the small one of two series", Deed::TwoSeries, None),
    (
        "each has a name of its own, and the last one shrank",
        Deed::OwnNames,
        Some(("size", FAILS)),
    ),
    (
        "the one that shrank is asked for by its name",
        Deed::OneOfOwnNames,
        Some(("size", FAILS)),
    ),
    (
        "what looks like its marker is within",
        Deed::MarkersWithin,
        None,
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

/// What was begun later and cannot be relied on is told, although an older backup is good enough.
pub(crate) fn what_is_newer_and_bad_is_told() -> Result<(), String> {
    let report = verified();
    let mut wrong = Vec::new();
    for (garbage, words) in [
        (true, "its manifest cannot be trusted"),
        (false, "in the future"),
    ] {
        let decision = paused(async {
            let bench = Bench::new().await;
            let ago = SignedDuration::from_mins(if garbage { 1 } else { -60 });
            let next = push(&bench.store, Kind::Upgrade, ago).await;
            let key = bench.layout.manifest(Kind::Upgrade, &next.id);
            if garbage {
                bench.put(&key.expect("a key"), "{}").await;
            }
            bench.decide(&report).await
        });
        let found = decision.answer("found").map(|it| it.evidence.as_str());
        let told = found.is_some_and(|it| it.contains("1 is newer") && it.contains(words));
        if decision.decision != Ruling::Allow || !told {
            wrong.push(format!("{words}: {found:?}"));
        }
    }
    super::end(&wrong)
}

/// A reader that was asked for newer backups and may not look is told of.
pub(crate) fn a_reader_that_sees_nothing_is_told() -> Result<(), String> {
    let report = verified();
    let decision = paused(async {
        let mut bench = Bench::new().await;
        bench.reader = true;
        bench.denied = vec![Denied::Operation(Operation::ListObjects)];
        bench.denied_to_reader = [Operation::ListObjects, Operation::GetObject]
            .map(Denied::Operation)
            .to_vec();
        bench.decide(&report).await
    });
    let found = decision.answer("found").map(|it| it.evidence.as_str());
    let told = found.is_some_and(|it| it.contains("the reader could not look for newer ones"));
    if decision.decision == Ruling::Allow && told {
        return Ok(());
    }
    Err(format!("{}: {found:?}", decision.line()))
}
