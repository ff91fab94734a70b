//! What each access makes of each kind of credentials.

use std::collections::BTreeMap;
use std::sync::Arc;

use backstop::report::{Access, CleanupState, Level, Outcome, Report, Verdict};
use backstop_contract::memory::{Denied, MemoryOptions};
use backstop_contract::{
    GetOptions, MemoryStore, ObjectKey, ObjectStore, ObjectStoreExt, Operation, PutOptions,
};
use bytes::Bytes;

use super::harness::{paused, request, run, told};

use Access::{AppendOnly, Full, PutGet, PutOnly, ReadOnly, Undeclared};
use Verdict::{Degraded, Failed, Passed};

/// Credentials, as what they may not do: an object beside the prefix is there, so that whoever sees it
/// under an access narrower than full is a risk. And the bucket, as whether it keeps versions.
pub(super) struct Case {
    pub(super) name: &'static str,
    versioned: bool,
    denied: &'static [Operation],
    more: &'static [Denied],
    pub(super) verdicts: &'static [(Access, Verdict)],
}

const NOT_PUT: &[Operation] = &[
    Operation::PutObject,
    Operation::DeleteObject,
    Operation::CreateMultipart,
    Operation::PutPart,
    Operation::CompleteMultipart,
];
const PUT_GET: &[Operation] = &[
    Operation::ListObjects,
    Operation::ListVersions,
    Operation::ListUploads,
    Operation::DeleteObject,
    Operation::AbortMultipart,
];
const PUT: &[Operation] = &[
    Operation::ListObjects,
    Operation::ListVersions,
    Operation::ListUploads,
    Operation::DeleteObject,
    Operation::AbortMultipart,
    Operation::GetObject,
    Operation::HeadObject,
];

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case { name: "everything", versioned: false, denied: &[], more: &[],
           verdicts: &[(Full, Passed), (PutGet, Degraded), (PutOnly, Degraded), (Undeclared, Passed), (AppendOnly, Failed), (ReadOnly, Degraded)] },
    Case { name: "everything, versions kept", versioned: true, denied: &[], more: &[],
           verdicts: &[(Full, Passed), (PutGet, Degraded), (PutOnly, Degraded), (Undeclared, Passed), (AppendOnly, Failed), (ReadOnly, Degraded)] },
    Case { name: "put and get", versioned: false, denied: PUT_GET, more: &[],
           verdicts: &[(Full, Failed), (PutGet, Passed), (PutOnly, Passed), (Undeclared, Passed), (AppendOnly, Failed), (ReadOnly, Failed)] },
    Case { name: "put and get, absence hidden", versioned: false, denied: PUT_GET, more: &[Denied::Absence],
           verdicts: &[(Full, Failed), (PutGet, Passed), (PutOnly, Passed), (Undeclared, Passed)] },
    Case { name: "put", versioned: false, denied: PUT, more: &[],
           verdicts: &[(Full, Failed), (PutGet, Failed), (PutOnly, Passed), (Undeclared, Failed), (ReadOnly, Failed)] },
    Case { name: "versions may not be deleted", versioned: true, denied: &[], more: &[Denied::DeleteVersion],
           verdicts: &[(AppendOnly, Degraded), (Full, Passed), (PutGet, Degraded)] },
    Case { name: "no delete, versions kept", versioned: true, denied: &[Operation::DeleteObject], more: &[],
           verdicts: &[(AppendOnly, Degraded), (Full, Failed), (PutGet, Degraded)] },
    Case { name: "no delete, overwrites taken", versioned: false, denied: &[Operation::DeleteObject], more: &[],
           verdicts: &[(AppendOnly, Failed)] },
    Case { name: "a reader", versioned: false, denied: NOT_PUT, more: &[],
           verdicts: &[(ReadOnly, Degraded), (Full, Failed), (PutGet, Failed), (Undeclared, Failed)] },
];

pub(crate) fn every_access_is_judged_on_every_kind_of_credentials() -> Result<(), String> {
    let mut wrong = Vec::new();
    for case in CASES {
        for (access, expected) in case.verdicts {
            let store = bucket(case);
            let before = foreign(&store);
            let report = run(Arc::new(store.clone()), request(*access));
            if report.verdict != *expected {
                wrong.push(format!(
                    "{} under {}: {}",
                    case.name,
                    access.name(),
                    told(&report)
                ));
            }
            if foreign(&store) != before {
                wrong.push(format!("{}: foreign objects changed", case.name));
            }
            if let Err(message) = leaves_what_it_says(&store, &report, case.versioned) {
                wrong.push(format!("{} under {}: {message}", case.name, access.name()));
            }
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// The bucket holds the foreign objects and exactly what the clean-up counts.
fn leaves_what_it_says(
    store: &MemoryStore,
    report: &Report,
    versioned: bool,
) -> Result<(), String> {
    let there = store.contents();
    let left = report.cleanup.left;
    let foreign = FOREIGN.len() as u64;
    let versions = if versioned { foreign } else { 0 };
    let bytes = FOREIGN.iter().map(|key| key.len() as u64).sum::<u64>();
    let expected = (
        left.objects + foreign,
        left.versions + versions,
        left.markers,
        left.uploads,
        left.bytes + bytes,
    );
    let seen = (
        there.objects as u64,
        if versioned {
            (there.objects + there.versions) as u64
        } else {
            0
        },
        there.markers as u64,
        there.uploads as u64,
        there.bytes,
    );
    if seen == expected {
        Ok(())
    } else {
        Err(format!(
            "the clean-up says {expected:?}, the bucket holds {seen:?}: {:?}",
            there.keys
        ))
    }
}

pub(crate) fn what_stays_does_not_grow_without_versions() -> Result<(), String> {
    for case in CASES.iter().filter(|case| !case.versioned) {
        let store = bucket(case);
        run(Arc::new(store.clone()), request(Undeclared));
        let once = store.contents();
        for _ in 0..5 {
            run(Arc::new(store.clone()), request(Undeclared));
        }
        if store.contents().keys != once.keys || store.contents().bytes != once.bytes {
            return Err(format!(
                "{}: {:?} grew to {:?}",
                case.name,
                once,
                store.contents()
            ));
        }
    }
    Ok(())
}

pub(crate) fn undeclared_tells_what_fits() -> Result<(), String> {
    let fits = |name: &str| {
        let case = CASES.iter().find(|case| case.name == name).expect("a case");
        let report = run(Arc::new(bucket(case)), request(Undeclared));
        report.fits.expect("undeclared tells it")
    };
    let all = fits("everything");
    if all.fits != [Full, PutGet, PutOnly] {
        return Err(format!("everything fits {all:?}"));
    }
    let some = fits("put and get");
    let against = some.not.iter().find(|not| not.access == Full);
    let because = against
        .map(|not| not.because.join(", "))
        .unwrap_or_default();
    if some.fits != [PutGet, PutOnly]
        || !because.contains("s3:DeleteObject denied")
        || !because.contains("s3:ListBucket denied")
    {
        return Err(format!("put and get fits {some:?}"));
    }
    let few = fits("put");
    if few.fits != [PutOnly] {
        return Err(format!("put fits {few:?}"));
    }
    Ok(())
}

pub(crate) fn a_reader_of_an_empty_prefix_proves_nothing() -> Result<(), String> {
    let report = run(Arc::new(MemoryStore::new("empty")), request(ReadOnly));
    if report.verdict != Verdict::Unknown || report.cleanup.state != CleanupState::NothingWritten {
        return Err(told(&report));
    }
    Ok(())
}

pub(crate) fn put_only_says_what_it_did_not_prove() -> Result<(), String> {
    let case = CASES
        .iter()
        .find(|case| case.name == "put")
        .expect("a case");
    let report = run(Arc::new(bucket(case)), request(PutOnly));
    let open = report.not_proven.join("; ");
    if open.contains("read-back (put-only)") && open.contains("durability") {
        Ok(())
    } else {
        Err(open)
    }
}

pub(crate) fn levels_of_the_configuration_decide() -> Result<(), String> {
    let store = MemoryStore::with(
        "levels",
        MemoryOptions {
            denied: vec![Denied::Operation(Operation::AbortMultipart)],
            ..MemoryOptions::default()
        },
    );
    let usual = run(Arc::new(store.clone()), request(Full));
    let mut strict = request(Full);
    strict.levels = BTreeMap::from([("multipart-abort".to_owned(), Level::Required)]);
    let strict = run(Arc::new(store.clone()), strict);
    let skipped = usual
        .checks
        .iter()
        .any(|it| it.id == "multipart-abort" && it.outcome == Outcome::Skipped);
    if usual.verdict != Passed || !skipped || strict.verdict != Failed {
        return Err(format!("{}\n{}", told(&usual), told(&strict)));
    }
    if !store.contents().is_empty() {
        return Err(format!(
            "where abort is denied something stays: {:?}",
            store.contents()
        ));
    }
    Ok(())
}

pub(crate) fn a_quick_run_makes_at_most_eight_requests() -> Result<(), String> {
    for case in CASES {
        let counter = super::harness::Counter::new();
        let store = bucket(case).observed_by(counter.clone());
        let mut quick = request(Undeclared);
        quick.quick = true;
        run(Arc::new(store), quick);
        if counter.count() > 8 {
            return Err(format!("{}: {} requests", case.name, counter.count()));
        }
    }
    Ok(())
}

const FOREIGN: [&str; 3] = [
    "production/backup",
    "production/.backstop/decisions/1",
    "other",
];

pub(super) fn bucket(case: &Case) -> MemoryStore {
    let denied = case.denied.iter().copied().map(Denied::Operation);
    let store = MemoryStore::with(
        "accesses",
        MemoryOptions {
            versioned: case.versioned,
            ..MemoryOptions::default()
        },
    );
    paused(async {
        for key in FOREIGN {
            let body = Bytes::copy_from_slice(key.as_bytes());
            let key = ObjectKey::new(key).expect("a key");
            store
                .put(&key, body, PutOptions::default())
                .await
                .expect("a put");
        }
    });
    store.as_seen_with(denied.chain(case.more.iter().cloned()).collect())
}

/// What the foreign objects hold, read with every right.
fn foreign(store: &MemoryStore) -> Vec<Bytes> {
    let store = store.as_seen_with(Vec::new());
    paused(async {
        let mut bodies = Vec::new();
        for key in FOREIGN {
            let key = ObjectKey::new(key).expect("a key");
            let read = store.read_back(&key, GetOptions::default()).await;
            bodies.push(read.expect("it is there").head);
        }
        bodies
    })
}
