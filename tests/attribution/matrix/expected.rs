//! What is right, as it is written in `expected.toml`.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;

use serde::Deserialize;

use super::cell::{Cell, Ran, text};

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/attribution/expected.toml"
);

/// The rules, in order; the first that fits a cell decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    rule: Vec<Rule>,
    #[serde(skip)]
    used: Mutex<BTreeSet<usize>>,
}

/// What is right for the cells it fits.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Names of faults, or `*`.
    faults: Vec<String>,
    /// Names of steps; `*` stands for any characters.
    steps: Vec<String>,
    /// Names of providers; all when absent.
    #[serde(default = "all")]
    providers: Vec<String>,
    /// The verdicts that are right.
    verdicts: Vec<String>,
    /// The codes of the diagnoses: these and no others.
    diagnoses: BTreeSet<String>,
    /// Why.
    note: String,
}

fn all() -> Vec<String> {
    vec!["*".to_owned()]
}

impl Rule {
    fn fits(&self, cell: Cell) -> bool {
        let any = |names: &[String], name: &str| names.iter().any(|held| is_like(held, name));
        any(&self.faults, cell.fault.name())
            && any(&self.steps, cell.step.name())
            && any(&self.providers, cell.provider.name())
    }
}

impl Expected {
    /// Reads the rules.
    pub(super) fn read() -> Result<Self, String> {
        let rules = fs::read_to_string(FILE).map_err(text)?;
        let read: Self = toml::from_str(&rules).map_err(text)?;
        match read.rule.iter().find(|rule| rule.note.is_empty()) {
            Some(rule) => Err(format!("a rule does not say why: {rule:?}")),
            None => Ok(read),
        }
    }

    /// Says in what the run of a cell is not right.
    pub(super) fn contradicts(&self, cell: Cell, ran: &Ran) -> Option<String> {
        let found = self.rule.iter().position(|rule| rule.fits(cell));
        let Some(index) = found else {
            return Some("no rule says what is right".to_owned());
        };
        self.used.lock().expect("nobody panics here").insert(index);
        let rule = &self.rule[index];
        let verdict = ran.verdict.name();
        let right = rule.verdicts.iter().any(|name| name == verdict) && rule.diagnoses == ran.codes;
        (!right).then(|| {
            format!(
                "{verdict} {:?} where {:?} {:?} is right ({})",
                ran.codes, rule.verdicts, rule.diagnoses, rule.note
            )
        })
    }

    /// Returns the rules that decide no cell.
    pub(super) fn unused(&self) -> Vec<String> {
        let used = self.used.lock().expect("nobody panics here");
        let rules = self.rule.iter().enumerate();
        let unused = rules.filter(|(index, _)| !used.contains(index));
        unused
            .map(|(_, rule)| format!("a rule decides no cell: {rule:?}"))
            .collect()
    }
}

/// Says whether a name is like a pattern, in which `*` stands for any characters.
fn is_like(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((begin, rest)) => name.strip_prefix(begin).is_some_and(|left| {
            (0..=left.len()).any(|at| left.is_char_boundary(at) && is_like(rest, &left[at..]))
        }),
    }
}
