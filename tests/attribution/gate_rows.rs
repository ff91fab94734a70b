//! The rows of the gate's tables: each way to break a condition, and what must not block.

use backstop::gate::{Asked, Candidate, Facts, Few, Found, Gap, Held, Objects, State, Way};
use backstop::report::{
    Access, CheckRecord, Credential, Diagnosis, ErrorRecord, Finding, FindingCode, Level,
    LevelSource, Outcome, Stage,
};
use backstop_contract::{Error, ErrorKind, Operation, Sent, StoreLocation, Way as Kind};
use jiff::{SignedDuration, Timestamp};

use super::gate::{NOW, key};

/// Returns a time so many minutes before the server's clock.
pub(super) fn ago(minutes: i64) -> Timestamp {
    let now: Timestamp = NOW.parse().expect("a time");
    now - SignedDuration::from_mins(minutes)
}

/// What a row works on.
pub(super) struct Scene {
    pub(super) asked: Asked,
    pub(super) facts: Facts,
}

impl Scene {
    pub(super) fn found(&mut self) -> &mut Candidate {
        match &mut self.facts.search {
            Ok(Found::Backup(found)) => found,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn objects(&mut self) -> &mut Objects {
        self.facts.objects.as_mut().expect("objects")
    }

    pub(super) fn credential(&mut self) -> &mut Credential {
        let held = self.facts.credentials.first_mut().expect("one");
        held.credential.as_mut().expect("a credential")
    }

    pub(super) fn check(&mut self, level: Level, outcome: Outcome, code: FindingCode) {
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
pub(super) type Row = (&'static str, &'static str, State, fn(&mut Scene));

pub(super) fn gap() -> Gap {
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

pub(super) const FAILS: State = State::Fails;
pub(super) const OPEN: State = State::Unanswered;

pub(super) const BREAKS: &[Row] = &[
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
pub(super) type Fine = (&'static str, fn(&mut Scene));

pub(super) const FINE: &[Fine] = &[
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
