//! An upload that is ended on every way out.

use std::sync::Arc;

use backstop_contract::{Capability, ObjectKey, ObjectStore, UploadId};

use super::super::error::TransferError;
use super::super::pool::{Left, Pool, end};

/// An open upload; dropped before its end, it is ended without an object.
pub(super) struct Open {
    store: Arc<dyn ObjectStore>,
    key: ObjectKey,
    pool: Pool,
    /// Absent where there is nothing to end.
    upload: Option<UploadId>,
}

impl Open {
    /// Takes an upload that was begun.
    pub(super) fn new(
        store: &Arc<dyn ObjectStore>,
        key: &ObjectKey,
        upload: &UploadId,
        pool: &Pool,
    ) -> Self {
        // Where there is no abort, the parts vanish by themselves.
        let ends = store.capabilities().has(Capability::AbortMultipart);
        Self {
            store: Arc::clone(store),
            key: key.clone(),
            pool: pool.clone(),
            upload: ends.then(|| upload.clone()),
        }
    }

    /// Forgets an upload that was completed.
    pub(super) fn completed(mut self) {
        self.upload = None;
    }

    /// Ends an upload that failed, and says so where it stays.
    pub(super) async fn failed(mut self, failure: TransferError) -> TransferError {
        let Some(upload) = self.upload.take() else {
            return failure;
        };
        let left = end(Arc::clone(&self.store), self.key.clone(), upload).await;
        match left {
            None => failure,
            Some(Left { upload, error, .. }) => TransferError::Stays {
                failure: Box::new(failure),
                upload,
                error,
            },
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take() {
            let store = Arc::clone(&self.store);
            self.pool.abandon(store, self.key.clone(), upload);
        }
    }
}
