//! Listings: of objects and of versions.

use std::collections::BTreeMap;

use backstop_contract::{
    ETag, ListPage, ObjectKey, ObjectMeta, ObjectVersion, Operation, PageToken, Result, VersionId,
    VersionPage,
};

use crate::listing::{self, Entry, Page};
use crate::observe;
use crate::request::Listing;
use crate::store::AzureStore;

/// Returns one page of objects.
pub(crate) async fn objects(store: &AzureStore, listing: &Listing<'_>) -> Result<ListPage> {
    let Page {
        entries,
        prefixes,
        next,
    } = page(store, Operation::ListObjects, listing).await?;
    Ok(ListPage {
        objects: entries.into_iter().filter_map(object).collect(),
        common_prefixes: prefixes,
        next: next.map(PageToken::new),
    })
}

/// Returns one page of versions. A service that keeps none, or an emulator that does not know of
/// them, lists each blob once and without a version.
pub(crate) async fn versions(store: &AzureStore, listing: &Listing<'_>) -> Result<VersionPage> {
    let Page { entries, next, .. } = page(store, Operation::ListVersions, listing).await?;
    Ok(VersionPage {
        versions: entries.into_iter().filter_map(one_version).collect(),
        next: next.map(PageToken::new),
    })
}

async fn page(store: &AzureStore, operation: Operation, listing: &Listing<'_>) -> Result<Page> {
    let ask = store.ask(operation, None);
    let answer = store
        .requests()
        .list(operation, listing)
        .await
        .map_err(|error| ask.failed(&error))?;
    let page = listing::read(answer.body());
    page.ok_or_else(|| match ask.refused_within(&answer) {
        Some(refused) => refused,
        None => ask
            .place()
            .malformed(answer.headers(), "the answer is no whole listing"),
    })
}

/// Returns the object of an entry; nothing for a folder, and nothing for a name that no key can
/// have: somebody else wrote it, and nothing of ours could ever name it.
fn object(entry: Entry) -> Option<ObjectMeta> {
    if entry.directory {
        return None;
    }
    Some(ObjectMeta {
        key: ObjectKey::new(entry.name).ok()?,
        size: entry.size,
        etag: entry.etag.map(ETag::new),
        last_modified: entry.last_modified.as_deref().and_then(observe::http_date),
        version: entry.version.map(VersionId::new),
        storage_class: entry.tier,
        metadata: BTreeMap::new(),
    })
}

fn one_version(entry: Entry) -> Option<ObjectVersion> {
    let latest = entry.current || entry.version.is_none();
    let ObjectMeta {
        key,
        size,
        version,
        last_modified,
        ..
    } = object(entry)?;
    Some(ObjectVersion {
        key,
        version,
        latest,
        delete_marker: false,
        size,
        last_modified,
    })
}
