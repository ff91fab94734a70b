//! Every byte of one object against the hashes of its parts, in hardly any memory.

use std::sync::Arc;

use backstop_contract::{
    ByteRange, ErrorKind, GetOptions, ObjectKey, ObjectStore, Result, RetryPolicy,
};
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};

use super::{DeviationKind, Found, refused};
use crate::backup::manifest::{Part, Stored};
use crate::transfer::Progress;

/// What came of one part.
struct Came {
    bytes: u64,
    sha256: [u8; 32],
}

/// Reads an object; the first part that is not right ends it.
pub(super) async fn read(
    store: &Arc<dyn ObjectStore>,
    object: &Stored,
    key: &ObjectKey,
    progress: &Arc<dyn Progress>,
) -> Found {
    let mut start = 0;
    for part in &object.parts {
        let range = ByteRange {
            start,
            end: start + part.size,
        };
        let came = RetryPolicy::default().ask(|| once(store, key, range)).await;
        if let Err(found) = judge(came, part, range) {
            return vec![found];
        }
        progress.moved(part.size);
        start = range.end;
    }
    Found::new()
}

async fn once(store: &Arc<dyn ObjectStore>, key: &ObjectKey, range: ByteRange) -> Result<Came> {
    let options = GetOptions {
        range: Some(range),
        ..GetOptions::default()
    };
    let mut opened = store.get(key, options).await?;
    let mut came = Came {
        bytes: 0,
        sha256: [0; 32],
    };
    let mut hash = Sha256::new();
    while let Some(bytes) = opened.body.next().await {
        let bytes = bytes?;
        came.bytes += bytes.len() as u64;
        if came.bytes > range.end - range.start {
            break;
        }
        hash.update(&bytes);
    }
    came.sha256 = hash.finalize().into();
    Ok(came)
}

fn judge(
    came: Result<Came>,
    part: &Part,
    range: ByteRange,
) -> std::result::Result<(), (DeviationKind, String)> {
    let ByteRange { start, end } = range;
    match came {
        Ok(came) if came.bytes != part.size => Err((
            DeviationKind::Size,
            format!(
                "of its bytes {start} to {end} other than {} came",
                part.size
            ),
        )),
        Ok(came) if came.sha256 != part.sha256 => Err((
            DeviationKind::Content,
            format!(
                "its bytes {start} to {end} do not have the SHA-256 that they were written with"
            ),
        )),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::PreconditionFailed => Err((
            DeviationKind::Size,
            format!("it has no bytes {start} to {end}"),
        )),
        Err(error) => Err(refused(&error)),
    }
}
