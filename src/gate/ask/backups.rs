//! The search for a backup: by its id, by LIST, by the pointer.

use std::borrow::Cow;

use backstop_contract::{Error, ErrorKind, PermissionContext};

use super::{Eyes, Place};
use crate::backup::{
    self, BackupId, Entry, Inventory, Kind, LookError, Manifest, Opened, Question, Source, State,
    View,
};
use crate::gate::asked::Asked;
use crate::gate::facts::{Candidate, Few, Gap, Previous, Way};

/// What a search saw.
pub(super) enum Sighting {
    /// A complete backup.
    Found(Box<Thing>),
    /// None that is complete.
    Nothing {
        /// How it was looked for.
        way: Way,
        /// What is not complete.
        incomplete: Few,
    },
    /// These credentials may not look.
    Blind(Gap),
}

/// A complete backup, and what is in it.
pub(super) struct Thing {
    pub(super) candidate: Candidate,
    pub(super) contents: Contents,
    /// Whether there may be a newer one that these credentials do not see.
    pub(super) narrow: bool,
}

impl Thing {
    /// Returns whether it was begun no earlier than another.
    pub(super) fn is_as_new_as(&self, other: &Self) -> bool {
        self.candidate.started_at >= other.candidate.started_at
    }
}

/// How many of the backups before one its size is compared with: a push that was cut off and made
/// again would else be compared with itself.
const BEFORE: usize = 3;

/// What is in a backup.
pub(super) enum Contents {
    /// What its manifest names.
    Ours(Box<Manifest>),
    /// Whatever lies under its name: another tool made it.
    Theirs,
}

/// Searches as some credentials see it.
pub(super) async fn search(
    asked: &Asked,
    place: &Place,
    kind: Kind,
    eyes: &Eyes,
) -> Result<Sighting, Gap> {
    match asked.backup.as_deref().map(BackupId::parse) {
        Some(Ok(id)) => by_id(place, kind, eyes, &id, Way::Id).await,
        _ => newest(asked, place, kind, eyes).await,
    }
}

/// Reads the manifest of one backup of ours.
async fn by_id(
    place: &Place,
    kind: Kind,
    eyes: &Eyes,
    id: &BackupId,
    way: Way,
) -> Result<Sighting, Gap> {
    let nothing = |why: &str| Sighting::Nothing {
        way,
        incomplete: [format!("{id} ({why})")].into_iter().collect(),
    };
    match backup::manifest(&*eyes.store, &place.layout, kind, id).await {
        Ok(Opened::Good(kept)) => {
            let (manifest, modified) = *kept;
            Ok(Sighting::Found(Box::new(of_manifest(
                manifest, modified, way, eyes,
            ))))
        }
        Ok(Opened::Bad(why)) => Ok(nothing(&why)),
        Ok(Opened::Absent) => Ok(nothing("it has no manifest")),
        Err(LookError::Store(error)) if error.kind() == ErrorKind::PermissionDenied => {
            Ok(Sighting::Blind(denied(&error, eyes)))
        }
        Err(error) => Err(failed(&error)),
    }
}

/// Looks for the newest complete backup, or for one of another tool by its name.
async fn newest(asked: &Asked, place: &Place, kind: Kind, eyes: &Eyes) -> Result<Sighting, Gap> {
    let kinds = [kind];
    let question = Question {
        kinds: &kinds,
        layouts: &place.layouts,
        complete: Some(1 + BEFORE),
        clock: &|| eyes.tap.server_clock(),
    };
    let seen = backup::inventory(&*eyes.store, &place.layout, question).await;
    let inventory = match seen {
        Ok(inventory) => inventory,
        Err(LookError::Store(error)) if error.kind() == ErrorKind::PermissionDenied => {
            return Ok(Sighting::Blind(denied(&error, eyes)));
        }
        Err(error) => return Err(failed(&error)),
    };
    if let Some(why) = inventory.cut() {
        return Ok(Sighting::Blind(Gap::new(
            why,
            "Remove old ones, or give new ones another prefix.",
        )));
    }
    let meant = meant(asked, &inventory);
    let Some(entry) = meant.newest(kind) else {
        return Ok(none(asked, &meant));
    };
    let mut sighting = match &entry.source {
        Source::Layout(_) => theirs(entry, eyes)?,
        Source::Ours => {
            let way = way(&inventory, &entry.source);
            let id = BackupId::parse(&entry.id).map_err(|error| {
                Gap::new(
                    format!("{} is no id of a backup: {error}", entry.id),
                    "backstop backup list TARGET shows what is there.",
                )
            })?;
            by_id(place, kind, eyes, &id, way).await?
        }
    };
    if let Sighting::Found(thing) = &mut sighting {
        beside(thing, entry, &inventory);
    }
    Ok(sighting)
}

/// Returns what was found, or of it the one that is asked for by its name.
fn meant<'a>(asked: &Asked, inventory: &'a Inventory) -> Cow<'a, Inventory> {
    let Some(name) = &asked.backup else {
        return Cow::Borrowed(inventory);
    };
    let named = inventory.entries.iter().filter(|entry| entry.id == *name);
    Cow::Owned(Inventory {
        entries: named.cloned().collect(),
        sights: inventory.sights.clone(),
        odd: Vec::new(),
    })
}

/// Adds what a listing tells of the backups beside the one that was found.
fn beside(thing: &mut Thing, entry: &Entry, inventory: &Inventory) {
    thing.narrow = inventory.sights.iter().any(|it| it.view != View::Listed);
    let found = &mut thing.candidate;
    let newer = inventory.newer_than(entry);
    found.newer = newer
        .map(|(it, why)| format!("{} ({why})", it.id))
        .collect();
    let before = [found.previous.take(), before(entry, inventory)];
    found.previous = before.into_iter().flatten().max_by_key(|it| it.bytes);
}

fn way(inventory: &Inventory, source: &Source) -> Way {
    let mut sights = inventory.sights.iter();
    match sights.find(|sight| sight.source == *source) {
        Some(sight) if sight.view == View::Pointed => Way::Pointer,
        _ => Way::List,
    }
}

/// Says why there is no complete backup: because none is there, or because it cannot be seen.
fn none(asked: &Asked, inventory: &Inventory) -> Sighting {
    let blind = inventory.sights.iter().find_map(|sight| match &sight.view {
        View::Blind(why) => Some(why.clone()),
        View::Listed | View::Cut(_) | View::Pointed => None,
    });
    let unknown = inventory.unknown().next();
    let unknown = unknown.map(|(entry, why)| format!("{}: {why}", entry.id));
    if let Some(why) = blind {
        return Sighting::Blind(Gap::new(
            why,
            "Grant these credentials the right to get what is under the prefix, and to list it; \
             backstop policy TARGET --access put-get prints the smallest policy.",
        ));
    }
    if let Some(why) = unknown {
        return Sighting::Blind(Gap::new(
            why,
            "Make a new backup; where it is a right that is missing, grant these credentials the \
             right to get what is under the prefix.",
        ));
    }
    let way = if asked.backup.is_some() {
        Way::Id
    } else {
        way(inventory, &Source::Ours)
    };
    let incomplete = inventory.entries.iter().map(|entry| match &entry.state {
        State::Incomplete(why) | State::Unknown(why) => format!("{} ({why})", entry.id),
        State::Complete => entry.id.clone(),
    });
    Sighting::Nothing {
        way,
        incomplete: incomplete.collect(),
    }
}

fn of_manifest(
    manifest: Manifest,
    modified: Option<jiff::Timestamp>,
    way: Way,
    eyes: &Eyes,
) -> Thing {
    let candidate = Candidate {
        id: manifest.id.to_string(),
        kind: manifest.kind.name().to_owned(),
        way,
        by_reader: eyes.whose == "reader",
        started_at: manifest.started_at,
        manifest_modified: modified,
        installation: manifest.installation.clone(),
        app_version: manifest.app_version.clone(),
        restorable_by: manifest.restorable_by.clone(),
        objects: u64::try_from(manifest.objects.len()).unwrap_or(u64::MAX),
        bytes: manifest.size(),
        previous: manifest.previous.as_ref().map(|previous| Previous {
            id: previous.id.to_string(),
            bytes: previous.size,
        }),
        newer: Few::default(),
        unseen: None,
    };
    Thing {
        candidate,
        contents: Contents::Ours(Box::new(manifest)),
        narrow: false,
    }
}

/// Describes a backup of another tool, which was found by listing.
fn theirs(entry: &Entry, eyes: &Eyes) -> Result<Sighting, Gap> {
    let Some(started_at) = entry.since() else {
        return Err(Gap::new(
            format!("nothing says when {} was made", entry.id),
            "Put the time into the names that the other tool writes, and into the layout's pattern.",
        ));
    };
    let candidate = Candidate {
        id: entry.id.clone(),
        kind: entry.kind.name().to_owned(),
        way: Way::List,
        by_reader: eyes.whose == "reader",
        started_at,
        manifest_modified: entry.modified,
        installation: entry.installation.clone(),
        app_version: entry.app_version.clone(),
        restorable_by: None,
        objects: entry.objects.unwrap_or_default(),
        bytes: entry.size.unwrap_or_default(),
        previous: None,
        newer: Few::default(),
        unseen: None,
    };
    Ok(Sighting::Found(Box::new(Thing {
        candidate,
        contents: Contents::Theirs,
        narrow: false,
    })))
}

/// Returns the largest of the few complete backups that were made before another: of those with its
/// name, and where its name is its alone, of all of the same tool.
fn before(entry: &Entry, inventory: &Inventory) -> Option<Previous> {
    let all = inventory.entries.iter().filter(|it| it.is_complete());
    let all = all.filter(|it| it.source == entry.source && it.since() < entry.since());
    let mut earlier: Vec<_> = all.collect();
    if earlier.iter().any(|it| it.name == entry.name) {
        earlier.retain(|it| it.name == entry.name);
    }
    earlier.sort_by_key(|it| std::cmp::Reverse(it.since()));
    let few = earlier.into_iter().take(BEFORE);
    let largest = few.max_by_key(|it| it.size)?;
    Some(Previous {
        id: largest.id.clone(),
        bytes: largest.size?,
    })
}

fn denied(error: &Error, eyes: &Eyes) -> Gap {
    let permissions = eyes.store.provider().permissions;
    let remedy = match permissions(error.operation(), PermissionContext::default()) {
        [] => "Grant these credentials the right to get what is under the prefix.".to_owned(),
        names => format!("Grant these credentials {}.", names.join(" and ")),
    };
    Gap::new(error.to_string(), remedy)
}

fn failed(error: &LookError) -> Gap {
    Gap::new(
        format!("the backups could not be looked for: {error}"),
        "Do what storage says, and ask again.",
    )
}
