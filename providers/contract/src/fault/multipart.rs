//! Faults of multipart uploads.

use bytes::{Bytes, BytesMut};

use super::{Fault, FaultStore};
use crate::error::Result;
use crate::key::ObjectKey;
use crate::object::{
    CompleteOptions, Condition, ETag, Part, PartNumber, PartOptions, PutOptions, PutResult,
    UploadId,
};
use crate::store::ObjectStore;

impl<S: ObjectStore> FaultStore<S> {
    pub(super) async fn faulty_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        mut options: PartOptions,
    ) -> Result<Part> {
        if self.fault == Fault::AcceptsWrongChecksums {
            options.sha256 = None;
        }
        let kept = matches!(
            self.fault,
            Fault::MultipartSwapsParts | Fault::MultipartDoublesAPart | Fault::AbortCompletes
        );
        if kept {
            let name = (upload.as_str().to_owned(), number);
            self.parts().insert(name, body.clone());
        }
        self.store
            .put_part(key, upload, number, body, options)
            .await
    }

    pub(super) async fn faulty_completion(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        mut options: CompleteOptions,
    ) -> Result<PutResult> {
        let mut parts = parts.to_vec();
        match self.fault {
            Fault::CompletionDoesNothing => {
                let etag = ETag::new(format!("\"{:032x}-{}\"", 0, parts.len()));
                return Ok(PutResult {
                    etag: Some(etag),
                    version: None,
                });
            }
            Fault::IgnoresIfAbsentAtCompletion => options.condition = Condition::Always,
            Fault::MultipartLosesAPart if parts.len() > 1 => drop(parts.pop()),
            Fault::MultipartDoublesAPart => self.double(key, upload, &mut parts).await?,
            Fault::MultipartSwapsParts => self.swap(key, upload, &mut parts).await?,
            _ => {}
        }
        self.remember_before_write(key).await?;
        self.store
            .complete_multipart(key, upload, &parts, options)
            .await
    }

    /// Sends the first two parts anew, with the content of the second before that of the first;
    /// each keeps its size, so that no part gets too small to be completed.
    async fn swap(&self, key: &ObjectKey, upload: &UploadId, parts: &mut [Part]) -> Result<()> {
        let [first, second, ..] = parts else {
            return Ok(());
        };
        let taken = |part: &Part| self.taken(upload, part);
        let (Some(one), Some(two)) = (taken(first), taken(second)) else {
            return Ok(());
        };
        let mut swapped = BytesMut::from(two);
        swapped.extend_from_slice(&one);
        let head = swapped.split_to(one.len()).freeze();
        *first = self.send(key, upload, first, head).await?;
        let tail = swapped.freeze();
        *second = self.send(key, upload, second, tail).await?;
        Ok(())
    }

    /// Sends a part anew with another content.
    async fn send(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        part: &Part,
        body: Bytes,
    ) -> Result<Part> {
        let options = PartOptions::default();
        self.store
            .put_part(key, upload, part.number, body, options)
            .await
    }

    /// Sends the last part anew, with its content twice.
    async fn double(&self, key: &ObjectKey, upload: &UploadId, parts: &mut [Part]) -> Result<()> {
        if let Some(last) = parts.last_mut()
            && let Some(body) = self.taken(upload, last)
        {
            let twice = Bytes::from([&body[..], &body[..]].concat());
            *last = self.send(key, upload, last, twice).await?;
        }
        Ok(())
    }

    fn taken(&self, upload: &UploadId, part: &Part) -> Option<Bytes> {
        let name = (upload.as_str().to_owned(), part.number);
        self.parts().get(&name).cloned()
    }

    pub(super) async fn faulty_abort(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        if self.fault == Fault::AbortDoesNothing {
            return Ok(());
        }
        self.store.abort_multipart(key, upload).await?;
        if self.fault == Fault::AbortCompletes {
            let of_upload = |((of, _), body): (&(String, _), &Bytes)| {
                (of.as_str() == upload.as_str()).then(|| body.clone())
            };
            let sent: Vec<Bytes> = self.parts().iter().filter_map(of_upload).collect();
            let body = Bytes::from(sent.concat());
            self.behind.put(key, body, PutOptions::default()).await?;
        }
        Ok(())
    }
}
