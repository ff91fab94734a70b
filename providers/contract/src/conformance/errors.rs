//! What a refusal tells, and what it must not.

use bytes::Bytes;

use super::verbs::{Outcome, bytes, case, holds, refused, same};
use super::{Case, Failed, Fixture, Need, Twin};
use crate::aspect::{Aspect, Inspected};
use crate::capability::Capability;
use crate::error::{Error, ErrorKind, Sent};
use crate::key::ObjectKey;
use crate::object::{
    Condition, CreateOptions, DeclaredChecksum, DeleteOptions, GetOptions, HeadOptions,
    ListOptions, PartNumber, PartOptions, PutOptions, UploadId, VersionId,
};
use crate::operation::Operation;
use crate::store::ObjectStore;

pub(super) static CASES: &[Case] = &[
    case!(head_bucket_answers),
    case!(inspect_tells_whether_versions_are_kept),
    case!(what_the_store_lacks_is_unsupported_before_sending),
    case!(refusal_names_the_operation_the_store_and_the_key),
    case!(refusal_of_a_get_keeps_the_status),
    case!(refusal_is_one_line),
    case!(list_in_an_absent_bucket_is_refused, Need::AbsentBucket),
    case!(get_in_an_absent_bucket_is_refused, Need::AbsentBucket),
    case!(put_in_an_absent_bucket_is_refused, Need::AbsentBucket),
    case!(upload_in_an_absent_bucket_is_refused, Need::AbsentBucket),
    case!(list_with_a_wrong_secret_is_refused, Need::WrongSecret),
    case!(get_with_a_wrong_secret_is_refused, Need::WrongSecret),
    case!(put_with_a_wrong_secret_is_refused, Need::WrongSecret),
    case!(list_without_rights_is_refused, Need::Denied),
    case!(get_without_rights_is_refused, Need::Denied),
    case!(put_without_rights_is_refused, Need::Denied),
    case!(delete_without_rights_is_refused, Need::Denied),
    case!(upload_without_rights_is_refused, Need::Denied),
    case!(every_answer_is_observed_once, Need::Recorder),
    case!(observed_answers_have_their_facts, Need::Recorder),
];

async fn head_bucket_answers(fixture: Fixture) -> Outcome {
    fixture.store.head_bucket().await?;
    Ok(())
}

async fn inspect_tells_whether_versions_are_kept(fixture: Fixture) -> Outcome {
    let wanted = if fixture.versioned {
        Inspected::Yes
    } else {
        Inspected::No
    };
    match fixture.store.inspect(Aspect::Versioning).await {
        Ok(told) => same("what inspect tells", told, wanted),
        // Not every service can be asked with the credentials that read and write objects.
        told => refused(told, &[ErrorKind::Unsupported]).map(drop),
    }
}

/// Asks for something that needs a behaviour.
async fn ask_for(
    capability: Capability,
    store: &dyn ObjectStore,
    key: &ObjectKey,
) -> Result<(), Error> {
    let put = async |condition, checksum| {
        let options = PutOptions {
            condition,
            checksum,
            ..PutOptions::default()
        };
        store.put(key, Bytes::new(), options).await.map(drop)
    };
    match capability {
        Capability::PutIfAbsent => put(Condition::IfAbsent, None).await,
        Capability::ContentMd5 => {
            put(Condition::Always, Some(DeclaredChecksum::Md5([0; 16]))).await
        }
        Capability::Crc32 => put(Condition::Always, Some(DeclaredChecksum::Crc32([0; 4]))).await,
        Capability::AbortMultipart => store.abort_multipart(key, &UploadId::new("none")).await,
        Capability::ListUploads => {
            let listed = store.list_uploads(key.as_str(), None).await.map(drop);
            let parts = store.list_parts(key, &UploadId::new("none"), None).await;
            // Either one that is answered is one too many.
            listed.or(parts.map(drop))
        }
        Capability::Versions => {
            let version = Some(VersionId::new("none"));
            store.delete(key, DeleteOptions { version }).await.map(drop)
        }
        Capability::Health => store.inspect(Aspect::Liveness).await.map(drop),
        // Nothing can be told of these before the answer.
        Capability::DeleteAbsent
        | Capability::DeleteShownVersion
        | Capability::Delimiter
        | Capability::ListUploadsByPrefix
        | Capability::Sha256 => Ok(()),
    }
}

async fn what_the_store_lacks_is_unsupported_before_sending(fixture: Fixture) -> Outcome {
    let key = fixture.key("object")?;
    let asked = [
        Capability::PutIfAbsent,
        Capability::AbortMultipart,
        Capability::ListUploads,
        Capability::Versions,
        Capability::ContentMd5,
        Capability::Crc32,
        Capability::Health,
    ];
    for capability in asked
        .into_iter()
        .filter(|asked| !fixture.has(Need::Has(*asked)))
    {
        let answer = ask_for(capability, &*fixture.store, &key).await;
        let error = refused(answer, &[ErrorKind::Unsupported])
            .map_err(|failed| Failed::new(format!("{capability:?}: {failed}")))?;
        same(&format!("sent, for {capability:?}"), error.sent(), Sent::No)?;
    }
    Ok(())
}

/// Returns the refusal to read a key that is not there, and the key.
async fn refusal(fixture: &Fixture) -> Outcome<(Error, ObjectKey)> {
    let key = fixture.key("absent")?;
    let error = refused(fixture.open(&key, None).await, &[ErrorKind::ObjectNotFound])?;
    Ok((error, key))
}

async fn refusal_names_the_operation_the_store_and_the_key(fixture: Fixture) -> Outcome {
    let (error, key) = refusal(&fixture).await?;
    same("the operation", error.operation(), Operation::GetObject)?;
    let place = fixture.store.location().of(&key);
    let shown = error.to_string();
    holds(shown.contains(&place), || {
        format!("{place} is not in {shown:?}")
    })
}

async fn refusal_of_a_get_keeps_the_status(fixture: Fixture) -> Outcome {
    let (error, _) = refusal(&fixture).await?;
    same("the status", error.evidence().status, Some(404))?;
    same("sent", error.sent(), Sent::Answered)
}

async fn refusal_is_one_line(fixture: Fixture) -> Outcome {
    let (error, _) = refusal(&fixture).await?;
    let shown = error.to_string();
    holds(!shown.contains('\n'), || {
        format!("{shown:?} has several lines")
    })
}

fn twin(twin: Option<&Twin>) -> Outcome<&Twin> {
    twin.ok_or_else(|| Failed::new("the fixture has no such store"))
}

/// Holds when one request on a twin is refused rightly and shows nothing secret.
async fn refuses(fixture: &Fixture, twin: &Twin, operation: Operation) -> Outcome {
    let Twin { store, kinds } = twin;
    let key = &fixture.key("object")?;
    let answer = match operation {
        Operation::ListObjects => {
            let listed = store.list(&fixture.prefix, ListOptions::default()).await;
            listed.map(drop)
        }
        Operation::GetObject => store.get(key, GetOptions::default()).await.map(drop),
        Operation::DeleteObject => store.delete(key, DeleteOptions::default()).await.map(drop),
        Operation::CreateMultipart => upload(&**store, key).await,
        _ => {
            let put = store.put(key, bytes(1, 10), PutOptions::default()).await;
            put.map(drop)
        }
    };
    let error = refused(answer, kinds)?;
    let shown = format!("{error} {error:?}");
    let secret = fixture.secrets.iter().any(|secret| shown.contains(secret));
    holds(!secret, || "the error shows a secret".to_owned())
}

/// Begins an upload and sends a part: some services take the first without a request.
async fn upload(store: &dyn ObjectStore, key: &ObjectKey) -> Result<(), Error> {
    let upload = store
        .create_multipart(key, CreateOptions::default())
        .await?;
    let part = store.put_part(
        key,
        &upload,
        PartNumber(1),
        bytes(1, 10),
        PartOptions::default(),
    );
    part.await.map(drop)
}

async fn list_in_an_absent_bucket_is_refused(fixture: Fixture) -> Outcome {
    let absent = twin(fixture.absent_bucket.as_ref())?;
    refuses(&fixture, absent, Operation::ListObjects).await
}

async fn get_in_an_absent_bucket_is_refused(fixture: Fixture) -> Outcome {
    let absent = twin(fixture.absent_bucket.as_ref())?;
    refuses(&fixture, absent, Operation::GetObject).await
}

async fn put_in_an_absent_bucket_is_refused(fixture: Fixture) -> Outcome {
    let absent = twin(fixture.absent_bucket.as_ref())?;
    refuses(&fixture, absent, Operation::PutObject).await
}

async fn upload_in_an_absent_bucket_is_refused(fixture: Fixture) -> Outcome {
    let absent = twin(fixture.absent_bucket.as_ref())?;
    refuses(&fixture, absent, Operation::CreateMultipart).await
}

async fn list_with_a_wrong_secret_is_refused(fixture: Fixture) -> Outcome {
    let wrong = twin(fixture.wrong_secret.as_ref())?;
    refuses(&fixture, wrong, Operation::ListObjects).await
}

async fn get_with_a_wrong_secret_is_refused(fixture: Fixture) -> Outcome {
    let wrong = twin(fixture.wrong_secret.as_ref())?;
    refuses(&fixture, wrong, Operation::GetObject).await
}

async fn put_with_a_wrong_secret_is_refused(fixture: Fixture) -> Outcome {
    let wrong = twin(fixture.wrong_secret.as_ref())?;
    refuses(&fixture, wrong, Operation::PutObject).await
}

async fn list_without_rights_is_refused(fixture: Fixture) -> Outcome {
    let denied = twin(fixture.denied.as_ref())?;
    refuses(&fixture, denied, Operation::ListObjects).await
}

async fn get_without_rights_is_refused(fixture: Fixture) -> Outcome {
    let denied = twin(fixture.denied.as_ref())?;
    refuses(&fixture, denied, Operation::GetObject).await
}

async fn put_without_rights_is_refused(fixture: Fixture) -> Outcome {
    let denied = twin(fixture.denied.as_ref())?;
    refuses(&fixture, denied, Operation::PutObject).await
}

async fn delete_without_rights_is_refused(fixture: Fixture) -> Outcome {
    let denied = twin(fixture.denied.as_ref())?;
    refuses(&fixture, denied, Operation::DeleteObject).await
}

async fn upload_without_rights_is_refused(fixture: Fixture) -> Outcome {
    let denied = twin(fixture.denied.as_ref())?;
    refuses(&fixture, denied, Operation::CreateMultipart).await
}

/// Asks four things, one of them in vain, and returns what was asked.
async fn asked(fixture: &Fixture) -> Outcome<[Operation; 4]> {
    let key = fixture.object("object", &bytes(1, 10)).await?;
    let absent = fixture.key("absent")?;
    let head = fixture.store.head(&absent, HeadOptions::default()).await;
    refused(head, &[ErrorKind::ObjectNotFound])?;
    fixture.read(&key).await?;
    fixture.delete(&key).await?;
    Ok([
        Operation::PutObject,
        Operation::HeadObject,
        Operation::GetObject,
        Operation::DeleteObject,
    ])
}

async fn every_answer_is_observed_once(fixture: Fixture) -> Outcome {
    let recorder = fixture
        .recorder
        .clone()
        .ok_or_else(|| Failed::new("no recorder"))?;
    drop(recorder.take());
    let asked = asked(&fixture).await?;
    let mut seen: Vec<_> = recorder
        .take()
        .iter()
        .map(|exchange| exchange.operation)
        .collect();
    // A provider may have to ask for a credential first.
    seen.retain(|operation| *operation != Operation::Authenticate);
    same("what was observed", seen, asked.to_vec())
}

async fn observed_answers_have_their_facts(fixture: Fixture) -> Outcome {
    let recorder = fixture
        .recorder
        .clone()
        .ok_or_else(|| Failed::new("no recorder"))?;
    drop(recorder.take());
    asked(&fixture).await?;
    let seen = recorder.take().into_iter();
    // A credential comes from another service, which need not tell as much.
    for exchange in seen.filter(|seen| seen.operation != Operation::Authenticate) {
        let absent = exchange.operation == Operation::HeadObject;
        let right = exchange
            .status
            .is_some_and(|status| (status == 404) == absent);
        holds(
            right && exchange.date.is_some() && exchange.request_id.is_some(),
            || format!("an answer lacks its status, date or id: {exchange:?}"),
        )?;
        same("the attempt", exchange.attempt, 1)?;
    }
    Ok(())
}
