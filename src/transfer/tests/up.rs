//! Uploads.

use std::io::Cursor;
use std::time::Duration;

use backstop_contract::memory::{Denied, MemoryOptions};
use backstop_contract::{
    Condition, ErrorKind, GetOptions, HeadOptions, ObjectStoreExt, Operation, PutOptions,
    RetryPolicy, Retrying,
};
use sha2::{Digest, Sha256};

use super::troubled::{Trouble, Troubled};
use super::*;

const SIZES: [usize; 9] = [0, 1, 1023, 1024, 1025, 2048, 4097, 10_000, 65_536];

async fn check(store: &MemoryStore, body: &[u8], uploaded: &Uploaded) {
    assert_eq!(uploaded.size, body.len() as u64);
    let mut rest = body;
    for part in &uploaded.parts {
        let (head, tail) = rest.split_at(usize::try_from(part.size).expect("small"));
        assert_eq!(Sha256::digest(head)[..], part.sha256[..]);
        rest = tail;
    }
    assert!(rest.is_empty(), "the parts are all of it");
    let read = store.read_back(&key(), GetOptions::default()).await;
    assert_eq!(
        read.expect("it is there").sha256[..],
        Sha256::digest(body)[..],
        "{}",
        body.len()
    );
    assert_eq!(store.contents().uploads, 0);
}

#[tokio::test]
async fn what_is_sent_is_there_and_each_part_is_hashed() {
    let folder = Folder::new();
    for size in SIZES {
        let body = content(size);
        let path = folder.file("source");
        fs::write(&path, &body).expect("written");
        for source in [
            Source::bytes(body.clone()),
            Source::open(&path).expect("a file"),
            Source::stream("a pipe", Cursor::new(body.clone())),
        ] {
            let store = MemoryStore::new("b");
            let options = UploadOptions::default();
            let uploaded = upload(&shared(&store), &key(), source, options, &pool()).await;
            check(&store, &body, &uploaded.expect("taken")).await;
            let meta = store.head(&key(), HeadOptions::default()).await;
            let told = meta.expect("it is there").metadata;
            let sum = told.get(SHA256).map(String::as_str);
            let expected = (size < 1024).then(|| hex(&Sha256::digest(&body)));
            if size != 1024 {
                assert_eq!(sum, expected.as_deref(), "{size}");
            }
        }
    }
}

#[tokio::test]
async fn a_pipe_of_thousands_of_parts_grows_them() {
    let body = content(5_000_000);
    let store = MemoryStore::new("b");
    let source = Source::stream("a pipe", Cursor::new(body.clone()));
    let options = UploadOptions::default();
    let uploaded = upload(&shared(&store), &key(), source, options, &pool()).await;
    let uploaded = uploaded.expect("taken");
    assert_eq!(uploaded.parts.len(), 2_000 + 471);
    check(&store, &body, &uploaded).await;
}

#[tokio::test]
async fn only_where_there_is_none() {
    for size in [10, 5_000] {
        let store = MemoryStore::new("b");
        for expected in [None, Some(ErrorKind::AlreadyExists)] {
            let options = UploadOptions {
                condition: Condition::IfAbsent,
                ..UploadOptions::default()
            };
            let source = Source::bytes(content(size));
            let answer = upload(&shared(&store), &key(), source, options, &pool()).await;
            let kind = answer
                .err()
                .map(|error| error.store().expect("a refusal").kind());
            assert_eq!(kind, expected, "{size}");
        }
        assert_eq!(store.contents().uploads, 0, "it was ended");
    }
}

#[tokio::test]
async fn a_file_that_is_written_to_meanwhile_is_not_taken() {
    let folder = Folder::new();
    for (size, changed) in [(500, 400), (500, 600), (5_000, 4_000), (5_000, 6_000)] {
        let path = folder.file("source");
        fs::write(&path, content(size)).expect("written");
        let source = Source::open(&path).expect("a file");
        fs::write(&path, content(changed)).expect("written");
        let store = MemoryStore::new("b");
        let options = UploadOptions::default();
        let failed = upload(&shared(&store), &key(), source, options, &pool()).await;
        assert!(
            matches!(failed, Err(TransferError::SourceChanged(_))),
            "{failed:?}"
        );
        let left = store.contents();
        assert_eq!((left.objects, left.uploads), (0, 0));
    }
}

/// A row: how large it is, what is troubled, what the credentials may not do, the condition, and
/// whether it comes out well.
type Row = (
    usize,
    Operation,
    Trouble,
    Option<Operation>,
    Condition,
    bool,
);

#[rustfmt::skip]
const LOST: &[Row] = &[
    (10,    Operation::PutObject,         Trouble::LostAfter(1),  None,                        Condition::Always,   true),
    (10,    Operation::PutObject,         Trouble::LostAfter(1),  None,                        Condition::IfAbsent, true),
    (10,    Operation::PutObject,         Trouble::LostBefore(1), None,                        Condition::IfAbsent, true),
    (10,    Operation::PutObject,         Trouble::LostBefore(1), Some(Operation::HeadObject), Condition::Always,   true),
    (10,    Operation::PutObject,         Trouble::LostAfter(1),  Some(Operation::HeadObject), Condition::IfAbsent, false),
    (10,    Operation::PutObject,         Trouble::LostBefore(9), None,                        Condition::Always,   false),
    (5_000, Operation::CreateMultipart,   Trouble::LostAfter(1),  None,                        Condition::Always,   true),
    (5_000, Operation::PutPart,           Trouble::LostAfter(2),  None,                        Condition::Always,   true),
    (5_000, Operation::PutPart,           Trouble::LostBefore(2), None,                        Condition::Always,   true),
    (5_000, Operation::PutPart,           Trouble::LostBefore(99), None,                       Condition::Always,   false),
    (5_000, Operation::CompleteMultipart, Trouble::LostAfter(1),  None,                        Condition::Always,   true),
    (5_000, Operation::CompleteMultipart, Trouble::LostAfter(1),  None,                        Condition::IfAbsent, true),
    (5_000, Operation::CompleteMultipart, Trouble::LostBefore(1), None,                        Condition::IfAbsent, true),
    (5_000, Operation::CompleteMultipart, Trouble::LostAfter(1),  Some(Operation::HeadObject), Condition::Always,   true),
    (5_000, Operation::CompleteMultipart, Trouble::LostBefore(1), Some(Operation::HeadObject), Condition::Always,   true),
    (5_000, Operation::CompleteMultipart, Trouble::LostBefore(4), None,                        Condition::Always,   true),
    (5_000, Operation::CompleteMultipart, Trouble::LostBefore(9), None,                        Condition::Always,   false),
];

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_settled() {
    for row in LOST {
        let (size, operation, trouble, denied, condition, well) = row;
        let whole = MemoryStore::new("b");
        let denied = denied.map(Denied::Operation).into_iter().collect();
        let troubled = Troubled::new(&whole.as_seen_with(denied), *operation, *trouble);
        let store: Arc<dyn ObjectStore> = Arc::new(Retrying::new(troubled, RetryPolicy::default()));
        let options = UploadOptions {
            condition: *condition,
            ..UploadOptions::default()
        };
        let body = content(*size);
        let source = Source::bytes(body.clone());
        let answer = upload(&store, &key(), source, options, &pool()).await;
        assert_eq!(answer.is_ok(), *well, "{row:?}: {answer:?}");
        let left = whole.contents();
        // A begin whose reply was lost leaves an upload that nobody knows.
        let expected = usize::from(*operation == Operation::CreateMultipart);
        assert_eq!(left.uploads, expected, "{row:?}");
        if *well {
            let read = whole.read_back(&key(), GetOptions::default()).await;
            let read = read.expect("it is there");
            assert_eq!(read.sha256[..], Sha256::digest(&body)[..], "{row:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_object_is_not_taken_for_ours() {
    for (size, operation) in [
        (10, Operation::PutObject),
        (5_000, Operation::CompleteMultipart),
    ] {
        let whole = MemoryStore::new("b");
        let key = key();
        let other = whole.put(&key, "other".into(), PutOptions::default());
        other.await.expect("written");
        let store: Arc<dyn ObjectStore> =
            Arc::new(Troubled::new(&whole, operation, Trouble::LostBefore(1)));
        let options = UploadOptions {
            condition: Condition::IfAbsent,
            ..UploadOptions::default()
        };
        let source = Source::bytes(content(size));
        let answer = upload(&store, &key, source, options, &pool()).await;
        assert!(answer.is_err(), "{operation}: {answer:?}");
        let read = whole.read_back(&key, GetOptions::default()).await;
        assert_eq!(read.expect("it is there").head, "other");
    }
}

#[tokio::test]
async fn an_upload_that_fails_is_ended_or_said_to_stay() {
    let part = Denied::Operation(Operation::PutPart);
    let abort = Denied::Operation(Operation::AbortMultipart);
    for (denied, stays) in [(vec![part.clone()], 0), (vec![part, abort], 1)] {
        let whole = MemoryStore::with("b", MemoryOptions::default());
        let store = shared(&whole.as_seen_with(denied));
        let source = Source::bytes(content(5_000));
        let options = UploadOptions::default();
        let failed = upload(&store, &key(), source, options, &pool()).await;
        let failed = failed.expect_err("parts are denied");
        assert_eq!(
            failed.store().map(backstop_contract::Error::kind),
            Some(ErrorKind::PermissionDenied)
        );
        assert_eq!(whole.contents().uploads, stays);
        let told = matches!(failed, TransferError::Stays { .. });
        assert_eq!(told, stays == 1, "{failed}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_dropped_is_ended() {
    let whole = MemoryStore::new("b");
    let store: Arc<dyn ObjectStore> =
        Arc::new(Troubled::new(&whole, Operation::PutPart, Trouble::Hangs));
    let pool = pool();
    let key = key();
    let source = Source::bytes(content(5_000));
    let sending = upload(&store, &key, source, UploadOptions::default(), &pool);
    let limit = Duration::from_secs(9);
    assert!(tokio::time::timeout(limit, sending).await.is_err());
    assert_eq!(pool.settle().await.len(), 0);
    assert_eq!(whole.contents().uploads, 0);
}
