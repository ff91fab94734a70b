//! What a run found missing or too much, by the actions that an access needs.
//!
//! A check that passed shows that its requests were allowed, a denial names the actions that its
//! request needs. What no request of the run asked for is not guessed.

use serde::Serialize;

use super::names::actions;
use super::{Right, Wanted, rights};
use crate::report::{CheckRecord, CleanupState, Outcome, Report};

/// What a run found of the actions that matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// A row an action.
    pub rows: Vec<Row>,
}

/// One action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The action, or in a few words what no single action stands for.
    pub action: String,
    /// Whether the access needs it.
    pub needed: bool,
    /// What the run saw of it.
    pub seen: Seen,
    /// The checks that showed it.
    pub checks: Vec<String>,
    /// What that means.
    pub standing: Standing,
}

/// What a run saw of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// A request that needs it was answered well.
    Allowed,
    /// A request that needs it and nothing else was denied.
    Denied,
    /// A request that needs it was denied, and it may be another action that was missing.
    PerhapsDenied,
    /// No request tells.
    Untold,
}

impl Seen {
    /// Returns it in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::PerhapsDenied => "denied, perhaps",
            Self::Untold => "nothing",
        }
    }
}

/// What an action needs and what was seen, put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is as it should be.
    Fine,
    /// It is needed and was denied.
    Missing,
    /// It is not needed and was allowed.
    TooMuch,
    /// The run could not tell.
    Untold,
}

impl Standing {
    /// Returns it in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Missing => "missing",
            Self::TooMuch => "too much",
            Self::Untold => "not told",
        }
    }
}

/// What shows that a right is there: these checks, when they pass.
const SHOWN_BY: [(Right, &[&str]); 12] = [
    (Right::List, &["list-prefix", "list-pages"]),
    (Right::ListUploads, &["open-uploads"]),
    (Right::Put, &["put-object", "multipart-upload", "overwrite"]),
    (Right::Get, &["get-object", "get-range", "head-object"]),
    (Right::Delete, &["delete-object"]),
    (Right::Abort, &["multipart-abort"]),
    (Right::Encrypt, &["put-object"]),
    (Right::Decrypt, &["get-object", "multipart-upload"]),
    (Right::AskVersioning, &["versioning"]),
    (Right::AskLock, &["immutability"]),
    (Right::AskEncryption, &["encryption"]),
    (Right::AskLifecycle, &["lifecycle"]),
];

/// The check that tells whether the credentials reach beyond the prefix.
const BEYOND: &str = "other-prefix";

/// Compares what is wanted with what a run found.
#[must_use]
pub fn compare(wanted: &Wanted, report: &Report) -> Comparison {
    let needed = wanted.rights();
    let mut rows: Vec<Row> = Vec::new();
    for (action, of) in by_action(wanted) {
        let is_needed = of.iter().any(|right| needed.contains(right));
        let (seen, checks) = seen(action, &of, wanted, report);
        let harmless = of.iter().all(|right| right.is_question());
        rows.push(Row {
            action: action.to_owned(),
            needed: is_needed,
            seen,
            checks,
            standing: standing(is_needed, seen, harmless),
        });
    }
    rows.extend(beyond(wanted, report));
    Comparison { rows }
}

/// Returns the actions that are of use in the place, each with the rights that stand for it.
fn by_action(wanted: &Wanted) -> Vec<(&'static str, Vec<Right>)> {
    let mut found: Vec<(&'static str, Vec<Right>)> = Vec::new();
    for right in rights::of_use(wanted) {
        for action in actions(&wanted.place, right) {
            match found.iter_mut().find(|(held, _)| held == action) {
                Some((_, rights)) => rights.push(right),
                None => found.push((action, vec![right])),
            }
        }
    }
    found
}

fn standing(needed: bool, seen: Seen, harmless: bool) -> Standing {
    match (seen, needed) {
        (Seen::Untold, _) => Standing::Untold,
        (Seen::Allowed, false) if !harmless => Standing::TooMuch,
        (Seen::Denied | Seen::PerhapsDenied, true) => Standing::Missing,
        (Seen::Allowed | Seen::Denied | Seen::PerhapsDenied, _) => Standing::Fine,
    }
}

/// Returns what the run saw of an action, and in which checks.
fn seen(action: &str, of: &[Right], wanted: &Wanted, report: &Report) -> (Seen, Vec<String>) {
    let mut denied = Vec::new();
    let mut alone = false;
    for record in &report.checks {
        let needs = denies(record, wanted);
        if needs.contains(&action) {
            alone |= needs.len() == 1;
            denied.push(record.id.clone());
        }
    }
    let shown = of.iter().flat_map(|right| shows(*right, report));
    let shown: Vec<String> = shown.map(str::to_owned).collect();
    match (denied.is_empty(), alone, shown.is_empty()) {
        (true, _, true) => (Seen::Untold, Vec::new()),
        (false, true, _) => (Seen::Denied, denied),
        // What else the denied request needs is what was missing.
        (true, _, false) | (false, false, false) => (Seen::Allowed, shown),
        (false, false, true) => (Seen::PerhapsDenied, denied),
    }
}

/// The check that asks for an object that is not there.
const ABSENT: &str = "get-absent";

/// Returns the actions that a denied request needs.
///
/// Who may not list is answered with a denial for what is not there, where others are told that it
/// is not found.
fn denies<'a>(record: &'a CheckRecord, wanted: &Wanted) -> Vec<&'a str> {
    let error = record
        .finding
        .as_ref()
        .and_then(|finding| finding.error.as_ref());
    match error.filter(|error| error.is_denial()) {
        None => Vec::new(),
        Some(_) if record.id == ABSENT => actions(&wanted.place, Right::List).to_vec(),
        Some(error) => error.permissions.iter().map(String::as_str).collect(),
    }
}

/// Returns the checks of a run that show a right.
fn shows(right: Right, report: &Report) -> Vec<&'static str> {
    let passed = |id: &str| {
        let mut records = report.checks.iter();
        records.any(|record| record.id == id && record.outcome == Outcome::Passed)
    };
    match right {
        // A run that cleans up a bucket with versions deletes them by their ids.
        Right::DeleteVersion if report.cleanup.state == CleanupState::Clean => vec!["cleanup"],
        // What was overwritten is read by its id.
        Right::GetVersion if passed("preserved") && passed("overwrite") => vec!["preserved"],
        _ => SHOWN_BY
            .iter()
            .filter(|(shown, _)| *shown == right)
            .flat_map(|(_, checks)| checks.iter().copied())
            .filter(|id| passed(id))
            .collect(),
    }
}

/// Returns whether the credentials reach beyond the prefix, where there is one.
fn beyond(wanted: &Wanted, report: &Report) -> Option<Row> {
    if wanted.prefix.as_str().is_empty() {
        return None;
    }
    let told = report.posture.as_ref();
    let (seen, checks) = match told.and_then(|posture| posture.beyond_prefix) {
        Some(true) => (Seen::Allowed, vec![BEYOND.to_owned()]),
        Some(false) => (Seen::Denied, vec![BEYOND.to_owned()]),
        None => (Seen::Untold, Vec::new()),
    };
    Some(Row {
        action: "beyond the prefix".to_owned(),
        needed: false,
        seen,
        checks,
        standing: standing(false, seen, false),
    })
}

#[cfg(test)]
mod tests;
