//! The object that stays: it is left once, read back by every run, and its loss is told.

use std::sync::Arc;

use backstop::check::Memory;
use backstop::report::{Access, FindingCode, Outcome, Report, Survivor, Verdict};
use backstop_contract::fault::{Fault, FaultStore};
use backstop_contract::memory::{Denied, MemoryOptions};
use backstop_contract::{
    Capability, DeleteOptions, MemoryStore, ObjectKey, ObjectStore, Operation, PutOptions,
};
use bytes::Bytes;
use jiff::SignedDuration;

use super::accesses::{CASES, bucket};
use super::harness::{Counter, paused, request, run, told};

const KEY: &str = "production/.backstop/survivor";

/// Runs with an object that stays.
fn keeping(store: &MemoryStore, access: Access, memory: Memory) -> Report {
    let mut request = request(access);
    request.memory = Some(memory);
    run(Arc::new(store.clone()), request)
}

/// What the next run remembers of a run.
fn remembered(report: &Report) -> Memory {
    report.survivor.clone().map_or(Memory::Blank, Memory::Known)
}

/// Returns how the check ended: outcome, kind of finding, cause and words.
fn ended(report: &Report) -> (Outcome, Option<FindingCode>, Option<&str>, &str) {
    let record = report.checks.iter().find(|record| record.id == "survivor");
    let record = record.unwrap_or_else(|| panic!("it is not asked: {}", told(report)));
    let finding = record.finding.as_ref();
    (
        record.outcome,
        finding.map(|finding| finding.code),
        finding.and_then(|finding| finding.cause.as_deref()),
        finding.map_or("", |finding| &finding.summary),
    )
}

/// Asserts the verdict of a run.
fn judged(report: &Report, verdict: Verdict) -> Result<(), String> {
    if report.verdict == verdict {
        Ok(())
    } else {
        Err(told(report))
    }
}

fn key() -> ObjectKey {
    ObjectKey::new(KEY).expect("a key")
}

fn put(store: &MemoryStore, body: impl Into<Bytes>) {
    paused(store.put(&key(), body.into(), PutOptions::default())).expect("a put");
}

fn body(store: &MemoryStore) -> Bytes {
    use backstop_contract::{GetOptions, ObjectStoreExt as _};
    paused(store.read_back(&key(), GetOptions::default()))
        .expect("an object")
        .head
}

/// What happens between two runs.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Between {
    Nothing,
    /// The object is removed.
    Lost,
    /// The object is removed and another host's run leaves one.
    Replaced,
    /// One bit changes.
    Flipped,
    /// The end is missing.
    Cut,
    /// Its first line changes.
    Beheaded,
    /// Something of somebody else lies there.
    Foreign,
    /// The whole body of another of our objects lies there.
    Mixed,
}

fn happens(store: &MemoryStore, between: Between) {
    let whole = || body(store).to_vec();
    match between {
        Between::Nothing => {}
        Between::Lost | Between::Replaced => {
            paused(store.delete(&key(), DeleteOptions::default())).expect("a delete");
            if between == Between::Replaced {
                keeping(store, Access::Full, Memory::Blank);
            }
        }
        Between::Flipped => {
            let mut body = whole();
            body[2_000] ^= 1;
            put(store, body);
        }
        Between::Cut => put(store, whole()[..3_000].to_vec()),
        Between::Beheaded => {
            let mut body = whole();
            body[30] ^= 1;
            put(store, body);
        }
        Between::Foreign => put(store, "not ours"),
        Between::Mixed => {
            let at = jiff::Timestamp::UNIX_EPOCH;
            put(
                store,
                backstop::check::Probe::new("0123456789abcdef", "object", at, 4_096).body(),
            );
        }
    }
}

use Between::{Beheaded, Cut, Flipped, Foreign, Lost, Mixed, Nothing, Replaced};
use FindingCode::{Note, Unfit, Violated};

/// What happens, whether the host remembers, and how the next run ends: kind of finding, cause and
/// a word that must be told.
#[rustfmt::skip]
const STORIES: &[(Between, bool, FindingCode, Option<&str>, &str)] = &[
    (Nothing,  true,  Note,     None,                     "intact since"),
    (Nothing,  false, Note,     None,                     "intact since"),
    (Lost,     true,  Violated, Some("survivor-lost"),    "and it is gone; another one is left now"),
    (Lost,     false, Note,     None,                     "none was there; one is left now"),
    (Replaced, true,  Note,     None,                     "intact since"),
    (Flipped,  true,  Violated, None,                     "4096 bytes come back that are not the 4096"),
    (Flipped,  false, Violated, None,                     "4096 bytes come back that are not the 4096"),
    (Cut,      true,  Violated, None,                     "3000 bytes come back that are not the 4096"),
    (Beheaded, true,  Violated, None,                     "its first line comes back changed"),
    (Foreign,  true,  Violated, None,                     "no object that a run has written"),
    (Foreign,  false, Unfit,    Some("survivor-not-ours"), "it is left alone"),
    (Mixed,    true,  Violated, None,                     "the object object of run 0123456789abcdef"),
];

pub(crate) fn every_fate_of_what_was_left_is_told() -> Result<(), String> {
    let mut wrong = Vec::new();
    for (between, remembers, code, cause, words) in STORIES {
        let store = MemoryStore::new("stories");
        let first = keeping(&store, Access::Full, Memory::Blank);
        assert_eq!(first.verdict, Verdict::Passed, "{}", told(&first));
        assert!(
            ended(&first).3.contains("none was there"),
            "{}",
            told(&first)
        );
        assert_eq!(first.cleanup.kept, [KEY]);
        happens(&store, *between);
        let before = (*between != Lost).then(|| body(&store));
        let memory = if *remembers {
            remembered(&first)
        } else {
            Memory::Blank
        };
        let next = keeping(&store, Access::Full, memory);
        let (outcome, found, because, text) = ended(&next);
        let good = *code == Note;
        let verdict = if good {
            Verdict::Passed
        } else {
            Verdict::Failed
        };
        let right = (found, because) == (Some(*code), *cause)
            && (outcome == Outcome::Passed) == good
            && text.contains(words)
            && next.verdict == verdict;
        if !right {
            wrong.push(format!("{between:?}, {remembers}: {}", told(&next)));
        }
        // What lies there is never written over, be it harmed: it is the evidence.
        if before.is_some_and(|before| body(&store) != before) {
            wrong.push(format!("{between:?}, {remembers}: it was written over"));
        }
        if *between == Lost {
            let after = keeping(&store, Access::Full, remembered(&next));
            let lost = after.survivor.as_ref().and_then(|it| it.lost_at);
            let told_of = ended(&after).3.contains("found lost at");
            if !*remembers || after.verdict != Verdict::Passed || lost.is_none() || !told_of {
                let once = !*remembers && after.verdict == Verdict::Passed;
                if !once {
                    wrong.push(format!("after the loss: {}", told(&after)));
                }
            }
        }
    }
    all_right(&wrong)
}

pub(crate) fn no_access_fails_for_what_stays() -> Result<(), String> {
    let mut wrong = Vec::new();
    for case in CASES {
        for (access, expected) in case.verdicts {
            let store = bucket(case);
            let plain = run(Arc::new(store.clone()), request(*access));
            let before = store.contents();
            let causes = |report: &Report| {
                let causes = report.diagnoses.iter().map(|it| it.code.clone());
                causes.collect::<Vec<_>>()
            };
            let mut memory = Memory::Blank;
            for round in 0..3 {
                let report = keeping(&store, *access, memory);
                if report.verdict != *expected || causes(&report) != causes(&plain) {
                    let name = access.name();
                    wrong.push(format!("{} under {name}: {}", case.name, told(&report)));
                }
                // One version of it stays, whatever the bucket keeps, and the report does not
                // count it among what is left.
                let there = store.contents().keys.iter().any(|key| key == KEY);
                if there != report.survivor.is_some() || report.cleanup.keys.contains(&KEY.into()) {
                    wrong.push(format!("{}, {round}: {:?}", case.name, report.cleanup));
                }
                memory = remembered(&report);
            }
            let grown =
                |keys: &[String]| keys.iter().filter(|key| !before.keys.contains(key)).count();
            if grown(&store.contents().keys) > 1 {
                wrong.push(format!("{}: {:?}", case.name, store.contents().keys));
            }
        }
    }
    all_right(&wrong)
}

pub(crate) fn versions_of_what_stays_do_not_pile_up() -> Result<(), String> {
    for lacks in [vec![], vec![Capability::PutIfAbsent]] {
        let store = MemoryStore::with(
            "versions",
            MemoryOptions {
                versioned: true,
                lacks,
                ..MemoryOptions::default()
            },
        );
        let mut memory = Memory::Blank;
        let mut left: Option<Survivor> = None;
        for _ in 0..4 {
            let report = keeping(&store, Access::Full, memory);
            judged(&report, Verdict::Passed)?;
            memory = remembered(&report);
            let kept = left.get_or_insert_with(|| report.survivor.clone().expect("one is left"));
            assert_eq!(Some(&*kept), report.survivor.as_ref());
            // A sweep of everything that is old enough spares it.
            store.backdate(SignedDuration::from_hours(100));
        }
        let there = store.contents();
        assert_eq!(
            (there.objects, there.versions, there.markers),
            (1, 0, 0),
            "{there:?}"
        );
        assert_eq!(there.keys, [KEY]);
    }
    Ok(())
}

pub(crate) fn a_run_that_may_not_write_leaves_none() -> Result<(), String> {
    let store = MemoryStore::new("reader");
    let backup = ObjectKey::new("production/backup").expect("a key");
    paused(store.put(&backup, Bytes::from_static(b"x"), PutOptions::default())).expect("a put");
    let reader = keeping(&store, Access::ReadOnly, Memory::Blank);
    judged(&reader, Verdict::Passed)?;
    assert!(
        ended(&reader).3.contains("leaves none"),
        "{}",
        told(&reader)
    );
    assert_eq!(store.contents().keys, ["production/backup"]);
    let writer = keeping(&store, Access::Full, Memory::Blank);
    let reader = keeping(&store, Access::ReadOnly, remembered(&writer));
    assert!(ended(&reader).3.contains("intact"), "{}", told(&reader));
    happens(&store, Lost);
    for _ in 0..2 {
        let reader = keeping(&store, Access::ReadOnly, remembered(&writer));
        assert_eq!(ended(&reader).2, Some("survivor-lost"), "{}", told(&reader));
        assert_eq!(reader.survivor, None);
        assert_eq!(store.contents().keys, ["production/backup"]);
    }
    // Who may only put cannot read it, and is not asked to.
    let denied = [Operation::GetObject, Operation::HeadObject].map(Denied::Operation);
    let pusher = keeping(
        &store.as_seen_with(denied.to_vec()),
        Access::PutOnly,
        remembered(&writer),
    );
    assert_eq!(ended(&pusher).0, Outcome::Skipped, "{}", told(&pusher));
    judged(&pusher, Verdict::Passed)
}

pub(crate) fn a_quick_run_reads_it_within_eight_requests() -> Result<(), String> {
    let mut wrong = Vec::new();
    for case in CASES {
        for (access, _) in case.verdicts {
            // With access append-only there is no request to spare.
            let asked = *access != Access::AppendOnly;
            let counter = Counter::new();
            let left = keeping(&bucket(case), *access, Memory::Blank);
            let store = bucket(case).observed_by(counter.clone());
            let mut quick = request(*access);
            quick.quick = true;
            quick.memory = Some(remembered(&left));
            let report = run(Arc::new(store.clone()), quick);
            if counter.count() > 8 {
                let count = counter.count();
                wrong.push(format!("{} under {}: {count}", case.name, access.name()));
            }
            let asks = report.checks.iter().any(|record| record.id == "survivor");
            if asks != asked || store.contents().keys.iter().any(|key| key == KEY) {
                wrong.push(format!("{}: {}", case.name, told(&report)));
            }
        }
    }
    all_right(&wrong)
}

/// A store that loses what it takes is caught at once, and one that answers with another object.
pub(crate) fn a_store_that_lies_about_it_is_caught() -> Result<(), String> {
    for fault in [Fault::LosesWrites, Fault::FlipsABit, Fault::ReadsAnotherKey] {
        let good = MemoryStore::new("lies");
        let left = keeping(&good, Access::Full, Memory::Blank);
        let mut request = request(Access::Full);
        request.memory = Some(match fault {
            Fault::LosesWrites => {
                happens(&good, Lost);
                Memory::Blank
            }
            _ => remembered(&left),
        });
        let report = run(Arc::new(FaultStore::new(good, fault)), request);
        judged(&report, Verdict::Failed)?;
        assert_eq!(
            ended(&report).1,
            Some(Violated),
            "{fault:?}: {}",
            told(&report)
        );
    }
    Ok(())
}

fn all_right(wrong: &[String]) -> Result<(), String> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}
