//! The sandbox's first requests, which decide whether what is written can be removed again.

use backstop_contract::{
    Capability, DeleteOptions, Error, ErrorKind, ListOptions, ObjectKey, ObjectStore, PutOptions,
    VersionId,
};

use crate::check::{CheckStore, Keys, Mode, Opening, Probe, Stop};
use crate::report::Access;

/// How many entries of the first listing are wanted.
const FIRST_PAGE: u32 = 1_000;

/// Opens the sandbox, in this order: LIST the folder, PUT the fixed probe, DELETE it by the version
/// that the PUT returned. Both the first and the last allowed: the run gets keys of its own.
///
/// # Why
///
/// A guessed version is dangerous (Azurite ignores it and deletes the blob), and the delete of an
/// absent key leaves a marker on a versioned S3 bucket, so only what was just written is deleted.
pub(crate) async fn open(
    store: &CheckStore,
    keys: &Keys,
    prefix: &backstop_contract::KeyPrefix,
    access: Access,
    writes: bool,
    probe: Probe,
) -> Opening {
    let folder = if access == Access::ReadOnly {
        prefix
    } else {
        &keys.folder
    };
    let options = ListOptions {
        page_size: Some(FIRST_PAGE),
        ..ListOptions::default()
    };
    let list = store.list(folder, options).await.map_err(Stop::from);
    let mut opening = Opening {
        mode: Mode::Untouched,
        list,
        put: None,
        delete: None,
        probe,
    };
    if access == Access::ReadOnly || !writes {
        return opening;
    }
    opening.mode = Mode::Fixed;
    if let Err(stop) = &opening.list
        && is_about_everything(stop)
    {
        opening.put = Some(Err(stop.clone()));
        return opening;
    }
    let body = Probe::body(&opening.probe);
    let put = store
        .put(&keys.probe, body, PutOptions::default())
        .await
        .map_err(Stop::from);
    if let Ok(put) = &put {
        let deleted = remove(store, &keys.probe, put.version.clone()).await;
        if deleted.is_ok() && opening.list.is_ok() {
            opening.mode = Mode::Own;
        }
        opening.delete = Some(deleted.map_err(Stop::from));
    }
    opening.put = Some(put);
    opening
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

/// Deletes; a delete whose reply was lost is done again, since that changes nothing more.
async fn delete(
    store: &CheckStore,
    key: &ObjectKey,
    version: Option<VersionId>,
) -> Result<(), Error> {
    let options = DeleteOptions { version };
    let mut answer = store.delete(key, options.clone()).await;
    if answer.as_ref().is_err_and(Error::may_have_happened) {
        answer = store.delete(key, options).await;
    }
    match answer {
        Err(error) if error.kind() != ErrorKind::ObjectNotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns whether a refusal would be the same for every other request.
fn is_about_everything(stop: &Stop) -> bool {
    let Stop::Operation(error) = stop else {
        return false;
    };
    matches!(
        error.kind(),
        ErrorKind::NameNotResolved
            | ErrorKind::Unreachable
            | ErrorKind::TlsRejected
            | ErrorKind::TimedOut
            | ErrorKind::Unauthenticated
            | ErrorKind::SignatureRejected
            | ErrorKind::ClockSkewed
            | ErrorKind::CredentialExpired
            | ErrorKind::BucketNotFound
            | ErrorKind::WrongRegion
    )
}
