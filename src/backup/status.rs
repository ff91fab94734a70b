//! Whether the newest complete backup of each kind is fresh enough: pure.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::foreign::KindRule;
use super::inventory::{Entry, Inventory, State};
use super::kind::Kind;
use super::look::is_ahead;
use crate::report::Verdict;

/// Whether the backups of one target are fresh enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The name and version of the form: [`Status::SCHEMA`].
    pub schema: String,
    /// The target's name.
    pub target: String,
    /// The provider: `s3`, `azure`, `minio`.
    pub provider: String,
    /// Where it is.
    pub location: String,
    /// The server's clock; absent where no answer told it.
    pub at: Option<Timestamp>,
    /// When it was looked, by this host's clock.
    pub looked_at: Timestamp,
    /// The kinds that were asked for.
    pub kinds: Vec<KindStatus>,
    /// What is odd and is no backup, each in a sentence without a period.
    pub odd: Vec<String>,
    /// The gravest verdict of the kinds.
    pub verdict: Verdict,
}

/// Whether the backups of one kind are fresh enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindStatus {
    /// The kind.
    pub kind: Kind,
    /// The verdict: passed, failed or unknown.
    pub verdict: Verdict,
    /// Why, in a sentence without a period.
    pub reason: String,
    /// The newest complete backup, where there is one.
    pub newest: Option<Newest>,
    /// How old it may be, in seconds.
    pub max_age_seconds: Option<u64>,
    /// The bytes that it has at least.
    pub min_size: Option<u64>,
}

/// The newest complete backup of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// What it is called.
    pub id: String,
    /// Since when it is as old as it is.
    pub since: Timestamp,
    /// Its age by the server's clock, in seconds; absent where no answer told that.
    pub age_seconds: Option<i64>,
    /// Its bytes.
    pub size: Option<u64>,
}

impl Status {
    /// The name and version of the form.
    pub const SCHEMA: &'static str = "backstop.status/1";
}

/// Judges the kinds that have a rule, at the time of the server.
#[must_use]
pub fn judge(
    inventory: &Inventory,
    rules: &BTreeMap<Kind, KindRule>,
    now: Option<Timestamp>,
) -> Vec<KindStatus> {
    let judged = rules.iter().map(|(kind, rule)| {
        let newest = inventory.newest(*kind);
        let (verdict, reason) = match newest {
            Some(entry) => of_newest(entry, inventory, *rule, now),
            None => of_none(inventory, *kind),
        };
        KindStatus {
            kind: *kind,
            verdict,
            reason,
            newest: newest.and_then(|entry| told(entry, now)),
            max_age_seconds: rule.max_age.map(|age| age.as_secs()),
            min_size: rule.min_size,
        }
    });
    judged.collect()
}

/// Returns the gravest of verdicts; without any, nothing was decided.
#[must_use]
pub fn gravest(kinds: &[KindStatus]) -> Verdict {
    let has = |verdict| kinds.iter().any(|kind| kind.verdict == verdict);
    if has(Verdict::Failed) {
        Verdict::Failed
    } else if kinds.is_empty() || has(Verdict::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::Passed
    }
}

fn told(entry: &Entry, now: Option<Timestamp>) -> Option<Newest> {
    let since = entry.since()?;
    Some(Newest {
        id: entry.id.clone(),
        since,
        age_seconds: now.map(|now| now.duration_since(since).as_secs()),
        size: entry.size,
    })
}

fn of_newest(
    entry: &Entry,
    inventory: &Inventory,
    rule: KindRule,
    now: Option<Timestamp>,
) -> (Verdict, String) {
    let id = &entry.id;
    let Some((since, now)) = entry.since().zip(now) else {
        let reason = format!("no answer told the server's time, so the age of {id} is not known");
        return (Verdict::Unknown, reason);
    };
    if entry.started.is_some_and(|started| is_ahead(started, now)) {
        let reason = format!("{id} says that it was begun in the future");
        return (Verdict::Failed, reason);
    }
    let age = now.duration_since(since);
    let shown = age_text(age);
    if let Some(most) = rule.max_age
        && age > SignedDuration::try_from(most).unwrap_or(SignedDuration::MAX)
    {
        let most = duration_words(most);
        let reason =
            format!("the newest complete one, {id}, is {shown} old, and {most} is allowed");
        // A newer one may be where nobody could look.
        return match inventory.blind(entry.kind) {
            Some(why) => (Verdict::Unknown, format!("{reason}; {why}")),
            None => (Verdict::Failed, with_unfinished(reason, inventory, entry)),
        };
    }
    match (rule.min_size, entry.size) {
        (_, Some(0)) => (Verdict::Failed, format!("{id} has no bytes at all")),
        (Some(least), Some(size)) if size < least => (
            Verdict::Failed,
            format!("{id} has {size} bytes, and at least {least} are expected"),
        ),
        (Some(_), None) => (Verdict::Unknown, format!("the size of {id} is not known")),
        _ => {
            let mut newer = inventory.newer_than(entry);
            let newer = newer.find(|(it, _)| it.kind == entry.kind);
            let newer = newer.map(|(it, why)| format!("; {} is newer, and {why}", it.id));
            let newer = newer.unwrap_or_default();
            (Verdict::Passed, format!("{id} is {shown} old{newer}"))
        }
    }
}

/// Adds that a newer one is not complete, which is often the cause.
fn with_unfinished(reason: String, inventory: &Inventory, than: &Entry) -> String {
    let newer = inventory.entries.iter().find(|entry| {
        entry.kind == than.kind && !entry.is_complete() && entry.started > than.started
    });
    match newer {
        Some(entry) => format!("{reason}; {} is not complete: {}", entry.id, why(entry)),
        None => reason,
    }
}

fn of_none(inventory: &Inventory, kind: Kind) -> (Verdict, String) {
    if let Some(why) = inventory.blind(kind) {
        return (Verdict::Unknown, why.to_owned());
    }
    let of_kind = || inventory.entries.iter().filter(|entry| entry.kind == kind);
    let unknown = of_kind().find(|entry| matches!(entry.state, State::Unknown(_)));
    match (unknown, of_kind().next()) {
        (Some(entry), _) => {
            let reason = format!(
                "it cannot be told whether {} is complete: {}",
                entry.id,
                why(entry)
            );
            (Verdict::Unknown, reason)
        }
        (None, Some(entry)) => {
            let reason = format!(
                "no backup of this kind is complete; {}: {}",
                entry.id,
                why(entry)
            );
            (Verdict::Failed, reason)
        }
        (None, None) => (
            Verdict::Failed,
            "there is no backup of this kind".to_owned(),
        ),
    }
}

fn why(entry: &Entry) -> &str {
    match &entry.state {
        State::Complete => "it is complete",
        State::Incomplete(why) | State::Unknown(why) => why,
    }
}

/// Returns an age in its two largest units.
#[must_use]
pub fn age_text(age: SignedDuration) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let seconds = age.as_secs().max(0);
    let large = UNITS.iter().position(|(unit, _)| seconds >= *unit);
    let Some((large, rest)) = large.map(|at| UNITS[at..].split_at(1)) else {
        return "0 s".to_owned();
    };
    let (unit, name) = large[0];
    let first = format!("{} {name}", seconds / unit);
    match rest.first() {
        Some((smaller, name)) if seconds % unit >= *smaller => {
            format!("{first} {} {name}", seconds % unit / smaller)
        }
        _ => first,
    }
}

fn duration_words(duration: Duration) -> String {
    age_text(SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX))
}

#[cfg(test)]
mod tests;
