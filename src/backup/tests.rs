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

    fn push_of_all() -> Push {
        Push {
            kind: Kind::Upgrade,
            name: "nightly".to_owned(),
            installation: Some("acme".to_owned()),
            app_version: None,
            restorable_by: None,
            allow_empty: false,
            attributes: Attributes::default(),
        }
    }

    async fn push(&self, store: &Arc<dyn ObjectStore>, load: Load) -> Result<Pushed, PushError> {
        let push = Self::push_of_all();
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
            complete: None,
            clock: &|| None,
        };
        inventory(&**store, &self.layout, question)
            .await
            .expect("an inventory")
    }

    /// Finds a backup for whom nobody tells the time.
    async fn find(
        &self,
        store: &Arc<dyn ObjectStore>,
        which: &Which,
        kinds: &[Kind],
    ) -> Result<Picked, FindError> {
        find(&**store, &self.layout, which, kinds, &|| None).await
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
            let kept = ground.find(&store, &which, &Kind::ALL).await;
            assert_eq!(kept.expect("found").manifest, pushed.manifest);
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
        let kept = ground.find(&few, &Which::Latest, &[Kind::Upgrade]).await;
        let kept = kept.expect("found").manifest;
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
        // A push waits for the next second, so that they all wait at the same time.
        let pushes = (0..40).map(async |most| {
            let (mut complete, mut incomplete) = (0, 0);
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
            let open = ground.store().list_uploads("", None).await.expect("listed");
            assert_eq!(open.uploads, [], "{most}");
            let keys = ground.keys();
            let of_whole = |key: &&String| !key.contains(kept.manifest.id.as_str());
            let others = keys.iter().filter(of_whole).count();
            assert_eq!(others > 1, complete == 1, "{most}: {keys:?}");
            (complete, incomplete)
        });
        let counts = futures::future::join_all(pushes).await;
        let (complete, incomplete) = counts
            .into_iter()
            .fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
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
            push::point(&*store, &ground.layout, &to, None)
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
mod hostile;
mod odd;
mod others;
mod pulls;
mod removal;
