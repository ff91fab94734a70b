//! Faults of put and delete.

use bytes::Bytes;

use super::{Fault, FaultStore, Kept};
use crate::error::Result;
use crate::key::ObjectKey;
use crate::object::{Condition, DeleteOptions, DeleteResult, PutOptions, PutResult};
use crate::store::ObjectStore;

impl<S: ObjectStore> FaultStore<S> {
    pub(super) async fn faulty_put(
        &self,
        key: &ObjectKey,
        body: Bytes,
        mut options: PutOptions,
    ) -> Result<PutResult> {
        match self.fault {
            Fault::IgnoresIfAbsent => options.condition = Condition::Always,
            Fault::AcceptsWrongChecksums => options.checksum = None,
            _ => {}
        }
        let before = match self.fault {
            Fault::LosesWrites | Fault::LosesOverwrites => self.holding(key).await?,
            _ => None,
        };
        self.remember_before_write(key).await?;
        // A lost write is undone, not left out: conditions and checksums are still judged.
        let result = self.store.put(key, body, options).await?;
        match (self.fault, &before) {
            (Fault::LosesWrites, _) | (Fault::LosesOverwrites, Some(_)) => {
                self.undo(key, &result, before).await?;
            }
            _ => {}
        }
        Ok(result)
    }

    async fn undo(&self, key: &ObjectKey, result: &PutResult, before: Option<Kept>) -> Result<()> {
        match before {
            Some(before) if result.version.is_none() => {
                let restored = self.behind.put(key, before.body, PutOptions::default());
                restored.await.map(drop)
            }
            _ => {
                let version = result.version.clone();
                let removed = self.behind.delete(key, DeleteOptions { version });
                removed.await.map(drop)
            }
        }
    }

    pub(super) async fn faulty_delete(
        &self,
        key: &ObjectKey,
        mut options: DeleteOptions,
    ) -> Result<DeleteResult> {
        match self.fault {
            Fault::DeleteDoesNothing => {
                return Ok(DeleteResult {
                    version: options.version,
                    delete_marker: false,
                });
            }
            Fault::DeleteIgnoresVersion => options.version = None,
            Fault::DeletedStillReads | Fault::DeletedStillListed => self.remember(key).await?,
            _ => drop(self.kept().remove(key)),
        }
        self.store.delete(key, options).await
    }

    /// Keeps what a key holds where an overwrite is to be forgotten, and forgets a delete.
    pub(super) async fn remember_before_write(&self, key: &ObjectKey) -> Result<()> {
        if self.fault == Fault::StaleReads {
            return self.remember(key).await;
        }
        self.kept().remove(key);
        Ok(())
    }

    async fn remember(&self, key: &ObjectKey) -> Result<()> {
        if let Some(kept) = self.holding(key).await? {
            self.kept().insert(key.clone(), kept);
        }
        Ok(())
    }
}
