//! Every fault of `FaultStore`, and what must notice it.

use std::collections::BTreeSet;
use std::sync::Arc;

use backstop::check;
use backstop::report::{Access, Outcome, Verdict};
use backstop_contract::fault::{Fault, FaultStore};
use backstop_contract::memory::{Denied, MemoryOptions};
use backstop_contract::{
    ErrorKind, KeyPrefix, MemoryStore, ObjectKey, ObjectStore, Operation, PutOptions,
};
use bytes::Bytes;

use super::harness::{Stalling, ids, paused, request, run, told};
use super::posture;

/// What a fault is tried on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum On {
    /// A plain bucket, with access `full`.
    Plain,
    /// A bucket with versions that may not be deleted, with access `append-only`.
    Kept,
    /// A bucket with versions, with access `full`.
    Versioned,
    /// A plain bucket with access `put-get`, by credentials that may only put and get, where a
    /// missing object is denied as at Amazon.
    Narrow,
}

use Fault as F;
use On::{Kept, Narrow, Plain, Versioned};

/// Which checks fail for each fault: written by hand, from what each check asks.
#[rustfmt::skip]
const EXPECTED: &[(Fault, On, &[&str])] = &[
    (F::LosesWrites, Plain, &["head-object", "get-object", "get-range", "list-prefix", "put-if-absent", "awkward-keys", "list-pages"]),
    (F::LosesOverwrites, Plain, &["read-after-overwrite"]),
    (F::IgnoresIfAbsent, Plain, &["put-if-absent"]),
    (F::AcceptsWrongChecksums, Plain, &["checksum"]),
    (F::FlipsABit, Plain, &["get-object", "get-range", "multipart-upload"]),
    (F::TruncatesBodies, Plain, &["get-object", "get-range", "multipart-upload"]),
    (F::PadsBodies, Plain, &["get-object", "get-range", "multipart-upload"]),
    (F::ReadsAnotherKey, Plain, &["get-object", "multipart-upload"]),
    (F::StaleReads, Plain, &["read-after-overwrite", "multipart-upload"]),
    (F::IgnoresRange, Plain, &["get-range"]),
    (F::ShiftsRange, Plain, &["get-range"]),
    (F::AbsentReadsAsEmpty, Plain, &["get-absent", "read-after-delete"]),
    (F::WrongSizeInHead, Plain, &["head-object"]),
    (F::HeadOfAbsentSucceeds, Plain, &["get-absent"]),
    (F::ListHidesObjects, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    (F::ListDropsAtPageEdges, Plain, &["list-pages"]),
    (F::ListNeverEnds, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    (F::ListRenamesKeys, Plain, &["list-prefix", "awkward-keys"]),
    (F::ListIgnoresPrefix, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    (F::WrongSizeInList, Plain, &["list-prefix"]),
    (F::NormalizesUnicode, Plain, &["awkward-keys"]),
    (F::DecodesKeys, Plain, &["awkward-keys"]),
    (F::PlusBecomesSpace, Plain, &["awkward-keys"]),
    (F::DropsTrailingDots, Plain, &["awkward-keys"]),
    (F::CollapsesSlashes, Plain, &["awkward-keys"]),
    (F::FoldsBackslashes, Plain, &["awkward-keys"]),
    (F::MultipartLosesAPart, Plain, &["multipart-upload"]),
    (F::MultipartSwapsParts, Plain, &["multipart-upload"]),
    (F::CompletionDoesNothing, Plain, &["put-if-absent", "multipart-upload", "multipart-abort"]),
    (F::AbortDoesNothing, Plain, &["multipart-abort"]),
    (F::IgnoresIfAbsentAtCompletion, Plain, &["put-if-absent"]),
    (F::DeleteDoesNothing, Plain, &["read-after-delete", "list-after-delete", "cleanup"]),
    (F::DeletedStillReads, Plain, &["read-after-delete"]),
    (F::DeletedStillListed, Plain, &["list-after-delete"]),
    (F::DeleteIgnoresVersion, Versioned, &["cleanup"]),
    (F::LosesWrites, Narrow, &["get-object", "get-range", "put-if-absent"]),
    (F::IgnoresRange, Narrow, &["get-range"]),
    (F::ShiftsRange, Narrow, &["get-range"]),
    (F::FlipsABit, Narrow, &["get-object", "get-range", "multipart-upload"]),
    (F::LosesOverwrites, Narrow, &["read-after-overwrite"]),
    (F::IgnoresIfAbsent, Narrow, &["put-if-absent"]),
    (F::AcceptsWrongChecksums, Narrow, &["checksum"]),
    (F::OverwriteDropsVersion, Kept, &["preserved"]),
];

pub(crate) fn every_fault_trips_exactly_its_checks() -> Result<(), String> {
    let mut wrong = Vec::new();
    for (fault, on, expected) in EXPECTED {
        let (store, behind) = bucket(*on);
        let store = FaultStore::with_behind(store, Arc::new(behind), *fault);
        let access = match on {
            Kept => Access::AppendOnly,
            Narrow => Access::PutGet,
            Plain | Versioned => Access::Full,
        };
        let report = run(Arc::new(store), request(access));
        let failed = ids(&report, Outcome::Failed);
        if failed != *expected || report.verdict != Verdict::Failed {
            wrong.push(format!(
                "{fault}: expected {expected:?}\n  failed {failed:?}\n  {}",
                told(&report)
            ));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// On a fixed key a missing object may be another run's doing: never passed, and never corruption.
pub(crate) fn what_vanishes_from_a_fixed_key_is_never_passed() -> Result<(), String> {
    let (store, behind) = bucket(Narrow);
    let store = FaultStore::with_behind(store, Arc::new(behind), F::CompletionDoesNothing);
    let report = run(Arc::new(store), request(Access::PutGet));
    if report.verdict == Verdict::Unknown
        && ids(&report, Outcome::Inconclusive) == ["multipart-upload"]
    {
        Ok(())
    } else {
        Err(told(&report))
    }
}

pub(crate) fn every_fault_is_in_the_table() -> Result<(), String> {
    let missing: Vec<_> = Fault::ALL
        .iter()
        .filter(|fault| EXPECTED.iter().all(|(listed, ..)| listed != *fault))
        .map(|fault| fault.name())
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("not in the table: {missing:?}"))
    }
}

/// Which refusals fail which check, beyond the lies above.
const REFUSED: &[(Operation, &str)] = &[
    (Operation::PutObject, "put-object"),
    (Operation::DeleteObject, "delete-object"),
    (Operation::ListObjects, "list-prefix"),
    (Operation::GetObject, "get-object"),
    (Operation::HeadObject, "head-object"),
    (Operation::CreateMultipart, "multipart-upload"),
];

pub(crate) fn no_check_is_there_that_nothing_trips() -> Result<(), String> {
    let mut tripped: BTreeSet<String> = EXPECTED
        .iter()
        .flat_map(|(_, _, checks)| checks.iter().map(|id| (*id).to_owned()))
        .collect();
    for (operation, expected) in REFUSED {
        let store = MemoryStore::with(
            "refused",
            MemoryOptions {
                denied: vec![Denied::Operation(*operation)],
                ..MemoryOptions::default()
            },
        );
        let report = run(Arc::new(store), request(Access::Full));
        if !ids(&report, Outcome::Failed).contains(expected) || report.verdict != Verdict::Failed {
            return Err(format!(
                "{operation} denied does not fail {expected}: {}",
                told(&report)
            ));
        }
        tripped.insert((*expected).to_owned());
    }
    for (denied, expected) in [
        (Denied::All(ErrorKind::BucketNotFound), "bucket"),
        (Denied::Overwrite, "overwrite"),
    ] {
        let store = MemoryStore::with(
            "refused",
            MemoryOptions {
                denied: vec![denied],
                ..MemoryOptions::default()
            },
        );
        let report = run(Arc::new(store), request(Access::Full));
        if !ids(&report, Outcome::Failed).contains(&expected) {
            return Err(format!("{expected} is not failed: {}", told(&report)));
        }
        tripped.insert(expected.to_owned());
    }
    let store = Stalling::refusing(
        MemoryStore::new("refused"),
        Operation::DeleteObject,
        "/absent",
    );
    let report = run(store, request(Access::Full));
    if ids(&report, Outcome::Failed) != ["delete-absent"] || report.verdict != Verdict::Failed {
        return Err(format!(
            "delete-absent is not what fails: {}",
            told(&report)
        ));
    }
    tripped.insert("delete-absent".to_owned());
    // What trips these is in `identities` and in `survivor`; what trips the rest is on a network:
    // in `journeys::reach`.
    tripped.extend(["credential", "principal", "survivor"].map(str::to_owned));
    let reach = ["name-resolution", "connection", "tls", "service", "clock"];
    tripped.extend(reach.map(str::to_owned));
    tripped.extend(posture::tripped().into_iter().map(str::to_owned));
    let idle: Vec<_> = check::ids()
        .into_iter()
        .filter(|id| !tripped.contains(*id))
        .collect();
    if idle.is_empty() {
        Ok(())
    } else {
        Err(format!("nothing trips {idle:?}"))
    }
}

/// A bucket with foreign objects in it, as the credentials see it and with every right.
pub(super) fn bucket(on: On) -> (MemoryStore, MemoryStore) {
    let store = MemoryStore::with(
        "faulty",
        MemoryOptions {
            versioned: matches!(on, Kept | Versioned),
            ..MemoryOptions::default()
        },
    );
    paused(async {
        for key in ["other/backup", "production/backup"] {
            let key = ObjectKey::new(key).expect("a key");
            store
                .put(&key, Bytes::from_static(b"not ours"), PutOptions::default())
                .await
                .expect("a put");
        }
    });
    let denied = match on {
        Plain | Versioned => Vec::new(),
        // They see nothing beside their prefix, which would be a risk of its own.
        Kept => vec![
            Denied::DeleteVersion,
            Denied::Outside(KeyPrefix::new("production").expect("a prefix")),
        ],
        Narrow => vec![
            Denied::Operation(Operation::ListObjects),
            Denied::Operation(Operation::DeleteObject),
            Denied::Operation(Operation::AbortMultipart),
            Denied::Absence,
        ],
    };
    (store.as_seen_with(denied), store)
}
