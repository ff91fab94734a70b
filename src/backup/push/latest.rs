//! The pointer after a push: it never leads back to an older backup.

use std::time::Duration;

use backstop_contract::{ErrorKind, ObjectStore, PutOptions};
use bytes::Bytes;
use jiff::Timestamp;
use tokio::time::sleep;

use crate::backup::id::BackupId;
use crate::backup::layout::Layout;
use crate::backup::look::{LookError, Pointed, is_ahead, pointer};
use crate::backup::pointer::Pointer;

/// How often the pointer is written at most.
const TURNS: u32 = 5;
/// How long is waited before it is looked at again: as long as another push needs between its own
/// look and its write.
const PAUSE: Duration = Duration::from_millis(200);

/// Returns whether a pointer may be there and cannot be read.
fn is_hidden(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::PermissionDenied | ErrorKind::ArchivedObject
    )
}

/// What became of the pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Latest {
    /// It leads to this backup.
    Here,
    /// It leads to one that was begun later.
    Newer(BackupId),
    /// It was written, and it may not be read: whether it led to a newer one is not known.
    Unseen,
    /// It could not be written, for this reason.
    Failed(String),
}

/// Writes the pointer, unless it leads to a newer backup; one that the server's clock says to be of
/// the future is no such.
///
/// # Why
///
/// There is no write that depends on what is there. So each push looks, writes, waits and looks
/// again: of two that write at the same moment, the newer one finds the other's, and writes once
/// more.
pub(in crate::backup) async fn point(
    store: &dyn ObjectStore,
    layout: &Layout,
    to: &Pointer,
    now: Option<Timestamp>,
) -> Result<Latest, LookError> {
    let possible = |id: &BackupId| !now.is_some_and(|now| is_ahead(id.begun(), now));
    let mut written = false;
    for _ in 0..TURNS {
        match pointer(store, layout, to.kind).await {
            Ok(Pointed::To(found)) if found.id == to.id => return Ok(Latest::Here),
            Ok(Pointed::To(found)) if found.id > to.id && possible(&found.id) => {
                return Ok(Latest::Newer(found.id));
            }
            Ok(_) => {}
            Err(LookError::Store(error)) if is_hidden(error.kind()) => {
                // Without the right to list, some services say denied of what is not there.
                if written {
                    return Ok(Latest::Unseen);
                }
            }
            Err(LookError::Store(error)) => return Ok(Latest::Failed(error.to_string())),
            Err(error) => return Err(error),
        }
        let text = match to.write() {
            Ok(text) => Bytes::from(text),
            Err(error) => return Ok(Latest::Failed(error.to_string())),
        };
        let key = layout.pointer(to.kind)?;
        if let Err(error) = store.put(&key, text, PutOptions::default()).await {
            let help = match error.kind() {
                ErrorKind::ArchivedObject => ", so remove it or bring it back from there",
                _ => "",
            };
            return Ok(Latest::Failed(format!("{error}{help}")));
        }
        written = true;
        sleep(PAUSE).await;
    }
    let why = "other pushes write it at the same time".to_owned();
    Ok(Latest::Failed(why))
}
