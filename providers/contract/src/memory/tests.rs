use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::exchange::Exchange;
use crate::ext::ObjectStoreExt;

fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).expect("a key")
}

async fn put(store: &MemoryStore, name: &str, body: &'static [u8]) -> PutResult {
    let key = key(name);
    let put = store.put(&key, body.into(), PutOptions::default());
    put.await.expect("put")
}

fn versioned() -> MemoryOptions {
    MemoryOptions {
        versioned: true,
        ..MemoryOptions::default()
    }
}

#[tokio::test]
async fn rights_differ_and_the_bucket_is_shared() {
    let store = MemoryStore::new("acme");
    put(&store, "in/a", b"1").await;
    let prefix = KeyPrefix::new("in").expect("prefix");
    let cases = [
        (Denied::Operation(Operation::GetObject), "in/a", true),
        (Denied::Operation(Operation::HeadObject), "in/a", false),
        (Denied::Outside(prefix.clone()), "in/a", false),
        (Denied::Outside(prefix), "out/a", true),
        (Denied::Absence, "in/a", false),
        (Denied::Absence, "in/b", true),
        (Denied::ReadVersion, "in/a", false),
    ];
    for (denied, name, refused) in cases {
        let seen = store.as_seen_with(vec![denied.clone()]);
        let got = seen.get(&key(name), GetOptions::default()).await;
        let kind = got.err().map(|error| error.kind());
        assert_eq!(
            kind,
            refused.then_some(ErrorKind::PermissionDenied),
            "{denied:?}"
        );
    }
    let seen = store.as_seen_with(vec![Denied::Overwrite]);
    put(&seen, "in/new", b"2").await;
    let new = key("in/new");
    let again = seen.put(&new, Bytes::new(), PutOptions::default());
    let error = again.await.expect_err("denied");
    assert_eq!(
        error.to_string(),
        "put_object on memory://acme/in/new: permission denied (http 403, AccessDenied)"
    );
}

#[tokio::test]
async fn every_kind_can_be_answered_to_everything() {
    for kind in ErrorKind::ALL {
        let store = MemoryStore::new("b").as_seen_with(vec![Denied::All(kind)]);
        let error = store.head_bucket().await.expect_err("refused");
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn a_locked_version_stays_and_a_marker_does_not() {
    let locked = MemoryOptions {
        locked: true,
        ..MemoryOptions::default()
    };
    let store = MemoryStore::with("b", locked);
    let first = put(&store, "a", b"first").await;
    put(&store, "a", b"second").await;
    let marker = store.delete(&key("a"), DeleteOptions::default()).await;
    let marker = marker.expect("marker");
    assert!(marker.delete_marker);
    let by_version = |version| store.delete_version("a", version);
    let error = by_version(first.version).await.expect_err("locked");
    assert_eq!(error.kind(), ErrorKind::Immutable);
    by_version(marker.version).await.expect("a marker goes");
    let left = store.contents();
    assert_eq!((left.objects, left.versions, left.markers), (1, 1, 0));
    assert_eq!((left.bytes, left.keys), (11, vec!["a".to_owned()]));
}

impl MemoryStore {
    async fn delete_version(
        &self,
        name: &str,
        version: Option<crate::VersionId>,
    ) -> Result<DeleteResult> {
        self.delete(&key(name), DeleteOptions { version }).await
    }
}

#[tokio::test]
async fn a_plain_delete_of_an_absent_key_leaves_a_marker_on_a_versioned_bucket() {
    let store = MemoryStore::with("b", versioned());
    let deleted = store.delete(&key("never"), DeleteOptions::default()).await;
    assert!(deleted.expect("deleted").delete_marker);
    assert_eq!(store.contents().markers, 1);
    let unversioned = MemoryStore::new("b");
    let deleted = unversioned
        .delete(&key("never"), DeleteOptions::default())
        .await;
    assert!(!deleted.expect("deleted").delete_marker);
    assert!(unversioned.contents().is_empty());
}

#[tokio::test]
async fn versions_are_paged_and_survive_deletes_between_pages() {
    let options = MemoryOptions {
        largest_page: 2,
        ..versioned()
    };
    let store = MemoryStore::with("b", options);
    for _ in 0..5 {
        put(&store, "a", b"x").await;
    }
    let mut page = None;
    let mut seen = 0;
    loop {
        let listed = store.list_versions("", page).await.expect("page");
        seen += listed.versions.len();
        for version in listed.versions {
            let deleted = store.delete_version("a", version.version).await;
            deleted.expect("deleted");
        }
        page = listed.next;
        if page.is_none() {
            break;
        }
    }
    assert_eq!(seen, 5);
    assert!(store.contents().is_empty());
}

#[tokio::test]
async fn what_the_store_lacks_is_unsupported_and_never_asked() {
    let options = MemoryOptions {
        lacks: vec![Capability::PutIfAbsent, Capability::DeleteAbsent],
        ..MemoryOptions::default()
    };
    let store = MemoryStore::with("b", options);
    let options = PutOptions {
        condition: Condition::IfAbsent,
        ..PutOptions::default()
    };
    let error = store.put(&key("a"), Bytes::new(), options).await;
    assert_eq!(error.expect_err("lacks").kind(), ErrorKind::Unsupported);
    let error = store.delete(&key("a"), DeleteOptions::default()).await;
    assert_eq!(error.expect_err("absent").kind(), ErrorKind::ObjectNotFound);
}

#[derive(Debug, Default)]
struct Seen(Mutex<Vec<Exchange>>);

impl WireObserver for Seen {
    fn observe(&self, exchange: &Exchange) {
        self.0.lock().expect("lock").push(exchange.clone());
    }
}

#[tokio::test(start_paused = true)]
async fn delays_pass_on_the_paused_clock_and_are_observed() {
    let seen = Arc::new(Seen::default());
    let options = MemoryOptions {
        latency: Some(Latency {
            seed: 7,
            longest: Duration::from_mins(1),
        }),
        observer: Some(seen.clone()),
        ..MemoryOptions::default()
    };
    let store = MemoryStore::with("b", options);
    put(&store, "a", b"x").await;
    let missing = store.head(&key("b"), HeadOptions::default()).await;
    assert_eq!(missing.expect_err("absent").evidence().code, None);
    let exchanges = seen.0.lock().expect("lock");
    let statuses: Vec<_> = exchanges.iter().map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [Some(200), Some(404)]);
    for exchange in exchanges.iter() {
        let whole = Duration::from_millis(1)..=Duration::from_mins(2);
        assert!(whole.contains(&exchange.elapsed), "{:?}", exchange.elapsed);
    }
}

#[tokio::test]
async fn objects_and_uploads_can_be_backdated() {
    let store = MemoryStore::new("b");
    put(&store, "a", b"x").await;
    store
        .create_multipart(&key("a"), CreateOptions::default())
        .await
        .expect("upload");
    store.backdate(SignedDuration::from_hours(25));
    let limit = Timestamp::now() - SignedDuration::from_hours(24);
    let meta = store.head(&key("a"), HeadOptions::default()).await;
    assert!(meta.expect("head").last_modified < Some(limit));
    let uploads = store.list_uploads("a", None).await.expect("uploads");
    assert!(uploads.uploads[0].begun < Some(limit));
    assert_eq!(store.contents().uploads, 1);
}

#[tokio::test]
async fn a_body_arrives_in_pieces() {
    let store = MemoryStore::new("b");
    let body = Bytes::from(vec![7; 3 * CHUNK + 1]);
    let wrote = store.put(&key("a"), body, PutOptions::default()).await;
    wrote.expect("put");
    let opened = store.get(&key("a"), GetOptions::default()).await;
    assert_eq!(opened.expect("get").body.count().await, 4);
    let options = GetOptions {
        range: Some(ByteRange { start: 5, end: 9 }),
        version: None,
    };
    let back = store.read_back(&key("a"), options).await.expect("read");
    assert_eq!(back.bytes, 4);
}

#[tokio::test]
async fn a_read_stops_at_what_it_may_take() {
    let store = MemoryStore::new("reads");
    let key = ObjectKey::new("k").expect("a key");
    let body = Bytes::from(vec![7; 4_096]);
    store
        .put(&key, body, PutOptions::default())
        .await
        .expect("a put");
    for (most, least) in [(u64::MAX, 4_096), (4_096, 4_096), (1, 2)] {
        let read = store.read_up_to(&key, GetOptions::default(), most).await;
        let bytes = read.expect("it is there").bytes;
        assert!((least..=4_096).contains(&bytes), "{most}: {bytes}");
    }
}
