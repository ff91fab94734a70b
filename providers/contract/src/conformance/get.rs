//! What a get does.

use futures::future::join_all;

use super::verbs::{Outcome, bytes, case, collect, refused, same, same_bytes};
use super::{Case, Fixture};
use crate::error::ErrorKind;
use crate::object::ByteRange;

pub(super) static CASES: &[Case] = &[
    case!(get_of_an_absent_key_is_object_not_found),
    case!(get_reports_the_key_and_the_size),
    case!(get_of_the_whole_object_reports_no_range),
    case!(get_of_many_readers_at_once_is_the_same),
    case!(range_of_the_first_byte),
    case!(range_in_the_middle),
    case!(range_of_the_last_byte),
    case!(range_of_the_whole_object),
    case!(range_beyond_the_end_stops_at_the_end),
    case!(range_that_begins_at_the_end_is_refused),
    case!(range_that_begins_behind_the_end_is_refused),
    case!(get_of_a_range_reports_the_size_of_the_whole),
];

/// The size of the object that ranges are taken of: more than one chunk of most clients.
const SIZE: u64 = 100_000;
const LENGTH: usize = 100_000;

async fn get_of_an_absent_key_is_object_not_found(fixture: Fixture) -> Outcome {
    fixture.is_absent(&fixture.key("absent")?).await
}

async fn get_reports_the_key_and_the_size(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 123)).await?;
    let opened = fixture.open(&key, None).await?;
    same("the key", &opened.meta.key, &key)?;
    same("the size", opened.meta.size, 123)
}

async fn get_of_the_whole_object_reports_no_range(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 123)).await?;
    let opened = fixture.open(&key, None).await?;
    same("the range", opened.range, None)
}

async fn get_of_many_readers_at_once_is_the_same(fixture: Fixture) -> Outcome {
    let body = bytes(1, LENGTH);
    let key = fixture.object("object", &body).await?;
    for read in join_all((0..8).map(|_| fixture.read(&key))).await {
        same_bytes(&read?, &body)?;
    }
    Ok(())
}

/// Holds when a range asked for is answered with `wanted`, in what is said and what is sent.
async fn answers(fixture: Fixture, asked: (u64, u64), wanted: (usize, usize)) -> Outcome {
    let body = bytes(1, LENGTH);
    let key = fixture.object("object", &body).await?;
    let asked = ByteRange {
        start: asked.0,
        end: asked.1,
    };
    let opened = fixture.open(&key, Some(asked)).await?;
    let said = ByteRange {
        start: wanted.0 as u64,
        end: wanted.1 as u64,
    };
    same("the range", opened.range, Some(said))?;
    same_bytes(&collect(opened).await?, &body.slice(wanted.0..wanted.1))
}

async fn is_refused(fixture: Fixture, start: u64) -> Outcome {
    let key = fixture.object("object", &bytes(1, LENGTH)).await?;
    let range = ByteRange {
        start,
        end: start + 10,
    };
    let opened = fixture.open(&key, Some(range)).await;
    refused(opened, &[ErrorKind::PreconditionFailed]).map(drop)
}

async fn range_of_the_first_byte(fixture: Fixture) -> Outcome {
    answers(fixture, (0, 1), (0, 1)).await
}

async fn range_in_the_middle(fixture: Fixture) -> Outcome {
    answers(fixture, (7, 77_777), (7, 77_777)).await
}

async fn range_of_the_last_byte(fixture: Fixture) -> Outcome {
    answers(fixture, (SIZE - 1, SIZE), (LENGTH - 1, LENGTH)).await
}

async fn range_of_the_whole_object(fixture: Fixture) -> Outcome {
    answers(fixture, (0, SIZE), (0, LENGTH)).await
}

async fn range_beyond_the_end_stops_at_the_end(fixture: Fixture) -> Outcome {
    answers(fixture, (SIZE - 10, SIZE + 10), (LENGTH - 10, LENGTH)).await
}

async fn range_that_begins_at_the_end_is_refused(fixture: Fixture) -> Outcome {
    is_refused(fixture, SIZE).await
}

async fn range_that_begins_behind_the_end_is_refused(fixture: Fixture) -> Outcome {
    is_refused(fixture, SIZE + 1).await
}

async fn get_of_a_range_reports_the_size_of_the_whole(fixture: Fixture) -> Outcome {
    let key = fixture.object("object", &bytes(1, 123)).await?;
    let range = ByteRange { start: 3, end: 5 };
    let opened = fixture.open(&key, Some(range)).await?;
    same("the size", opened.meta.size, 123)
}
