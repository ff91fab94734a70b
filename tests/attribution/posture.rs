//! What a bucket says of itself, and exactly which check makes a risk of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backstop::engine::{NoEvents, RunRequest, WireTap};
use backstop::report::{Access, FindingCode, Outcome, Report, Stage, Variant, Verdict};
use backstop::subject::{Subject, Variants};
use backstop::verify::verify;
use backstop_contract::memory::{Denied, MemoryOptions, Says};
use backstop_contract::{
    After, Aspect, AtRest, CreateOptions, Exposure, KeyPrefix, LifecycleEffect, LifecycleRule,
    LockMode, MemoryStore, ObjectKey, ObjectLock, ObjectStore, Operation, PartNumber, PartOptions,
    PutOptions, Retention,
};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::harness::{Nobody, paused, request, told};

use Access::{AppendOnly, Full, PutGet, PutOnly, ReadOnly, Undeclared};

/// The bucket as strangers see it.
#[derive(Debug)]
struct Strangers(MemoryStore);

#[async_trait]
impl Variants for Strangers {
    async fn open(&self, variant: Variant) -> Option<Arc<dyn ObjectStore>> {
        (variant == Variant::Anonymous).then(|| Arc::new(self.0.clone()) as _)
    }
}

/// One bucket, one access, and what comes of them.
#[derive(Clone, Default)]
struct Row {
    name: &'static str,
    access: Access,
    says: Says,
    versioned: bool,
    locked: bool,
    /// What the credentials may not do.
    denied: Vec<Denied>,
    /// What strangers may do.
    open_to: &'static [Operation],
    retention: Option<Duration>,
    /// Whole keys of uploads that are open, and how many days.
    uploads: &'static [(&'static str, i64)],
    /// Keys that hold objects.
    objects: &'static [&'static str],
    /// The check that makes a risk of it, and the cause that it names.
    risk: Option<(&'static str, &'static str)>,
    /// Words that a check has to say.
    says_of: &'static [(&'static str, &'static str)],
}

const DAY: u64 = 24;

fn days(number: u64) -> Duration {
    Duration::from_hours(number * DAY)
}

fn rule(prefix: &str, effect: LifecycleEffect, days: u32) -> LifecycleRule {
    LifecycleRule {
        id: "sweep".to_owned(),
        prefix: prefix.to_owned(),
        tagged: false,
        effect,
        after: After::Days(days),
    }
}

fn with(rules: Vec<LifecycleRule>) -> Says {
    Says {
        lifecycle: rules,
        ..Says::default()
    }
}

fn archives(offline: bool) -> LifecycleEffect {
    LifecycleEffect::Moves {
        class: "GLACIER".to_owned(),
        offline,
    }
}

const EXPIRES: LifecycleEffect = LifecycleEffect::Expires;
const EARLIER: LifecycleEffect = LifecycleEffect::ExpiresEarlier;
const ABORTS: LifecycleEffect = LifecycleEffect::AbortsUploads;
const LIST: Operation = Operation::ListObjects;
const GET: Operation = Operation::GetObject;

/// Rights that add and never change.
fn keeps() -> Vec<Denied> {
    vec![
        Denied::Overwrite,
        Denied::Operation(Operation::DeleteObject),
    ]
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let plain = Row { access: Full, ..Row::default() };
    let row = |name| Row { name, ..plain.clone() };
    let kept = |name, says| Row { says, retention: Some(days(30)), ..row(name) };
    let old = |name, says| Row { says, uploads: &[("production/big", 8)], ..row(name) };
    let beside = |name, access| Row { access, objects: &["other/secret", "production/b"], ..row(name) };
    let past = LifecycleRule { after: After::Date(Timestamp::UNIX_EPOCH), ..rule("", EXPIRES, 0) };
    let later = LifecycleRule { after: After::Date("2999-01-01T00:00:00Z".parse().expect("a time")), ..rule("", EXPIRES, 0) };
    let tagged = LifecycleRule { tagged: true, ..rule("", EXPIRES, 1) };
    let default = Some(Retention { mode: LockMode::Governance, days: 14 });
    let lock = ObjectLock { possible: true, default, ..ObjectLock::default() };
    let open = ObjectLock { possible: true, ..ObjectLock::default() };
    let hold = ObjectLock { policy: true, legal_hold: true, ..open.clone() };
    vec![
        Row { says_of: &[("versioning", "no earlier versions are kept"), ("immutability", "nothing locks objects"), ("encryption", "encrypts nothing"),
                         ("lifecycle", "no rule acts on backups"), ("lifecycle", "no rule ends uploads"), ("public-access", "neither list nor read"),
                         ("open-uploads", "no upload is open"), ("other-prefix", "nothing else is in it")], ..row("a fresh bucket") },
        Row { access: Undeclared, ..row("a fresh bucket, nothing declared") },
        Row { versioned: true, says_of: &[("versioning", "stays as an earlier version")], ..row("versions are kept") },
        Row { access: AppendOnly, ..row("append-only, and everything can be destroyed") },
        Row { access: AppendOnly, denied: keeps(), risk: Some(("versioning", "versions-not-kept")), ..row("append-only without versions") },
        Row { access: AppendOnly, denied: keeps(), says: Says { object_lock: lock.clone(), ..Says::default() }, ..row("append-only, and everything is locked") },
        Row { access: AppendOnly, denied: keeps(), says: Says { object_lock: open.clone(), ..Says::default() }, risk: Some(("versioning", "versions-not-kept")), ..row("append-only, and locks are only possible") },
        Row { access: AppendOnly, versioned: true, denied: vec![Denied::DeleteVersion], ..row("append-only with versions") },
        Row { access: AppendOnly, locked: true, says_of: &[("immutability", "locked for 1 day (compliance mode)")], ..row("a locked bucket") },
        Row { says: Says { object_lock: lock, soft_delete: Some(7), ..Says::default() }, says_of: &[("immutability", "locked for 14 days (governance mode), what is deleted comes back for 7 days")], ..row("a default retention") },
        Row { says: Says { object_lock: open, ..Says::default() }, says_of: &[("immutability", "nothing locks a new one by itself")], ..row("locks are possible") },
        Row { says: Says { object_lock: hold, ..Says::default() }, says_of: &[("immutability", "a legal hold lies on the container")], ..row("a policy and a hold") },
        Row { says: Says { encryption: Some(AtRest { algorithm: "aws:kms".to_owned(), key: Some("alias/b".to_owned()) }), ..Says::default() },
              says_of: &[("encryption", "by aws:kms with the key alias/b")], ..row("encrypted") },

        Row { risk: Some(("lifecycle", "lifecycle-expires-backups")), says_of: &[("lifecycle", "kept for 30 days, and a rule acts sooner: objects are removed after 7 days (rule sweep)")], ..kept("a rule for everything", with(vec![rule("", EXPIRES, 7)])) },
        Row { risk: Some(("lifecycle", "lifecycle-expires-backups")), ..kept("a rule for the prefix", with(vec![rule("prod", EXPIRES, 29)])) },
        Row { risk: Some(("lifecycle", "lifecycle-expires-backups")), ..kept("a rule for some backups", with(vec![rule("production/daily/", EXPIRES, 7)])) },
        Row { risk: Some(("lifecycle", "lifecycle-expires-backups")), ..kept("a date that is over", with(vec![past])) },
        Row { retention: Some(days(2)), risk: Some(("lifecycle", "lifecycle-expires-backups")), ..kept("a day", with(vec![rule("", EXPIRES, 1)])) },
        kept("a rule that waits", with(vec![rule("", EXPIRES, 30)])),
        kept("a date far away", with(vec![later])),
        kept("a rule for others", with(vec![rule("other/", EXPIRES, 1), rule("production-logs", EXPIRES, 1)])),
        kept("a rule for the sandbox", with(vec![rule("production/.backstop/", EXPIRES, 1)])),
        Row { says_of: &[("lifecycle", "objects with certain tags are removed after 1 day")], ..kept("a rule for tags", with(vec![tagged])) },
        Row { risk: Some(("lifecycle", "lifecycle-archives-backups")), ..kept("an archive", with(vec![rule("", archives(true), 1)])) },
        kept("a class that is read at once", with(vec![rule("", archives(false), 1)])),
        Row { says: with(vec![rule("", EXPIRES, 3)]), says_of: &[("lifecycle", "that is soon: declare `retention`")], ..row("soon, and nothing declared") },
        Row { says: with(vec![rule("", EXPIRES, 8)]), says_of: &[("lifecycle", "objects are removed after 8 days (rule sweep); no rule ends")], ..row("later, and nothing declared") },
        Row { versioned: true, ..kept("earlier versions go", with(vec![rule("", EARLIER, 1)])) },
        Row { access: AppendOnly, versioned: true, denied: vec![Denied::DeleteVersion], risk: Some(("lifecycle", "lifecycle-expires-versions")), ..kept("what a marker hides goes", with(vec![rule("", EARLIER, 1)])) },

        Row { open_to: &[LIST, GET], risk: Some(("public-access", "public-access")), says_of: &[("public-access", "anybody can list and read")], ..row("open to all") },
        Row { open_to: &[LIST], risk: Some(("public-access", "public-access")), says_of: &[("public-access", "anybody can list the names")], ..row("names are open") },
        Row { open_to: &[GET], risk: Some(("public-access", "public-access")), says_of: &[("public-access", "who knows a name can read")], ..row("contents are open") },
        Row { access: ReadOnly, objects: &["production/b"], open_to: &[GET], risk: Some(("public-access", "public-access")), ..row("contents are open to a reader's eyes") },
        Row { says: Says { exposure: Exposure::Something, ..Says::default() }, risk: Some(("public-access", "public-access")), says_of: &[("public-access", "public by the service's own judgement")], ..row("public by its settings") },
        Row { denied: vec![Denied::Aspect(Aspect::PublicAccess)], says_of: &[("public-access", "could not be asked")], ..row("settings that may not be read") },

        Row { risk: Some(("open-uploads", "uploads-never-expire")), says_of: &[("open-uploads", "1 upload was begun and never ended, the oldest on")], ..old("an old upload, and no rule", Says::default()) },
        Row { risk: Some(("open-uploads", "uploads-never-expire")), ..old("an old upload, and a rule for others", with(vec![rule("other/", ABORTS, 7)])) },
        Row { says_of: &[("open-uploads", "1 upload was begun")], ..old("an old upload, and a rule", with(vec![rule("", ABORTS, 7)])) },
        Row { denied: vec![Denied::Aspect(Aspect::Lifecycle)], ..old("an old upload, and nobody knows of rules", Says::default()) },
        Row { uploads: &[("production/big", 6), ("production/small", 1)], says_of: &[("open-uploads", "2 uploads were"), ("open-uploads", "; their parts take 3 KiB")], ..row("young uploads") },
        Row { uploads: &[("other/big", 80), ("production/.backstop/0123456789abcdef/multipart", 80)], says_of: &[("open-uploads", "no upload is open")], ..row("uploads of others, and of the sandbox") },

        Row { risk: Some(("other-prefix", "reaches-beyond-prefix")), says_of: &[("other-prefix", "such as other/secret")], ..beside("a writer who sees more", PutGet) },
        Row { risk: Some(("other-prefix", "reaches-beyond-prefix")), ..beside("a pusher who sees more", PutOnly) },
        Row { risk: Some(("other-prefix", "reaches-beyond-prefix")), ..beside("a reader who sees more", ReadOnly) },
        Row { says_of: &[("other-prefix", "such as other/secret")], ..beside("an administrator", Full) },
        beside("nothing declared", Undeclared),
        Row { denied: vec![Denied::Outside(KeyPrefix::new("production").expect("a prefix"))], says_of: &[("other-prefix", "cannot list beside")], ..beside("a scoped writer", PutGet) },
        Row { denied: vec![Denied::Operation(Operation::HeadObject)], says_of: &[("other-prefix", "not see the objects")], ..beside("names alone", PutGet) },
    ]
}

/// Every risk is made by exactly its check, with its cause, and degrades the run; everything else is
/// told and does not.
pub(crate) fn every_threat_is_told_by_exactly_its_check() -> Result<(), String> {
    let mut wrong = Vec::new();
    for row in rows() {
        let report = run(&row);
        let risks = report.checks.iter().filter(|record| {
            let finding = record.finding.as_ref();
            finding.is_some_and(|it| it.code == FindingCode::Risk)
        });
        let risks: Vec<_> = risks
            .map(|record| {
                let cause = record.finding.as_ref().and_then(|it| it.cause.as_deref());
                (record.id.as_str(), cause.unwrap_or_default())
            })
            .collect();
        let expected: Vec<_> = row.risk.into_iter().collect();
        // Other checks may fail under this access: what matters here is that the posture does not.
        let unfit = report
            .checks
            .iter()
            .filter(|record| record.stage == Stage::Posture)
            .any(|record| matches!(record.outcome, Outcome::Failed | Outcome::Inconclusive));
        let verdict = match row.risk {
            None => Verdict::Passed,
            Some(_) => Verdict::Degraded,
        };
        let judged = report.verdict == verdict || report.verdict == Verdict::Failed;
        let failed_for_another = row.access == AppendOnly || !row.denied.is_empty();
        let said = row
            .says_of
            .iter()
            .all(|(id, words)| says(&report, id, words));
        if risks != expected
            || unfit
            || !judged
            || (report.verdict == Verdict::Failed && !failed_for_another)
            || !said
        {
            wrong.push(format!("{}: {risks:?}\n  {}", row.name, told(&report)));
        }
    }
    end(&wrong)
}

/// What may not be asked is skipped, names its permission, and touches no verdict.
pub(crate) fn a_denied_question_is_skipped_and_names_its_permission() -> Result<(), String> {
    let mut wrong = Vec::new();
    for (denied, id, permission) in DENIALS {
        let row = Row {
            access: Full,
            denied: vec![denied.clone()],
            ..Row::default()
        };
        let report = run(&row);
        let record = report.checks.iter().find(|record| record.id == *id);
        let finding = record.and_then(|record| record.finding.as_ref());
        let named = finding.and_then(|finding| finding.error.as_ref());
        let named = named.map(|error| error.permissions.join(" "));
        if finding.map(|it| it.code) != Some(FindingCode::Denied)
            || named.as_deref() != Some(permission)
            || report.verdict != Verdict::Passed
        {
            wrong.push(format!("{id}: {named:?} {}", told(&report)));
        }
    }
    end(&wrong)
}

const DENIALS: &[(Denied, &str, &str)] = &[
    (
        Denied::Aspect(Aspect::Versioning),
        "versioning",
        "s3:GetBucketVersioning",
    ),
    (
        Denied::Aspect(Aspect::ObjectLock),
        "immutability",
        "s3:GetBucketObjectLockConfiguration",
    ),
    (
        Denied::Aspect(Aspect::Encryption),
        "encryption",
        "s3:GetEncryptionConfiguration",
    ),
    (
        Denied::Aspect(Aspect::Lifecycle),
        "lifecycle",
        "s3:GetLifecycleConfiguration",
    ),
    (
        Denied::Operation(Operation::ListUploads),
        "open-uploads",
        "s3:ListBucketMultipartUploads",
    ),
];

/// Returns the checks that something here makes say another thing than of a fresh bucket.
pub(super) fn tripped() -> BTreeSet<&'static str> {
    let risks = rows().into_iter().filter_map(|row| row.risk);
    let skipped = DENIALS.iter().map(|(_, id, _)| *id);
    risks.map(|(id, _)| id).chain(skipped).collect()
}

/// Who may not list the parts is told the uploads without their bytes.
pub(crate) fn uploads_are_told_without_the_parts() -> Result<(), String> {
    let row = Row {
        access: Full,
        uploads: &[("production/big", 6)],
        denied: vec![Denied::Operation(Operation::ListParts)],
        ..Row::default()
    };
    let report = run(&row);
    let posture = report.posture.clone().ok_or("no posture")?;
    let uploads = posture.open_uploads.unwrap_or_default();
    let silent = !says(&report, "open-uploads", "parts take");
    if silent && (uploads.count, uploads.bytes) == (1, None) && report.verdict == Verdict::Passed {
        Ok(())
    } else {
        Err(told(&report))
    }
}

/// The report holds what was learned, and what was answered is not said to be unproven.
pub(crate) fn the_report_holds_what_the_bucket_says() -> Result<(), String> {
    let row = Row {
        access: Full,
        versioned: true,
        says: with(vec![rule("", ABORTS, 7)]),
        uploads: &[("production/big", 2)],
        ..Row::default()
    };
    let report = run(&row);
    let posture = report.posture.clone().ok_or("no posture")?;
    let uploads = posture.open_uploads.clone().unwrap_or_default();
    let whole = posture.versioning == Some(true)
        && posture.immutability.as_deref() == Some("")
        && posture.encryption.as_deref() == Some("none")
        && posture.lifecycle.as_deref()
            == Some(&["unfinished uploads are aborted after 7 days (rule sweep)".to_owned()][..])
        && (posture.public_list, posture.public_read) == (Some(false), Some(false))
        && uploads.count == 1
        && uploads.bytes == Some(PART as u64)
        && uploads.oldest.is_some();
    let open = report.not_proven.join("; ");
    let denied = run(&Row {
        access: Full,
        denied: vec![Denied::Aspect(Aspect::Lifecycle)],
        ..Row::default()
    });
    if whole
        && !open.contains("lifecycle")
        && denied
            .not_proven
            .join("; ")
            .contains("retention and lifecycle rules")
    {
        Ok(())
    } else {
        Err(format!("{posture:?}\n{open}\n{}", told(&report)))
    }
}

fn says(report: &Report, id: &str, words: &str) -> bool {
    let record = report.checks.iter().find(|record| record.id == id);
    let finding = record.and_then(|record| record.finding.as_ref());
    finding.is_some_and(|finding| finding.summary.contains(words))
}

fn run(row: &Row) -> Report {
    paused(run_row(row))
}

async fn run_row(row: &Row) -> Report {
    let store = MemoryStore::with(
        "posture",
        MemoryOptions {
            versioned: row.versioned,
            locked: row.locked,
            says: row.says.clone(),
            ..MemoryOptions::default()
        },
    );
    fill(&store, row).await;
    let strangers: Vec<_> = Operation::ALL
        .into_iter()
        .filter(|operation| !row.open_to.contains(operation))
        .map(Denied::Operation)
        .collect();
    let variants: Arc<dyn Variants> = Arc::new(Strangers(store.as_seen_with(strangers)));
    let ours = store.as_seen_with(row.denied.clone());
    let subject = Subject {
        variants: Some(variants),
        ..Subject::plain(Arc::new(ours), Arc::new(Nobody))
    };
    let request = RunRequest {
        retention: row.retention,
        ..request(row.access)
    };
    let (_keep, interrupt) = watch::channel(false);
    let tap = WireTap::new(Arc::new(NoEvents));
    let report = verify(subject, request, tap, interrupt).await;
    report.expect("the keys fit")
}

/// How many bytes the part of each upload has.
const PART: usize = 1_536;

/// Makes the uploads and the objects, the oldest first.
async fn fill(store: &MemoryStore, row: &Row) {
    let mut uploads = row.uploads.to_vec();
    uploads.sort_by_key(|(_, days)| -days);
    for (at, (key, days)) in uploads.iter().enumerate() {
        let key = ObjectKey::new(*key).expect("a key");
        let upload = store
            .create_multipart(&key, CreateOptions::default())
            .await
            .expect("an upload");
        let part = store.put_part(
            &key,
            &upload,
            PartNumber(1),
            Bytes::from_static(&[7; PART]),
            PartOptions::default(),
        );
        part.await.expect("a part");
        // Everything ages together, until the next younger one is begun.
        let until = uploads.get(at + 1).map_or(0, |(_, next)| *next);
        store.backdate(SignedDuration::from_hours(24 * (days - until)));
    }
    for key in row.objects {
        let key = ObjectKey::new(*key).expect("a key");
        let put = store.put(&key, Bytes::from_static(b"not ours"), PutOptions::default());
        put.await.expect("a put");
    }
}

fn end(wrong: &[String]) -> Result<(), String> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}
