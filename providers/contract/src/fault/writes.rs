//! Faults of put and delete.

use bytes::{Bytes, BytesMut};

use super::reads::flip;
use super::{Fault, FaultStore, Kept, another_tag};
use crate::error::Result;
use crate::key::{KeyPrefix, ObjectKey};
use crate::object::DeclaredChecksum::{Crc32, Md5};
use crate::object::{Condition, DeleteOptions, DeleteResult, ListOptions, PutOptions, PutResult};
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
            Fault::AcceptsWrongChecksums => (options.checksum, options.sha256) = (None, None),
            Fault::DropsMetadata => options.attributes.metadata.clear(),
            Fault::AcceptsWrongMd5 if matches!(options.checksum, Some(Md5(_))) => {
                options.checksum = None;
            }
            Fault::AcceptsWrongCrc32 if matches!(options.checksum, Some(Crc32(_))) => {
                options.checksum = None;
            }
            _ => {}
        }
        let before = match self.fault {
            Fault::LosesWrites | Fault::LosesOverwrites | Fault::TornOverwrites => {
                self.holding(key).await?
            }
            _ => None,
        };
        let wrong = self.wrong_body(&body, before.as_ref());
        let unjudged = PutOptions {
            condition: Condition::Always,
            checksum: None,
            sha256: None,
            ..options.clone()
        };
        self.remember_before_write(key).await?;
        // A lost write is undone, not left out: conditions and checksums are still judged.
        let mut result = self.store.put(key, body, options).await?;
        if let Some(wrong) = wrong {
            result = self.behind.put(key, wrong, unjudged).await?;
        }
        if self.fault == Fault::WrongTagInPut {
            result.etag = Some(another_tag());
        }
        match (self.fault, &before) {
            (Fault::LosesWrites, _) | (Fault::LosesOverwrites, Some(_)) => {
                self.undo(key, &result, before).await?;
            }
            _ => {}
        }
        Ok(result)
    }

    /// Returns what is stored in place of what was sent.
    fn wrong_body(&self, sent: &Bytes, before: Option<&Kept>) -> Option<Bytes> {
        let half = sent.len() / 2;
        let wrong = match (self.fault, before) {
            (Fault::TornOverwrites, Some(before)) => {
                let old = before.body.get(half..).unwrap_or_default();
                [&sent[..half], old].concat()
            }
            (Fault::EmptiesWrites, _) => Vec::new(),
            (Fault::HalvesWrites, _) => sent[..half].to_vec(),
            (Fault::CorruptsAtRest, _) => {
                let mut body = BytesMut::from(&sent[..]);
                flip(&mut body);
                body.to_vec()
            }
            _ => return None,
        };
        Some(Bytes::from(wrong))
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
            Fault::DeletedVersionStays if options.version.is_some() => {
                return Ok(DeleteResult {
                    version: options.version,
                    delete_marker: false,
                });
            }
            Fault::DeleteTakesANeighbour => self.take_neighbour(key).await?,
            Fault::DeleteIgnoresVersion => options.version = None,
            Fault::DeletedStillReads | Fault::DeletedStillListed => self.remember(key).await?,
            // A cache is not told.
            Fault::CachesReads => {}
            _ => drop(self.kept().remove(key)),
        }
        let by_key = options.version.is_none();
        let deleted = self.store.delete(key, options).await?;
        if self.fault == Fault::DeleteDestroysVersions && by_key {
            self.destroy_versions(key).await?;
        }
        Ok(deleted)
    }

    /// Removes the object before a key in its folder.
    async fn take_neighbour(&self, key: &ObjectKey) -> Result<()> {
        let folder = |key: &ObjectKey| {
            let text = key.as_str();
            text.rfind('/')
                .map_or("", |slash| &text[..slash])
                .to_owned()
        };
        let everything = KeyPrefix::default();
        let listed = self.behind.list(&everything, ListOptions::default());
        let page = listed.await?;
        let keys = page.objects.into_iter().map(|meta| meta.key);
        let before = keys.filter(|other| other < key && folder(other) == folder(key));
        if let Some(neighbour) = before.max() {
            let options = DeleteOptions::default();
            self.behind.delete(&neighbour, options).await?;
        }
        Ok(())
    }

    async fn destroy_versions(&self, key: &ObjectKey) -> Result<()> {
        let page = self.behind.list_versions(key.as_str(), None).await?;
        let contents = page.versions.into_iter();
        for found in contents.filter(|it| it.key == *key && !it.delete_marker) {
            let version = found.version;
            self.behind.delete(key, DeleteOptions { version }).await?;
        }
        Ok(())
    }

    /// Keeps what a key holds where an overwrite is to be forgotten, and forgets a delete.
    pub(super) async fn remember_before_write(&self, key: &ObjectKey) -> Result<()> {
        match self.fault {
            Fault::StaleReads => return self.remember(key).await,
            Fault::CachesReads => {}
            _ => drop(self.kept().remove(key)),
        }
        Ok(())
    }

    pub(super) async fn remember(&self, key: &ObjectKey) -> Result<()> {
        if let Some(kept) = self.holding(key).await? {
            self.kept().insert(key.clone(), kept);
        }
        Ok(())
    }
}
