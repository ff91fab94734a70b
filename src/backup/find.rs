//! One backup by its name, or the newest.

use backstop_contract::{ErrorKind, ObjectStore};
use thiserror::Error;

use super::id::BackupId;
use super::inventory::{Entry, Source};
use super::kind::Kind;
use super::layout::Layout;
use super::look::{Clock, LookError, Opened, Question, inventory, is_ahead, manifest};
use super::manifest::Manifest;

/// Which backup is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The newest complete one.
    Latest,
    /// The one of this name.
    Id(BackupId),
}

/// Why a backup is not found.
#[derive(Debug, Error)]
pub enum FindError {
    /// The store refused or failed.
    #[error(transparent)]
    Look(#[from] LookError),
    /// There is none, or it is not complete.
    #[error("{0}")]
    None(String),
    /// It could not be found out whether there is one.
    #[error("{0}")]
    Unknown(String),
}

impl Which {
    /// Takes `latest` or an id.
    ///
    /// # Errors
    ///
    /// A sentence fragment that says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        let id = BackupId::parse(text);
        id.map(Self::Id)
            .map_err(|rule| format!("it is neither latest nor the id of a backup: {rule}"))
    }
}

/// The backup that is meant.
#[derive(Debug)]
pub struct Picked {
    /// Its manifest.
    pub manifest: Manifest,
    /// Newer ones that cannot be relied on, each with why in a sentence without a period; only where
    /// the newest one is meant.
    pub newer: Vec<String>,
}

/// Finds a backup of one of these kinds and reads its manifest.
///
/// # Errors
///
/// [`FindError`]: there is none, or it could not be found out.
pub async fn find(
    store: &dyn ObjectStore,
    layout: &Layout,
    which: &Which,
    kinds: &[Kind],
    clock: Clock<'_>,
) -> Result<Picked, FindError> {
    match which {
        Which::Latest => latest(store, layout, kinds, clock).await,
        Which::Id(id) => Ok(Picked {
            manifest: by_id(store, layout, id, kinds).await?,
            newer: Vec::new(),
        }),
    }
}

async fn by_id(
    store: &dyn ObjectStore,
    layout: &Layout,
    id: &BackupId,
    kinds: &[Kind],
) -> Result<Manifest, FindError> {
    let mut denied = None;
    for kind in kinds {
        match manifest(store, layout, *kind, id).await {
            Ok(Opened::Good(kept)) => return Ok(kept.0),
            Ok(Opened::Bad(why)) => {
                let why = format!("{id} of the kind {kind} is not to be relied on: {why}");
                return Err(FindError::None(why));
            }
            Ok(Opened::Absent) => {}
            Err(LookError::Store(error)) if error.kind() == ErrorKind::PermissionDenied => {
                denied = Some(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(match denied {
        // Without the right to list, some services say this of what is not there.
        Some(error) => {
            FindError::Unknown(format!("{id} is not there, or may not be read: {error}"))
        }
        None => FindError::None(format!("there is no complete backup {id}")),
    })
}

async fn latest(
    store: &dyn ObjectStore,
    layout: &Layout,
    kinds: &[Kind],
    clock: Clock<'_>,
) -> Result<Picked, FindError> {
    let question = Question {
        kinds,
        layouts: &[],
        complete: Some(1),
        clock,
    };
    let found = inventory(store, layout, question).await?;
    let complete = found.entries.iter();
    let complete = complete.filter(|entry| entry.is_complete() && entry.source == Source::Ours);
    let now = clock();
    let ahead = |entry: &Entry| {
        let times = entry.started.zip(now);
        times.is_some_and(|(started, now)| is_ahead(started, now))
    };
    let complete: Vec<_> = complete.collect();
    let newest = complete.iter().max_by_key(|it| (!ahead(it), it.started));
    let Some(newest) = newest.copied() else {
        let blind = kinds.iter().find_map(|kind| found.blind(*kind));
        return Err(match (blind, found.unknown().next()) {
            (Some(why), _) => FindError::Unknown(why.to_owned()),
            (None, Some((it, why))) => FindError::None(format!(
                "there is no complete backup that can be relied on; {}: {why}",
                it.id
            )),
            (None, None) => FindError::None("there is no complete backup".to_owned()),
        });
    };
    if let Some(why) = found.cut() {
        return Err(FindError::Unknown(why.to_owned()));
    }
    let Ok(id) = BackupId::parse(&newest.id) else {
        return Err(FindError::None(format!(
            "{} is no backup of ours",
            newest.id
        )));
    };
    let newer = found.newer_than(newest);
    let newer = newer.map(|(it, why)| format!("{} is newer, and {why}", it.id));
    let future = complete.iter().filter(|it| ahead(it));
    let future = future.map(|it| format!("{} says that it was begun in the future", it.id));
    Ok(Picked {
        manifest: by_id(store, layout, &id, &[newest.kind]).await?,
        newer: newer.chain(future).collect(),
    })
}
