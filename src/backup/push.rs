//! A backup into a store.

mod lasting;
mod latest;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use backstop_contract::{
    Attributes, Capability, Condition, Error, ErrorKind, KeyError, ObjectStore,
};
use futures::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use thiserror::Error as Thiserror;
use tokio::time::sleep;

use super::id::{BackupId, IdError};
use super::kind::Kind;
use super::layout::Layout;
use super::look::{self, Clock, LookError, Pointed};
use super::manifest::{Manifest, ManifestError, Part, Previous, Stored};
use super::path::DataPath;
use super::pointer::Pointer;
use crate::transfer::{
    OneOfMany, Pool, Progress, Source, TransferError, UploadOptions, Uploaded, part_sizes, upload,
};

pub use latest::Latest;
pub(super) use latest::point;

/// How long, and how often at most, a push waits for another second than that of the one before.
const SECOND: Duration = Duration::from_secs(1);
const MOST_TURNS: u32 = 3;
/// How many objects are on their way at a time; the pool bounds the memory of all of them.
const AT_ONCE: usize = 8;

/// What is pushed, and what is told of it.
#[derive(Debug)]
pub struct Push {
    /// Why it is made.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// Whose it is.
    pub installation: Option<String>,
    /// The version of the application that made it.
    pub app_version: Option<String>,
    /// The range of versions that can restore it.
    pub restorable_by: Option<String>,
    /// What each object is given beside its content.
    pub attributes: Attributes,
    /// Whether it may be without a single byte.
    pub allow_empty: bool,
}

/// Where the bytes come from.
pub enum Load {
    /// Files, each of which becomes an object.
    Files(Vec<(DataPath, PathBuf)>),
    /// A pipe, which becomes one object.
    Pipe(DataPath, Source),
}

/// A backup that is complete.
#[derive(Debug)]
pub struct Pushed {
    /// Its manifest.
    pub manifest: Manifest,
    /// What became of the pointer.
    pub latest: Latest,
    /// What could not be found out, each in a sentence without a period.
    pub notes: Vec<String>,
}

/// Why there is no complete backup.
#[derive(Debug, Thiserror)]
pub enum PushError {
    /// It cannot be called so.
    #[error("{0:?} cannot be the name of a backup: {1}")]
    Name(String, IdError),
    /// The store does not tell the time.
    #[error("no answer of the service told its time, by which the age of a backup is counted")]
    NoClock,
    /// An object did not come through.
    #[error("{path}: {error}")]
    Object {
        /// Which.
        path: DataPath,
        /// Why.
        error: TransferError,
    },
    /// No manifest can be made of it, and nothing was sent.
    #[error("no manifest can be made of it, and nothing was sent: {error}")]
    Foreseen {
        /// Why.
        error: ManifestError,
        /// How many files it is of.
        files: usize,
    },
    /// There is not a byte in it.
    #[error("nothing came: there is not a single byte to back up")]
    Empty,
    /// Objects that had been written are not there any more.
    #[error(
        "{first}, and so for {count} of its objects: somebody took this push, which took long, for \
         dead and removed or changed what it had written"
    )]
    Gone {
        /// The path of the first of them, and what is wrong with it.
        first: String,
        /// How many there are.
        count: u64,
    },
    /// The manifest cannot be made of it.
    #[error("its manifest cannot be written: {0}")]
    Manifest(#[from] ManifestError),
    /// The manifest did not come through.
    #[error("its manifest: {0}")]
    Commit(TransferError),
    /// What is there could not be found out.
    #[error(transparent)]
    Look(#[from] LookError),
}

impl From<KeyError> for PushError {
    fn from(rule: KeyError) -> Self {
        Self::Look(rule.into())
    }
}

impl PushError {
    /// Returns what went wrong on the wire or with a file, where that is it.
    #[must_use]
    pub fn transfer(&self) -> Option<&TransferError> {
        match self {
            Self::Object { error, .. } | Self::Commit(error) => Some(error),
            _ => None,
        }
    }
}

/// A backup that is being made.
pub struct Pushing<'a> {
    store: &'a Arc<dyn ObjectStore>,
    layout: &'a Layout,
    push: Push,
    id: BackupId,
    previous: Option<Previous>,
    started_at: Timestamp,
    notes: Vec<String>,
}

impl<'a> Pushing<'a> {
    /// Asks for the backup before this one, and with it for the time, and names this one.
    ///
    /// # Errors
    ///
    /// The store failed, does not tell the time, or the name is none.
    pub async fn begin(
        store: &'a Arc<dyn ObjectStore>,
        layout: &'a Layout,
        push: Push,
        clock: Clock<'_>,
    ) -> Result<Self, PushError> {
        let mut notes = Vec::new();
        let mut turns = 0;
        let (previous, started_at) = loop {
            let known = previous(store, layout, push.kind, &mut notes).await?;
            let now = clock().ok_or(PushError::NoClock)?;
            // Ids tell whole seconds: of two within one nobody could say which is the newer.
            let same = |it: &Previous| it.id.begun().as_second() == now.as_second();
            turns += 1;
            if turns > MOST_TURNS || !known.as_ref().is_some_and(same) {
                break (known, now);
            }
            sleep(SECOND).await;
        };
        let id = BackupId::unique(started_at, &push.name)
            .map_err(|rule| PushError::Name(push.name.clone(), rule))?;
        Ok(Self {
            store,
            layout,
            push,
            id,
            previous,
            started_at,
            notes,
        })
    }

    /// Returns what the backup is called.
    #[must_use]
    pub fn id(&self) -> &BackupId {
        &self.id
    }

    /// Writes the objects, then the manifest, which makes it a backup, then the pointer.
    ///
    /// # Errors
    ///
    /// Something did not come through: then what was written is no complete backup, but where
    /// [`PushError::Commit`] says that it cannot be told.
    pub async fn run(
        self,
        load: Load,
        pool: &Pool,
        progress: Arc<dyn Progress>,
        clock: Clock<'_>,
    ) -> Result<Pushed, PushError> {
        self.foresee(&load, pool)?;
        let Self { store, layout, .. } = self;
        let (kind, id) = (self.push.kind, self.id.clone());
        let sign = layout.in_progress(kind, &id)?;
        let objects = self.objects(load, pool, progress);
        let mut objects = lasting::shown(&**store, &sign, objects).await?;
        objects.sort_by(|a, b| a.path.cmp(&b.path));
        if !self.push.allow_empty && objects.iter().all(|object| object.size == 0) {
            return Err(PushError::Empty);
        }
        // Another server of the service may be a moment behind.
        let ended_at = clock().ok_or(PushError::NoClock)?.max(self.started_at);
        let manifest = self.manifest(objects, ended_at);
        lasting::still_there(store, layout, &manifest).await?;
        let mut notes = self.notes;
        commit(store, layout, &manifest, pool, &mut notes).await?;
        let pointer = Pointer::to(kind, id, manifest.size());
        let latest = point(&**store, layout, &pointer, clock()).await?;
        Ok(Pushed {
            manifest,
            latest,
            notes,
        })
    }

    fn manifest(&self, objects: Vec<Stored>, ended_at: Timestamp) -> Manifest {
        Manifest {
            schema: Manifest::SCHEMA.to_owned(),
            id: self.id.clone(),
            kind: self.push.kind,
            installation: self.push.installation.clone(),
            started_at: self.started_at,
            ended_at,
            app_version: self.push.app_version.clone(),
            restorable_by: self.push.restorable_by.clone(),
            previous: self.previous.clone(),
            objects,
        }
    }

    /// Writes the manifest that there would be, before anything is sent: one that is too large would
    /// else be noticed after the last byte.
    fn foresee(&self, load: &Load, pool: &Pool) -> Result<(), PushError> {
        let limits = self.store.capabilities().limits;
        let of_file = |(path, local): &(DataPath, PathBuf)| {
            // What is not there is told when it is opened.
            let length = std::fs::metadata(local).map_or(0, |it| it.len());
            let parts = part_sizes(length, pool.options().part, &limits);
            let unread = |size| Part {
                size,
                sha256: [0; 32],
            };
            Stored::new(path.clone(), parts.map(unread).collect(), None)
        };
        let objects: Vec<_> = match load {
            Load::Files(files) => files.iter().map(of_file).collect(),
            // Nobody knows how long it is; the parts of one object have room.
            Load::Pipe(path, _) => vec![Stored::new(path.clone(), Vec::new(), None)],
        };
        let files = objects.len();
        let manifest = self.manifest(objects, self.started_at);
        let written = manifest.write();
        written.map_err(|error| PushError::Foreseen { error, files })?;
        Ok(())
    }

    async fn objects(
        &self,
        load: Load,
        pool: &Pool,
        progress: Arc<dyn Progress>,
    ) -> Result<Vec<Stored>, PushError> {
        let files = match load {
            Load::Files(files) => files,
            Load::Pipe(path, source) => {
                let stored = self.object(path, source, pool, progress).await?;
                return Ok(vec![stored]);
            }
        };
        // One file of many says nothing of how much there is in all.
        let progress: Arc<dyn Progress> = Arc::new(OneOfMany(progress));
        let sent = files.into_iter().map(|(path, local)| {
            let progress = Arc::clone(&progress);
            async move {
                let source = Source::open(&local);
                match source {
                    Ok(source) => self.object(path, source, pool, progress).await,
                    Err(error) => Err(PushError::Object { path, error }),
                }
            }
        });
        futures::stream::iter(sent)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn object(
        &self,
        path: DataPath,
        source: Source,
        pool: &Pool,
        progress: Arc<dyn Progress>,
    ) -> Result<Stored, PushError> {
        let named = Stored::new(path, Vec::new(), None);
        let key = self.layout.object(self.push.kind, &self.id, &named)?;
        let path = named.path;
        let options = UploadOptions {
            attributes: self.push.attributes.clone(),
            progress,
            ..UploadOptions::default()
        };
        match upload(self.store, &key, source, options, pool).await {
            Ok(uploaded) => Ok(stored(path, uploaded)),
            Err(error) => Err(PushError::Object { path, error }),
        }
    }
}

fn stored(path: DataPath, uploaded: Uploaded) -> Stored {
    let parts = uploaded.parts.into_iter().map(|part| Part {
        size: part.size,
        sha256: part.sha256,
    });
    let version = uploaded.version.map(|version| version.as_str().to_owned());
    Stored::new(path, parts.collect(), version)
}

/// Returns the newest backup of the kind so far.
async fn previous(
    store: &Arc<dyn ObjectStore>,
    layout: &Layout,
    kind: Kind,
    notes: &mut Vec<String>,
) -> Result<Option<Previous>, PushError> {
    match look::pointer(&**store, layout, kind).await {
        Ok(Pointed::To(pointer)) => Ok(Some(Previous {
            id: pointer.id,
            size: pointer.size,
        })),
        Ok(Pointed::Absent) => Ok(None),
        Ok(Pointed::Bad(why)) => {
            notes.push(format!(
                "the pointer that was there cannot be believed: {why}"
            ));
            Ok(None)
        }
        Err(LookError::Store(error)) if is_hidden(&error) => Ok(None),
        Err(LookError::Store(error)) if error.kind() == ErrorKind::ArchivedObject => {
            notes.push("the pointer that was there lies in archive storage".to_owned());
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns whether credentials that may only put are told no more than that.
fn is_hidden(error: &Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
}

/// Writes the manifest, if there is none: with it the backup is complete.
async fn commit(
    store: &Arc<dyn ObjectStore>,
    layout: &Layout,
    manifest: &Manifest,
    pool: &Pool,
    notes: &mut Vec<String>,
) -> Result<(), PushError> {
    let key = layout.manifest(manifest.kind, &manifest.id)?;
    let text = manifest.write()?;
    let options = |condition| UploadOptions {
        condition,
        ..UploadOptions::default()
    };
    let conditional = store.capabilities().has(Capability::PutIfAbsent);
    if conditional {
        let source = Source::bytes(text.clone());
        match upload(store, &key, source, options(Condition::IfAbsent), pool).await {
            Ok(_) => return Ok(()),
            Err(TransferError::Store(error)) if error.kind() == ErrorKind::Unsupported => {}
            Err(error) => return Err(PushError::Commit(error)),
        }
    }
    notes.push(
        "the service has no conditional writes, so the manifest was written without one".to_owned(),
    );
    let written = upload(
        store,
        &key,
        Source::bytes(text),
        options(Condition::Always),
        pool,
    )
    .await;
    written.map(|_| ()).map_err(PushError::Commit)
}
