//! What a put does.

use bytes::Bytes;
use futures::future::join_all;
use md5::{Digest, Md5};
use sha2::Sha256;

use super::verbs::{Outcome, bytes, case, holds, refused, same, same_bytes};
use super::{Case, Failed, Fixture, Need};
use crate::capability::Capability;
use crate::error::ErrorKind;
use crate::object::DeclaredChecksum;

const IF_ABSENT: Need = Need::Has(Capability::PutIfAbsent);
const MD5: Need = Need::Has(Capability::ContentMd5);
const CRC32: Need = Need::Has(Capability::Crc32);
const SHA256: Need = Need::Has(Capability::Sha256);

pub(super) static CASES: &[Case] = &[
    case!(put_of_nothing_reads_back),
    case!(put_of_one_byte_reads_back),
    case!(put_of_every_byte_value_reads_back),
    case!(put_of_a_mebibyte_reads_back),
    case!(put_overwrites),
    case!(put_of_many_keys_at_once_keeps_them_apart),
    case!(put_if_absent_of_an_absent_key_writes, IF_ABSENT),
    case!(put_if_absent_of_an_existing_key_already_exists, IF_ABSENT),
    case!(refused_put_if_absent_leaves_the_object, IF_ABSENT),
    case!(put_if_absent_after_a_delete_writes, IF_ABSENT),
    case!(put_if_absent_at_once_has_one_winner, IF_ABSENT),
    case!(put_with_the_right_md5_writes, MD5),
    case!(put_with_a_wrong_md5_is_a_checksum_mismatch, MD5),
    case!(put_with_a_wrong_md5_stores_nothing, MD5),
    case!(put_with_a_wrong_md5_leaves_the_earlier_object, MD5),
    case!(put_with_the_right_crc32_writes, CRC32),
    case!(put_with_a_wrong_crc32_is_a_checksum_mismatch, CRC32),
    case!(put_with_a_wrong_crc32_stores_nothing, CRC32),
    case!(put_with_its_sha256_writes),
    case!(put_with_a_wrong_sha256_is_a_checksum_mismatch, SHA256),
    case!(put_with_a_wrong_sha256_leaves_the_earlier_object, SHA256),
];

async fn reads_back(fixture: Fixture, body: Bytes) -> Outcome {
    let key = fixture.object("object", &body).await?;
    same_bytes(&fixture.read(&key).await?, &body)
}

async fn put_of_nothing_reads_back(fixture: Fixture) -> Outcome {
    reads_back(fixture, Bytes::new()).await
}

async fn put_of_one_byte_reads_back(fixture: Fixture) -> Outcome {
    reads_back(fixture, Bytes::from_static(b"\0")).await
}

async fn put_of_every_byte_value_reads_back(fixture: Fixture) -> Outcome {
    reads_back(fixture, (0..=255).collect()).await
}

async fn put_of_a_mebibyte_reads_back(fixture: Fixture) -> Outcome {
    reads_back(fixture, bytes(1, 1 << 20)).await
}

async fn put_overwrites(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 100)).await?;
    let second = bytes(2, 50);
    fixture.put(&key, &second).await?;
    same_bytes(&fixture.read(&key).await?, &second)
}

async fn put_of_many_keys_at_once_keeps_them_apart(fixture: Fixture) -> Outcome {
    let one = async |number: u32| {
        let body = bytes(number, 1_000);
        let key = fixture.object(&format!("object-{number}"), &body).await?;
        same_bytes(&fixture.read(&key).await?, &body)
    };
    join_all((0..8).map(one)).await.into_iter().collect()
}

async fn put_if_absent_of_an_absent_key_writes(fixture: Fixture) -> Outcome {
    let key = fixture.key("object")?;
    let body = bytes(1, 100);
    fixture.put_if_absent(&key, &body).await?;
    same_bytes(&fixture.read(&key).await?, &body)
}

async fn put_if_absent_of_an_existing_key_already_exists(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 100)).await?;
    let second = fixture.put_if_absent(&key, &bytes(2, 100)).await;
    refused(second, &[ErrorKind::AlreadyExists]).map(drop)
}

async fn refused_put_if_absent_leaves_the_object(fixture: Fixture) -> Outcome {
    let first = bytes(1, 100);
    let key = fixture.object("object", &first).await?;
    let second = fixture.put_if_absent(&key, &bytes(2, 100)).await;
    holds(second.is_err(), || "the second put was taken".to_owned())?;
    same_bytes(&fixture.read(&key).await?, &first)
}

async fn put_if_absent_after_a_delete_writes(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 100)).await?;
    fixture.delete(&key).await?;
    let second = bytes(2, 100);
    fixture.put_if_absent(&key, &second).await?;
    same_bytes(&fixture.read(&key).await?, &second)
}

async fn put_if_absent_at_once_has_one_winner(fixture: Fixture) -> Outcome {
    let key = fixture.key("object")?;
    let bodies: Vec<_> = (0..8).map(|seed| bytes(seed, 1_000)).collect();
    let puts = bodies.iter().map(|body| fixture.put_if_absent(&key, body));
    let mut winners = Vec::new();
    for (result, body) in join_all(puts).await.into_iter().zip(&bodies) {
        match result {
            Ok(_) => winners.push(body),
            Err(error) => drop(refused::<()>(Err(error), &[ErrorKind::AlreadyExists])?),
        }
    }
    same("the number of winners", winners.len(), 1)?;
    let winner = winners.first().ok_or_else(|| Failed::new("no winner"))?;
    same_bytes(&fixture.read(&key).await?, winner)
}

fn md5(body: &Bytes) -> DeclaredChecksum {
    DeclaredChecksum::Md5(Md5::digest(body).into())
}

fn crc32(body: &Bytes) -> DeclaredChecksum {
    DeclaredChecksum::Crc32(crc32fast::hash(body).to_be_bytes())
}

async fn is_written(fixture: Fixture, declare: fn(&Bytes) -> DeclaredChecksum) -> Outcome {
    let key = fixture.key("object")?;
    let body = bytes(1, 1_000);
    fixture.put_declaring(&key, &body, declare(&body)).await?;
    same_bytes(&fixture.read(&key).await?, &body)
}

async fn is_a_mismatch(fixture: Fixture, wrong: DeclaredChecksum) -> Outcome {
    let key = fixture.key("object")?;
    let put = fixture.put_declaring(&key, &bytes(1, 1_000), wrong).await;
    refused(put, &[ErrorKind::ChecksumMismatch]).map(drop)
}

async fn stores_nothing(fixture: Fixture, wrong: DeclaredChecksum) -> Outcome {
    let key = fixture.key("object")?;
    let put = fixture.put_declaring(&key, &bytes(1, 1_000), wrong).await;
    holds(put.is_err(), || "the put was taken".to_owned())?;
    fixture.is_absent(&key).await
}

async fn put_with_the_right_md5_writes(fixture: Fixture) -> Outcome {
    is_written(fixture, md5).await
}

async fn put_with_a_wrong_md5_is_a_checksum_mismatch(fixture: Fixture) -> Outcome {
    is_a_mismatch(fixture, md5(&bytes(2, 1_000))).await
}

async fn put_with_a_wrong_md5_stores_nothing(fixture: Fixture) -> Outcome {
    stores_nothing(fixture, md5(&bytes(2, 1_000))).await
}

async fn put_with_a_wrong_md5_leaves_the_earlier_object(fixture: Fixture) -> Outcome {
    let first = bytes(1, 100);
    let key = fixture.object("object", &first).await?;
    let second = bytes(2, 100);
    let put = fixture.put_declaring(&key, &second, md5(&first)).await;
    holds(put.is_err(), || "the put was taken".to_owned())?;
    same_bytes(&fixture.read(&key).await?, &first)
}

async fn put_with_the_right_crc32_writes(fixture: Fixture) -> Outcome {
    is_written(fixture, crc32).await
}

async fn put_with_a_wrong_crc32_is_a_checksum_mismatch(fixture: Fixture) -> Outcome {
    is_a_mismatch(fixture, crc32(&bytes(2, 1_000))).await
}

async fn put_with_a_wrong_crc32_stores_nothing(fixture: Fixture) -> Outcome {
    stores_nothing(fixture, crc32(&bytes(2, 1_000))).await
}

async fn put_with_its_sha256_writes(fixture: Fixture) -> Outcome {
    let key = fixture.key("object")?;
    let body = bytes(1, 100_000);
    let sum = Sha256::digest(&body).into();
    fixture.put_hashed(&key, &body, sum).await?;
    same_bytes(&fixture.read(&key).await?, &body)
}

async fn put_with_a_wrong_sha256_is_a_checksum_mismatch(fixture: Fixture) -> Outcome {
    let key = fixture.key("object")?;
    let put = fixture.put_hashed(&key, &bytes(1, 100_000), [7; 32]).await;
    refused(put, &[ErrorKind::ChecksumMismatch])?;
    fixture.is_absent(&key).await
}

async fn put_with_a_wrong_sha256_leaves_the_earlier_object(fixture: Fixture) -> Outcome {
    let first = bytes(1, 100);
    let key = fixture.object("object", &first).await?;
    let put = fixture.put_hashed(&key, &bytes(2, 100), [7; 32]).await;
    refused(put, &[ErrorKind::ChecksumMismatch])?;
    same_bytes(&fixture.read(&key).await?, &first)
}
