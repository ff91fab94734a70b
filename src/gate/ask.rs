//! The edge: facts about backups, from a store.
//!
//! The target's own credentials look first. What they may not see, the target's reader is asked
//! about: second credentials for the same place. What nobody may see is a [`Gap`] that says what
//! would answer it, and so is what had no answer in time.

mod backups;
mod objects;

use std::sync::Arc;
use std::time::Duration;

use backstop_contract::{Identity, ObjectStore};
use jiff::Timestamp;
use tokio::time::timeout;

use super::asked::Asked;
use super::facts::{Facts, Found, Gap, Held, Objects, Search};
use crate::backup::{ForeignLayout, Kind, Layout};
use crate::engine::WireTap;
use crate::report::Report;
use backups::{Sighting, Thing};

/// Somebody who looks: a store as some credentials see it.
#[derive(Debug, Clone)]
pub struct Eyes {
    /// Whose credentials these are: `target` or `reader`.
    pub whose: &'static str,
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// Who its requests are made as.
    pub identity: Arc<dyn Identity>,
    /// Where its answers come by, which tell the server's clock.
    pub tap: Arc<WireTap>,
}

/// Where backups are looked for.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where our own backups lie.
    pub layout: Layout,
    /// How other tools name theirs.
    pub layouts: Vec<ForeignLayout>,
    /// The longest that the search may take.
    pub limit: Duration,
}

/// What was seen of backups and credentials.
#[derive(Debug, Clone)]
pub struct Seen {
    now: Option<Timestamp>,
    search: Search,
    objects: Result<Objects, Gap>,
    credentials: Vec<Held>,
}

impl Seen {
    /// Joins it with the report of the verification.
    #[must_use]
    pub fn facts(self, storage: Report) -> Facts {
        let Self {
            now,
            search,
            objects,
            credentials,
        } = self;
        Facts {
            storage,
            now,
            search,
            objects,
            credentials,
        }
    }
}

/// Looks for the backup, at its objects, and at the credentials.
pub async fn look(asked: &Asked, place: &Place, target: &Eyes, reader: Option<&Eyes>) -> Seen {
    let (thing, eyes) = search(asked, place, target, reader).await;
    let (search, objects) = match thing {
        Ok(Sighting::Found(found)) => {
            let Thing {
                candidate,
                contents,
                ..
            } = *found;
            let objects = objects::look(eyes, place, &candidate, &contents, asked.read).await;
            (Ok(Found::Backup(Box::new(candidate))), objects)
        }
        Ok(Sighting::Nothing { way, incomplete }) => {
            let found = Found::Nothing { way, incomplete };
            (Ok(found), Err(Gap::nothing()))
        }
        Ok(Sighting::Blind(gap)) | Err(gap) => (Err(gap), Err(Gap::nothing())),
    };
    let mut credentials = vec![held(target, place.limit).await];
    if let Some(reader) = reader {
        credentials.push(held(reader, place.limit).await);
    }
    Seen {
        now: eyes.tap.server_clock(),
        search,
        objects,
        credentials,
    }
}

/// Searches with the target's credentials, and with the reader's where these found nothing, or not
/// for certain the newest.
async fn search<'a>(
    asked: &Asked,
    place: &Place,
    target: &'a Eyes,
    reader: Option<&'a Eyes>,
) -> (Result<Sighting, Gap>, &'a Eyes) {
    let seen = within(asked, place, target).await;
    match (&seen, reader) {
        (Ok(Sighting::Found(thing)), Some(reader)) if thing.narrow => {
            let by_reader = within(asked, place, reader).await;
            match &by_reader {
                Ok(Sighting::Found(other)) if other.is_as_new_as(thing) => (by_reader, reader),
                Err(gap) | Ok(Sighting::Blind(gap)) => (doubted(seen, gap), target),
                Ok(Sighting::Found(_) | Sighting::Nothing { .. }) => (seen, target),
            }
        }
        (Ok(Sighting::Found(_)), _) => (seen, target),
        (_, Some(reader)) => (within(asked, place, reader).await, reader),
        (Ok(Sighting::Blind(gap)), None) => (Ok(Sighting::Blind(without_reader(gap))), target),
        (_, None) => (seen, target),
    }
}

/// Adds to what was found that the reader was asked for a newer one and could not look.
fn doubted(mut seen: Result<Sighting, Gap>, gap: &Gap) -> Result<Sighting, Gap> {
    if let Ok(Sighting::Found(thing)) = &mut seen {
        let why = &gap.why;
        thing.candidate.unseen = Some(format!("the reader could not look for newer ones: {why}"));
    }
    seen
}

/// Adds to what could not be seen that a reader would see it.
fn without_reader(gap: &Gap) -> Gap {
    let mut gap = gap.clone();
    gap.remedies.push(
        "Or give the target a reader, second credentials for the same place that may list and get: \
         the table [targets.NAME.reader] in the configuration, with the fields of its credentials."
            .to_owned(),
    );
    gap
}

async fn within(asked: &Asked, place: &Place, eyes: &Eyes) -> Result<Sighting, Gap> {
    let Some(kind) = Kind::from_name(&asked.kind) else {
        return Err(Gap::new(
            format!("{:?} is no kind of backup", asked.kind),
            "Ask for one of on-demand, upgrade and scheduled.",
        ));
    };
    let searched = backups::search(asked, place, kind, eyes);
    timeout(place.limit, searched).await.unwrap_or_else(|_| {
        let limit = super::words::seconds(place.limit.as_secs());
        Err(Gap::new(
            format!("the search for a backup had no answer within {limit}"),
            "Do what storage says; --timeout gives it more time.",
        ))
    })
}

async fn held(eyes: &Eyes, limit: Duration) -> Held {
    let credential = match timeout(limit, eyes.identity.credential()).await {
        Ok(Ok(credential)) => Ok(credential),
        Ok(Err(error)) => Err(Gap::new(error.to_string(), "Do what storage says.")),
        Err(_) => Err(Gap::new(
            "whoever issues the credential did not answer in time",
            "Do what storage says.",
        )),
    };
    Held {
        whose: eyes.whose,
        credential,
    }
}

impl Gap {
    /// There was no backup to look at.
    fn nothing() -> Self {
        Self::new("there is no backup to look at", "Do what found says.")
    }
}
