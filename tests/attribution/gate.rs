//! Every way to break a condition of the gate, on facts: no row is allowed, and what is well is not blocked.

use std::collections::BTreeMap;

use backstop::gate::{
    Asked, Candidate, Decision, Facts, Few, Found, Gap, Held, LimitSource, Objects, Previous,
    RECORD_SCHEMA, Record, Ruling, State, Versions, Way, Who, conditions, decide,
};
use backstop::render::{decision, decision_json};
use backstop::report::{Access, Credential, Report, Vantage};
use backstop_contract::{MemoryStore, Way as Kind};
use jiff::Timestamp;

use super::gate_rows::{BREAKS, FINE, Scene, ago, gap};
use super::harness::{request, run};

/// The server's clock in every row.
pub(super) const NOW: &str = "2026-11-26T14:32:00Z";

pub(super) fn key() -> Credential {
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
        unseen: None,
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
