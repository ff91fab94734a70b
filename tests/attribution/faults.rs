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
use super::table::{KILLS, Lie, On};
use super::wire::Asker;

/// The same table holds for the store in memory and for the one behind a server.
pub(crate) fn every_fault_trips_exactly_its_checks() -> Result<(), String> {
    let mut wrong = Vec::new();
    for kill in KILLS.iter().filter(|kill| kill.asker == Asker::S3) {
        let Lie::Store(fault) = kill.lie else {
            continue;
        };
        let (store, behind) = bucket(kill.on);
        let store = FaultStore::with_behind(store, Arc::new(behind), fault);
        let report = run(Arc::new(store), request(kill.on.access()));
        let failed = ids(&report, Outcome::Failed);
        if failed != kill.failed || report.verdict != Verdict::Failed {
            wrong.push(format!(
                "{fault} {:?}: expected {:?}\n  failed {failed:?}\n  {}",
                kill.on,
                kill.failed,
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
    let (store, behind) = bucket(On::Narrow);
    let store = FaultStore::with_behind(store, Arc::new(behind), Fault::CompletionDoesNothing);
    let report = run(Arc::new(store), request(Access::PutGet));
    if report.verdict == Verdict::Unknown
        && ids(&report, Outcome::Inconclusive) == ["multipart-upload"]
    {
        Ok(())
    } else {
        Err(told(&report))
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
    let failed = KILLS.iter().flat_map(|kill| kill.failed);
    let mut tripped: BTreeSet<String> = failed.map(|id| (*id).to_owned()).collect();
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
            versioned: matches!(on, On::Kept | On::Versioned),
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
    let narrow = [
        Operation::ListObjects,
        Operation::DeleteObject,
        Operation::AbortMultipart,
    ];
    let reads = [Operation::GetObject, Operation::HeadObject];
    let writes = [
        Operation::PutObject,
        Operation::CreateMultipart,
        Operation::DeleteObject,
    ];
    let each = |operations: &[Operation]| -> Vec<Denied> {
        operations
            .iter()
            .map(|operation| Denied::Operation(*operation))
            .collect()
    };
    // To see beside the prefix would be a risk of its own.
    let outside = || Denied::Outside(KeyPrefix::new("production").expect("a prefix"));
    let denied = match on {
        On::Plain | On::Versioned | On::Wide => Vec::new(),
        On::Kept => vec![Denied::DeleteVersion, outside()],
        On::Narrow => [each(&narrow), vec![Denied::Absence]].concat(),
        On::Blind => [each(&narrow), each(&reads)].concat(),
        On::Reader => [each(&writes), vec![outside()]].concat(),
    };
    (store.as_seen_with(denied), store)
}
