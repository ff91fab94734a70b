//! What a bucket that keeps versions does.

use super::verbs::{Outcome, bytes, case, collect, holds, refused, same, same_bytes};
use super::{Case, Failed, Fixture, Need};
use crate::capability::Capability;
use crate::error::ErrorKind;
use crate::key::ObjectKey;
use crate::object::{Condition, HeadOptions, ObjectVersion, VersionId};

const VERSIONED: Need = Need::Versioned;
const VERSIONS: Need = Need::Has(Capability::Versions);
const DELETES_SHOWN: Need = Need::Has(Capability::DeleteShownVersion);

pub(super) static CASES: &[Case] = &[
    case!(put_returns_a_version, VERSIONED, VERSIONS),
    case!(completion_returns_a_version, VERSIONED, VERSIONS),
    case!(overwrite_returns_another_version, VERSIONED, VERSIONS),
    case!(
        get_by_version_reads_the_earlier_content,
        VERSIONED,
        VERSIONS
    ),
    case!(get_without_a_version_reads_the_newest, VERSIONED, VERSIONS),
    case!(get_reports_the_version_it_reads, VERSIONED, VERSIONS),
    case!(
        head_by_version_reports_the_earlier_size,
        VERSIONED,
        VERSIONS
    ),
    case!(
        delete_without_a_version_leaves_a_marker,
        VERSIONED,
        VERSIONS
    ),
    case!(delete_without_a_version_hides_the_key, VERSIONED, VERSIONS),
    case!(hidden_content_is_read_by_its_version, VERSIONED, VERSIONS),
    case!(
        delete_of_the_marker_uncovers_the_object,
        VERSIONED,
        VERSIONS
    ),
    case!(delete_by_version_is_for_good, VERSIONED, VERSIONS),
    case!(
        delete_of_the_newest_version_uncovers_the_one_before,
        VERSIONED,
        DELETES_SHOWN
    ),
    case!(list_versions_shows_every_version, VERSIONED, VERSIONS),
    case!(list_versions_names_the_newest, VERSIONED, VERSIONS),
    case!(list_versions_shows_the_marker, VERSIONED, VERSIONS),
];

/// An object that was written twice.
struct Twice {
    key: ObjectKey,
    first: Option<VersionId>,
    second: Option<VersionId>,
}

const FIRST_SIZE: usize = 100;
const SECOND_SIZE: usize = 70;

async fn twice(fixture: &Fixture) -> Outcome<Twice> {
    let key = fixture.key("object")?;
    let first = fixture.put(&key, &bytes(1, FIRST_SIZE)).await?.version;
    let second = fixture.put(&key, &bytes(2, SECOND_SIZE)).await?.version;
    Ok(Twice { key, first, second })
}

async fn versions_of(fixture: &Fixture, key: &ObjectKey) -> Outcome<Vec<ObjectVersion>> {
    let (mut versions, mut page) = (Vec::new(), None);
    loop {
        let listed = fixture.store.list_versions(key.as_str(), page).await?;
        versions.extend(
            listed
                .versions
                .into_iter()
                .filter(|found| found.key == *key),
        );
        page = listed.next;
        if page.is_none() {
            return Ok(versions);
        }
    }
}

async fn put_returns_a_version(fixture: Fixture) -> Outcome {
    let Twice { first, .. } = twice(&fixture).await?;
    holds(first.is_some(), || "the put names no version".to_owned())
}

async fn completion_returns_a_version(fixture: Fixture) -> Outcome {
    let key = fixture.key("object")?;
    let upload = fixture.upload(&key).await?;
    let part = fixture.part(&key, &upload, 1, &bytes(1, 10)).await?;
    let done = fixture
        .complete(&key, &upload, &[part], Condition::Always)
        .await?;
    holds(done.version.is_some(), || {
        "the completion names no version".to_owned()
    })
}

async fn overwrite_returns_another_version(fixture: Fixture) -> Outcome {
    let Twice { first, second, .. } = twice(&fixture).await?;
    holds(first != second, || format!("both versions are {first:?}"))
}

async fn get_by_version_reads_the_earlier_content(fixture: Fixture) -> Outcome {
    let Twice { key, first, .. } = twice(&fixture).await?;
    let opened = fixture.read_version(&key, first).await?;
    same_bytes(&collect(opened).await?, &bytes(1, FIRST_SIZE))
}

async fn get_without_a_version_reads_the_newest(fixture: Fixture) -> Outcome {
    let Twice { key, .. } = twice(&fixture).await?;
    same_bytes(&fixture.read(&key).await?, &bytes(2, SECOND_SIZE))
}

async fn get_reports_the_version_it_reads(fixture: Fixture) -> Outcome {
    let Twice { key, second, .. } = twice(&fixture).await?;
    same(
        "the version",
        fixture.open(&key, None).await?.meta.version,
        second,
    )
}

async fn head_by_version_reports_the_earlier_size(fixture: Fixture) -> Outcome {
    let Twice { key, first, .. } = twice(&fixture).await?;
    let head = fixture
        .store
        .head(&key, HeadOptions { version: first })
        .await?;
    same("the size", head.size, FIRST_SIZE as u64)
}

async fn delete_without_a_version_leaves_a_marker(fixture: Fixture) -> Outcome {
    let Twice { key, .. } = twice(&fixture).await?;
    let deleted = fixture.delete(&key).await?;
    holds(deleted.delete_marker && deleted.version.is_some(), || {
        format!("no marker is named: {deleted:?}")
    })
}

async fn delete_without_a_version_hides_the_key(fixture: Fixture) -> Outcome {
    let Twice { key, .. } = twice(&fixture).await?;
    fixture.delete(&key).await?;
    same("the listing", fixture.names(None).await?, Vec::new())?;
    fixture.is_absent(&key).await
}

async fn hidden_content_is_read_by_its_version(fixture: Fixture) -> Outcome {
    let Twice { key, second, .. } = twice(&fixture).await?;
    fixture.delete(&key).await?;
    let opened = fixture.read_version(&key, second).await?;
    same_bytes(&collect(opened).await?, &bytes(2, SECOND_SIZE))
}

async fn delete_of_the_marker_uncovers_the_object(fixture: Fixture) -> Outcome {
    let Twice { key, .. } = twice(&fixture).await?;
    let marker = fixture.delete(&key).await?.version;
    fixture.delete_version(&key, marker).await?;
    same_bytes(&fixture.read(&key).await?, &bytes(2, SECOND_SIZE))
}

async fn delete_by_version_is_for_good(fixture: Fixture) -> Outcome {
    let Twice { key, first, .. } = twice(&fixture).await?;
    fixture.delete_version(&key, first.clone()).await?;
    let opened = fixture.read_version(&key, first).await;
    refused(opened, &[ErrorKind::ObjectNotFound]).map(drop)
}

async fn delete_of_the_newest_version_uncovers_the_one_before(fixture: Fixture) -> Outcome {
    let Twice { key, second, .. } = twice(&fixture).await?;
    fixture.delete_version(&key, second).await?;
    same_bytes(&fixture.read(&key).await?, &bytes(1, FIRST_SIZE))
}

async fn list_versions_shows_every_version(fixture: Fixture) -> Outcome {
    let Twice { key, first, second } = twice(&fixture).await?;
    let listed = versions_of(&fixture, &key).await?;
    let facts: Vec<_> = listed
        .into_iter()
        .map(|found| (found.version, found.size))
        .collect();
    let wanted = vec![(second, SECOND_SIZE as u64), (first, FIRST_SIZE as u64)];
    same("the versions, the newest first", facts, wanted)
}

async fn list_versions_names_the_newest(fixture: Fixture) -> Outcome {
    let Twice { key, second, .. } = twice(&fixture).await?;
    let listed = versions_of(&fixture, &key).await?;
    let newest = listed.into_iter().filter(|found| found.latest);
    same(
        "the newest",
        newest.map(|found| found.version).collect(),
        vec![second],
    )
}

async fn list_versions_shows_the_marker(fixture: Fixture) -> Outcome {
    let Twice { key, .. } = twice(&fixture).await?;
    let marker = fixture.delete(&key).await?.version;
    let listed = versions_of(&fixture, &key).await?;
    let found = listed.into_iter().find(|found| found.delete_marker);
    let found = found.ok_or_else(|| Failed::new("no marker is listed"))?;
    same("the marker", found.version, marker)?;
    holds(found.latest, || "the marker is not the newest".to_owned())
}
