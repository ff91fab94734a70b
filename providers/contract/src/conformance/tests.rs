use std::collections::HashSet;
use std::sync::Arc;

use super::*;
use crate::capability::Capability;
use crate::error::ErrorKind;
use crate::key::KeyPrefix;
use crate::memory::{Denied, MemoryOptions, MemoryStore};

fn fixture(options: &MemoryOptions) -> (Fixture, MemoryStore) {
    let recorder = Arc::new(Recorder::default());
    let bucket = MemoryStore::with("acme", options.clone());
    let store = bucket.observed_by(recorder.clone());
    let twin = |kind| {
        let store = Arc::new(bucket.as_seen_with(vec![Denied::All(kind)]));
        let kinds = vec![kind];
        Some(Twin { store, kinds })
    };
    let prefix = KeyPrefix::new("conformance/case").expect("a prefix");
    let mut fixture = Fixture::new(Arc::new(store), prefix);
    fixture.versioned = options.versioned;
    fixture.absent_bucket = twin(ErrorKind::BucketNotFound);
    fixture.wrong_secret = twin(ErrorKind::SignatureRejected);
    fixture.denied = twin(ErrorKind::PermissionDenied);
    fixture.secrets = vec!["hunter2".to_owned()];
    fixture.recorder = Some(recorder);
    (fixture, bucket)
}

/// Runs every case that applies and returns how many did; where uploads can be ended, nothing may
/// be left.
async fn run_and_check(options: &MemoryOptions, cleans: bool) -> usize {
    let mut run = 0;
    for case in cases() {
        let (fixture, bucket) = fixture(options);
        if case.missing(&fixture).is_some() {
            continue;
        }
        run += 1;
        let outcome = case.run_and_clean(fixture).await;
        assert_eq!(outcome, Ok(()), "{}", case.name);
        let left = bucket.contents();
        assert!(left.is_empty() || !cleans, "{} leaves {left:?}", case.name);
    }
    run
}

#[tokio::test]
async fn memory_store_passes() {
    let run = run_and_check(&MemoryOptions::default(), true).await;
    assert!(run > 100, "{run} cases");
}

#[tokio::test]
async fn versioned_memory_store_passes_every_case() {
    let options = MemoryOptions {
        versioned: true,
        ..MemoryOptions::default()
    };
    assert_eq!(run_and_check(&options, true).await, cases().count());
}

#[tokio::test]
async fn memory_store_that_lacks_everything_passes() {
    let lacks = vec![
        Capability::PutIfAbsent,
        Capability::AbortMultipart,
        Capability::ListUploads,
        Capability::Versions,
        Capability::ContentMd5,
        Capability::Crc32,
        Capability::DeleteAbsent,
        Capability::Delimiter,
    ];
    let options = MemoryOptions {
        lacks,
        ..MemoryOptions::default()
    };
    run_and_check(&options, false).await;
}

#[tokio::test]
async fn memory_store_that_cannot_delete_what_is_shown_passes() {
    let options = MemoryOptions {
        versioned: true,
        lacks: vec![Capability::DeleteShownVersion],
        ..MemoryOptions::default()
    };
    run_and_check(&options, true).await;
}

#[test]
fn names_are_distinct() {
    let names: HashSet<_> = cases().map(|case| case.name).collect();
    assert_eq!(names.len(), cases().count());
}

#[cfg(feature = "testing")]
#[tokio::test]
async fn every_fault_fails_a_case() {
    use crate::fault::{Fault, FaultStore};

    for fault in Fault::ALL {
        let mut noticed = false;
        for (case, versioned) in cases().flat_map(|case| [(case, false), (case, true)]) {
            let options = MemoryOptions {
                versioned,
                ..MemoryOptions::default()
            };
            let (mut fixture, bucket) = fixture(&options);
            fixture.store = Arc::new(FaultStore::new(bucket, *fault));
            fixture.recorder = None;
            let applies = case.missing(&fixture).is_none();
            if applies && (case.run)(fixture).await.is_err() {
                noticed = true;
                break;
            }
        }
        assert!(noticed, "no case notices {fault}");
    }
}
