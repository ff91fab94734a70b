//! Other forms of requests: tried after a refusal alone, in the sandbox, and told with their settings.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use backstop::engine::{NoEvents, RunRequest, WireTap};
use backstop::report::{Access, FindingCode, Report, Variant, Verdict};
use backstop::subject::{Subject, Variants};
use backstop::verify::verify;
use backstop_contract::fault::{Fault, FaultStore};
use backstop_contract::memory::Denied;
use backstop_contract::{ErrorKind, MemoryStore, ObjectStore, Operation};
use tokio::sync::watch;

use super::harness::{Nobody, paused, request, run, told};

/// A bucket of which only some forms of requests are taken.
#[derive(Debug)]
struct Picky {
    bucket: MemoryStore,
    refusal: ErrorKind,
    takes: &'static [Variant],
    opened: Mutex<Vec<Variant>>,
}

impl Picky {
    fn refusing(&self) -> MemoryStore {
        self.bucket.as_seen_with(vec![Denied::All(self.refusal)])
    }

    fn opened(&self) -> Vec<Variant> {
        let opened = self.opened.lock();
        opened.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Variants for Picky {
    async fn open(&self, variant: Variant) -> Option<Arc<dyn ObjectStore>> {
        // Whether strangers can read is asked in every run; it is no other form of a write.
        if variant != Variant::Anonymous {
            let opened = self.opened.lock();
            opened.unwrap_or_else(PoisonError::into_inner).push(variant);
        }
        if self.takes.contains(&variant) {
            return Some(Arc::new(self.bucket.clone()));
        }
        Some(Arc::new(self.refusing()))
    }
}

fn ask(store: MemoryStore, other: &Arc<Picky>, request: RunRequest) -> Report {
    let subject = Subject {
        variants: Some(Arc::<Picky>::clone(other)),
        ..Subject::plain(Arc::new(store), Arc::new(Nobody))
    };
    paused(async {
        let (_keep, interrupt) = watch::channel(false);
        let tap = WireTap::new(Arc::new(NoEvents));
        let report = verify(subject, request, tap, interrupt).await;
        report.expect("the keys fit")
    })
}

fn picky(refusal: ErrorKind, takes: &'static [Variant]) -> Arc<Picky> {
    Arc::new(Picky {
        bucket: MemoryStore::new("picky"),
        refusal,
        takes,
        opened: Mutex::default(),
    })
}

use ErrorKind::{NameNotResolved, PermissionDenied, TlsRejected, Unexpected, Unsupported};
use Variant::{ContentMd5, Crc32Header, Crc32Trailer, NoChecksum, PathAddressing};

const FORMS: &[Variant] = &[NoChecksum, ContentMd5, Crc32Header, Crc32Trailer];

/// What every usual request is refused with, which forms are taken, which are tried, and the cause.
#[rustfmt::skip]
const REFUSALS: &[(ErrorKind, &[Variant], &[Variant], &str)] = &[
    (Unsupported,      &[NoChecksum, ContentMd5], FORMS, "checksums-refused"),
    (Unexpected,       &[NoChecksum],             FORMS, "checksums-refused"),
    (Unexpected,       &[Crc32Header],            FORMS, "trailers-refused"),
    (Unexpected,       &[],                       FORMS, "unrecognized"),
    (NameNotResolved,  &[PathAddressing], &[PathAddressing], "path-style-needed"),
    (NameNotResolved,  &[],               &[PathAddressing], "name-not-resolved"),
    (TlsRejected,      &[PathAddressing], &[PathAddressing], "path-style-needed"),
    (PermissionDenied, FORMS,             &[],               "missing-permission"),
];

pub(crate) fn what_was_refused_is_tried_in_other_forms() -> Result<(), String> {
    let mut wrong = Vec::new();
    for (refusal, takes, tried, cause) in REFUSALS {
        let other = picky(*refusal, takes);
        let report = ask(other.refusing(), &other, request(Access::Full));
        let works: Vec<_> = report.variants.iter().filter(|it| it.works).collect();
        let works: Vec<_> = works.iter().map(|it| it.variant).collect();
        let right = other.opened() == *tried
            && report.variants.len() == tried.len()
            && (tried.is_empty() || works == *takes)
            && report.diagnoses.iter().any(|it| it.code == *cause)
            && report.verdict == Verdict::Failed;
        if !right {
            let codes: Vec<_> = report.diagnoses.iter().map(|it| &it.code).collect();
            wrong.push(format!(
                "{refusal:?} {takes:?}: {codes:?} {:?} {}",
                report.variants,
                told(&report)
            ));
        }
        let left = other.bucket.contents();
        if !left.is_empty() {
            wrong.push(format!("{refusal:?} {takes:?} leaves {left:?}"));
        }
        // A refused form says what it was refused with.
        if report
            .variants
            .iter()
            .any(|it| !it.works && it.error.is_none())
        {
            wrong.push(format!("{refusal:?} {takes:?}: {:?}", report.variants));
        }
    }
    all_right(&wrong)
}

pub(crate) fn a_healthy_run_tries_nothing() -> Result<(), String> {
    let mut wrong = Vec::new();
    for access in Access::DECLARABLE {
        let other = picky(Unsupported, FORMS);
        let report = ask(other.bucket.clone(), &other, request(access));
        if !(other.opened().is_empty() && report.variants.is_empty()) {
            wrong.push(format!("{}: {}", access.name(), told(&report)));
        }
    }
    // Nor does a quick one, whatever it finds.
    let other = picky(Unsupported, FORMS);
    let mut quick = request(Access::Full);
    quick.quick = true;
    let report = ask(other.refusing(), &other, quick);
    if !(other.opened().is_empty() && report.verdict == Verdict::Failed) {
        wrong.push(format!("quick: {}", told(&report)));
    }
    // Who may only read writes nothing to find it out.
    let other = picky(NameNotResolved, &[PathAddressing]);
    let report = ask(other.refusing(), &other, request(Access::ReadOnly));
    let code = report.diagnoses.first().map(|it| it.code.as_str());
    if code != Some("path-style-needed") || !other.bucket.contents().is_empty() {
        wrong.push(format!("read-only: {}", told(&report)));
    }
    all_right(&wrong)
}

pub(crate) fn what_a_trial_writes_is_journalled() -> Result<(), String> {
    let mut wrong = Vec::new();
    for denied in [Operation::DeleteObject, Operation::GetObject] {
        let mut other = picky(Unsupported, &[NoChecksum]);
        let narrow = other.bucket.as_seen_with(vec![Denied::Operation(denied)]);
        Arc::get_mut(&mut other).expect("nobody else has it").bucket = narrow;
        let report = ask(other.refusing(), &other, request(Access::PutGet));
        if !report
            .variants
            .iter()
            .any(|it| it.works && it.variant == NoChecksum)
        {
            wrong.push(format!("{denied}: {:?}", report.variants));
        }
        let there = other.bucket.contents().keys;
        if there != report.cleanup.keys || there.iter().any(|key| !key.contains("/.backstop/")) {
            wrong.push(format!("{denied}: {there:?} {:?}", report.cleanup));
        }
    }
    all_right(&wrong)
}

pub(crate) fn a_store_without_conditions_is_named() -> Result<(), String> {
    let store = FaultStore::new(MemoryStore::new("careless"), Fault::IgnoresIfAbsent);
    let report = run(Arc::new(store), request(Access::Full));
    let codes: Vec<_> = report.diagnoses.iter().map(|it| it.code.as_str()).collect();
    let said = format!("{:?}", report.diagnoses);
    if codes != ["no-conditional-writes"] || report.verdict != Verdict::Failed {
        return Err(told(&report));
    }
    if !said.contains("no atomic create") || !said.contains("restic") {
        return Err(said);
    }
    // A store that loses writes has another cause.
    let store = FaultStore::new(MemoryStore::new("lossy"), Fault::LosesWrites);
    let report = run(Arc::new(store), request(Access::Full));
    let lies = |id: &str| {
        let finding = report.checks.iter().find(|it| it.id == id);
        finding.and_then(|it| it.finding.as_ref()).map(|it| it.code)
    };
    if lies("put-if-absent") != Some(FindingCode::Violated)
        || report
            .diagnoses
            .iter()
            .any(|it| it.code == "no-conditional-writes")
    {
        return Err(told(&report));
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
