//! The pages that a bucket is listed in.
//!
//! A token names the last entry of the page before, not a position, so that what is deleted
//! between two pages makes nothing else vanish from the listing.

use super::bucket::{Answer, Bucket, meta};
use crate::error::ErrorKind;
use crate::key::ObjectKey;
use crate::object::{
    ListPage, ListedPart, ObjectVersion, PageToken, PartNumber, PartPage, Upload, UploadId,
    UploadPage, VersionPage,
};

impl Bucket {
    /// Returns one page of the objects shown.
    pub(super) fn list(
        &self,
        prefix: &str,
        after: Option<&PageToken>,
        most: usize,
        delimited: bool,
    ) -> ListPage {
        let mut page = ListPage::default();
        let mut last = after.map_or(String::new(), |token| token.as_str().to_owned());
        for (key, versions) in &self.keys {
            let text = key.as_str();
            let Some(rest) = text.strip_prefix(prefix) else {
                continue;
            };
            let shown = versions.last().and_then(|s| Some((s, s.content.as_ref()?)));
            let Some((stored, content)) = shown else {
                continue;
            };
            let folded = rest.find('/').filter(|_| delimited);
            let entry = folded.map_or(text, |slash| &text[..=prefix.len() + slash]);
            // Equal too: the keys behind a folded prefix share its entry.
            if entry <= last.as_str() {
                continue;
            }
            if page.objects.len() + page.common_prefixes.len() == most {
                page.next = Some(PageToken::new(last));
                break;
            }
            entry.clone_into(&mut last);
            match folded {
                Some(_) => page.common_prefixes.push(entry.to_owned()),
                None => page.objects.push(meta(key, stored, content)),
            }
        }
        page
    }

    /// Returns one page of the open uploads.
    pub(super) fn list_uploads(
        &self,
        prefix: &str,
        after: Option<&PageToken>,
        most: usize,
    ) -> UploadPage {
        let mut page = UploadPage::default();
        let mut last = after.map_or(String::new(), |token| token.as_str().to_owned());
        for ((key, id), upload) in &self.uploads {
            // No key has a control character, so this sorts as the pair does.
            let entry = format!("{key}\0{id}");
            if !key.as_str().starts_with(prefix) || entry <= last {
                continue;
            }
            if page.uploads.len() == most {
                page.next = Some(PageToken::new(last));
                break;
            }
            last = entry;
            page.uploads.push(Upload {
                key: key.clone(),
                id: UploadId::new(id),
                begun: Some(upload.begun),
            });
        }
        page
    }

    /// Returns one page of the parts of an open upload.
    pub(super) fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        after: Option<&PageToken>,
        most: usize,
    ) -> Answer<PartPage> {
        let name = (key.clone(), upload.as_str().to_owned());
        let open = self.uploads.get(&name).ok_or(ErrorKind::UploadNotFound)?;
        let last = after.and_then(|token| token.as_str().parse().ok());
        let mut rest = open.parts.range(last.map_or(0, |last: u32| last + 1)..);
        let parts: Vec<_> = rest
            .by_ref()
            .take(most)
            .map(|(number, content)| ListedPart {
                number: PartNumber(*number),
                size: content.body.len() as u64,
            })
            .collect();
        let next = rest.next().and(parts.last());
        let next = next.map(|part| PageToken::new(part.number.0.to_string()));
        Ok(PartPage { parts, next })
    }

    /// Returns one page of the versions and markers, by key and then the newest first.
    pub(super) fn list_versions(
        &self,
        prefix: &str,
        after: Option<&PageToken>,
        most: usize,
    ) -> VersionPage {
        let mut page = VersionPage::default();
        let mut last = after.map_or(String::new(), |token| token.as_str().to_owned());
        for (key, versions) in &self.keys {
            if !key.as_str().starts_with(prefix) {
                continue;
            }
            for (age, stored) in versions.iter().rev().enumerate() {
                let entry = format!("{key}\0{:020}", u64::MAX - stored.sequence);
                if entry <= last {
                    continue;
                }
                if page.versions.len() == most {
                    page.next = Some(PageToken::new(last));
                    return page;
                }
                last = entry;
                page.versions.push(ObjectVersion {
                    key: key.clone(),
                    version: stored.version.clone(),
                    latest: age == 0,
                    delete_marker: stored.content.is_none(),
                    size: stored.content.as_ref().map_or(0, |c| c.body.len() as u64),
                    last_modified: Some(stored.written),
                });
            }
        }
        page
    }
}
