//! What a multipart upload does.

use bytes::Bytes;
use futures::future::try_join_all;
use sha2::{Digest, Sha256};

use super::verbs::{Outcome, bytes, case, holds, refused, same, same_bytes};
use super::{Case, Fixture, Need};
use crate::capability::Capability;
use crate::error::ErrorKind;
use crate::key::ObjectKey;
use crate::object::{
    Attributes, CompleteOptions, Condition, CreateOptions, Part, PartNumber, PartOptions, UploadId,
};

const ABORT: Need = Need::Has(Capability::AbortMultipart);
const SHA256: Need = Need::Has(Capability::Sha256);
const UPLOADS: Need = Need::Has(Capability::ListUploads);
const IF_ABSENT: Need = Need::Has(Capability::PutIfAbsent);

pub(super) static CASES: &[Case] = &[
    case!(upload_of_one_part_reads_back),
    case!(upload_of_three_parts_reads_back),
    case!(upload_of_parts_at_once_out_of_order_reads_back),
    case!(upload_takes_a_part_anew),
    case!(upload_reports_the_parts_it_took),
    case!(parts_not_named_at_completion_are_left_out),
    case!(upload_shows_nothing_before_its_completion),
    case!(upload_leaves_the_earlier_object_until_its_completion),
    case!(part_that_is_too_small_is_refused),
    case!(upload_completed_twice_leaves_the_object),
    case!(upload_of_hashed_parts_keeps_what_it_was_given),
    case!(part_with_a_wrong_sha256_is_a_checksum_mismatch, SHA256),
    case!(upload_completed_if_absent_writes, IF_ABSENT),
    case!(
        upload_completed_if_absent_on_an_existing_key_already_exists,
        IF_ABSENT
    ),
    case!(refused_completion_leaves_the_object, IF_ABSENT),
    case!(refused_completion_leaves_the_upload_open, IF_ABSENT),
    case!(aborted_upload_leaves_nothing, ABORT),
    case!(completion_of_an_aborted_upload_is_upload_not_found, ABORT),
    case!(part_of_an_aborted_upload_is_upload_not_found, ABORT),
    case!(abort_of_an_aborted_upload_says_so_or_succeeds, ABORT),
    case!(open_upload_is_listed_by_its_exact_key, UPLOADS),
    case!(completed_upload_is_no_longer_listed, UPLOADS),
    case!(aborted_upload_is_no_longer_listed, UPLOADS, ABORT),
    case!(parts_of_an_open_upload_are_listed_with_their_sizes, UPLOADS),
    case!(parts_of_a_completed_upload_are_upload_not_found, UPLOADS),
    case!(
        parts_of_an_aborted_upload_are_upload_not_found,
        UPLOADS,
        ABORT
    ),
];

/// Returns the content of a part that is large enough not to be the last one.
fn full(fixture: &Fixture, seed: u32) -> Bytes {
    let smallest = fixture.store.capabilities().limits.smallest_part.max(1_024);
    bytes(seed, usize::try_from(smallest).unwrap_or(usize::MAX))
}

fn joined(bodies: &[&Bytes]) -> Bytes {
    bodies
        .iter()
        .flat_map(|body| body.iter().copied())
        .collect()
}

/// Begins an upload with one full part.
async fn begun(fixture: &Fixture) -> Outcome<(ObjectKey, UploadId, Vec<Part>, Bytes)> {
    let key = fixture.key("object")?;
    let upload = fixture.upload(&key).await?;
    let body = full(fixture, 1);
    let part = fixture.part(&key, &upload, 1, &body).await?;
    Ok((key, upload, vec![part], body))
}

/// Sends the bodies as parts and completes them.
async fn uploaded(fixture: &Fixture, bodies: &[&Bytes]) -> Outcome<ObjectKey> {
    let key = fixture.key("object")?;
    let upload = fixture.upload(&key).await?;
    let mut parts = Vec::new();
    for (number, body) in (1..).zip(bodies) {
        parts.push(fixture.part(&key, &upload, number, body).await?);
    }
    fixture
        .complete(&key, &upload, &parts, Condition::Always)
        .await?;
    Ok(key)
}

async fn upload_of_one_part_reads_back(fixture: Fixture) -> Outcome {
    let body = bytes(1, 10);
    let key = uploaded(&fixture, &[&body]).await?;
    same_bytes(&fixture.read(&key).await?, &body)
}

async fn upload_of_three_parts_reads_back(fixture: Fixture) -> Outcome {
    let (one, two, three) = (full(&fixture, 1), full(&fixture, 2), bytes(3, 10));
    let bodies = [&one, &two, &three];
    let key = uploaded(&fixture, &bodies).await?;
    same_bytes(&fixture.read(&key).await?, &joined(&bodies))
}

async fn upload_of_parts_at_once_out_of_order_reads_back(fixture: Fixture) -> Outcome {
    let key = fixture.key("object")?;
    let upload = fixture.upload(&key).await?;
    let bodies = [full(&fixture, 1), full(&fixture, 2), bytes(3, 10)];
    let send = async |index: usize| {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        fixture.part(&key, &upload, number, &bodies[index]).await
    };
    let last = send(2).await?;
    let mut parts = try_join_all([1, 0].map(send)).await?;
    parts.push(last);
    parts.sort_by_key(|part| part.number);
    fixture
        .complete(&key, &upload, &parts, Condition::Always)
        .await?;
    let whole = joined(&bodies.each_ref());
    same_bytes(&fixture.read(&key).await?, &whole)
}

async fn upload_takes_a_part_anew(fixture: Fixture) -> Outcome {
    let (key, upload, _, _) = begun(&fixture).await?;
    let again = full(&fixture, 2);
    let part = fixture.part(&key, &upload, 1, &again).await?;
    fixture
        .complete(&key, &upload, &[part], Condition::Always)
        .await?;
    same_bytes(&fixture.read(&key).await?, &again)
}

async fn upload_reports_the_parts_it_took(fixture: Fixture) -> Outcome {
    let (_, _, parts, body) = begun(&fixture).await?;
    same("the number", parts[0].number.0, 1)?;
    same("the size", parts[0].size, body.len() as u64)
}

async fn parts_not_named_at_completion_are_left_out(fixture: Fixture) -> Outcome {
    let (key, upload, parts, body) = begun(&fixture).await?;
    fixture.part(&key, &upload, 2, &full(&fixture, 2)).await?;
    fixture
        .complete(&key, &upload, &parts, Condition::Always)
        .await?;
    same_bytes(&fixture.read(&key).await?, &body)
}

async fn upload_shows_nothing_before_its_completion(fixture: Fixture) -> Outcome {
    let (key, _, _, _) = begun(&fixture).await?;
    fixture.is_absent(&key).await
}

async fn upload_leaves_the_earlier_object_until_its_completion(fixture: Fixture) -> Outcome {
    let earlier = bytes(9, 10);
    fixture.object("object", &earlier).await?;
    let (key, _, _, _) = begun(&fixture).await?;
    same_bytes(&fixture.read(&key).await?, &earlier)
}

async fn part_that_is_too_small_is_refused(fixture: Fixture) -> Outcome {
    let smallest = fixture.store.capabilities().limits.smallest_part;
    let Some(too_small) = smallest.checked_sub(1).filter(|length| *length > 0) else {
        return Ok(());
    };
    let key = fixture.key("object")?;
    let upload = fixture.upload(&key).await?;
    let small = bytes(1, usize::try_from(too_small).unwrap_or(usize::MAX));
    let first = fixture.part(&key, &upload, 1, &small).await;
    let last = fixture.part(&key, &upload, 2, &bytes(2, 10)).await?;
    if let Ok(first) = first {
        let done = fixture
            .complete(&key, &upload, &[first, last], Condition::Always)
            .await;
        holds(done.is_err(), || {
            "a part that is too small was taken".to_owned()
        })?;
    }
    fixture.is_absent(&key).await
}

async fn upload_completed_twice_leaves_the_object(fixture: Fixture) -> Outcome {
    let (key, upload, parts, body) = begun(&fixture).await?;
    fixture
        .complete(&key, &upload, &parts, Condition::Always)
        .await?;
    // Some services answer the second one as the first.
    if let Err(error) = fixture
        .complete(&key, &upload, &parts, Condition::Always)
        .await
    {
        refused::<()>(Err(error), &[ErrorKind::UploadNotFound])?;
    }
    same_bytes(&fixture.read(&key).await?, &body)
}

async fn upload_completed_if_absent_writes(fixture: Fixture) -> Outcome {
    let (key, upload, parts, body) = begun(&fixture).await?;
    fixture
        .complete(&key, &upload, &parts, Condition::IfAbsent)
        .await?;
    same_bytes(&fixture.read(&key).await?, &body)
}

async fn upload_completed_if_absent_on_an_existing_key_already_exists(fixture: Fixture) -> Outcome {
    let (key, upload, parts, _) = begun(&fixture).await?;
    fixture.put(&key, &bytes(9, 10)).await?;
    let done = fixture
        .complete(&key, &upload, &parts, Condition::IfAbsent)
        .await;
    refused(done, &[ErrorKind::AlreadyExists]).map(drop)
}

async fn refused_completion_leaves_the_object(fixture: Fixture) -> Outcome {
    let earlier = bytes(9, 10);
    fixture.object("object", &earlier).await?;
    let (key, upload, parts, _) = begun(&fixture).await?;
    let done = fixture
        .complete(&key, &upload, &parts, Condition::IfAbsent)
        .await;
    holds(done.is_err(), || "the completion was taken".to_owned())?;
    same_bytes(&fixture.read(&key).await?, &earlier)
}

async fn refused_completion_leaves_the_upload_open(fixture: Fixture) -> Outcome {
    fixture.object("object", &bytes(9, 10)).await?;
    let (key, upload, parts, body) = begun(&fixture).await?;
    let done = fixture
        .complete(&key, &upload, &parts, Condition::IfAbsent)
        .await;
    holds(done.is_err(), || "the completion was taken".to_owned())?;
    fixture
        .complete(&key, &upload, &parts, Condition::Always)
        .await?;
    same_bytes(&fixture.read(&key).await?, &body)
}

/// Begins an upload with one part and aborts it.
async fn aborted(fixture: &Fixture) -> Outcome<(ObjectKey, UploadId, Vec<Part>)> {
    let (key, upload, parts, _) = begun(fixture).await?;
    fixture.store.abort_multipart(&key, &upload).await?;
    Ok((key, upload, parts))
}

async fn aborted_upload_leaves_nothing(fixture: Fixture) -> Outcome {
    let (key, _, _) = aborted(&fixture).await?;
    fixture.is_absent(&key).await
}

async fn completion_of_an_aborted_upload_is_upload_not_found(fixture: Fixture) -> Outcome {
    let (key, upload, parts) = aborted(&fixture).await?;
    let done = fixture
        .complete(&key, &upload, &parts, Condition::Always)
        .await;
    refused(done, &[ErrorKind::UploadNotFound]).map(drop)
}

async fn part_of_an_aborted_upload_is_upload_not_found(fixture: Fixture) -> Outcome {
    let (key, upload, _) = aborted(&fixture).await?;
    let part = fixture.part(&key, &upload, 2, &bytes(2, 10)).await;
    refused(part, &[ErrorKind::UploadNotFound]).map(drop)
}

async fn abort_of_an_aborted_upload_says_so_or_succeeds(fixture: Fixture) -> Outcome {
    let (key, upload, _) = aborted(&fixture).await?;
    match fixture.store.abort_multipart(&key, &upload).await {
        Ok(()) => Ok(()),
        again => refused(again, &[ErrorKind::UploadNotFound]).map(drop),
    }
}

/// Returns how often an upload is listed, asked for by its exact key.
async fn listed(fixture: &Fixture, key: &ObjectKey, upload: &UploadId) -> Outcome<usize> {
    let (mut count, mut page) = (0, None);
    loop {
        let listed = fixture.store.list_uploads(key.as_str(), page).await?;
        let mine = listed
            .uploads
            .iter()
            .filter(|open| open.key == *key && open.id == *upload);
        count += mine.count();
        page = listed.next;
        if page.is_none() {
            return Ok(count);
        }
    }
}

async fn open_upload_is_listed_by_its_exact_key(fixture: Fixture) -> Outcome {
    let (key, upload, _, _) = begun(&fixture).await?;
    same(
        "the number of uploads",
        listed(&fixture, &key, &upload).await?,
        1,
    )
}

async fn completed_upload_is_no_longer_listed(fixture: Fixture) -> Outcome {
    let (key, upload, parts, _) = begun(&fixture).await?;
    fixture
        .complete(&key, &upload, &parts, Condition::Always)
        .await?;
    same(
        "the number of uploads",
        listed(&fixture, &key, &upload).await?,
        0,
    )
}

async fn aborted_upload_is_no_longer_listed(fixture: Fixture) -> Outcome {
    let (key, upload, _) = aborted(&fixture).await?;
    same(
        "the number of uploads",
        listed(&fixture, &key, &upload).await?,
        0,
    )
}

async fn parts_of_an_open_upload_are_listed_with_their_sizes(fixture: Fixture) -> Outcome {
    let (key, upload, mut parts, _) = begun(&fixture).await?;
    parts.push(fixture.part(&key, &upload, 3, &bytes(3, 10)).await?);
    let (mut listed, mut page) = (Vec::new(), None);
    loop {
        let found = fixture.store.list_parts(&key, &upload, page).await?;
        listed.extend(found.parts.iter().map(|part| (part.number.0, part.size)));
        page = found.next;
        if page.is_none() {
            break;
        }
    }
    let sent: Vec<_> = parts.iter().map(|it| (it.number.0, it.size)).collect();
    same("the parts", listed, sent)
}

async fn parts_of_a_completed_upload_are_upload_not_found(fixture: Fixture) -> Outcome {
    let (key, upload, parts, _) = begun(&fixture).await?;
    fixture
        .complete(&key, &upload, &parts, Condition::Always)
        .await?;
    let listed = fixture.store.list_parts(&key, &upload, None).await;
    refused(listed, &[ErrorKind::UploadNotFound]).map(drop)
}

async fn parts_of_an_aborted_upload_are_upload_not_found(fixture: Fixture) -> Outcome {
    let (key, upload, _) = aborted(&fixture).await?;
    let listed = fixture.store.list_parts(&key, &upload, None).await;
    refused(listed, &[ErrorKind::UploadNotFound]).map(drop)
}

async fn upload_of_hashed_parts_keeps_what_it_was_given(fixture: Fixture) -> Outcome {
    let key = fixture.key("object")?;
    let attributes = Attributes {
        metadata: [("writer".to_owned(), "a case".to_owned())].into(),
        ..Attributes::NONE
    };
    let create = CreateOptions {
        hashed: true,
        attributes: attributes.clone(),
    };
    let upload = fixture.begin(&key, create).await?;
    let bodies = [full(&fixture, 1), bytes(2, 10)];
    let mut parts = Vec::new();
    for (number, body) in (1..).map(PartNumber).zip(&bodies) {
        let options = PartOptions {
            sha256: Some(Sha256::digest(body).into()),
        };
        let part = fixture
            .store
            .put_part(&key, &upload, number, body.clone(), options);
        parts.push(part.await?);
    }
    let options = CompleteOptions {
        condition: Condition::Always,
        attributes: attributes.clone(),
    };
    let made = fixture
        .store
        .complete_multipart(&key, &upload, &parts, options);
    made.await?;
    let [one, two] = &bodies;
    same_bytes(&fixture.read(&key).await?, &joined(&[one, two]))?;
    let told = fixture.head(&key).await?.metadata;
    same("the metadata", told, attributes.metadata)
}

async fn part_with_a_wrong_sha256_is_a_checksum_mismatch(fixture: Fixture) -> Outcome {
    let key = fixture.key("object")?;
    let create = CreateOptions {
        hashed: true,
        ..CreateOptions::default()
    };
    let upload = fixture.begin(&key, create).await?;
    let options = PartOptions {
        sha256: Some([7; 32]),
    };
    let body = full(&fixture, 1);
    let part = fixture
        .store
        .put_part(&key, &upload, PartNumber(1), body, options);
    refused(part.await, &[ErrorKind::ChecksumMismatch]).map(drop)
}
