//! Bodies: whole, cut off, standing still, changed.

use std::time::{Duration, Instant};

use backstop_contract::{ByteRange, ErrorKind, ObjectStoreExt, Operation, Sent};
use backstop_testkit::{Answer, Response, Scripted};
use bytes::Bytes;

use super::*;

/// An answer with an object.
fn content(status: u16, body: impl Into<Vec<u8>>) -> Response {
    Response::new(status, body).with("ETag", "\"e\"")
}

async fn read(server: &Scripted, options: GetOptions) -> Result<u64, backstop_contract::Error> {
    let (store, _) = store(server).await;
    let read = store.read_back(&key("k/x"), options).await?;
    Ok(read.bytes)
}

#[tokio::test]
async fn a_body_that_ends_early_is_an_error() {
    let whole = content(200, "0123456789");
    let server = Scripted::sequence(vec![Answer::CutOff(whole, 4)]).expect("a free port");
    let error = read(&server, GetOptions::default())
        .await
        .expect_err("it ended early");
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error:?}");
    assert_eq!(error.operation(), Operation::GetObject);
}

#[tokio::test]
async fn a_body_that_stands_still_times_out() {
    let server = always(content(200, "0123").with("Content-Length", "10"));
    let begun = Instant::now();
    let error = read(&server, GetOptions::default())
        .await
        .expect_err("it stands still");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_page_that_stands_still_times_out() {
    let server = always(Response::new(200, "<List").with("Content-Length", "1000"));
    let (store, _) = store(&server).await;
    for operation in [Operation::ListObjects, Operation::CompleteMultipart] {
        let error = fails(&store, operation).await.expect("it stands still");
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::TimedOut, Sent::Maybe)
        );
    }
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_malformed_and_an_object_is_not() {
    let long = || vec![b'x'; 17 * 1024 * 1024];
    let server = always(Response::new(200, long()));
    let (store, _) = store(&server).await;
    for operation in [Operation::ListObjects, Operation::CreateMultipart] {
        let error = fails(&store, operation).await.expect("it is too long");
        assert_eq!(error.kind(), ErrorKind::MalformedResponse, "{operation}");
        let message = error.evidence().message.as_deref().unwrap_or_default();
        assert!(
            message.starts_with("the answer is longer than "),
            "{message}"
        );
    }
    let refusal = always(Response::new(403, long()).with("x-amz-request-id", "7"));
    let (refusing, _) = super::store(&refusal).await;
    let error = fails(&refusing, Operation::PutObject).await;
    assert_eq!(error.expect("refused").kind(), ErrorKind::PermissionDenied);
    let server = always(content(200, long()));
    let bytes = read(&server, GetOptions::default()).await;
    assert_eq!(bytes.expect("an object"), long().len() as u64);
}

#[tokio::test]
async fn a_page_of_too_many_elements_is_malformed() {
    let page = |entries: usize| {
        let entry = "<Contents><Key>k</Key></Contents>".repeat(entries);
        format!("<ListBucketResult><IsTruncated>false</IsTruncated>{entry}</ListBucketResult>")
    };
    for (entries, fits) in [(1_000, true), (100_000, false)] {
        let server = always(Response::new(200, page(entries)));
        let (store, _) = store(&server).await;
        let listed = fails(&store, Operation::ListObjects).await;
        let kind = listed.map(|error| error.kind());
        assert_eq!(kind.is_none(), fits, "{entries}: {kind:?}");
    }
}

#[tokio::test]
async fn a_refusal_whose_reason_is_lost_is_still_a_refusal() {
    let of_s3 = Response::new(403, "<Error>").with("x-amz-request-id", "7");
    for (answer, kind) in [
        (of_s3, ErrorKind::PermissionDenied),
        (
            Response::new(400, "Client sent"),
            ErrorKind::MalformedResponse,
        ),
    ] {
        let server = Scripted::sequence(vec![Answer::CutOff(answer, 3)]).expect("a free port");
        let (store, _) = store(&server).await;
        let error = fails(&store, Operation::PutObject).await.expect("refused");
        assert_eq!((error.kind(), error.sent()), (kind, Sent::Answered));
    }
}

#[tokio::test]
async fn a_body_with_another_checksum_is_a_mismatch() {
    let server = always(content(200, "0123456789").with("x-amz-checksum-crc32", "AAAAAA=="));
    let error = read(&server, GetOptions::default())
        .await
        .expect_err("it was changed");
    assert_eq!(error.kind(), ErrorKind::ChecksumMismatch);
}

#[tokio::test]
async fn a_range_is_what_the_answer_says() {
    let wanted = || GetOptions {
        range: Some(ByteRange { start: 2, end: 5 }),
        version: None,
    };
    let part = content(206, "234").with("Content-Range", "bytes 2-4/10");
    let server = Scripted::sequence(vec![
        part.into(),
        content(200, "0123456789").into(),
        content(206, "234")
            .with("Content-Range", "bytes 2-7/10")
            .into(),
    ])
    .expect("a free port");
    let (store, _) = store(&server).await;
    let got = store.get(&key("k"), wanted()).await.expect("a range");
    assert_eq!(got.range, Some(ByteRange { start: 2, end: 5 }));
    assert_eq!(got.meta.size, 10);
    let got = store.get(&key("k"), wanted()).await.expect("the whole");
    assert_eq!((got.range, got.meta.size), (None, 10));
    let error = store.get(&key("k"), wanted()).await.expect_err("a lie");
    assert_eq!(error.kind(), ErrorKind::MalformedResponse);
    assert_eq!(server.requests()[0].header("range"), Some("bytes=2-4"));
}

#[tokio::test]
async fn an_upload_lasts_as_long_as_it_moves() {
    // The limit is 400 ms; the server reads 8 MiB in four strides with 300 ms between them.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut socket, _) = listener.accept().expect("a client");
        let mut buffer = vec![0; 64 * 1024];
        let mut left = 8 * 1024 * 1024_usize;
        let mut stride = 0;
        while left > 0 {
            let read = socket.read(&mut buffer).expect("a request");
            left = left.saturating_sub(read);
            stride += read;
            if stride > 2 * 1024 * 1024 {
                stride = 0;
                std::thread::sleep(Duration::from_millis(300));
            }
        }
        let answer = "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 0\r\n\r\n";
        socket.write_all(answer.as_bytes()).expect("a client");
        std::thread::sleep(Duration::from_millis(300));
    });
    let endpoint = format!("http://{address}");
    let mut config = config(&always(Response::new(200, "")));
    config.endpoint = Some(endpoint);
    let (store, log) = with(config).await;
    let body = Bytes::from(vec![7; 8 * 1024 * 1024]);
    let begun = Instant::now();
    let written = store.put(&key("k"), body, PutOptions::default()).await;
    assert!(written.is_ok(), "{written:?}");
    assert!(begun.elapsed() > Duration::from_millis(600));
    assert_eq!(log.all().len(), 1);
    server.join().expect("the server");
}
