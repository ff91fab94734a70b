//! Listings, with keys as they are.
//!
//! # Why
//!
//! XML 1.0 cannot carry every character of a key, so pages are asked for URL-encoded. The SDK
//! passes the encoded text on; it is decoded here, but only where the answer says that the service
//! encoded it: some ignore the wish.
//!
//! A key that the contract cannot name (a control character, a segment `..`, no UTF-8) is left out of the
//! page. Nothing of Backstop's could read or delete it, and it must not hide the keys beside it.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{EncodingType, Object};
use backstop_contract::{
    ETag, KeyPrefix, ListOptions, ListPage, ListedPart, ObjectKey, ObjectMeta, ObjectVersion,
    Operation, PageToken, PartNumber, PartPage, Result, Upload, UploadId, UploadPage, VersionId,
    VersionPage,
};
use percent_encoding::percent_decode_str;

use crate::failure::Asked;
use crate::store::{S3Store, some, time};

/// How the text of one page is encoded.
#[derive(Clone, Copy)]
struct Decoder(bool);

impl Decoder {
    fn of(encoding: Option<&EncodingType>) -> Self {
        Self(encoding == Some(&EncodingType::Url))
    }

    /// Decodes a key or prefix: percent signs, and `+` for a space; nothing where it is not UTF-8.
    fn decoded(self, text: &str) -> Option<String> {
        if !self.0 {
            return Some(text.to_owned());
        }
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .ok()
    }

    /// Decodes a marker, without which the next page cannot be asked for.
    fn marker(self, text: &str, asked: &Asked) -> Result<String> {
        self.decoded(text)
            .ok_or_else(|| asked.contradiction("the marker of the next page is not UTF-8"))
    }

    fn key(self, text: Option<&str>, asked: &Asked) -> Result<Option<ObjectKey>> {
        let text = text.ok_or_else(|| asked.contradiction("an entry of the page names no key"))?;
        // Text that is not UTF-8 is such a key too: an entry can be left out, a marker cannot.
        let decoded = self.decoded(text);
        Ok(decoded.and_then(|text| ObjectKey::new(text).ok()))
    }
}

/// Puts two markers into one token; the first one never holds a line feed.
fn join(id: Option<&str>, key: &str) -> PageToken {
    PageToken::new(format!("{}\n{key}", id.unwrap_or_default()))
}

/// Takes the two markers of a token apart.
fn split(token: Option<&PageToken>) -> (Option<String>, Option<String>) {
    let Some((id, key)) = token.and_then(|token| token.as_str().split_once('\n')) else {
        return (None, None);
    };
    let owned = |text| some(Some(text)).map(str::to_owned);
    (owned(id), owned(key))
}

fn bytes(size: Option<i64>) -> u64 {
    size.and_then(|size| u64::try_from(size).ok())
        .unwrap_or_default()
}

fn some_prefix(prefix: &str) -> Option<String> {
    (!prefix.is_empty()).then(|| prefix.to_owned())
}

impl S3Store {
    pub(crate) async fn do_list(
        &self,
        prefix: &KeyPrefix,
        options: ListOptions,
    ) -> Result<ListPage> {
        let ListOptions {
            page,
            page_size,
            delimited,
        } = options;
        let asked = self.asked(Operation::ListObjects);
        let found = self
            .parts
            .client
            .list_objects_v2()
            .bucket(&self.parts.bucket)
            .encoding_type(EncodingType::Url)
            .set_prefix(some_prefix(prefix.as_str()))
            .set_delimiter(delimited.then(|| "/".to_owned()))
            .set_max_keys(page_size.map(|size| i32::try_from(size).unwrap_or(i32::MAX)))
            .set_continuation_token(page.map(|page| page.as_str().to_owned()))
            .customize()
            .interceptor(self.marked(Operation::ListObjects))
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        let decoder = Decoder::of(found.encoding_type());
        let next = match (found.is_truncated(), some(found.next_continuation_token())) {
            (Some(true), Some(token)) => Some(PageToken::new(token)),
            (Some(true), None) => {
                return Err(asked.contradiction("a truncated page names no next one"));
            }
            _ => None,
        };
        let mut objects = Vec::with_capacity(found.contents().len());
        for object in found.contents() {
            objects.extend(meta(object, decoder, &asked)?);
        }
        let mut common_prefixes = Vec::with_capacity(found.common_prefixes().len());
        for folded in found
            .common_prefixes()
            .iter()
            .filter_map(|folded| folded.prefix())
        {
            common_prefixes.extend(decoder.decoded(folded));
        }
        Ok(ListPage {
            objects,
            common_prefixes,
            next,
        })
    }

    pub(crate) async fn do_list_versions(
        &self,
        prefix: &str,
        page: Option<PageToken>,
    ) -> Result<VersionPage> {
        let asked = self.asked(Operation::ListVersions);
        let (id, key) = split(page.as_ref());
        let found = self
            .parts
            .client
            .list_object_versions()
            .bucket(&self.parts.bucket)
            .encoding_type(EncodingType::Url)
            .set_prefix(some_prefix(prefix))
            .set_version_id_marker(id)
            .set_key_marker(key)
            .customize()
            .interceptor(self.marked(Operation::ListVersions))
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        let decoder = Decoder::of(found.encoding_type());
        let mut versions = Vec::new();
        for version in found.versions() {
            let Some(key) = decoder.key(version.key(), &asked)? else {
                continue;
            };
            versions.push(ObjectVersion {
                key,
                version: some(version.version_id()).map(VersionId::new),
                latest: version.is_latest().unwrap_or(false),
                delete_marker: false,
                size: bytes(version.size()),
                last_modified: version.last_modified().and_then(time),
            });
        }
        for marker in found.delete_markers() {
            let Some(key) = decoder.key(marker.key(), &asked)? else {
                continue;
            };
            versions.push(ObjectVersion {
                key,
                version: some(marker.version_id()).map(VersionId::new),
                latest: marker.is_latest().unwrap_or(false),
                delete_marker: true,
                size: 0,
                last_modified: marker.last_modified().and_then(time),
            });
        }
        // The answer mixes versions and markers, newest first under each key; the SDK parts them.
        versions.sort_by(|a, b| {
            let newest = (b.latest, b.last_modified).cmp(&(a.latest, a.last_modified));
            a.key.cmp(&b.key).then(newest)
        });
        let next = match (found.is_truncated(), some(found.next_key_marker())) {
            (Some(true), Some(key)) => {
                let key = decoder.marker(key, &asked)?;
                Some(join(found.next_version_id_marker(), &key))
            }
            (Some(true), None) => {
                return Err(asked.contradiction("a truncated page names no next one"));
            }
            _ => None,
        };
        Ok(VersionPage { versions, next })
    }

    pub(crate) async fn do_list_uploads(
        &self,
        prefix: &str,
        page: Option<PageToken>,
    ) -> Result<UploadPage> {
        let asked = self.asked(Operation::ListUploads);
        let (id, key) = split(page.as_ref());
        let found = self
            .parts
            .client
            .list_multipart_uploads()
            .bucket(&self.parts.bucket)
            .encoding_type(EncodingType::Url)
            .set_prefix(some_prefix(prefix))
            .set_upload_id_marker(id)
            .set_key_marker(key)
            .customize()
            .interceptor(self.marked(Operation::ListUploads))
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        let decoder = Decoder::of(found.encoding_type());
        let mut uploads = Vec::with_capacity(found.uploads().len());
        for upload in found.uploads() {
            let id = some(upload.upload_id())
                .ok_or_else(|| asked.contradiction("an upload on the page has no id"))?;
            let Some(key) = decoder.key(upload.key(), &asked)? else {
                continue;
            };
            uploads.push(Upload {
                key,
                id: UploadId::new(id),
                begun: upload.initiated().and_then(time),
            });
        }
        let next = match (found.is_truncated(), some(found.next_key_marker())) {
            (Some(true), Some(key)) => {
                let key = decoder.marker(key, &asked)?;
                Some(join(found.next_upload_id_marker(), &key))
            }
            (Some(true), None) => {
                return Err(asked.contradiction("a truncated page names no next one"));
            }
            _ => None,
        };
        Ok(UploadPage { uploads, next })
    }

    pub(crate) async fn do_list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        page: Option<PageToken>,
    ) -> Result<PartPage> {
        let asked = self.asked_on(Operation::ListParts, key)?;
        let found = self
            .parts
            .client
            .list_parts()
            .bucket(&self.parts.bucket)
            .key(key.as_str())
            .upload_id(upload.as_str())
            .set_part_number_marker(page.map(|page| page.as_str().to_owned()))
            .customize()
            .interceptor(self.marked(Operation::ListParts))
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        let mut parts = Vec::with_capacity(found.parts().len());
        for part in found.parts() {
            let number = part.part_number().and_then(|it| u32::try_from(it).ok());
            let number = number
                .map(PartNumber)
                .ok_or_else(|| asked.contradiction("a part on the page has no number"))?;
            parts.push(ListedPart {
                number,
                size: bytes(part.size()),
            });
        }
        let next = match (found.is_truncated(), some(found.next_part_number_marker())) {
            (Some(true), Some(marker)) => Some(PageToken::new(marker)),
            (Some(true), None) => {
                return Err(asked.contradiction("a truncated page names no next one"));
            }
            _ => None,
        };
        Ok(PartPage { parts, next })
    }
}

fn meta(object: &Object, decoder: Decoder, asked: &Asked) -> Result<Option<ObjectMeta>> {
    let Some(key) = decoder.key(object.key(), asked)? else {
        return Ok(None);
    };
    Ok(Some(ObjectMeta {
        key,
        size: bytes(object.size()),
        etag: some(object.e_tag()).map(ETag::new),
        last_modified: object.last_modified().and_then(time),
        version: None,
        storage_class: object
            .storage_class()
            .map(|class| class.as_str().to_owned()),
        metadata: BTreeMap::new(),
    }))
}
