//! A backup out of a store.
//!
//! Every object goes into a hidden folder within the destination, is proven there, and moves to its
//! place when all of them are. A pull that was cut off finds that folder again and goes on. Those that
//! are not whole yet lie in a folder of it whose name no object can have.

mod pipe;
mod place;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backstop_contract::{ErrorKind, KeyError, ObjectKey, ObjectStore, VersionId};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use thiserror::Error;

use super::layout::Layout;
use super::manifest::{Manifest, Stored};
use super::path::{DataPath, STAGING};
use crate::transfer::{
    Downloaded, OneOfMany, PartSum, Pool, Progress, TransferError, Wanted, download_by, download_to,
};
use pipe::Once;

/// How many objects are on their way at a time; the pool bounds the memory of all of them.
const AT_ONCE: usize = 8;
/// The largest part that is held in memory on its way to a pipe, in bytes.
const LARGEST_HELD: u64 = 640 << 20;

/// What was pulled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pulled {
    /// How many objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many of the bytes were there already, and right.
    pub resumed: u64,
}

/// Why a backup was not pulled.
#[derive(Debug, Error)]
pub enum PullError {
    /// An object did not come through.
    #[error("{path}: {error}")]
    Object {
        /// Which.
        path: DataPath,
        /// Why.
        error: TransferError,
    },
    /// Something of another content is where an object belongs.
    #[error(
        "{} is there already and is something else; nothing is overwritten: move it away, or pull to \
         another folder",
        .0.display()
    )]
    Exists(PathBuf),
    /// Something else is where a folder belongs, be it a link to one.
    #[error(
        "{} is no folder, and the backup has one there: move it away, or pull to another folder",
        .0.display()
    )]
    NoFolder(PathBuf),
    /// A folder or a file here cannot be made.
    #[error("{}: {error}", .path.display())]
    Local {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A pipe takes one object.
    #[error("it has {0} objects, and a pipe takes one; pull it to a folder")]
    Several(usize),
    /// A part is too large for the memory.
    #[error("its parts are too large to be proven on the way to a pipe; pull it to a folder")]
    Large,
    /// The prefix leaves no room.
    #[error("the prefix leaves no room for the keys of a backup: {0}")]
    Key(#[from] KeyError),
}

impl PullError {
    fn local(path: &Path, error: std::io::Error) -> Self {
        let path = path.to_owned();
        Self::Local { path, error }
    }

    /// Returns what went wrong on the wire or with a file, where that is it.
    #[must_use]
    pub fn transfer(&self) -> Option<&TransferError> {
        match self {
            Self::Object { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// One pull.
pub struct Pull<'a> {
    /// From where.
    pub store: &'a Arc<dyn ObjectStore>,
    /// Where backups lie there.
    pub layout: &'a Layout,
    /// What is pulled.
    pub manifest: &'a Manifest,
    /// What bounds the memory.
    pub pool: &'a Pool,
    /// Who is told how far it is.
    pub progress: Arc<dyn Progress>,
}

impl Pull<'_> {
    /// Returns the hidden folder in a destination that holds what is not in its place yet.
    #[must_use]
    pub fn staging(&self, destination: &Path) -> PathBuf {
        destination.join(format!("{STAGING}{}", self.manifest.id))
    }

    /// Pulls every object to below a folder, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`PullError`]: then nothing new is under its own name there. What is in the way is found before
    /// anything is asked for; what came until a later failure stays in a [hidden
    /// folder](Self::staging), and the same pull goes on with it.
    pub async fn to_folder(&self, destination: &Path) -> Result<Pulled, PullError> {
        let objects = &self.manifest.objects;
        place::look(destination, objects)?;
        let made = std::fs::create_dir_all(destination);
        made.map_err(|error| PullError::local(destination, error))?;
        self.progress.total(self.manifest.size());
        let found = objects
            .iter()
            .map(|object| self.is_there(object, destination));
        let found: Vec<bool> = stream::iter(found).buffered(AT_ONCE).try_collect().await?;
        let there = objects.iter().zip(&found).filter(|(_, there)| **there);
        let there: u64 = there.map(|(object, _)| object.size).sum();
        let staging = self.staging(destination);
        let parts = staging.join(place::parts());
        for folder in [&staging, &parts] {
            place::own_folder(folder).map_err(|error| PullError::local(folder, error))?;
        }
        let missing = objects.iter().zip(&found).enumerate();
        let missing = missing.filter(|(_, (_, there))| !**there);
        let staged = missing.clone().map(|(index, (object, _))| {
            let partial = parts.join(index.to_string());
            self.stage(object, &staging, partial)
        });
        let resumed: Vec<u64> = stream::iter(staged).buffered(AT_ONCE).try_collect().await?;
        for (_, (object, _)) in missing {
            place::settle(&staging, destination, &object.path)?;
        }
        place::clear(&staging).map_err(|error| PullError::local(&staging, error))?;
        Ok(Pulled {
            objects: objects.len() as u64,
            bytes: self.manifest.size(),
            resumed: there + resumed.iter().sum::<u64>(),
        })
    }

    /// Returns whether an object is in its place already; another one there is an error.
    async fn is_there(&self, object: &Stored, destination: &Path) -> Result<bool, PullError> {
        let last = destination.join(object.path.as_str());
        if !place::exists(&last) {
            return Ok(false);
        }
        if !place::is_right(&last, object).await {
            return Err(PullError::Exists(last));
        }
        self.progress.moved(object.size);
        Ok(true)
    }

    /// Gets one object into the staging folder; returns how many of its bytes were there already.
    async fn stage(
        &self,
        object: &Stored,
        staging: &Path,
        partial: PathBuf,
    ) -> Result<u64, PullError> {
        let path = &object.path;
        let staged = place::below(staging, path)
            .map_err(|error| PullError::local(&staging.join(path.as_str()), error))?;
        if place::is_own(&staged, staging) && place::is_right(&staged, object).await {
            self.progress.moved(object.size);
            return Ok(object.size);
        }
        let progress: Arc<dyn Progress> = Arc::new(OneOfMany(Arc::clone(&self.progress)));
        let (store, key, pool) = (self.store, self.key(object)?, self.pool);
        let done = read(object, async |wanted| {
            let partial = partial.clone();
            download_by(store, &key, &wanted, &staged, partial, &progress, pool).await
        });
        Ok(done.await?.resumed)
    }

    /// Pulls the one object of a backup to a pipe; no byte is written before its part is proven.
    ///
    /// # Errors
    ///
    /// [`PullError`]; what was written until then is right.
    pub async fn to_pipe(&self, writer: impl Write + Send + 'static) -> Result<Pulled, PullError> {
        let [object] = self.manifest.objects.as_slice() else {
            return Err(PullError::Several(self.manifest.objects.len()));
        };
        if object.parts.iter().any(|part| part.size > LARGEST_HELD) {
            return Err(PullError::Large);
        }
        let key = self.key(object)?;
        let (store, progress, pool) = (self.store, &self.progress, self.pool);
        let once = Once::new(writer);
        let done = read(object, async |wanted| {
            download_to(store, &key, &wanted, once.turn(), progress, pool).await
        });
        Ok(Pulled {
            objects: 1,
            bytes: done.await?.size,
            resumed: 0,
        })
    }

    fn key(&self, object: &Stored) -> Result<ObjectKey, KeyError> {
        let Manifest { kind, id, .. } = self.manifest;
        self.layout.object(*kind, id, object)
    }
}

/// Reads what the key of an object shows, and where that is something else, the version that was
/// written. The second needs a right that not everybody has.
async fn read(
    object: &Stored,
    mut get: impl AsyncFnMut(Wanted) -> Result<Downloaded, TransferError>,
) -> Result<Downloaded, PullError> {
    let mut answer = get(Wanted::known(sums(object), None)).await;
    if let (Err(error), Some(version)) = (&answer, &object.version)
        && of_another_version(error)
    {
        answer = get(Wanted::known(sums(object), Some(VersionId::new(version)))).await;
    }
    answer.map_err(|error| PullError::Object {
        path: object.path.clone(),
        error,
    })
}

fn sums(object: &Stored) -> Vec<PartSum> {
    let parts = object.parts.iter().map(|part| PartSum {
        size: part.size,
        sha256: part.sha256,
    });
    parts.collect()
}

/// Returns whether an earlier version may be what is wanted.
fn of_another_version(error: &TransferError) -> bool {
    match error {
        TransferError::Corrupt { .. } | TransferError::Length { .. } => true,
        TransferError::Store(error) => matches!(
            error.kind(),
            ErrorKind::ObjectNotFound | ErrorKind::PreconditionFailed
        ),
        _ => false,
    }
}
