//! What a delete does.

use super::verbs::{Outcome, bytes, case, refused, same, same_bytes};
use super::{Case, Fixture};
use crate::capability::Capability;
use crate::error::ErrorKind;

pub(super) static CASES: &[Case] = &[
    case!(get_of_a_deleted_key_is_object_not_found),
    case!(head_of_a_deleted_key_is_object_not_found),
    case!(list_leaves_out_a_deleted_key),
    case!(delete_leaves_the_other_keys),
    case!(delete_of_an_absent_key_answers_as_its_capability_says),
    case!(put_after_a_delete_reads_back),
];

async fn get_of_a_deleted_key_is_object_not_found(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 10)).await?;
    fixture.delete(&key).await?;
    fixture.is_absent(&key).await
}

async fn head_of_a_deleted_key_is_object_not_found(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 10)).await?;
    fixture.delete(&key).await?;
    refused(fixture.head(&key).await, &[ErrorKind::ObjectNotFound]).map(drop)
}

async fn list_leaves_out_a_deleted_key(fixture: Fixture) -> Outcome {
    let key = fixture.object("a", &bytes(1, 10)).await?;
    fixture.object("b", &bytes(1, 10)).await?;
    fixture.delete(&key).await?;
    same(
        "the listing",
        fixture.names(None).await?,
        vec!["b".to_owned()],
    )
}

async fn delete_leaves_the_other_keys(fixture: Fixture) -> Outcome {
    let body = bytes(1, 10);
    let before = fixture.object("near", &body).await?;
    let key = fixture.object("object", &body).await?;
    let longer = fixture.object("object-2", &body).await?;
    fixture.delete(&key).await?;
    same_bytes(&fixture.read(&before).await?, &body)?;
    same_bytes(&fixture.read(&longer).await?, &body)
}

async fn delete_of_an_absent_key_answers_as_its_capability_says(fixture: Fixture) -> Outcome {
    let deleted = fixture.delete(&fixture.key("absent")?).await;
    if fixture.store.capabilities().has(Capability::DeleteAbsent) {
        deleted?;
        return Ok(());
    }
    refused(deleted, &[ErrorKind::ObjectNotFound]).map(drop)
}

async fn put_after_a_delete_reads_back(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 10)).await?;
    fixture.delete(&key).await?;
    let second = bytes(2, 10);
    fixture.put(&key, &second).await?;
    same_bytes(&fixture.read(&key).await?, &second)
}
