//! Which checks run, at which level, in which order: pure.

mod fits;
mod levels;

use std::collections::{BTreeMap, BTreeSet};

use backstop_contract::Capabilities;

use crate::check::{self, CHECKS, Check, CheckInfo};
use crate::report::{Access, Level, LevelSource, Stage};

pub use fits::fits;
pub use levels::level_of;

/// What a run will ask.
#[derive(Debug)]
pub struct Plan {
    /// The checks, in the table's order.
    pub steps: Vec<Step>,
    /// The level of the clean-up, which is always last.
    pub cleanup: (Level, LevelSource),
}

/// One check of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The check.
    pub check: &'static Check,
    /// What the access makes of it.
    pub level: Level,
    /// Where the level came from.
    pub source: LevelSource,
    /// Whether the store has the behaviour that it asks about.
    pub supported: bool,
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Wishes<'a> {
    /// What the credentials are meant to be able to do.
    pub access: Access,
    /// Levels set in the configuration, by check id.
    pub levels: &'a BTreeMap<String, Level>,
    /// The checks wanted, with what they need; absent for all.
    pub only: Option<&'a [String]>,
    /// Whether only the few requests of a quick run are made.
    pub quick: bool,
    /// Whether an object stays for the next run to read back.
    pub keeps_probe: bool,
    /// Whether who asks is of weight: somebody is expected, or the management plane is asked.
    pub expects: bool,
    /// How the store is reached.
    pub network: Network,
}

/// How a store is reached, which decides what there is to ask about the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Network {
    /// Over none.
    #[default]
    Absent,
    /// In plain http.
    Plain,
    /// With TLS.
    Tls,
}

impl Network {
    fn has(self, info: &CheckInfo) -> bool {
        match self {
            _ if info.stage != Stage::Reach => true,
            Self::Absent => false,
            Self::Plain => info.id != TLS,
            Self::Tls => true,
        }
    }
}

/// The check that an expected principal makes required.
const PRINCIPAL: &str = "principal";
/// The check that there is with TLS alone.
const TLS: &str = "tls";

impl Plan {
    /// Makes the plan of a run.
    #[must_use]
    pub fn new(wishes: Wishes<'_>, capabilities: &Capabilities) -> Self {
        let wanted = wishes.only.map(|only| {
            let expected = wishes.expects.then(|| PRINCIPAL.to_owned());
            with_what_they_need(only.iter().chain(&expected))
        });
        let steps = CHECKS
            .iter()
            .filter(|check| check.info.id != check::SURVIVOR || reads_survivor(wishes))
            .filter(|check| wishes.network.has(check.info))
            .filter(|check| match &wanted {
                Some(wanted) => wanted.contains(check.info.id),
                None => !wishes.quick || check.info.quick || is_expected(wishes, check.info),
            })
            .map(|check| {
                let (level, source) = level(wishes, check.info);
                Step {
                    check,
                    level,
                    source,
                    supported: check
                        .info
                        .capability
                        .is_none_or(|capability| capabilities.has(capability)),
                }
            })
            .filter(|step| step.level != Level::NotRun)
            .collect();
        Self {
            steps,
            cleanup: level(wishes, &check::CLEANUP),
        }
    }

    /// Returns whether the plan asks about the way to the service.
    #[must_use]
    pub fn asks_of_the_way(&self) -> bool {
        let steps = self.steps.iter();
        steps
            .into_iter()
            .any(|step| step.check.info.stage == Stage::Reach)
    }

    /// Returns whether a check is part of the plan.
    #[must_use]
    pub fn asks(&self, id: &str) -> bool {
        self.steps.iter().any(|step| step.check.info.id == id)
    }
}

fn level(wishes: Wishes<'_>, info: &CheckInfo) -> (Level, LevelSource) {
    match wishes.levels.get(info.id) {
        // Who expects somebody wants to hear of anybody else, whatever a level says.
        _ if is_expected(wishes, info) => (Level::Required, LevelSource::Config),
        Some(level) => (*level, LevelSource::Config),
        None => (level_of(wishes.access, info.id), LevelSource::Access),
    }
}

/// A quick run with access append-only has no request to spare.
fn reads_survivor(wishes: Wishes<'_>) -> bool {
    wishes.keeps_probe && !(wishes.quick && wishes.access == Access::AppendOnly)
}

fn is_expected(wishes: Wishes<'_>, info: &CheckInfo) -> bool {
    wishes.expects && info.id == PRINCIPAL
}

fn with_what_they_need<'a>(only: impl Iterator<Item = &'a String>) -> BTreeSet<&'static str> {
    let mut wanted = BTreeSet::new();
    let mut open: Vec<&CheckInfo> = only.filter_map(|id| check::info(id)).collect();
    while let Some(info) = open.pop() {
        if wanted.insert(info.id) {
            open.extend(info.needs.iter().filter_map(|id| check::info(id)));
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use backstop_contract::{Capability, MemoryStore, ObjectStore};

    use super::*;

    fn ids(wishes: Wishes<'_>) -> Vec<&'static str> {
        let store = MemoryStore::new("plan");
        let plan = Plan::new(wishes, store.capabilities());
        plan.steps.iter().map(|step| step.check.info.id).collect()
    }

    fn wishes(access: Access, levels: &BTreeMap<String, Level>) -> Wishes<'_> {
        Wishes {
            access,
            levels,
            only: None,
            quick: false,
            keeps_probe: false,
            expects: false,
            network: Network::Absent,
        }
    }

    #[test]
    fn the_way_is_asked_about_where_there_is_one() {
        let none = BTreeMap::new();
        let way = ["name-resolution", "connection", "tls", "service", "clock"];
        for (network, expected) in [
            (Network::Absent, &[][..]),
            (
                Network::Plain,
                &["name-resolution", "connection", "service", "clock"],
            ),
            (Network::Tls, &way),
        ] {
            for access in Access::DECLARABLE {
                for quick in [false, true] {
                    let planned = ids(Wishes {
                        quick,
                        network,
                        ..wishes(access, &none)
                    });
                    let asked = planned.iter().filter(|id| way.contains(id));
                    assert!(asked.eq(expected), "{network:?} {planned:?}");
                }
            }
        }
        let only = ["bucket".to_owned()];
        let chosen = ids(Wishes {
            network: Network::Tls,
            only: Some(&only),
            ..wishes(Access::Full, &none)
        });
        let first = [
            "credential",
            "name-resolution",
            "connection",
            "tls",
            "service",
        ];
        assert!(chosen.starts_with(&first), "{chosen:?}");
    }

    #[test]
    fn chosen_checks_bring_what_they_need() {
        let none = BTreeMap::new();
        let only = ["read-after-delete".to_owned()];
        let chosen = ids(Wishes {
            only: Some(&only),
            ..wishes(Access::Full, &none)
        });
        assert_eq!(
            chosen,
            [
                "credential",
                "put-object",
                "get-object",
                "delete-object",
                "read-after-delete"
            ]
        );
    }

    #[test]
    fn read_only_writes_nothing() {
        let none = BTreeMap::new();
        let chosen = ids(wishes(Access::ReadOnly, &none));
        assert_eq!(
            chosen,
            [
                "credential",
                "principal",
                "bucket",
                "head-object",
                "get-object",
                "get-range",
                "get-absent",
                "list-prefix",
                "public-access",
                "versioning",
                "immutability",
                "encryption",
                "lifecycle",
                "open-uploads",
                "other-prefix"
            ]
        );
    }

    #[test]
    fn somebody_who_is_expected_is_asked_for_even_in_haste() {
        let none = BTreeMap::new();
        let store = MemoryStore::new("plan");
        let quick = Wishes {
            quick: true,
            ..wishes(Access::PutGet, &none)
        };
        assert!(!Plan::new(quick, store.capabilities()).asks(PRINCIPAL));
        let expecting = Wishes {
            expects: true,
            ..quick
        };
        let plan = Plan::new(expecting, store.capabilities());
        let step = plan
            .steps
            .iter()
            .find(|step| step.check.info.id == PRINCIPAL);
        assert_eq!(step.map(|step| step.level), Some(Level::Required));
    }

    #[test]
    fn somebody_who_is_expected_is_asked_for_whatever_else_is_chosen() {
        let lax = BTreeMap::from([(PRINCIPAL.to_owned(), Level::NotRun)]);
        let store = MemoryStore::new("plan");
        let only = ["delete-absent".to_owned()];
        let wishes = Wishes {
            expects: true,
            only: Some(&only),
            ..wishes(Access::Full, &lax)
        };
        assert!(Plan::new(wishes, store.capabilities()).asks(PRINCIPAL));
    }

    #[test]
    fn the_configuration_sets_levels() {
        let levels = BTreeMap::from([
            ("checksum".to_owned(), Level::Required),
            ("awkward-keys".to_owned(), Level::NotRun),
        ]);
        let store = MemoryStore::new("plan");
        let lacking = store.capabilities().clone().without(Capability::ContentMd5);
        let plan = Plan::new(wishes(Access::Full, &levels), &lacking);
        assert!(!plan.asks("awkward-keys"));
        let step = plan
            .steps
            .iter()
            .find(|step| step.check.info.id == "checksum");
        let step = step.expect("checksum is planned");
        assert_eq!(
            (step.level, step.source),
            (Level::Required, LevelSource::Config)
        );
        assert!(!step.supported);
    }
}
