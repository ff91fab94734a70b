//! Which backups there are: the questions to the store.

mod others;

use std::collections::BTreeMap;

use backstop_contract::{
    ErrorKind, KeyError, KeyPrefix, ObjectStore, Operation, Result as StoreResult,
};
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::fetch::{Read, document, pages};
use super::foreign::ForeignLayout;
use super::id::BackupId;
use super::inventory::{Entry, Inventory, Sight, Source, State, View};
use super::kind::Kind;
use super::layout::Layout;
use super::manifest::Manifest;
use super::pointer::Pointer;
use super::uploads::{self, Left};

/// How many manifests are read at once: one may have sixteen megabytes.
const AT_ONCE: usize = 2;
/// The most backups of one kind, and the most odd things that are told.
const MOST: usize = 50_000;
const MOST_ODD: usize = 20;
/// How many are looked at beyond the newest complete one, where not all are wanted.
const BEYOND: usize = 8;
/// How far in the future a backup may have been begun: the clocks of one service's servers differ.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// Returns whether a backup that says a time of itself is of the future, by the server's clock.
#[must_use]
pub fn is_ahead(time: Timestamp, now: Timestamp) -> bool {
    time.duration_since(now) > SLACK
}

/// Tells the server's clock, from its answers.
pub type Clock<'a> = &'a (dyn Fn() -> Option<Timestamp> + Sync);

/// Which backups are looked for.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Of which kinds.
    pub kinds: &'a [Kind],
    /// Which of other tools.
    pub layouts: &'a [ForeignLayout],
    /// How many complete ones of each kind are wanted at most, the newest first, with what was begun
    /// after them; absent for all there are.
    pub complete: Option<usize>,
    /// The server's clock: where not all are wanted, what was begun in its future is looked at only
    /// where nothing else is complete.
    pub clock: Clock<'a>,
}

/// Why a question about backups has no answer.
#[derive(Debug, Error)]
pub enum LookError {
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] backstop_contract::Error),
    /// The prefix leaves no room for the keys of a backup.
    #[error("the prefix leaves no room for the keys of a backup: {0}")]
    Key(#[from] KeyError),
}

/// A manifest and when it was written, by the server's account.
pub type Kept = (Manifest, Option<Timestamp>);

/// What is found where the manifest of a backup should be.
#[derive(Debug)]
pub enum Opened {
    /// A manifest that can be trusted.
    Good(Box<Kept>),
    /// Something else, for this reason.
    Bad(String),
    /// Nothing.
    Absent,
}

/// Reads the manifest of one backup.
///
/// # Errors
///
/// The store refused or failed, or the prefix leaves no room.
pub async fn manifest(
    store: &dyn ObjectStore,
    layout: &Layout,
    kind: Kind,
    id: &BackupId,
) -> Result<Opened, LookError> {
    let key = layout.manifest(kind, id)?;
    let read = match document(store, &key, Manifest::LARGEST).await {
        Err(error) if error.kind() == ErrorKind::ArchivedObject => {
            let why = "its manifest lies in archive storage and has to be brought back before it can be read";
            return Ok(Opened::Bad(why.to_owned()));
        }
        read => read?,
    };
    Ok(match read {
        Read::Absent => Opened::Absent,
        Read::TooLarge => Opened::Bad("its manifest is larger than any".to_owned()),
        Read::Found(text, meta) => match Manifest::parse(&text) {
            Ok(manifest) if manifest.id == *id && manifest.kind == kind => {
                Opened::Good(Box::new((manifest, meta.last_modified)))
            }
            Ok(_) => Opened::Bad("its manifest is of another backup".to_owned()),
            Err(error) => Opened::Bad(format!("its manifest cannot be trusted: {error}")),
        },
    })
}

/// What the pointer of a kind tells.
#[derive(Debug)]
pub enum Pointed {
    /// A backup.
    To(Pointer),
    /// Nothing that can be believed, for this reason.
    Bad(String),
    /// There is none.
    Absent,
}

/// Reads the pointer of a kind.
///
/// # Errors
///
/// As for [`manifest`].
pub async fn pointer(
    store: &dyn ObjectStore,
    layout: &Layout,
    kind: Kind,
) -> Result<Pointed, LookError> {
    let key = layout.pointer(kind)?;
    Ok(match document(store, &key, Pointer::LARGEST).await? {
        Read::Absent => Pointed::Absent,
        Read::TooLarge => Pointed::Bad("it is larger than any pointer".to_owned()),
        Read::Found(text, _) => match Pointer::parse(&text, kind) {
            Ok(pointer) => Pointed::To(pointer),
            Err(error) => Pointed::Bad(error.to_string()),
        },
    })
}

/// Looks for backups: by listing, where that is denied by the pointer.
///
/// # Errors
///
/// The store failed, or refused for another reason than a missing permission.
pub async fn inventory(
    store: &dyn ObjectStore,
    layout: &Layout,
    question: Question<'_>,
) -> Result<Inventory, LookError> {
    let mut found = Inventory::default();
    for kind in question.kinds {
        let view = of_kind(store, layout, *kind, question, &mut found).await?;
        let (kind, source) = (*kind, Source::Ours);
        found.sights.push(Sight { kind, source, view });
    }
    for layout in question.layouts {
        if question.kinds.contains(&layout.kind) {
            let view = others::look(store, layout, &mut found).await?;
            found.sights.push(Sight {
                kind: layout.kind,
                source: Source::Layout(layout.name.clone()),
                view,
            });
        }
    }
    found.sort();
    Ok(found)
}

async fn of_kind(
    store: &dyn ObjectStore,
    layout: &Layout,
    kind: Kind,
    question: Question<'_>,
    found: &mut Inventory,
) -> Result<View, LookError> {
    let folder = layout.kind(kind)?;
    let mut ids = match ids(store, &folder, &mut found.odd).await {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return by_pointer(store, layout, kind, found).await;
        }
        ids => ids?,
    };
    let view = view_of(ids.len());
    let mut left = BTreeMap::new();
    if question.complete.is_none() {
        left = uploads::by_backup(store, &folder).await?;
        ids.extend(left.keys().cloned());
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.dedup();
    let mut ahead = Vec::new();
    if let (Some(_), Some(now)) = (question.complete, (question.clock)()) {
        let first = ids.partition_point(|id| is_ahead(id.begun(), now));
        ahead.extend(ids.drain(..first).take(MOST_ODD));
    }
    let look = |id: BackupId| {
        let left = left.get(&id).copied().unwrap_or_default();
        async move { (id.clone(), entry(store, layout, kind, id, left).await) }
    };
    let wanted = question.complete;
    if walk(kind, ids.into_iter().map(look), wanted, found).await? == 0 {
        walk(kind, ahead.into_iter().map(look), wanted, found).await?;
    } else {
        let why = "its name says that it was begun in the future, by the server's clock";
        let passed_over = ahead.iter().map(|id| unread(kind, id, why.to_owned()));
        found.entries.extend(passed_over);
    }
    Ok(view)
}

/// Looks at backups until so many are complete, and returns how many are. Where not all are wanted,
/// those beyond the newest complete one matter less: few of them are looked at, and none of them ends
/// the search.
async fn walk(
    kind: Kind,
    looks: impl Iterator<Item = impl Future<Output = (BackupId, Result<Option<Entry>, LookError>)>>,
    wanted: Option<usize>,
    found: &mut Inventory,
) -> Result<usize, LookError> {
    let mut looks = futures::stream::iter(looks).buffered(AT_ONCE);
    let (mut complete, mut beyond) = (0, 0);
    while let Some((id, entry)) = looks.next().await {
        let entry = match entry {
            Err(error) if wanted.is_some() && complete > 0 => {
                Some(unread(kind, &id, error.to_string()))
            }
            entry => entry?,
        };
        let Some(entry) = entry else { continue };
        beyond += usize::from(complete > 0);
        complete += usize::from(entry.is_complete());
        found.entries.push(entry);
        if wanted.is_some_and(|wanted| complete >= wanted || beyond >= BEYOND) {
            break;
        }
    }
    Ok(complete)
}

/// Returns how far one could see who was shown so many: names ascend, and the newest come last.
fn view_of(shown: usize) -> View {
    if shown <= MOST {
        return View::Listed;
    }
    View::Cut(format!(
        "there are more than {MOST} backups, and the newest of them were not looked at"
    ))
}

/// Describes a backup whose manifest was not read, for this reason.
fn unread(kind: Kind, id: &BackupId, why: String) -> Entry {
    Entry {
        id: id.to_string(),
        kind,
        source: Source::Ours,
        name: None,
        state: State::Unknown(why),
        started: Some(id.begun()),
        modified: None,
        size: None,
        objects: None,
        installation: None,
        app_version: None,
    }
}

/// Lists the folders of backups of a kind.
async fn ids(
    store: &dyn ObjectStore,
    folder: &KeyPrefix,
    odd: &mut Vec<String>,
) -> StoreResult<Vec<BackupId>> {
    let mut ids = Vec::new();
    pages(store, folder, true, |page| {
        for prefix in &page.common_prefixes {
            let name = prefix.strip_prefix(folder.as_str()).unwrap_or(prefix);
            match BackupId::parse(name.trim_end_matches('/')) {
                Ok(id) => ids.push(id),
                Err(_) if odd.len() < MOST_ODD => {
                    odd.push(format!("{prefix} is not called as a backup is"));
                }
                Err(_) => {}
            }
        }
        ids.len() <= MOST
    })
    .await?;
    Ok(ids)
}

/// Describes one backup; nothing where a folder has nothing in it, as `MinIO` may keep for a while.
async fn entry(
    store: &dyn ObjectStore,
    layout: &Layout,
    kind: Kind,
    id: BackupId,
    left: Left,
) -> Result<Option<Entry>, LookError> {
    let state = match manifest(store, layout, kind, &id).await {
        Ok(Opened::Good(kept)) => return Ok(Some(Entry::of(&kept.0, kept.1))),
        Ok(Opened::Absent) => State::Incomplete(left.tell()),
        Ok(Opened::Bad(why)) => State::Unknown(why),
        Err(LookError::Store(error)) if error.kind() == ErrorKind::PermissionDenied => {
            State::Unknown("its manifest may not be read".to_owned())
        }
        Err(error) => return Err(error),
    };
    let (mut size, mut count, mut modified) = (0_u64, 0, left.begun);
    let folder = layout.backup(kind, &id)?;
    pages(store, &folder, false, |page| {
        let objects = page.objects.into_iter();
        for object in objects.filter(|object| folder.holds(&object.key)) {
            size = size.saturating_add(object.size);
            count += 1;
            modified = modified.max(object.last_modified);
        }
        true
    })
    .await?;
    if count + left.number == 0 && matches!(state, State::Incomplete(_)) {
        return Ok(None);
    }
    Ok(Some(Entry {
        started: Some(id.begun()),
        id: id.to_string(),
        kind,
        source: Source::Ours,
        name: None,
        state,
        modified,
        size: Some(size),
        objects: Some(count),
        installation: None,
        app_version: None,
    }))
}

/// Finds the newest complete backup where listing is denied.
async fn by_pointer(
    store: &dyn ObjectStore,
    layout: &Layout,
    kind: Kind,
    found: &mut Inventory,
) -> Result<View, LookError> {
    let id = match pointer(store, layout, kind).await {
        Ok(Pointed::To(pointer)) => pointer.id,
        Ok(Pointed::Absent) => return Ok(View::Pointed),
        Ok(Pointed::Bad(why)) => {
            let why = format!("listing is denied, and the pointer cannot be believed: {why}");
            return Ok(View::Blind(why));
        }
        Err(LookError::Store(error)) if is_denied(&error) => {
            return Ok(View::Blind(
                "neither listing nor reading the pointer is allowed, or there is no pointer yet: \
                 without the right to list, some services say the same of what is not there"
                    .to_owned(),
            ));
        }
        Err(error) => return Err(error),
    };
    let why = match manifest(store, layout, kind, &id).await {
        Ok(Opened::Good(kept)) => {
            found.entries.push(Entry::of(&kept.0, kept.1));
            return Ok(View::Pointed);
        }
        Ok(Opened::Absent) => "has no manifest".to_owned(),
        Ok(Opened::Bad(why)) => format!("is not complete: {why}"),
        Err(LookError::Store(error)) if is_denied(&error) => {
            "has a manifest that may not be read, or none".to_owned()
        }
        Err(error) => return Err(error),
    };
    let why = format!("listing is denied, and the backup that the pointer names, {id}, {why}");
    found.entries.push(unread(kind, &id, why.clone()));
    Ok(View::Blind(why))
}

fn is_denied(error: &backstop_contract::Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied && error.operation() == Operation::GetObject
}
