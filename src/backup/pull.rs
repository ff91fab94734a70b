//! A backup out of a store.
//!
//! Every object goes into a hidden folder within the destination, is proven there, and moves to its
//! place when all of them are. A pull that was cut off finds that folder again and goes on.

mod place;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backstop_contract::{ErrorKind, KeyError, ObjectKey, ObjectStore, VersionId};
use futures::{StreamExt as _, TryStreamExt as _};
use thiserror::Error;

use super::layout::Layout;
use super::manifest::{Manifest, Stored};
use super::path::{DataPath, STAGING};
use crate::transfer::{
    OneOfMany, PartSum, Pool, Progress, TransferError, Wanted, download, download_to,
};

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
    #[error("{} is there already and is something else; nothing is overwritten", .0.display())]
    Exists(PathBuf),
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
    /// Pulls every object to below a folder, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`PullError`]: then nothing new is under its own name there. What has come so far stays in a
    /// hidden folder, and the same pull goes on with it.
    pub async fn to_folder(&self, destination: &Path) -> Result<Pulled, PullError> {
        let made = std::fs::create_dir_all(destination);
        made.map_err(|error| PullError::local(destination, error))?;
        let staging = destination.join(format!("{STAGING}{}", self.manifest.id));
        place::folder(&staging).map_err(|error| PullError::local(&staging, error))?;
        self.progress.total(self.manifest.size());
        let objects = self.manifest.objects.iter();
        let pulled = objects.map(|object| self.stage(object, destination, &staging));
        let resumed: Vec<(u64, bool)> = futures::stream::iter(pulled)
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        for (object, (_, staged)) in self.manifest.objects.iter().zip(&resumed) {
            if *staged {
                place::settle(&staging, destination, &object.path)?;
            }
        }
        place::clear(&staging).map_err(|error| PullError::local(&staging, error))?;
        Ok(Pulled {
            objects: self.manifest.objects.len() as u64,
            bytes: self.manifest.size(),
            resumed: resumed.iter().map(|(bytes, _)| bytes).sum(),
        })
    }

    /// Gets one object into the staging folder, unless it is in its place; returns how many of its
    /// bytes were here already, and whether it is staged.
    async fn stage(
        &self,
        object: &Stored,
        destination: &Path,
        staging: &Path,
    ) -> Result<(u64, bool), PullError> {
        let path = &object.path;
        let last = destination.join(path.as_str());
        if place::exists(&last) {
            return if place::is_right(&last, object).await {
                self.progress.moved(object.size);
                Ok((object.size, false))
            } else {
                Err(PullError::Exists(last))
            };
        }
        let staged = place::below(staging, path)
            .map_err(|error| PullError::local(&staging.join(path.as_str()), error))?;
        if place::exists(&staged) && place::is_right(&staged, object).await {
            self.progress.moved(object.size);
            return Ok((object.size, true));
        }
        let progress: Arc<dyn Progress> = Arc::new(OneOfMany(Arc::clone(&self.progress)));
        let key = self.key(object)?;
        let mut answer = Err(TransferError::TooLarge { bytes: 0 });
        for wanted in wanted(object) {
            answer = download(self.store, &key, &wanted, &staged, &progress, self.pool).await;
            if !answer.as_ref().is_err_and(of_another_version) {
                break;
            }
        }
        match answer {
            Ok(done) => Ok((done.resumed, true)),
            Err(error) => Err(PullError::Object {
                path: path.clone(),
                error,
            }),
        }
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
        let wanted = Wanted::known(sums(object), None);
        let (store, progress) = (self.store, &self.progress);
        match download_to(store, &key, &wanted, writer, progress, self.pool).await {
            Ok(done) => Ok(Pulled {
                objects: 1,
                bytes: done.size,
                resumed: 0,
            }),
            Err(error) => Err(PullError::Object {
                path: object.path.clone(),
                error,
            }),
        }
    }

    fn key(&self, object: &Stored) -> Result<ObjectKey, KeyError> {
        let Manifest { kind, id, .. } = self.manifest;
        self.layout.object(*kind, id, object)
    }
}

/// Returns what to ask for: what the key shows, and where that is something else, the version that
/// was written. The second needs a right that not everybody has.
fn wanted(object: &Stored) -> Vec<Wanted> {
    let mut wanted = vec![Wanted::known(sums(object), None)];
    if let Some(version) = &object.version {
        wanted.push(Wanted::known(sums(object), Some(VersionId::new(version))));
    }
    wanted
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
