use std::sync::Arc;

use backstop_contract::conformance::{Fixture, Need, Recorder, Twin, cases};
use backstop_contract::fault::{Fault, FaultStore};
use backstop_contract::memory::{MemoryOptions, MemoryStore};
use backstop_contract::{
    ErrorKind, GetOptions, HeadOptions, KeyPrefix, ObjectKey, ObjectStore, ObjectStoreExt,
    PutOptions, Secret,
};
use backstop_s3::{S3Config, S3Credentials, S3Store};
use bytes::Bytes;

use super::DemoServer;

const ID: &str = "AKIADEMO";
const SECRET: &str = "demo-secret-of-the-tests";

async fn serve(buckets: Vec<(&str, Arc<dyn ObjectStore>)>) -> DemoServer {
    let buckets = buckets.into_iter();
    let buckets = buckets
        .map(|(name, store)| (name.to_owned(), store))
        .collect();
    let keys = (ID.to_owned(), Secret::new(SECRET.to_owned()));
    DemoServer::start(buckets, keys).await.expect("a port")
}

async fn client(
    server: &DemoServer,
    bucket: &str,
    (id, secret): (&str, &str),
    recorder: Arc<Recorder>,
) -> S3Store {
    let credentials = S3Credentials::AccessKey {
        id: id.to_owned(),
        secret: Secret::new(secret.to_owned()),
        session_token: None,
        source: "test".to_owned(),
    };
    let mut config = S3Config::new(bucket, credentials);
    config.endpoint = Some(server.endpoint());
    config.region = Some("us-east-1".to_owned());
    backstop_s3::connect(config, recorder)
        .await
        .expect("a store")
}

async fn fixture(server: &DemoServer, bucket: &str, case: &str) -> Fixture {
    let recorder = Arc::new(Recorder::default());
    let store = client(server, bucket, (ID, SECRET), recorder.clone()).await;
    let prefix = KeyPrefix::new(case).expect("a prefix");
    let mut fixture = Fixture::new(Arc::new(store), prefix);
    let spare = Arc::new(Recorder::default());
    let twin = |store: S3Store, kind| {
        let store = Arc::new(store);
        let kinds = vec![kind];
        Some(Twin { store, kinds })
    };
    let absent = client(server, "absent-bucket", (ID, SECRET), spare.clone()).await;
    let wrong = client(server, bucket, (ID, "another-secret"), spare).await;
    fixture.versioned = bucket == "versioned";
    fixture.absent_bucket = twin(absent, ErrorKind::BucketNotFound);
    fixture.wrong_secret = twin(wrong, ErrorKind::SignatureRejected);
    fixture.secrets = vec![SECRET.to_owned(), "another-secret".to_owned()];
    fixture.recorder = Some(recorder);
    fixture
}

/// The server is right when the S3 provider passes every case on it; those that know nothing of
/// versions once is enough.
#[tokio::test]
async fn the_s3_provider_passes_every_case_on_the_server() {
    let options = MemoryOptions {
        // The client knows the limits of Amazon's service, not those of the store behind.
        smallest_part: 5 << 20,
        ..MemoryOptions::default()
    };
    let plain = MemoryStore::with("plain", options.clone());
    let versioned = MemoryStore::with(
        "versioned",
        MemoryOptions {
            versioned: true,
            ..options
        },
    );
    let server = serve(vec![
        ("plain", Arc::new(plain.clone())),
        ("versioned", Arc::new(versioned.clone())),
    ])
    .await;
    let mut failed = Vec::new();
    for bucket in ["plain", "versioned"] {
        for case in cases() {
            let fixture = fixture(&server, bucket, case.name).await;
            let again = fixture.versioned && !case.needs.contains(&Need::Versioned);
            if again || case.missing(&fixture).is_some() {
                continue;
            }
            if let Err(why) = case.run_and_clean(fixture).await {
                failed.push(format!("{bucket}: {}: {why}", case.name));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(plain.contents().is_empty(), "{:?}", plain.contents());
    assert!(
        versioned.contents().is_empty(),
        "{:?}",
        versioned.contents()
    );
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_key_is_not_authenticated() {
    let server = serve(vec![("plain", Arc::new(MemoryStore::new("plain")))]).await;
    let stranger = client(&server, "plain", ("AKIASTRANGER", SECRET), Arc::default()).await;
    let key = ObjectKey::new("a").expect("a key");
    let error = stranger.get(&key, GetOptions::default()).await;
    let error = error.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
}

#[tokio::test]
async fn a_lie_arrives_as_a_whole_answer() {
    let faulty = FaultStore::new(MemoryStore::new("lies"), Fault::TruncatesBodies);
    let server = serve(vec![("lies", Arc::new(faulty))]).await;
    let store = client(&server, "lies", (ID, SECRET), Arc::default()).await;
    let key = ObjectKey::new("a").expect("a key");
    let body = Bytes::from_static(b"content");
    let put = store.put(&key, body, PutOptions::default()).await;
    put.expect("put");
    let back = store.read_back(&key, GetOptions::default()).await;
    assert_eq!(back.expect("a whole answer").bytes, 6);
}

#[tokio::test]
async fn a_server_that_was_stopped_or_dropped_answers_no_more() {
    for dropped in [false, true] {
        let server = serve(vec![("plain", Arc::new(MemoryStore::new("plain")))]).await;
        let store = client(&server, "plain", (ID, SECRET), Arc::default()).await;
        let key = ObjectKey::new("a").expect("a key");
        let head = store.head(&key, HeadOptions::default()).await;
        assert_eq!(head.expect_err("absent").kind(), ErrorKind::ObjectNotFound);
        if dropped {
            drop(server);
        } else {
            server.stop().await;
        }
        let head = store.head(&key, HeadOptions::default()).await;
        assert_eq!(head.expect_err("gone").kind(), ErrorKind::Unreachable);
    }
}
