//! Faults of head and get.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};

use super::{Fault, FaultStore, Kept, another_tag};
use crate::error::{Error, ErrorKind, Result, Sent};
use crate::key::{KeyPrefix, ObjectKey};
use crate::object::{
    ByteRange, GetOptions, GetResult, HeadOptions, ListOptions, ObjectBody, ObjectMeta, VersionId,
};
use crate::operation::Operation;
use crate::store::ObjectStore;

impl<S: ObjectStore> FaultStore<S> {
    pub(super) async fn faulty_head(
        &self,
        key: &ObjectKey,
        options: HeadOptions,
    ) -> Result<ObjectMeta> {
        self.refuse_dropped(key, options.version.as_ref(), Operation::HeadObject)
            .await?;
        let answer = self.store.head(key, options).await;
        match (self.fault, answer) {
            (Fault::WrongSizeInHead, Ok(mut meta)) => {
                meta.size += 1;
                Ok(meta)
            }
            (Fault::WrongTagInHead, Ok(mut meta)) => {
                meta.etag = Some(another_tag());
                Ok(meta)
            }
            (Fault::HeadOfAbsentSucceeds, Err(error)) if is_absent(&error) => Ok(empty(key)),
            (Fault::DeletedStillReads, Err(error)) if is_absent(&error) => {
                let kept = self.kept().get(key).cloned();
                kept.map(|kept| kept.meta).ok_or(error)
            }
            (_, answer) => answer,
        }
    }

    pub(super) async fn faulty_get(
        &self,
        key: &ObjectKey,
        mut options: GetOptions,
    ) -> Result<GetResult> {
        self.refuse_dropped(key, options.version.as_ref(), Operation::GetObject)
            .await?;
        match self.fault {
            Fault::IgnoresRange => options.range = None,
            Fault::ShiftsRange => return self.shifted(key, options).await,
            Fault::ReadsAnotherKey => return self.another(key, options).await,
            Fault::StaleReads | Fault::CachesReads if options.version.is_none() => {
                let kept = self.kept().get(key).cloned();
                if let Some(kept) = kept {
                    return Ok(reopen(kept, options.range));
                }
            }
            _ => {}
        }
        let range = options.range;
        let answer = self.store.get(key, options).await;
        if self.fault == Fault::CachesReads && answer.is_ok() {
            self.remember(key).await?;
        }
        match (self.fault, answer) {
            (Fault::FlipsABit, Ok(opened)) => altered(opened, flip).await,
            (Fault::TruncatesBodies, Ok(opened)) => altered(opened, cut).await,
            (Fault::PadsBodies, Ok(opened)) => altered(opened, pad).await,
            (Fault::WrongTagInGet, Ok(mut opened)) => {
                opened.meta.etag = Some(another_tag());
                Ok(opened)
            }
            (Fault::ShortensRange, Ok(opened)) if opened.range.is_some() => {
                let mut shorter = altered(opened, cut).await?;
                if let Some(range) = &mut shorter.range {
                    range.end -= 1;
                }
                Ok(shorter)
            }
            (Fault::RangeSaysWhole, Ok(mut opened)) => {
                opened.range = None;
                Ok(opened)
            }
            (Fault::AbsentReadsAsEmpty, Err(error)) if is_absent(&error) => {
                let meta = empty(key);
                Ok(reopen(
                    Kept {
                        meta,
                        body: Bytes::new(),
                    },
                    None,
                ))
            }
            (Fault::DeletedStillReads, Err(error)) if is_absent(&error) => {
                let kept = self.kept().get(key).cloned();
                kept.map(|kept| reopen(kept, range)).ok_or(error)
            }
            (_, answer) => answer,
        }
    }

    async fn shifted(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        let Some(ByteRange { start, end }) = options.range else {
            return self.store.get(key, options).await;
        };
        let beside = match start {
            0 => ByteRange {
                start: 1,
                end: end + 1,
            },
            _ => ByteRange {
                start: start - 1,
                end: end - 1,
            },
        };
        let wrong = GetOptions {
            range: Some(beside),
            ..options.clone()
        };
        // Nothing lies beside the only byte of an object: then the lie has no room.
        let Ok(mut opened) = self.store.get(key, wrong).await else {
            return self.store.get(key, options).await;
        };
        opened.range = Some(ByteRange {
            start,
            end: end.min(opened.meta.size),
        });
        Ok(opened)
    }

    async fn another(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        let everything = KeyPrefix::default();
        let listed = self.behind.list(&everything, ListOptions::default());
        let page = listed.await?;
        let other = page.objects.into_iter().find(|meta| meta.key != *key);
        // An absent key stays absent, and what is refused stays refused: those are other lies.
        let right = self.store.get(key, options.clone()).await?;
        let Some(other) = other else {
            return Ok(right);
        };
        let GetOptions { range, version: _ } = options;
        let wrong = GetOptions {
            range,
            version: None,
        };
        Ok(self.behind.get(&other.key, wrong).await.unwrap_or(right))
    }

    /// Refuses a version that is not the newest one of its key.
    async fn refuse_dropped(
        &self,
        key: &ObjectKey,
        version: Option<&VersionId>,
        operation: Operation,
    ) -> Result<()> {
        if self.fault != Fault::OverwriteDropsVersion || version.is_none() {
            return Ok(());
        }
        let page = self.behind.list_versions(key.as_str(), None).await?;
        let mut contents = page
            .versions
            .iter()
            .filter(|v| v.key == *key && !v.delete_marker);
        if contents
            .next()
            .is_none_or(|newest| newest.version.as_ref() == version)
        {
            return Ok(());
        }
        let kind = ErrorKind::ObjectNotFound;
        Err(Error::on_key(
            kind,
            operation,
            self.location(),
            key,
            Sent::Answered,
        ))
    }

    /// Returns what a key holds now.
    pub(super) async fn holding(&self, key: &ObjectKey) -> Result<Option<Kept>> {
        match self.behind.get(key, GetOptions::default()).await {
            Ok(opened) => {
                let GetResult { meta, body, .. } = opened;
                let body = collect(body).await?.freeze();
                Ok(Some(Kept { meta, body }))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn is_absent(error: &Error) -> bool {
    error.kind() == ErrorKind::ObjectNotFound
}

fn empty(key: &ObjectKey) -> ObjectMeta {
    ObjectMeta {
        key: key.clone(),
        size: 0,
        etag: None,
        last_modified: None,
        version: None,
        storage_class: None,
        metadata: BTreeMap::new(),
    }
}

/// Opens an object as it was; a range is cut as a store would.
fn reopen(kept: Kept, range: Option<ByteRange>) -> GetResult {
    let Kept { meta, body } = kept;
    let at = |offset: u64| usize::try_from(offset).map_or(body.len(), |at| at.min(body.len()));
    let body = match range {
        Some(ByteRange { start, end }) => body.slice(at(start)..at(end)),
        None => body,
    };
    let range = range.map(|ByteRange { start, end }| ByteRange {
        start,
        end: end.min(meta.size),
    });
    GetResult {
        meta,
        range,
        body: stream::iter([Ok(body)]).boxed(),
    }
}

async fn collect(body: ObjectBody) -> Result<BytesMut> {
    let append = |mut whole: BytesMut, chunk: Bytes| async move {
        whole.extend_from_slice(&chunk);
        Ok(whole)
    };
    body.try_fold(BytesMut::new(), append).await
}

async fn altered(opened: GetResult, alter: impl FnOnce(&mut BytesMut)) -> Result<GetResult> {
    let GetResult { meta, range, body } = opened;
    let mut whole = collect(body).await?;
    alter(&mut whole);
    let body = stream::iter([Ok(whole.freeze())]).boxed();
    Ok(GetResult { meta, range, body })
}

pub(super) fn flip(body: &mut BytesMut) {
    let middle = body.len() / 2;
    if let Some(byte) = body.get_mut(middle) {
        *byte ^= 1;
    }
}

fn cut(body: &mut BytesMut) {
    body.truncate(body.len().saturating_sub(1));
}

fn pad(body: &mut BytesMut) {
    body.extend_from_slice(b".");
}
