//! The sandbox's first requests, which decide whether what is written can be removed again.

use backstop_contract::{
    Capability, DeleteOptions, Error, ErrorKind, KeyPrefix, ListOptions, ListPage, ObjectKey,
    ObjectStore, ObjectStoreExt, PutOptions, VersionId,
};
use futures::future::join;

use crate::check::{CheckStore, Keys, Mode, Opening, Probe, Stop};
use crate::report::Access;

/// How many entries of the first listing are wanted.
const FIRST_PAGE: u32 = 1_000;

/// Opens the sandbox: LIST the folder and PUT the fixed probe, then DELETE it by the version that the
/// PUT returned. Both the first and the last allowed: the run gets keys of its own.
///
/// # Why
///
/// A guessed version is dangerous (Azurite ignores it and deletes the blob), and the delete of an
/// absent key leaves a marker on a versioned S3 bucket, so only what was just written is deleted.
/// LIST and PUT do not depend on each other, and a round trip is what a run is made of.
pub(crate) async fn open(
    store: &CheckStore,
    keys: &Keys,
    prefix: &KeyPrefix,
    access: Access,
    writes: bool,
    probe: Probe,
) -> Opening {
    if access == Access::ReadOnly || !writes {
        let folder = if access == Access::ReadOnly {
            prefix
        } else {
            &keys.folder
        };
        return Opening {
            mode: Mode::Untouched,
            list: list(store, folder).await,
            put: None,
            delete: None,
            probe,
            repeats: store.repeats(),
        };
    }
    let putting = store.put(&keys.probe, probe.body(), PutOptions::default());
    let (list, put) = join(list(store, &keys.folder), putting).await;
    let delete = match &put {
        Ok(put) => Some(remove(store, &keys.probe, put.version.clone()).await),
        Err(_) => None,
    };
    let removable = list.is_ok() && matches!(delete, Some(Ok(())));
    Opening {
        mode: if removable { Mode::Own } else { Mode::Fixed },
        list,
        put: Some(put.map_err(Stop::from)),
        delete: delete.map(|answer| answer.map_err(Stop::from)),
        probe,
        repeats: store.repeats(),
    }
}

async fn list(store: &CheckStore, folder: &KeyPrefix) -> Result<ListPage, Stop> {
    let options = ListOptions {
        page_size: Some(FIRST_PAGE),
        ..ListOptions::default()
    };
    store.list(folder, options).await.map_err(Stop::from)
}

/// Removes an object for good: by its version where it has one.
///
/// # Errors
///
/// Those of [`ObjectStore::delete`], except that what is gone already is removed.
pub(crate) async fn remove(
    store: &CheckStore,
    key: &ObjectKey,
    version: Option<VersionId>,
) -> Result<(), Error> {
    let shown_first =
        version.is_some() && !store.capabilities().has(Capability::DeleteShownVersion);
    if shown_first {
        delete(store, key, None).await?;
    }
    delete(store, key, version).await
}

/// Deletes; what is gone already is deleted.
async fn delete(
    store: &CheckStore,
    key: &ObjectKey,
    version: Option<VersionId>,
) -> Result<(), Error> {
    match store.delete_settled(key, DeleteOptions { version }).await {
        Err(error) if error.kind() != ErrorKind::ObjectNotFound => Err(error),
        _ => Ok(()),
    }
}
