//! Backups on a store in memory, on broken ones, and as seen with few rights.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use backstop_contract::fault::{Fault, FaultStore};
use backstop_contract::memory::{Denied, MemoryOptions};
use backstop_contract::{
    Attributes, Condition, ErrorKind, KeyPrefix, MemoryStore, ObjectKey, ObjectStore, Operation,
    PutOptions,
};
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::engine::{NoEvents, WireTap};
use crate::transfer::{Pool, PoolOptions, Progress, Silent, Source as Bytes};

/// A bucket, and who tells its time.
struct Ground {
    bucket: MemoryStore,
    tap: Arc<WireTap>,
    layout: Layout,
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("backstop-backups-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    /// Returns everything in it that is not hidden, by its path.
    fn content(&self) -> Vec<(String, Vec<u8>)> {
        let Ok(tree) = Tree::scan(&self.0) else {
            return Vec::new();
        };
        let files = tree.files.into_iter();
        let read = files.map(|(path, local)| (path.to_string(), fs::read(local).expect("read")));
        read.collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

impl Ground {
    fn new(options: MemoryOptions) -> Self {
        let tap = WireTap::new(Arc::new(NoEvents));
        let bucket = MemoryStore::with("acme", options).observed_by(tap.clone());
        let prefix = KeyPrefix::new("production").expect("a prefix");
        Self {
            bucket,
            tap,
            layout: Layout::new(prefix),
        }
    }

    fn usual() -> Self {
        Self::new(MemoryOptions::default())
    }

    fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.bucket.clone())
    }

    fn seen_with(&self, operations: &[Operation]) -> Arc<dyn ObjectStore> {
        let denied = operations.iter().copied().map(Denied::Operation).collect();
        Arc::new(self.bucket.as_seen_with(denied))
    }

    fn pool() -> Pool {
        Pool::new(PoolOptions {
            part: 1 << 10,
            memory: 1 << 20,
            requests: 4,
        })
    }

    async fn push(&self, store: &Arc<dyn ObjectStore>, load: Load) -> Result<Pushed, PushError> {
        let push = Push {
            kind: Kind::Upgrade,
            name: "nightly".to_owned(),
            installation: Some("acme".to_owned()),
            app_version: None,
            restorable_by: None,
            attributes: Attributes::default(),
        };
        let clock = || self.tap.server_clock();
        let pushing = Pushing::begin(store, &self.layout, push, &clock).await?;
        pushing
            .run(load, &Self::pool(), Arc::new(Silent), &clock)
            .await
    }

    /// Pushes three objects, one of them in parts and one of them empty.
    async fn push_three(&self, store: &Arc<dyn ObjectStore>) -> Result<Pushed, PushError> {
        let folder = three();
        let tree = Tree::scan(&folder.0).expect("a tree");
        self.push(store, Load::Files(tree.files)).await
    }

    async fn look(&self, store: &Arc<dyn ObjectStore>) -> Inventory {
        let question = Question {
            kinds: &Kind::ALL,
            layouts: &[],
            all: true,
        };
        inventory(&**store, &self.layout, question)
            .await
            .expect("an inventory")
    }

    async fn pull(
        &self,
        store: &Arc<dyn ObjectStore>,
        manifest: &Manifest,
        to: &Folder,
    ) -> Result<Pulled, PullError> {
        let pull = Pull {
            store,
            layout: &self.layout,
            manifest,
            pool: &Self::pool(),
            progress: Arc::new(Silent),
        };
        pull.to_folder(&to.0).await
    }

    async fn verify(&self, store: &Arc<dyn ObjectStore>, manifest: &Manifest) -> Verified {
        let silent: Arc<dyn Progress> = Arc::new(Silent);
        verify(store, &self.layout, manifest, true, &silent)
            .await
            .expect("the keys fit")
    }

    async fn put(&self, key: &str, text: &[u8]) {
        let key = ObjectKey::new(key).expect("a key");
        let put = self
            .bucket
            .put(&key, text.to_vec().into(), PutOptions::default());
        put.await.expect("put");
    }

    fn keys(&self) -> Vec<String> {
        self.bucket.contents().keys
    }
}

fn three() -> Folder {
    let folder = Folder::new();
    fs::create_dir_all(folder.0.join("deep/down")).expect("a folder");
    let large: Vec<u8> = (0..5_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(folder.0.join("deep/down/large"), large).expect("written");
    fs::write(folder.0.join("small.sql"), "select 1;").expect("written");
    fs::write(folder.0.join("empty"), "").expect("written");
    folder
}

#[test]
fn what_is_pushed_is_pulled() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let pushed = ground.push_three(&store).await.expect("pushed");
        assert_eq!(pushed.latest, Latest::Here);
        assert!(pushed.notes.is_empty(), "{:?}", pushed.notes);
        assert!(
            ground
                .keys()
                .iter()
                .all(|key| key.starts_with("production/upgrade/"))
        );
        let found = ground.look(&store).await;
        assert_eq!(found.entries.len(), 1);
        assert!(found.entries[0].is_complete());
        assert_eq!(found.entries[0].objects, Some(3));
        for which in [Which::Latest, Which::Id(pushed.manifest.id.clone())] {
            let kept = find(&*store, &ground.layout, &which, &Kind::ALL).await;
            assert_eq!(kept.expect("found").0, pushed.manifest);
        }
        assert!(ground.verify(&store, &pushed.manifest).await.is_whole());
        let to = Folder::new();
        let pulled = ground
            .pull(&store, &pushed.manifest, &to)
            .await
            .expect("pulled");
        assert_eq!((pulled.objects, pulled.resumed), (3, 0));
        assert_eq!(to.content(), three().content());
        assert_eq!(fs::read_dir(&to.0).expect("a folder").count(), 3);
        // Again, everything is there and right; of another content nothing is overwritten.
        let again = ground
            .pull(&store, &pushed.manifest, &to)
            .await
            .expect("pulled");
        assert_eq!(again.resumed, again.bytes);
        fs::write(to.0.join("small.sql"), "mine").expect("written");
        let error = ground.pull(&store, &pushed.manifest, &to).await;
        assert!(matches!(error, Err(PullError::Exists(_))), "{error:?}");
        assert_eq!(fs::read(to.0.join("small.sql")).expect("read"), b"mine");
    });
}

#[test]
fn a_pipe_is_one_object() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let text = vec![7_u8; 10_000];
        let path = DataPath::parse("dump").expect("a path");
        let pipe = Bytes::stream("a pipe", std::io::Cursor::new(text.clone()));
        let pushed = ground
            .push(&store, Load::Pipe(path, pipe))
            .await
            .expect("pushed");
        assert_eq!(pushed.manifest.size(), 10_000);
        let to = Folder::new();
        ground
            .pull(&store, &pushed.manifest, &to)
            .await
            .expect("pulled");
        assert_eq!(to.content(), [("dump".to_owned(), text)]);
    });
}

#[test]
fn put_and_get_are_enough() {
    run(async {
        let ground = Ground::usual();
        let few = ground.seen_with(&[
            Operation::ListObjects,
            Operation::DeleteObject,
            Operation::AbortMultipart,
        ]);
        let found = ground.look(&few).await;
        assert!(found.entries.is_empty() && found.blind(Kind::Upgrade).is_none());
        let first = ground.push_three(&few).await.expect("pushed").manifest;
        let second = ground.push_three(&few).await.expect("pushed").manifest;
        let before = second.previous.as_ref().map(|previous| previous.id.clone());
        assert_eq!(before, Some(first.id.clone()));
        let found = ground.look(&few).await;
        let ids: Vec<_> = found
            .entries
            .iter()
            .map(|entry| entry.id.as_str())
            .collect();
        // Both may have been begun in the same second; then the greater id is the newer one.
        let newest = first.id.clone().max(second.id.clone());
        assert_eq!(ids, [newest.as_str()]);
        let kept = find(&*few, &ground.layout, &Which::Latest, &[Kind::Upgrade]).await;
        let kept = kept.expect("found").0;
        assert!(ground.verify(&few, &kept).await.is_whole());
        let to = Folder::new();
        ground.pull(&few, &kept, &to).await.expect("pulled");
        assert_eq!(to.content(), three().content());
    });
}

#[test]
fn put_alone_pushes_and_says_what_it_could_not_see() {
    run(async {
        let ground = Ground::usual();
        let few = ground.seen_with(&[
            Operation::ListObjects,
            Operation::GetObject,
            Operation::HeadObject,
            Operation::DeleteObject,
        ]);
        let pushed = ground.push_three(&few).await.expect("pushed");
        assert_eq!(pushed.latest, Latest::Unseen);
        let found = ground.look(&few).await;
        assert!(found.entries.is_empty());
        assert!(found.blind(Kind::Upgrade).is_some());
        // Another who may read finds it.
        let all = ground.store();
        assert!(ground.look(&all).await.newest(Kind::Upgrade).is_some());
        assert!(ground.verify(&all, &pushed.manifest).await.is_whole());
        let blind = ground.verify(&few, &pushed.manifest).await;
        assert!(!blind.is_whole() && !blind.is_wrong(), "{blind:?}");
    });
}

/// A push that is cut off at any request leaves a complete backup, or one that is called incomplete
/// and goes when it is old enough.
#[test]
fn a_push_that_is_cut_off_leaves_what_prune_removes() {
    run(async {
        let (mut complete, mut incomplete) = (0, 0);
        for most in (0..40).step_by(3) {
            let ground = Ground::usual();
            let whole = ground.store();
            let kept = ground.push_three(&whole).await.expect("pushed");
            let cut: Arc<dyn ObjectStore> =
                Arc::new(cut::CutOff::after(ground.bucket.clone(), most));
            let pushed = ground.push_three(&cut).await;
            let found = ground.look(&whole).await;
            let now = Timestamp::now() + SignedDuration::from_hours(26);
            let keep = Keep {
                last: Some(10),
                days: None,
            };
            let removals = removals(&found, keep, now);
            match pushed {
                Ok(pushed) => {
                    complete += 1;
                    let id = pushed.manifest.id.as_str();
                    let entry = found.entries.iter().find(|entry| entry.id == id);
                    assert!(entry.is_some_and(Entry::is_complete), "{most}");
                }
                Err(error) => {
                    for entry in found.entries.iter().filter(|it| !it.is_complete()) {
                        incomplete += 1;
                        let gone = removals.iter().find(|it| it.id.as_str() == entry.id);
                        let removal = gone.unwrap_or_else(|| panic!("{most} {error}"));
                        let removed = remove(&whole, &ground.layout, removal).await;
                        assert_eq!(removed.expect("removed").failures, [""; 0]);
                    }
                }
            }
            let left = ground.look(&whole).await;
            assert!(left.entries.iter().all(Entry::is_complete), "{most}");
            let whole = ground.verify(&whole, &kept.manifest).await;
            assert!(whole.is_whole(), "{most}: another backup was touched");
        }
        assert!(complete > 2 && incomplete > 2, "{complete} {incomplete}");
    });
}

#[test]
fn an_older_push_does_not_lead_the_pointer_back() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let pushed = ground.push_three(&store).await.expect("pushed").manifest;
        let time = |hours| pushed.id.begun() + SignedDuration::from_hours(hours);
        let id = |hours| BackupId::new(time(hours), "x").expect("an id");
        let point = async |hours| {
            let to = Pointer::to(Kind::Upgrade, id(hours), 1);
            push::point(&*store, &ground.layout, &to)
                .await
                .expect("asked")
        };
        assert_eq!(point(-1).await, Latest::Newer(pushed.id.clone()));
        assert_eq!(point(1).await, Latest::Here);
        assert_eq!(point(0).await, Latest::Newer(id(1)));
        // Both at once, again and again: the newer one stays.
        for turn in 2..8 {
            let (older, newer) = tokio::join!(point(turn * 2), point(turn * 2 + 1));
            assert_eq!(newer, Latest::Here);
            assert!(matches!(older, Latest::Newer(_) | Latest::Here));
            let found = pointer(&*store, &ground.layout, Kind::Upgrade).await;
            let Ok(Pointed::To(found)) = found else {
                panic!("{found:?}");
            };
            assert_eq!(found.id, id(turn * 2 + 1));
        }
    });
}

#[test]
fn a_damaged_backup_is_never_pulled() {
    run(async {
        for (fault, words) in [
            (Fault::FlipsABit, "SHA-256"),
            (Fault::TruncatesBodies, "bytes"),
            (Fault::PadsBodies, "bytes"),
            (Fault::ReadsAnotherKey, ""),
        ] {
            let ground = Ground::usual();
            let pushed = ground.push_three(&ground.store()).await.expect("pushed");
            let broken: Arc<dyn ObjectStore> =
                Arc::new(FaultStore::new(ground.bucket.clone(), fault));
            let to = Folder::new();
            let error = ground.pull(&broken, &pushed.manifest, &to).await;
            let error = error.expect_err(fault.name()).to_string();
            assert!(error.contains(words), "{}: {error}", fault.name());
            assert!(to.content().is_empty(), "{}", fault.name());
            let found = ground.verify(&broken, &pushed.manifest).await;
            assert!(!found.is_whole(), "{}", fault.name());
        }
    });
}

#[test]
fn every_deviation_is_found() {
    run(async {
        let ground = Ground::new(MemoryOptions {
            versioned: true,
            ..MemoryOptions::default()
        });
        let store = ground.store();
        let pushed = ground.push_three(&store).await.expect("pushed").manifest;
        let key = |path: &str| format!("production/upgrade/{}/data/{path}", pushed.id);
        ground.put(&key("small.sql"), b"select 2;").await;
        ground.put(&key("empty"), b"not any more").await;
        let large = ObjectKey::new(key("deep/down/large")).expect("a key");
        let deleted = store.delete(&large, backstop_contract::DeleteOptions::default());
        deleted.await.expect("deleted");
        let found = ground.verify(&store, &pushed).await;
        let kinds: Vec<_> = found
            .deviations
            .iter()
            .map(|it| (it.path.as_str(), it.kind))
            .collect();
        for expected in [
            ("deep/down/large", DeviationKind::Missing),
            ("empty", DeviationKind::Size),
            ("empty", DeviationKind::Version),
            ("small.sql", DeviationKind::Version),
            ("small.sql", DeviationKind::Content),
        ] {
            assert!(kinds.contains(&expected), "{expected:?} in {kinds:?}");
        }
        // The versions that were written are still there, and a pull finds them.
        let to = Folder::new();
        ground.pull(&store, &pushed, &to).await.expect("pulled");
        assert_eq!(to.content(), three().content());
    });
}

/// Whatever a manifest or a pointer says, nothing is written outside of the destination.
#[test]
fn a_hostile_manifest_or_pointer_leads_nowhere() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let pushed = ground.push_three(&store).await.expect("pushed").manifest;
        let folder = format!("production/upgrade/{}", pushed.id);
        let good = String::from_utf8(pushed.write().expect("written")).expect("UTF-8");
        for (from, to) in [
            ("\"small.sql\"", "\"../escaped\""),
            ("\"small.sql\"", "\"/tmp/escaped\""),
            ("data/small.sql", "../../../secret"),
            ("\"small.sql\"", "\"empty/below\""),
            ("\"small.sql\"", "\"a\\\\..\\\\b\""),
        ] {
            let bad = good.replace(from, to);
            assert_ne!(bad, good);
            ground
                .put(&format!("{folder}/manifest.json"), bad.as_bytes())
                .await;
            let found = find(&*store, &ground.layout, &Which::Latest, &Kind::ALL).await;
            assert!(matches!(found, Err(FindError::None(_))), "{to}: {found:?}");
            let which = Which::Id(pushed.id.clone());
            let found = find(&*store, &ground.layout, &which, &Kind::ALL).await;
            assert!(matches!(found, Err(FindError::None(_))), "{to}: {found:?}");
        }
        ground
            .put(&format!("{folder}/manifest.json"), good.as_bytes())
            .await;
        let few = ground.seen_with(&[Operation::ListObjects]);
        for bad in [
            "{\"schema\":\"backstop.latest/1\",\"kind\":\"upgrade\",\"id\":\"../../etc\",\"size\":1}",
            "{\"schema\":\"backstop.latest/1\",\"kind\":\"scheduled\",\"id\":\"20261126T143200Z-a\",\"size\":1}",
            "{\"schema\":\"backstop.latest/1\",\"kind\":\"upgrade\",\"id\":\"20261126T143200Z-a\",\"size\":1}",
            "latest",
        ] {
            ground
                .put("production/upgrade/latest.json", bad.as_bytes())
                .await;
            let found = find(&*few, &ground.layout, &Which::Latest, &[Kind::Upgrade]).await;
            assert!(
                matches!(found, Err(FindError::Unknown(_))),
                "{bad}: {found:?}"
            );
        }
        // A manifest of another backup in its place is not believed either.
        let other = ground.push_three(&store).await.expect("pushed").manifest;
        let text = other.write().expect("written");
        ground.put(&format!("{folder}/manifest.json"), &text).await;
        let which = Which::Id(pushed.id.clone());
        let found = find(&*store, &ground.layout, &which, &Kind::ALL).await;
        assert!(matches!(found, Err(FindError::None(_))), "{found:?}");
    });
}

#[test]
fn listings_that_never_end_are_given_up() {
    run(async {
        for fault in [Fault::ListNeverEnds, Fault::ListGoesOnEmpty] {
            let ground = Ground::new(MemoryOptions {
                largest_page: 1,
                ..MemoryOptions::default()
            });
            for _ in 0..2 {
                ground.push_three(&ground.store()).await.expect("pushed");
            }
            let broken = FaultStore::new(ground.bucket.clone(), fault);
            let question = Question {
                kinds: &[Kind::Upgrade],
                layouts: &[],
                all: true,
            };
            let found = inventory(&broken, &ground.layout, question).await;
            let Err(LookError::Store(error)) = found else {
                panic!("{}: {found:?}", fault.name());
            };
            assert_eq!(error.kind(), ErrorKind::MalformedResponse);
        }
    });
}

#[test]
fn backups_of_others_are_known_by_their_layout() {
    run(async {
        let ground = Ground::usual();
        let layout = |name: &str, pattern: &str, marker: Option<&str>| ForeignLayout {
            name: name.to_owned(),
            prefix: KeyPrefix::new("dumps").expect("a prefix"),
            pattern: Pattern::parse(pattern).expect(pattern),
            kind: Kind::Scheduled,
            min_size: Some(4),
            complete_when: marker.map(|text| Marker::parse(text).expect(text)),
        };
        for (key, text) in [
            ("dumps/db-20261101-000000-a.sql", "whole"),
            ("dumps/db-20261101-000000-a.sql.done", ""),
            ("dumps/db-20261102-000000-a.sql", "no marker"),
            ("dumps/db-20261103-000000-a.sql", "sma"),
            ("dumps/db-20261103-000000-a.sql.done", ""),
            ("dumps/db-20261199-000000-a.sql", "bad time"),
            ("dumps/README", "not one"),
            ("dumps/20261104/a", "whole"),
            ("dumps/20261104/b", "whole"),
            ("dumps/20261104/_DONE", ""),
        ] {
            ground.put(key, text.as_bytes()).await;
        }
        // Written after its marker, so that it is not what was marked.
        for key in [
            "dumps/db-20261105-000000-a.sql.done",
            "dumps/db-20261105-000000-a.sql",
        ] {
            ground.put(key, b"again").await;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let layouts = [
            layout(
                "dumps",
                "db-{time:%Y%m%d-%H%M%S}-{name}.sql",
                Some("{id}.done"),
            ),
            layout("folders", "{time:%Y%m%d}/", Some("{id}_DONE")),
            layout("bare", "db-{time:%Y%m%d-%H%M%S}-{name}.sql", None),
        ];
        let look = async |layouts: &[ForeignLayout], store: Arc<dyn ObjectStore>| {
            let question = Question {
                kinds: &[Kind::Scheduled],
                layouts,
                all: true,
            };
            inventory(&*store, &ground.layout, question)
                .await
                .expect("an inventory")
        };
        let found = look(&layouts[..2], ground.store()).await;
        let complete = found.entries.iter().filter(|entry| entry.is_complete());
        let complete: Vec<_> = complete
            .map(|entry| (entry.id.as_str(), entry.objects))
            .collect();
        assert_eq!(
            complete,
            [
                ("dumps/20261104/", Some(2)),
                ("dumps/db-20261101-000000-a.sql", Some(1)),
            ]
        );
        assert_eq!(found.entries.len(), 5, "{:?}", found.entries);
        let odd = found.odd.join("\n");
        assert!(odd.contains("db-20261199"), "{odd}");
        let started = found
            .newest(Kind::Scheduled)
            .and_then(|entry| entry.started);
        assert_eq!(
            started.map(|it| it.to_string()).as_deref(),
            Some("2026-11-04T00:00:00Z")
        );
        // Without a marker none is ever called complete; without the right to list nothing is known.
        let found = look(&layouts[2..], ground.store()).await;
        assert!(
            found
                .entries
                .iter()
                .all(|it| matches!(it.state, State::Unknown(_)))
        );
        let blind = ground.seen_with(&[Operation::ListObjects]);
        let found = look(&layouts[..1], blind).await;
        assert!(found.blind(Kind::Scheduled).is_some());
    });
}

#[test]
fn a_removed_backup_is_gone_and_the_pointer_follows() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let first = ground.push_three(&store).await.expect("pushed").manifest;
        ground.bucket.backdate(SignedDuration::from_hours(1));
        let second = ground.push_three(&store).await.expect("pushed").manifest;
        let foreign = "production/upgrade-notes.txt";
        ground.put(foreign, b"mine").await;
        // A pointer that somebody led back.
        let back = Pointer::to(Kind::Upgrade, first.id.clone(), 1);
        let text = back.write().expect("written");
        ground.put("production/upgrade/latest.json", &text).await;
        let found = ground.look(&store).await;
        let older = first.id.clone().min(second.id.clone());
        let newer = first.id.clone().max(second.id.clone());
        let entry = found
            .entries
            .iter()
            .find(|it| it.id == older.as_str())
            .expect("there");
        let removal = Removal {
            kind: Kind::Upgrade,
            id: older.clone(),
            complete: true,
            size: entry.size.expect("a size"),
            objects: 3,
            why: String::new(),
        };
        let removed = remove(&store, &ground.layout, &removal)
            .await
            .expect("removed");
        assert_eq!((removed.objects, removed.failures.len()), (4, 0));
        let gone = [older.clone()];
        let latest = repoint(&store, &ground.layout, &found, Kind::Upgrade, &gone).await;
        let expected = (older == first.id).then_some(Latest::Here);
        assert_eq!(latest.expect("asked"), expected);
        assert!(ground.keys().contains(&foreign.to_owned()));
        assert!(!ground.keys().iter().any(|key| key.contains(older.as_str())));
        let left = ground.look(&store).await;
        assert_eq!(left.entries.len(), 1);
        assert_eq!(left.entries[0].id, newer.as_str());
    });
}

#[test]
fn what_cannot_be_removed_is_said() {
    run(async {
        let locked = Ground::new(MemoryOptions {
            versioned: true,
            ..MemoryOptions::default()
        });
        let pushed = locked
            .push_three(&locked.store())
            .await
            .expect("pushed")
            .manifest;
        let removal = Removal {
            kind: Kind::Upgrade,
            id: pushed.id.clone(),
            complete: true,
            size: 1,
            objects: 3,
            why: String::new(),
        };
        let few = locked.seen_with(&[Operation::DeleteObject]);
        let removed = remove(&few, &locked.layout, &removal).await.expect("asked");
        assert_eq!((removed.objects, removed.failures.len()), (0, 1));
        assert!(locked.verify(&locked.store(), &pushed).await.is_whole());
        let removed = remove(&locked.store(), &locked.layout, &removal)
            .await
            .expect("asked");
        assert_eq!((removed.hidden, removed.failures.len()), (4, 0));
    });
}

/// The manifest is never written over another one.
#[test]
fn two_backups_never_share_a_manifest() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let first = ground.push_three(&store).await.expect("pushed").manifest;
        let key = ground
            .layout
            .manifest(first.kind, &first.id)
            .expect("a key");
        let options = PutOptions {
            condition: Condition::IfAbsent,
            ..PutOptions::default()
        };
        let error = store
            .put(&key, "{}".into(), options)
            .await
            .expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    });
}

mod cut;
