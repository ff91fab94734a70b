//! Which backups may go: pure.
//!
//! A plan is made of an inventory, written down, and carried out later by somebody who has read it.
//! Then it is made anew, and only what both agree on is removed.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::id::BackupId;
use super::inventory::{Entry, Inventory, Source, State};
use super::kind::Kind;
use super::look::is_ahead;
use super::manifest::{ManifestError, schema};

/// How long an incomplete backup is left alone: it may be being made.
const UNFINISHED: SignedDuration = SignedDuration::from_hours(24);

/// What is kept. The newest complete backup of each kind always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// How many complete ones of each kind are kept, the newest first.
    pub last: Option<u32>,
    /// For how many days complete ones are kept.
    pub days: Option<u32>,
}

/// What is to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The name and version of the form: [`Plan::SCHEMA`].
    pub schema: String,
    /// Where the backups are.
    pub location: String,
    /// The endpoint of the service that holds them; absent for the provider's own.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// When it was made, by the server's clock.
    pub made_at: Timestamp,
    /// What is kept.
    pub keep: Keep,
    /// Of which kinds backups may go.
    pub kinds: Vec<Kind>,
    /// What goes.
    pub remove: Vec<Removal>,
}

/// One backup that is to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub id: BackupId,
    /// Whether it is complete.
    pub complete: bool,
    /// Its bytes.
    pub size: u64,
    /// How many objects it has.
    pub objects: u64,
    /// Why it goes, in a sentence without a period.
    pub why: String,
}

impl Plan {
    /// The name and version of the form.
    pub const SCHEMA: &'static str = "backstop.prune/1";
    /// The largest document, in bytes.
    pub const LARGEST: usize = 32 << 20;

    /// Reads a plan.
    ///
    /// # Errors
    ///
    /// It is not JSON of this form.
    pub fn parse(document: &[u8]) -> Result<Self, ManifestError> {
        schema(document, Self::SCHEMA)?;
        serde_json::from_slice(document).map_err(|error| {
            ManifestError::new(format!(
                "it is not of the form {}, at line {} column {}",
                Self::SCHEMA,
                error.line(),
                error.column()
            ))
        })
    }
}

/// Returns which of our own backups may go, the oldest first.
#[must_use]
pub fn removals(inventory: &Inventory, keep: Keep, now: Timestamp) -> Vec<Removal> {
    let mut remove = Vec::new();
    for kind in Kind::ALL {
        let ours = || {
            let entries = inventory.entries.iter();
            entries.filter(move |entry| entry.kind == kind && entry.source == Source::Ours)
        };
        // What says that it is of the future takes nobody's place, and stays.
        let of_now = |entry: &&Entry| !entry.started.is_some_and(|it| is_ahead(it, now));
        let complete = ours().filter(|entry| entry.is_complete());
        let mut complete: Vec<_> = complete.filter(of_now).collect();
        complete.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| b.id.cmp(&a.id)));
        let newest = inventory.newest(kind);
        let mut place = 0;
        for entry in complete {
            // One without a byte is nobody's way back: it takes no other's place.
            let is_empty = entry.size == Some(0);
            let is_newest = place == 0 && !is_empty;
            let is_newest = is_newest || newest.is_some_and(|newest| newest.id == entry.id);
            if let Some(why) = why_complete(entry, place, keep, now)
                && !is_newest
            {
                remove.extend(removal(entry, why));
            }
            place += usize::from(!is_empty);
        }
        for entry in ours() {
            remove.extend(why_unfinished(entry, now).and_then(|why| removal(entry, why)));
        }
    }
    remove.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| a.kind.cmp(&b.kind)));
    remove
}

fn why_complete(entry: &Entry, place: usize, keep: Keep, now: Timestamp) -> Option<String> {
    let last = keep.last.unwrap_or(0);
    if place < usize::try_from(last).unwrap_or(usize::MAX) {
        return None;
    }
    let Some(days) = keep.days else {
        return Some(format!("{place} complete ones of its kind are newer"));
    };
    // It is as young as the younger of its times: what may go has to be old in every way.
    let newest = entry.started.max(entry.modified)?;
    let age = now.duration_since(newest);
    (age > SignedDuration::from_hours(24 * i64::from(days)))
        .then(|| format!("it is {} days old", age.as_hours() / 24))
}

fn why_unfinished(entry: &Entry, now: Timestamp) -> Option<String> {
    let State::Incomplete(why) = &entry.state else {
        return None;
    };
    let newest = entry.started.max(entry.modified)?;
    (now.duration_since(newest) > UNFINISHED)
        .then(|| format!("it is not complete and nothing was written for a day: {why}"))
}

fn removal(entry: &Entry, why: String) -> Option<Removal> {
    Some(Removal {
        kind: entry.kind,
        id: BackupId::parse(&entry.id).ok()?,
        complete: entry.is_complete(),
        size: entry.size?,
        objects: entry.objects?,
        why,
    })
}

/// Divides a plan into what still holds and what does not, each with the reason.
#[must_use]
pub fn recheck(
    plan: Plan,
    inventory: &Inventory,
    now: Timestamp,
) -> (Vec<Removal>, Vec<(Removal, String)>) {
    let still = removals(inventory, plan.keep, now);
    let (mut holds, mut fails) = (Vec::new(), Vec::new());
    for planned in plan.remove {
        let same = |held: &&Removal| held.kind == planned.kind && held.id == planned.id;
        let there = inventory
            .entries
            .iter()
            .any(|entry| entry.kind == planned.kind && entry.id == planned.id.as_str());
        match still.iter().find(same) {
            None if !there => fails.push((planned, "it is not there any more".to_owned())),
            None => fails.push((planned, "it would be kept now".to_owned())),
            Some(held) => {
                let facts = |it: &Removal| (it.complete, it.size, it.objects);
                if facts(held) == facts(&planned) {
                    holds.push(planned);
                } else {
                    fails.push((planned, "it has changed since the plan was made".to_owned()));
                }
            }
        }
    }
    (holds, fails)
}

#[cfg(test)]
mod tests;
