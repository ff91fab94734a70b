//! Every way to break a condition of the gate, on facts: no row is allowed, and what is well is not blocked.

use std::collections::BTreeMap;

use backstop::gate::{
    Asked, Candidate, Decision, Facts, Few, Found, Gap, Held, LimitSource, Objects, Previous,
    RECORD_SCHEMA, Record, Ruling, State, Versions, Way, Who, conditions, decide,
};
use backstop::render::{decision, decision_json};
use backstop::report::{
    Access, CheckRecord, Credential, Diagnosis, ErrorRecord, Finding, FindingCode, Level,
    LevelSource, Outcome, Report, Stage, Vantage,
};
use backstop_contract::{
    Error, ErrorKind, MemoryStore, Operation, Sent, StoreLocation, Way as Kind,
};
use jiff::{SignedDuration, Timestamp};

use super::harness::{request, run};

/// The server's clock in every row.
pub(super) const NOW: &str = "2026-11-26T14:32:00Z";

/// Returns a time so many minutes before the server's clock.
fn ago(minutes: i64) -> Timestamp {
    let now: Timestamp = NOW.parse().expect("a time");
    now - SignedDuration::from_mins(minutes)
}

fn key() -> Credential {
    Credential {
        way: Kind::AccessKey,
        id: "AKIDEXAMPLE".to_owned(),
        source: "environment".to_owned(),
        expires_at: None,
        temporary: false,
        refreshes: false,
        passed_over: Vec::new(),
        doubts: Vec::new(),
    }
}

fn candidate() -> Candidate {
    Candidate {
        id: "20261126T133200Z-before".to_owned(),
        kind: "upgrade".to_owned(),
        way: Way::List,
        by_reader: false,
        started_at: ago(60),
        manifest_modified: Some(ago(55)),
        installation: Some("acme-production".to_owned()),
        app_version: Some("2.3.1".to_owned()),
        restorable_by: Some(">=2.0 <3".to_owned()),
        objects: 3,
        bytes: 64 << 20,
        previous: Some(Previous {
            id: "20261125T133200Z-before".to_owned(),
            bytes: 60 << 20,
        }),
        newer: Few::default(),
    }
}

/// What is asked where everything is.
fn everything() -> Asked {
    Asked {
        max_age_s: 2 * 60 * 60,
        max_age_source: LimitSource::Flag,
        min_size: Some(10 << 20),
        from_version: Some("2.3.1".to_owned()),
        restorable_by: Some("2.4.0".to_owned()),
        window_s: Some(4 * 60 * 60),
        installation: Some("acme-production".to_owned()),
        ..Asked::newest("upgrade")
    }
}

/// Facts that everything holds on.
fn well(report: &Report) -> Facts {
    Facts {
        storage: report.clone(),
        now: NOW.parse().ok(),
        search: Ok(Found::Backup(Box::new(candidate()))),
        objects: Ok(Objects {
            seen: 3,
            bytes: 64 << 20,
            ..Objects::default()
        }),
        credentials: vec![Held {
            whose: "target",
            credential: Ok(key()),
        }],
    }
}

/// Verifies a store in memory as put-get, for a report that is a real one.
pub(super) fn verified() -> Report {
    run(
        std::sync::Arc::new(MemoryStore::new("gate")),
        request(Access::PutGet),
    )
}

/// What a row works on.
struct Scene {
    asked: Asked,
    facts: Facts,
}

impl Scene {
    fn found(&mut self) -> &mut Candidate {
        match &mut self.facts.search {
            Ok(Found::Backup(found)) => found,
            other => panic!("{other:?}"),
        }
    }

    fn objects(&mut self) -> &mut Objects {
        self.facts.objects.as_mut().expect("objects")
    }

    fn credential(&mut self) -> &mut Credential {
        let held = self.facts.credentials.first_mut().expect("one");
        held.credential.as_mut().expect("a credential")
    }

    fn check(&mut self, level: Level, outcome: Outcome, code: FindingCode) {
        self.facts.storage.checks.push(CheckRecord {
            id: "get-object".to_owned(),
            stage: Stage::Read,
            level,
            level_source: LevelSource::Access,
            outcome,
            duration_ms: 1,
            attempts: 1,
            finding: Some(Finding::plain(code, "x".to_owned())),
        });
    }
}

/// One way to break a condition: which, what is done, and how the condition must be answered.
type Row = (&'static str, &'static str, State, fn(&mut Scene));

fn gap() -> Gap {
    Gap::new(
        "get_object was answered with: permission denied",
        "Grant s3:GetObject.",
    )
}

fn refusal() -> ErrorRecord {
    let place = StoreLocation::new("s3", "acme");
    let (kind, operation) = (ErrorKind::SignatureRejected, Operation::PutObject);
    ErrorRecord::new(&Error::new(kind, operation, &place, Sent::Answered), &[])
}

const FAILS: State = State::Fails;
const OPEN: State = State::Unanswered;

const BREAKS: &[Row] = &[
    ("storage", "no access is declared", FAILS, |it| {
        it.facts.storage.access = Access::Undeclared;
    }),
    ("storage", "a required check failed", FAILS, |it| {
        it.check(
            Level::Required,
            Outcome::Failed,
            FindingCode::OperationFailed,
        );
    }),
    ("storage", "a success lied, at any level", FAILS, |it| {
        it.check(Level::Optional, Outcome::Failed, FindingCode::Violated);
    }),
    ("storage", "a required check had no answer", OPEN, |it| {
        it.check(
            Level::Required,
            Outcome::Inconclusive,
            FindingCode::NoAnswer,
        );
    }),
    (
        "storage",
        "nothing was asked, whatever the verdict says",
        OPEN,
        |it| {
            it.facts.storage.checks.clear();
        },
    ),
    ("found", "there is none", FAILS, |it| {
        it.facts.search = Ok(Found::Nothing {
            way: Way::List,
            incomplete: Few::default(),
        });
    }),
    ("found", "there is one without a manifest", FAILS, |it| {
        it.facts.search = Ok(Found::Nothing {
            way: Way::List,
            incomplete: ["20261126T133200Z-cut"].into_iter().collect(),
        });
    }),
    ("found", "the pointer names none", FAILS, |it| {
        it.facts.search = Ok(Found::Nothing {
            way: Way::Pointer,
            incomplete: Few::default(),
        });
    }),
    ("found", "nobody may look", OPEN, |it| {
        it.facts.search = Err(gap());
    }),
    ("found", "it is of another kind", FAILS, |it| {
        "scheduled".clone_into(&mut it.found().kind);
    }),
    ("found", "another one is asked for", FAILS, |it| {
        it.asked.backup = Some("20261101T000000Z-other".to_owned());
    }),
    ("fresh", "it is older than the limit", FAILS, |it| {
        it.found().started_at = ago(121);
    }),
    ("fresh", "it is as old as the limit", FAILS, |it| {
        it.found().started_at = ago(120);
    }),
    (
        "fresh",
        "it was touched just now and begun a month ago",
        FAILS,
        |it| {
            it.found().started_at = ago(30 * 24 * 60);
            it.found().manifest_modified = Some(ago(1));
        },
    ),
    (
        "fresh",
        "it says that it is young and lies there for a month",
        FAILS,
        |it| {
            it.found().started_at = ago(1);
            it.found().manifest_modified = Some(ago(30 * 24 * 60));
        },
    ),
    ("fresh", "it begins in the future", FAILS, |it| {
        it.found().started_at = ago(-2);
    }),
    ("fresh", "it will be written in the future", FAILS, |it| {
        it.found().manifest_modified = Some(ago(-24 * 60));
    }),
    ("fresh", "nobody told the server's clock", OPEN, |it| {
        it.facts.now = None;
    }),
    (
        "fresh",
        "nobody told when the manifest was written",
        OPEN,
        |it| {
            it.found().manifest_modified = None;
        },
    ),
    (
        "fresh",
        "the default of a day holds where nothing is said",
        FAILS,
        |it| {
            it.asked = Asked {
                max_age_s: Asked::MAX_AGE_S,
                ..it.asked.clone()
            };
            it.found().started_at = ago(24 * 60);
        },
    ),
    ("ours", "it is another installation's", FAILS, |it| {
        it.found().installation = Some("acme-staging".to_owned());
    }),
    ("ours", "it does not say whose it is", OPEN, |it| {
        it.found().installation = None;
    }),
    ("ours", "an empty name is another one", FAILS, |it| {
        it.found().installation = Some(String::new());
    }),
    ("ours", "another version made it", FAILS, |it| {
        it.found().app_version = Some("2.3.0".to_owned());
    }),
    ("ours", "another build made it", FAILS, |it| {
        it.found().app_version = Some("2.3.1+hotfix".to_owned());
    }),
    (
        "ours",
        "it does not say which version made it",
        OPEN,
        |it| {
            it.found().app_version = None;
        },
    ),
    (
        "ours",
        "the version that runs is a name that moves",
        OPEN,
        |it| {
            "latest".clone_into(it.asked.from_version.as_mut().expect("one"));
            it.found().app_version = Some("latest".to_owned());
        },
    ),
    ("whole", "an object is missing", FAILS, |it| {
        it.objects().harmed.add("data/a: missing");
    }),
    (
        "whole",
        "an object is missing and another one is not seen",
        FAILS,
        |it| {
            it.objects().harmed.add("data/a: missing");
            it.objects().open = Some(gap());
        },
    ),
    ("whole", "objects could not be looked at", OPEN, |it| {
        it.facts.objects = Err(gap());
    }),
    ("whole", "one object could not be looked at", OPEN, |it| {
        it.objects().open = Some(gap());
    }),
    ("whole", "fewer were looked at than there are", OPEN, |it| {
        it.objects().seen = 2;
    }),
    ("whole", "they have other sizes together", OPEN, |it| {
        it.objects().bytes -= 1;
    }),
    ("whole", "nothing was looked at", OPEN, |it| {
        *it.objects() = Objects::default();
    }),
    (
        "whole",
        "not every byte was read where that was asked",
        OPEN,
        |it| it.asked.read = true,
    ),
    ("size", "it is empty", FAILS, |it| {
        it.asked.min_size = None;
        it.found().bytes = 0;
        it.found().previous = None;
    }),
    ("size", "it is smaller than it must be", FAILS, |it| {
        it.asked.min_size = Some((64 << 20) + 1);
    }),
    (
        "size",
        "it is less than half of the one before",
        FAILS,
        |it| {
            it.found().previous.as_mut().expect("one").bytes = (128 << 20) + 1;
        },
    ),
    ("size", "it shrank by more than was allowed", FAILS, |it| {
        it.asked.shrink_percent = 10;
        it.found().previous.as_mut().expect("one").bytes = 72 << 20;
    }),
    ("online", "an object is archived", FAILS, |it| {
        it.objects().archived.add("data/a: DEEP_ARCHIVE");
    }),
    (
        "online",
        "an object is archived and another one is not seen",
        FAILS,
        |it| {
            it.objects().archived.add("data/a: Archive");
            it.objects().open = Some(gap());
        },
    ),
    (
        "online",
        "an object is archived and every byte is to be read",
        FAILS,
        |it| {
            it.asked.read = true;
            it.objects().read = true;
            it.objects().archived.add("data/a: Archive");
            "azure".clone_into(&mut it.facts.storage.target.provider);
        },
    ),
    ("online", "objects could not be looked at", OPEN, |it| {
        it.facts.objects = Err(gap());
    }),
    ("online", "one object could not be looked at", OPEN, |it| {
        it.objects().open = Some(gap());
    }),
    ("restorable", "the new version is too late", FAILS, |it| {
        it.asked.restorable_by = Some("3.0.0".to_owned());
    }),
    ("restorable", "the new version is too early", FAILS, |it| {
        it.asked.restorable_by = Some("2.0.0-rc.1".to_owned());
    }),
    (
        "restorable",
        "the backup does not say who can restore it",
        OPEN,
        |it| {
            it.found().restorable_by = None;
        },
    ),
    (
        "restorable",
        "the backup says something else than a range",
        OPEN,
        |it| {
            it.found().restorable_by = Some("anything newer".to_owned());
        },
    ),
    ("restorable", "the new version is none", OPEN, |it| {
        it.asked.restorable_by = Some("latest".to_owned());
    }),
    ("credentials", "a SAS has ended", FAILS, |it| {
        it.credential().way = Kind::Sas;
        it.credential().expires_at = Some(ago(1));
    }),
    (
        "credentials",
        "a client secret ends within the window",
        FAILS,
        |it| {
            it.credential().way = Kind::ClientSecret;
            it.credential().expires_at = Some(ago(-3 * 60));
        },
    ),
    ("credentials", "the service does not take it", FAILS, |it| {
        it.check(
            Level::Required,
            Outcome::Failed,
            FindingCode::OperationFailed,
        );
        let last = it.facts.storage.checks.last_mut().expect("a check");
        let finding = last.finding.as_mut().expect("a finding");
        finding.error = Some(refusal());
    }),
    (
        "credentials",
        "the cause of a denial is a wrong secret",
        FAILS,
        |it| {
            it.facts.storage.diagnoses.push(Diagnosis {
                code: "wrong-secret".to_owned(),
                title: "the account key does not fit the account".to_owned(),
                checks: vec!["put-object".to_owned()],
                evidence: Vec::new(),
                remedies: Vec::new(),
            });
        },
    ),
    ("credentials", "there is no credential", OPEN, |it| {
        it.facts.credentials.clear();
    }),
    ("credentials", "the credential cannot be had", OPEN, |it| {
        it.facts.credentials[0].credential = Err(gap());
    }),
    (
        "credentials",
        "nobody told when a client secret ends",
        OPEN,
        |it| {
            it.credential().way = Kind::ClientSecret;
        },
    ),
    (
        "credentials",
        "nobody told when a session ends",
        OPEN,
        |it| {
            it.credential().temporary = true;
        },
    ),
    ("credentials", "the reader's has ended", FAILS, |it| {
        let mut sas = key();
        sas.way = Kind::Sas;
        sas.expires_at = Some(ago(0));
        it.facts.credentials.push(Held {
            whose: "reader",
            credential: Ok(sas),
        });
    }),
    (
        "credentials",
        "it ends and nobody told the server's clock",
        OPEN,
        |it| {
            it.credential().expires_at = Some(ago(-10_000));
            it.facts.now = None;
        },
    ),
];

/// One scene that must not be blocked.
type Fine = (&'static str, fn(&mut Scene));

const FINE: &[Fine] = &[
    ("everything is asked and holds", |_| {}),
    ("only what is always asked", |it| {
        it.asked = Asked::newest("upgrade");
    }),
    ("storage is degraded by a risk", |it| {
        it.check(Level::Advisory, Outcome::Failed, FindingCode::Risk);
    }),
    ("the pointer led to it", |it| it.found().way = Way::Pointer),
    ("the reader found it by its pointer", |it| {
        it.found().way = Way::Pointer;
        it.found().by_reader = true;
        it.facts.credentials.push(Held {
            whose: "reader",
            credential: Ok(key()),
        });
    }),
    ("it is the one that is named", |it| {
        it.asked.backup = Some(it.found().id.clone());
        it.found().way = Way::Id;
    }),
    ("it is a second younger than the limit", |it| {
        it.found().started_at = ago(120) + SignedDuration::from_secs(1);
    }),
    ("a machine of the service is half a minute ahead", |it| {
        it.found().started_at = ago(0) + SignedDuration::from_secs(30);
        it.found().manifest_modified = Some(ago(0) + SignedDuration::from_secs(31));
    }),
    ("whose it is nobody asked", |it| {
        it.asked.installation = None;
        it.found().installation = Some("acme-staging".to_owned());
    }),
    ("the version is written otherwise", |it| {
        it.asked.from_version = Some("v2.3.1".to_owned());
    }),
    ("a version that cannot be compared is the very same", |it| {
        it.asked.from_version = Some("build of monday".to_owned());
        it.found().app_version = Some("build of monday".to_owned());
    }),
    ("every byte was read", |it| {
        it.asked.read = true;
        it.objects().read = true;
    }),
    ("it is half of the one before", |it| {
        it.found().previous.as_mut().expect("one").bytes = 128 << 20;
    }),
    ("it may shrink as it likes", |it| {
        it.asked.shrink_percent = 100;
        it.found().previous.as_mut().expect("one").bytes = u64::MAX;
    }),
    ("it is the first one", |it| it.found().previous = None),
    ("it has just the size that it must have", |it| {
        it.asked.min_size = Some(64 << 20);
    }),
    ("the new version is the first that can restore it", |it| {
        it.asked.restorable_by = Some("2.0".to_owned());
    }),
    ("the new version is the last that can restore it", |it| {
        it.found().restorable_by = Some("..2.4".to_owned());
    }),
    ("a token ends soon and is fetched anew", |it| {
        it.credential().way = Kind::NodeRole;
        it.credential().refreshes = true;
        it.credential().expires_at = Some(ago(-1));
    }),
    ("a SAS ends with the window", |it| {
        it.credential().way = Kind::Sas;
        it.credential().expires_at = Some(ago(-4 * 60));
    }),
    ("a client secret of unknown end, and no window", |it| {
        it.asked.window_s = None;
        it.credential().way = Kind::ClientSecret;
    }),
    ("an account key has no end", |it| {
        it.credential().way = Kind::AccountKey;
    }),
];

fn scene(report: &Report, change: fn(&mut Scene)) -> Scene {
    let mut scene = Scene {
        asked: everything(),
        facts: well(report),
    };
    change(&mut scene);
    scene
}

/// Returns what the rows are told to do.
pub(super) fn remedies() -> Vec<String> {
    let report = verified();
    let rows = BREAKS.iter().flat_map(|(_, _, _, change)| {
        let scene = scene(&report, *change);
        decide(&scene.asked, &scene.facts, None).conditions
    });
    rows.flat_map(|it| it.answer.remedies).collect()
}

fn told(decision: &Decision) -> String {
    let conditions = decision.conditions.iter();
    let lines: Vec<_> = conditions
        .map(|it| format!("{} {:?}: {}", it.id, it.answer.state, it.answer.evidence))
        .collect();
    format!("{}\n  {}", decision.line(), lines.join("\n  "))
}

/// Each of the rows blocks by the condition that it breaks, and says what would help.
pub(crate) fn nothing_that_is_broken_is_allowed() -> Result<(), String> {
    let report = verified();
    let mut wrong = Vec::new();
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, what, state, change) in BREAKS {
        *rows.entry(id).or_default() += 1;
        let scene = scene(&report, *change);
        let decision = decide(&scene.asked, &scene.facts, None);
        let answer = decision.answer(id).ok_or("no such condition")?;
        let settled = !decision.with(State::Fails).is_empty();
        let right = decision.decision == Ruling::Block
            && answer.state == *state
            && !answer.evidence.is_empty()
            && !answer.remedies.is_empty()
            && decision.settled == settled
            && decision.line().starts_with("block: ");
        if !right {
            wrong.push(format!("{id}, {what}: {}", told(&decision)));
        }
        let overridden = decide(&scene.asked, &scene.facts, Some("it is known"));
        if overridden.decision != Ruling::Overridden || overridden.settled != settled {
            wrong.push(format!("{id}, {what}, overridden: {}", told(&overridden)));
        }
    }
    for id in conditions().map(|condition| condition.id) {
        if rows.get(id).copied().unwrap_or_default() < 3 {
            wrong.push(format!("{id} is broken in less than three ways"));
        }
    }
    if BREAKS.len() < 40 {
        wrong.push(format!("{} rows are too few", BREAKS.len()));
    }
    super::end(&wrong)
}

/// None of these scenes is blocked, and an override that was not needed changes nothing.
pub(crate) fn nothing_that_is_well_is_blocked() -> Result<(), String> {
    let report = verified();
    let mut wrong = Vec::new();
    for (what, change) in FINE {
        let scene = scene(&report, *change);
        for reason in [None, Some("just in case")] {
            let decision = decide(&scene.asked, &scene.facts, reason);
            if decision.decision != Ruling::Allow || !decision.settled {
                wrong.push(format!("{what}: {}", told(&decision)));
            }
        }
    }
    if FINE.len() < 15 {
        wrong.push(format!("{} scenes are too few", FINE.len()));
    }
    super::end(&wrong)
}

/// What is told: what, the reason of an override, and what is done.
type Telling = (&'static str, Option<&'static str>, fn(&mut Scene));

/// What a decision is read as, kept beside the texts of the causes.
const TOLD: &[Telling] = &[
    ("everything is asked and holds", None, |_| {}),
    ("only what is always asked", None, |it| {
        it.asked = Asked::newest("upgrade");
    }),
    (
        "an override that was not needed",
        Some("just in case"),
        |_| {},
    ),
    ("there is no backup", None, |it| {
        it.facts.search = Ok(Found::Nothing {
            way: Way::List,
            incomplete: [
                "20261126T133200Z-cut (it has no manifest: it is being made, or was cut off)",
            ]
            .into_iter()
            .collect(),
        });
    }),
    ("nobody may look", None, |it| {
        it.facts.search = Err(Gap {
            why:
                "get_object on s3://acme-backups/production/upgrade/latest.json: permission denied \
                  (http 403, AccessDenied)"
                    .to_owned(),
            remedies: vec![
                "Grant these credentials s3:GetObject.".to_owned(),
                "Or give the target a reader.".to_owned(),
            ],
        });
    }),
    ("two objects are gone and it is a month old", None, |it| {
        it.found().manifest_modified = Some(ago(30 * 24 * 60));
        it.objects().harmed = ["db.sql: it is not there", "conf/app.toml: it is not there"]
            .into_iter()
            .collect();
    }),
    (
        "it is another's, and somebody goes on",
        Some("INC-4711: restored by hand"),
        |it| {
            it.found().installation = Some("acme-\u{1b}[31mstaging".to_owned());
        },
    ),
    ("no access is declared", None, |it| {
        it.facts.storage.access = Access::Undeclared;
    }),
];

fn record(scene: Scene, reason: Option<&str>) -> Record {
    let Scene { asked, facts } = scene;
    let decision = decide(&asked, &facts, reason);
    let time: Timestamp = NOW.parse().expect("a time");
    let mut target = facts.storage.target.clone();
    "s3://acme-backups/production/".clone_into(&mut target.location);
    "primary".clone_into(&mut target.name);
    Record {
        schema: RECORD_SCHEMA.to_owned(),
        id: "0011223344556677".to_owned(),
        decided_at: facts.now,
        host_time: time,
        waited_ms: 0,
        who: Who {
            installation: asked.installation.clone(),
            principal: None,
            user: None,
        },
        vantage: Vantage {
            host: Some("upgrade-7f3a".to_owned()),
            ..Vantage::default()
        },
        target,
        access: facts.storage.access,
        versions: Versions {
            backstop: "0.1.0".to_owned(),
            from: asked.from_version.clone(),
            to: asked.restorable_by.clone(),
        },
        backup: facts.candidate().cloned(),
        objects: facts.objects.clone().ok(),
        report: facts.storage.clone(),
        decision,
        asked,
    }
}

/// A decision fits a screen of 80 columns, commands no terminal, and reads as it was read before.
pub(crate) fn every_decision_is_as_it_was_read() -> Result<(), String> {
    let report = verified();
    let (mut text, mut wrong) = (String::new(), Vec::new());
    for (what, reason, change) in TOLD {
        let record = record(scene(&report, *change), *reason);
        let mut out = Vec::new();
        decision(&record, &mut out).map_err(|error| error.to_string())?;
        let told = anstream::adapter::strip_bytes(&out).into_vec();
        let told = String::from_utf8(told).map_err(|error| error.to_string())?;
        let long = told.lines().any(|line| line.chars().count() > 80);
        if long || told.lines().count() > 40 || told.contains('\u{1b}') {
            wrong.push(format!("{what}:\n{told}"));
        }
        let mut json = Vec::new();
        decision_json(&record, &mut json).map_err(|error| error.to_string())?;
        let read: Record = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
        if read != record || String::from_utf8_lossy(&json).lines().count() != 1 {
            wrong.push(format!("{what}: the record does not round-trip"));
        }
        text = format!("{text}== {what}\n{told}\n");
    }
    wrong.extend(super::snapshots::compare("gate.txt", &text)?);
    super::end(&wrong)
}

/// The first line names what was not asked, and what stands against it.
pub(crate) fn the_first_line_says_what_was_not_asked() -> Result<(), String> {
    let report = verified();
    let asked = Asked::newest("upgrade");
    let blind = Facts {
        search: Err(gap()),
        ..well(&report)
    };
    let harmed = Facts {
        now: None,
        objects: Ok(Objects {
            harmed: ["data/a: missing"].into_iter().collect(),
            ..Objects::default()
        }),
        ..well(&report)
    };
    let mut wrong = Vec::new();
    for (facts, reason, expected) in [
        (
            well(&report),
            None,
            "allow: 7 of 9 conditions; not asked: ours, restorable",
        ),
        (
            blind,
            None,
            "block: 2 of 9 conditions; unanswered: found, fresh, whole, size, online; not asked: \
             ours, restorable",
        ),
        (
            harmed,
            Some("known"),
            "overridden: 5 of 9 conditions; fails: whole; unanswered: fresh; not asked: ours, \
             restorable",
        ),
    ] {
        let line = decide(&asked, &facts, reason).line();
        if line != expected {
            wrong.push(line);
        }
    }
    super::end(&wrong)
}
