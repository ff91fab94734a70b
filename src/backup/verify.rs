//! Whether everything that a manifest names is there, as it was written.

mod content;

use std::sync::Arc;

use backstop_contract::{
    Error, ErrorKind, HeadOptions, KeyError, ObjectKey, ObjectMeta, ObjectStore,
};
use futures::StreamExt as _;
use serde::Serialize;

use super::layout::Layout;
use super::manifest::{Manifest, Stored};
use crate::transfer::Progress;

/// How many objects are asked for at a time.
const AT_ONCE: usize = 8;
/// How many deviations are kept; the others are counted.
const KEPT: usize = 100;

/// What was found of one backup.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many objects were looked at.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether every byte was read.
    pub read: bool,
    /// What is not as it was written; the first hundred.
    pub deviations: Vec<Deviation>,
    /// How many more deviations there are.
    pub more: u64,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// Of which object.
    pub path: String,
    /// What kind of deviation it is.
    pub kind: DeviationKind,
    /// What was found, in a sentence without a period.
    pub found: String,
}

/// A kind of deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviationKind {
    /// The object is not there.
    Missing,
    /// It has another size.
    Size,
    /// It was overwritten: the key shows another version.
    Version,
    /// It lies in archive storage and cannot be read now.
    Archived,
    /// Bytes of it are not those that were written.
    Content,
    /// It could not be found out.
    Unanswered,
}

impl Verified {
    /// Returns whether everything is as it was written.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.deviations.is_empty()
    }

    /// Returns whether something is wrong, and not only unknown.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        let mut deviations = self.deviations.iter();
        deviations.any(|it| it.kind != DeviationKind::Unanswered)
    }

    fn add(&mut self, deviation: Deviation) {
        let grave = deviation.kind != DeviationKind::Unanswered;
        if self.deviations.len() < KEPT {
            self.deviations.push(deviation);
            return;
        }
        self.more += 1;
        // What is wrong is never hidden behind what is unknown.
        if grave && !self.is_wrong() {
            self.deviations[0] = deviation;
        }
    }
}

/// Returns whether objects of a storage class have to be brought back before they can be read.
#[must_use]
pub fn is_archive(class: &str) -> bool {
    ["GLACIER", "DEEP_ARCHIVE", "Archive"].contains(&class)
}

/// Looks at every object of a backup, and with `read` at every byte.
///
/// # Errors
///
/// The prefix leaves no room for the keys. What the store refuses is a deviation.
pub async fn verify(
    store: &Arc<dyn ObjectStore>,
    layout: &Layout,
    manifest: &Manifest,
    read: bool,
    progress: &Arc<dyn Progress>,
) -> Result<Verified, KeyError> {
    let mut verified = Verified {
        read,
        ..Verified::default()
    };
    let keys = manifest.objects.iter().map(|object| {
        let key = layout.object(manifest.kind, &manifest.id, object)?;
        Ok((object, key))
    });
    let mut objects = futures::stream::iter(keys)
        .map(async |named| {
            let (object, key) = named?;
            let found = look(store, object, &key, read, progress).await;
            Ok::<_, KeyError>((object, found))
        })
        .buffer_unordered(AT_ONCE);
    while let Some(looked) = objects.next().await {
        let (object, found) = looked?;
        verified.objects += 1;
        verified.bytes += object.size;
        for (kind, found) in found {
            let path = object.path.to_string();
            verified.add(Deviation { path, kind, found });
        }
    }
    verified.deviations.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(verified)
}

/// What was found of one object, with words.
pub(super) type Found = Vec<(DeviationKind, String)>;

async fn look(
    store: &Arc<dyn ObjectStore>,
    object: &Stored,
    key: &ObjectKey,
    read: bool,
    progress: &Arc<dyn Progress>,
) -> Found {
    let mut found = match store.head(key, HeadOptions::default()).await {
        Ok(meta) => facts(object, &meta),
        Err(error) => vec![refused(&error)],
    };
    let readable = |kind| !matches!(kind, DeviationKind::Missing | DeviationKind::Archived);
    if read && found.iter().all(|(kind, _)| readable(*kind)) {
        let content = content::read(store, object, key, progress).await;
        let copied = found
            .iter()
            .all(|(kind, _)| *kind == DeviationKind::Version);
        if copied && content.is_empty() {
            // A copy has versions of its own; its bytes are those that were written.
            found.clear();
        }
        found.extend(content);
    } else {
        progress.moved(object.size);
    }
    found.dedup();
    found
}

/// Compares the facts of an object with the manifest.
fn facts(object: &Stored, meta: &ObjectMeta) -> Found {
    let mut found = Found::new();
    if meta.size != object.size {
        let told = format!(
            "it has {} bytes and was written with {}",
            meta.size, object.size
        );
        found.push((DeviationKind::Size, told));
    }
    if let (Some(written), Some(shown)) = (&object.version, &meta.version)
        && written != shown.as_str()
    {
        let told = format!("it was overwritten: its version is {shown} and was {written}");
        found.push((DeviationKind::Version, told));
    }
    if let Some(class) = meta
        .storage_class
        .as_deref()
        .filter(|class| is_archive(class))
    {
        let told = format!("it lies in {class} and has to be brought back before it can be read");
        found.push((DeviationKind::Archived, told));
    }
    found
}

/// Says what a refusal means for the object.
pub(super) fn refused(error: &Error) -> (DeviationKind, String) {
    match error.kind() {
        ErrorKind::ObjectNotFound => (DeviationKind::Missing, "it is not there".to_owned()),
        ErrorKind::ArchivedObject => (
            DeviationKind::Archived,
            "it lies in archive storage and has to be brought back before it can be read"
                .to_owned(),
        ),
        ErrorKind::ChecksumMismatch => (DeviationKind::Content, error.to_string()),
        _ => (DeviationKind::Unanswered, error.to_string()),
    }
}
