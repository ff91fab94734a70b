//! What a head tells.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::verbs::{Outcome, bytes, case, holds, refused, same};
use super::{Case, Failed, Fixture};
use crate::error::ErrorKind;
use crate::object::{Attributes, ETag, ListOptions, ObjectMeta, PutOptions};

pub(super) static CASES: &[Case] = &[
    case!(head_of_an_absent_key_is_object_not_found),
    case!(head_reports_the_key_and_the_size),
    case!(head_of_an_empty_object_reports_no_bytes),
    case!(head_reports_what_the_writer_told),
    case!(head_and_get_agree),
    case!(head_and_list_agree),
    case!(head_and_put_agree_on_the_tag),
    case!(head_reports_another_tag_after_an_overwrite),
    case!(head_reports_the_size_after_an_overwrite),
    case!(head_reports_a_time_near_now),
];

/// The most that the clocks of the tests and of their servers may differ.
const NEAR: SignedDuration = SignedDuration::from_mins(5);

async fn head_of_an_absent_key_is_object_not_found(fixture: Fixture) -> Outcome {
    let head = fixture.head(&fixture.key("absent")?).await;
    refused(head, &[ErrorKind::ObjectNotFound]).map(drop)
}

async fn head_reports_the_key_and_the_size(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 123)).await?;
    let meta = fixture.head(&key).await?;
    same("the key", meta.key, key)?;
    same("the size", meta.size, 123)
}

async fn head_of_an_empty_object_reports_no_bytes(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 0)).await?;
    same("the size", fixture.head(&key).await?.size, 0)
}

async fn head_reports_what_the_writer_told(fixture: Fixture) -> Outcome {
    let key = fixture.key("object")?;
    let told = BTreeMap::from([("writer".to_owned(), "a case".to_owned())]);
    let options = PutOptions {
        attributes: Attributes {
            metadata: told.clone(),
            ..Attributes::NONE
        },
        ..PutOptions::default()
    };
    fixture.store.put(&key, bytes(1, 10), options).await?;
    same("the metadata", fixture.head(&key).await?.metadata, told)
}

async fn head_and_get_agree(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 123)).await?;
    let head = fixture.head(&key).await?;
    let mut get = fixture.open(&key, None).await?.meta;
    // Azure names the access tier on HEAD alone.
    get.storage_class = get.storage_class.or_else(|| head.storage_class.clone());
    same("the meta of get", get, head)
}

async fn head_and_list_agree(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 123)).await?;
    let head = fixture.head(&key).await?;
    let listed = fixture
        .pages(&fixture.prefix, ListOptions::default())
        .await?;
    let mut objects = listed.into_iter().flat_map(|page| page.objects);
    let list = objects
        .next()
        .ok_or_else(|| Failed::new("the listing is empty"))?;
    same("the listed key", &list.key, &head.key)?;
    same("the listed size", list.size, head.size)?;
    if let (Some(listed), Some(head)) = (bare(&list), bare(&head)) {
        same("the listed tag", listed, head)?;
    }
    if let (Some(listed), Some(head)) = (list.last_modified, head.last_modified) {
        // A header counts in whole seconds, a listing may count finer.
        let apart = listed.duration_since(head).abs();
        holds(apart <= SignedDuration::from_secs(1), || {
            format!("the listing says {listed}, the head says {head}")
        })?;
    }
    Ok(())
}

/// Returns the tag without the quotes, which some services leave out in listings.
fn bare(meta: &ObjectMeta) -> Option<&str> {
    meta.etag.as_ref().map(unquoted)
}

fn unquoted(etag: &ETag) -> &str {
    etag.as_str().trim_matches('"')
}

async fn head_and_put_agree_on_the_tag(fixture: Fixture) -> Outcome {
    let key = fixture.key("object")?;
    let put = fixture.put(&key, &bytes(1, 123)).await?;
    let head = fixture.head(&key).await?;
    match (&put.etag, bare(&head)) {
        (Some(put), Some(head)) => same("the tag of head", head, unquoted(put)),
        _ => Ok(()),
    }
}

async fn head_reports_another_tag_after_an_overwrite(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 123)).await?;
    let first = fixture.head(&key).await?.etag;
    fixture.put(&key, &bytes(2, 123)).await?;
    let second = fixture.head(&key).await?.etag;
    holds(first.is_none() || first != second, || {
        format!("the tag stays {first:?} when the content changes")
    })
}

async fn head_reports_the_size_after_an_overwrite(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 123)).await?;
    fixture.put(&key, &bytes(2, 45)).await?;
    same("the size", fixture.head(&key).await?.size, 45)
}

async fn head_reports_a_time_near_now(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 123)).await?;
    let written = fixture.head(&key).await?.last_modified;
    let apart = written.map(|written| Timestamp::now().duration_since(written).abs());
    holds(apart.is_some_and(|apart| apart < NEAR), || {
        format!("it was written just now, and the head says {written:?}")
    })
}
