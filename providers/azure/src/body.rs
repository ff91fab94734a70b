//! The content of a blob as it arrives: whole, or an error.

use std::time::Instant;

use azure_core::http::AsyncRawResponse;
use azure_core::http::headers::{CONTENT_LENGTH, HeaderName, Headers};
use backstop_contract::{
    ByteRange, Error, ErrorKind, GetResult, ObjectBody, ObjectKey, Operation, Result, Sent,
};
use futures::{Stream, StreamExt, stream};

use crate::ask::{Place, meta};

const CONTENT_RANGE: HeaderName = HeaderName::from_static("content-range");

/// Opens the answer of a GET.
pub(crate) fn open(key: &ObjectKey, place: &Place, answer: AsyncRawResponse) -> Result<GetResult> {
    let (_, headers, body) = answer.deconstruct();
    let Some(length) = content_length(&headers) else {
        return Err(place.malformed(&headers, "the answer does not tell its length"));
    };
    let (range, size) = match headers.get_optional_str(&CONTENT_RANGE) {
        None => (None, length),
        Some(text) => match content_range(text) {
            Some((range, size)) if range.end - range.start == length => (Some(range), size),
            None if length == 0 && is_behind_the_end(text) => return Err(behind_the_end(place)),
            _ => return Err(place.contradiction(&headers, "the answer's range is none")),
        },
    };
    Ok(GetResult {
        meta: meta(key, size, &headers),
        range,
        body: counted(body, length, place.clone()),
    })
}

/// Reads the length that an answer tells.
pub(crate) fn content_length(headers: &Headers) -> Option<u64> {
    headers.get_optional_str(&CONTENT_LENGTH)?.parse().ok()
}

/// Reads `bytes FIRST-LAST/SIZE`.
fn content_range(text: &str) -> Option<(ByteRange, u64)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (start, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let end = last.checked_add(1).filter(|end| *end > start)?;
    Some((ByteRange { start, end }, size.parse().ok()?))
}

/// Returns whether a range is empty because it begins at the end: Azurite sends one, where Azure
/// refuses the request with 416.
fn is_behind_the_end(text: &str) -> bool {
    text.strip_prefix("bytes ")
        .and_then(|range| range.split_once('/'))
        .is_some_and(|(range, size)| range.starts_with(&format!("{size}-")))
}

fn behind_the_end(place: &Place) -> Error {
    place
        .error(
            ErrorKind::PreconditionFailed,
            Operation::GetObject,
            Sent::Answered,
        )
        .with_message("the range begins at the end")
}

/// Returns a body that ends in an error unless exactly `length` bytes came.
fn counted(
    body: impl Stream<Item = azure_core::Result<bytes::Bytes>> + Send + Unpin + 'static,
    length: u64,
    place: Place,
) -> ObjectBody {
    let begun = Instant::now();
    let open = Some((body, 0_u64, place));
    Box::pin(stream::unfold(open, move |open| async move {
        let (mut body, came, place) = open?;
        match body.next().await {
            Some(Ok(chunk)) => {
                let came = came + chunk.len() as u64;
                Some((Ok(chunk), Some((body, came, place))))
            }
            Some(Err(error)) => Some((Err(place.failed(&error, begun)), None)),
            None if came == length => None,
            None => {
                let told = format!("{came} of {length} bytes came");
                let short = place
                    .error(ErrorKind::Unreachable, Operation::GetObject, Sent::Maybe)
                    .with_message(told);
                Some((Err(short), None))
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_range_at_the_end_is_known() {
        assert!(is_behind_the_end("bytes 10-9/10"));
        assert!(is_behind_the_end("bytes 0--1/0"));
        assert!(!is_behind_the_end("bytes 9-9/10"));
        assert!(!is_behind_the_end("bytes */10"));
    }

    #[test]
    fn a_content_range_is_read() {
        let range = ByteRange { start: 5, end: 10 };
        assert_eq!(content_range("bytes 5-9/100"), Some((range, 100)));
        for bad in [
            "bytes 9-5/100",
            "bytes */100",
            "5-9/100",
            "bytes 0-18446744073709551615/1",
        ] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }
}
