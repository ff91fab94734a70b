//! Faults of multipart uploads.

use bytes::{Bytes, BytesMut};

use super::{Fault, FaultStore};
use crate::error::Result;
use crate::key::ObjectKey;
use crate::object::{CompleteOptions, Condition, ETag, Part, PartNumber, PutResult, UploadId};
use crate::store::ObjectStore;

impl<S: ObjectStore> FaultStore<S> {
    pub(super) async fn faulty_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
    ) -> Result<Part> {
        if self.fault == Fault::MultipartSwapsParts {
            let name = (upload.as_str().to_owned(), number);
            self.parts().insert(name, body.clone());
        }
        self.store.put_part(key, upload, number, body).await
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
        let taken = |part: &Part| {
            let name = (upload.as_str().to_owned(), part.number);
            self.parts().get(&name).cloned()
        };
        let (Some(one), Some(two)) = (taken(first), taken(second)) else {
            return Ok(());
        };
        let mut swapped = BytesMut::from(two);
        swapped.extend_from_slice(&one);
        let head = swapped.split_to(one.len()).freeze();
        *first = self.store.put_part(key, upload, first.number, head).await?;
        let tail = swapped.freeze();
        *second = self
            .store
            .put_part(key, upload, second.number, tail)
            .await?;
        Ok(())
    }
}
