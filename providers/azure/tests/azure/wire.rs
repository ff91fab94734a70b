//! What happens on the wire when it goes wrong, and what is sent when it goes right.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::common::{KEY, Log, SIGNATURE, account_key, key, sas, store, store_with};
use backstop_azure::{AzureConfig, ConnectError, connect};
use backstop_contract::{
    Attributes, ByteRange, CompleteOptions, Condition, CreateOptions, DeclaredChecksum,
    DeleteOptions, Error, ErrorKind, GetOptions, HeadOptions, Identity, KeyPrefix, ListOptions,
    ObjectKey, ObjectStore, ObjectStoreExt, Operation, PartNumber, PartOptions, PutOptions, Sent,
    VersionId,
};
use backstop_testkit::{Answer, Response, Scripted, refused_port};
use bytes::Bytes;

fn blob(body: &str) -> Response {
    Response::new(200, body)
        .with("x-ms-version", "2026-04-06")
        .with("x-ms-request-id", "1")
        .with("ETag", "\"0x8D\"")
}

/// Returns an error and all its causes, in every form.
fn everything(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        let _ = write!(text, " {inner} {inner:?}");
        cause = inner.source();
    }
    text
}

#[tokio::test]
async fn a_body_that_ends_early_is_an_error() {
    let server = Scripted::sequence(vec![Answer::CutOff(blob("0123456789"), 4)]).expect("server");
    let (store, _log) = store(&server.endpoint(), account_key()).await;
    let error = store
        .read_back(&key(), GetOptions::default())
        .await
        .expect_err("cut off");
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
}

#[tokio::test]
async fn a_body_that_stalls_is_timed_out() {
    let stalled = blob("0123").with("Content-Length", "10");
    let server = Scripted::sequence(vec![stalled.into()]).expect("server");
    let (store, _log) = store(&server.endpoint(), account_key()).await;
    let error = store
        .read_back(&key(), GetOptions::default())
        .await
        .expect_err("stalled");
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
}

#[tokio::test]
async fn a_list_of_blocks_has_a_limit_of_its_own() {
    let second = Duration::from_secs(1);
    for (limit, well) in [(None, false), (Some(5 * second), true)] {
        let server = Scripted::start(move |request| {
            if request.target.contains("comp=blocklist") {
                std::thread::sleep(second);
            }
            let answer = Response::new(201, "").with("x-ms-request-id", "1");
            answer.with("x-ms-version", "2024-11-04").into()
        });
        let server = server.expect("server");
        let change = |config: &mut AzureConfig| config.completion_timeout = limit;
        let (store, _log) = store_with(&server.endpoint(), account_key(), change).await;
        let (key, body) = (key(), Bytes::from_static(b"x"));
        let upload = store.create_multipart(&key, CreateOptions::default()).await;
        let upload = upload.expect("an upload");
        let part = store.put_part(&key, &upload, PartNumber(1), body, PartOptions::default());
        let parts = [part.await.expect("taken")];
        let done = store.complete_multipart(&key, &upload, &parts, CompleteOptions::default());
        let done = done.await;
        assert_eq!(done.is_ok(), well, "{limit:?}: {done:?}");
    }
}

#[tokio::test]
async fn a_silent_server_is_timed_out_and_may_have_been_reached() {
    let server = Scripted::sequence(vec![Answer::Silence]).expect("server");
    let (store, log) = store(&server.endpoint(), account_key()).await;
    let (key, body) = (key(), Bytes::from_static(b"x"));
    let put = store.put(&key, body, PutOptions::default());
    let error = put.await.expect_err("silent");
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::TimedOut, Sent::Maybe)
    );
    let seen = log.take();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0].operation, seen[0].status),
        (Operation::PutObject, None)
    );
}

#[tokio::test]
async fn a_closed_connection_may_have_been_sent_and_a_refused_one_was_not() {
    let server = Scripted::sequence(vec![Answer::Close]).expect("server");
    let (closing, _log) = store(&server.endpoint(), account_key()).await;
    let error = closing.head_bucket().await.expect_err("closed");
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unreachable, Sent::Maybe)
    );

    let nobody = format!("http://{}", refused_port().expect("port"));
    let (absent, _log) = store(&nobody, account_key()).await;
    let error = absent.head_bucket().await.expect_err("refused");
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unreachable, Sent::No)
    );
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_malformed() {
    let greeting = Answer::Raw(b"220 mail.example ESMTP\r\n".to_vec());
    let server = Scripted::sequence(vec![greeting]).expect("server");
    let (store, _log) = store(&server.endpoint(), account_key()).await;
    let error = store.head_bucket().await.expect_err("no http");
    assert_eq!(error.kind(), ErrorKind::MalformedResponse, "{error}");
}

#[tokio::test]
async fn tls_to_a_plain_server_is_rejected_and_a_name_without_address_is_not_resolved() {
    let server = TcpListener::bind("127.0.0.1:0").expect("server");
    let address = server.local_addr().expect("address");
    let answering = thread::spawn(move || {
        let (mut socket, _) = server.accept().expect("client");
        let mut hello = [0; 1_024];
        let _ = socket.read(&mut hello).expect("hello");
        let answer = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
        socket.write_all(answer).expect("answer");
    });
    let (plain, _log) = store(&format!("https://{address}"), account_key()).await;
    let error = plain.head_bucket().await.expect_err("plain");
    answering.join().expect("answered");
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::TlsRejected, Sent::No)
    );

    let (nowhere, _log) = store("http://backstop.invalid", account_key()).await;
    let error = nowhere.head_bucket().await.expect_err("no address");
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::NameNotResolved, Sent::No)
    );
}

#[tokio::test]
async fn a_signature_is_sent_and_never_told() {
    // The service's documented detail repeats the signature; so may anybody's page.
    let told = format!(
        "<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code><Message>Refused \
         https://h/c?sp=rw&amp;sig={SIGNATURE} as such\nRequestId:1</Message><AuthenticationErrorDetail>Signature \
         did not match: {SIGNATURE} {KEY}</AuthenticationErrorDetail></Error>"
    );
    let answers = vec![
        Response::new(403, told).with("x-ms-request-id", "1").into(),
        Answer::Close,
        Answer::Raw(b"garbage\r\n\r\n".to_vec()),
        Answer::Silence,
    ];
    let rounds = answers.len();
    let server = Scripted::sequence(answers).expect("server");
    let (talking, _log) = store(&server.endpoint(), sas()).await;
    for round in 0..rounds {
        let error = talking.head_bucket().await.expect_err("no success");
        let text = everything(&error);
        assert!(!text.contains(SIGNATURE), "{round}: {text}");
        assert!(!text.contains("sig="), "{round}: {text}");
    }
    let asked = server.requests();
    assert!(
        asked[0].target.ends_with(&format!("sig={SIGNATURE}")),
        "{}",
        asked[0].target
    );

    let nobody = format!("http://{}", refused_port().expect("port"));
    let (absent, log) = store(&nobody, sas()).await;
    let error = absent.head_bucket().await.expect_err("refused");
    let credential = absent.credential().await.expect("credential");
    let nobody = absent.principal().await.expect_err("a SAS names nobody");
    let text = format!(
        "{} {} {absent:?} {credential:?} {:?} {:?}",
        everything(&error),
        everything(&nobody),
        log.take(),
        sas()
    );
    assert!(!text.contains(SIGNATURE), "{text}");
    assert_eq!(credential.id, "SAS (permissions rw, expires 2030-01-01)");
    assert_eq!(nobody.kind(), ErrorKind::Unsupported);
    let told = nobody.evidence().message.as_deref().unwrap_or_default();
    assert!(told.contains("it permits rw until 2030-01-01"), "{told}");
}

#[tokio::test]
async fn a_key_arrives_byte_for_byte() {
    let taken = Response::new(201, "").with("x-ms-version", "2026-04-06");
    let server = Scripted::sequence(vec![taken.into()]).expect("server");
    let (store, _log) = store(&server.endpoint(), account_key()).await;
    let key = ObjectKey::new("a b+c%2F?#&=;'\"/e\u{301}/\u{1f980}/dot.").expect("key");
    let put = store.put(&key, Bytes::from_static(b"x"), PutOptions::default());
    put.await.expect("taken");
    assert_eq!(
        server.requests()[0].target,
        "/devstoreaccount1/backups/a%20b%2Bc%252F%3F%23%26%3D%3B%27%22/e%CC%81/%F0%9F%A6%80/dot."
    );
}

#[tokio::test]
async fn a_key_that_cannot_be_carried_is_refused_before_sending() {
    let server = Scripted::sequence(vec![Answer::Close]).expect("server");
    let (store, log) = store(&server.endpoint(), account_key()).await;
    let deep = vec!["a"; 255].join("/");
    for name in ["a\\b", "a\u{fffe}", deep.as_str()] {
        let key = ObjectKey::new(name).expect("key");
        let error = store
            .head(&key, HeadOptions::default())
            .await
            .expect_err("refused");
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::InvalidKey, Sent::No)
        );
    }
    let crc = PutOptions {
        checksum: Some(DeclaredChecksum::Crc32([0; 4])),
        ..PutOptions::default()
    };
    let error = store
        .put(&key(), Bytes::new(), crc)
        .await
        .expect_err("refused");
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unsupported, Sent::No)
    );
    assert!(server.requests().is_empty() && log.take().is_empty());
}

#[tokio::test]
async fn a_write_carries_its_condition_checksum_and_length() {
    let taken = Response::new(201, "")
        .with("x-ms-version", "2026-04-06")
        .with("x-ms-version-id", "2026-11-22T10:00:00.1234567Z");
    let server = Scripted::sequence(vec![taken.into()]).expect("server");
    let (store, _log) = store(&server.endpoint(), account_key()).await;
    let options = PutOptions {
        condition: Condition::IfAbsent,
        checksum: Some(DeclaredChecksum::Md5([0; 16])),
        attributes: Attributes {
            metadata: [("writer".to_owned(), "us".to_owned())].into(),
            ..Attributes::NONE
        },
        ..PutOptions::default()
    };
    let body = Bytes::from(vec![7; 200_000]);
    let written = store.put(&key(), body, options).await.expect("taken");
    let version = VersionId::new("2026-11-22T10:00:00.1234567Z");
    assert_eq!(written.version, Some(version));
    let asked = &server.requests()[0];
    assert_eq!(asked.header("if-none-match"), Some("*"));
    assert_eq!(asked.header("x-ms-meta-writer"), Some("us"));
    assert_eq!(
        asked.header("content-md5"),
        Some("AAAAAAAAAAAAAAAAAAAAAA==")
    );
    assert_eq!(asked.header("content-length"), Some("200000"));
    assert_eq!(asked.header("transfer-encoding"), None);
    assert_eq!(asked.body.len(), 200_000);
}

#[tokio::test]
async fn a_version_is_named_and_a_range_is_read() {
    let part = Response::new(206, "234")
        .with("x-ms-version", "2026-04-06")
        .with("Content-Range", "bytes 2-4/10");
    let gone = Response::new(202, "").with("x-ms-version", "2026-04-06");
    let server = Scripted::sequence(vec![part.into(), gone.into()]).expect("server");
    let (store, _log) = store(&server.endpoint(), account_key()).await;
    let version = Some(VersionId::new("2026-11-22T10:00:00.1234567Z"));
    let range = ByteRange { start: 2, end: 5 };
    let options = GetOptions {
        range: Some(range),
        version: version.clone(),
    };
    let read = store.read_back(&key(), options).await.expect("read");
    assert_eq!(
        (read.range, read.bytes, read.meta.size),
        (Some(range), 3, 10)
    );
    let deleted = store
        .delete(&key(), DeleteOptions { version })
        .await
        .expect("deleted");
    assert!(!deleted.delete_marker);
    let named = "versionid=2026-11-22T10%3A00%3A00.1234567Z";
    let asked = server.requests();
    assert_eq!(asked[0].header("range"), Some("bytes=2-4"));
    assert!(
        asked.iter().all(|one| one.target.ends_with(named)),
        "{asked:?}"
    );
}

#[tokio::test]
async fn versions_are_listed_with_the_current_one_marked() {
    let entry = |version: &str, current: &str| {
        format!(
            "<Blob><Name>k</Name><VersionId>{version}</VersionId>{current}<Properties>\
             <Content-Length>1</Content-Length></Properties></Blob>"
        )
    };
    let body = format!(
        "<EnumerationResults><Blobs>{}{}</Blobs><NextMarker>m</NextMarker></EnumerationResults>",
        entry("v1", ""),
        entry("v2", "<IsCurrentVersion>true</IsCurrentVersion>")
    );
    let server = Scripted::sequence(vec![blob(&body).into()]).expect("server");
    let (store, _log) = store(&server.endpoint(), account_key()).await;
    let page = store.list_versions("k", None).await.expect("page");
    let latest: Vec<bool> = page.versions.iter().map(|one| one.latest).collect();
    assert_eq!(latest, [false, true]);
    assert!(page.next.is_some());
    let target = &server.requests()[0].target;
    assert!(
        target.ends_with("comp=list&prefix=k&include=versions"),
        "{target}"
    );
}

#[tokio::test]
async fn a_listing_that_breaks_off_is_malformed() {
    let half = blob("<EnumerationResults><Blobs><Blob><Name>k</Name>");
    let server = Scripted::sequence(vec![half.into()]).expect("server");
    let (store, _log) = store(&server.endpoint(), account_key()).await;
    let error = store
        .list(&KeyPrefix::default(), ListOptions::default())
        .await
        .expect_err("half");
    assert_eq!(error.kind(), ErrorKind::MalformedResponse);
}

#[tokio::test]
async fn faults_of_the_configuration_are_found_without_asking() {
    let good = || {
        let mut config = AzureConfig::new("acme", "backups", account_key());
        config.endpoint = Some("http://127.0.0.1:1/acme".to_owned());
        config
    };
    let mut faults: Vec<(AzureConfig, &str)> = Vec::new();
    for endpoint in ["ftp://h", "not a url", "https://u:p@h", "https://h/?sig=x"] {
        let mut config = good();
        config.endpoint = Some(endpoint.to_owned());
        faults.push((config, "endpoint"));
    }
    let mut config = good();
    config.container = "Bad_Name".to_owned();
    faults.push((config, "container"));
    let mut config = good();
    config.endpoint = Some("http://blob.example".to_owned());
    config.credentials = sas();
    faults.push((config, "plain http"));
    let mut config = good();
    config.endpoint = Some("https://localhost:1".to_owned());
    config.ca_pem = Some(b"not pem".to_vec());
    faults.push((config, "CA file"));
    for (config, part) in faults {
        let found: Result<_, ConnectError> = connect(config, Arc::new(Log::default())).await;
        let text = found.expect_err(part).to_string();
        assert!(text.contains(part), "{part}: {text}");
        assert!(!text.contains("sig="), "{text}");
    }
    connect(good(), Arc::new(Log::default()))
        .await
        .expect("good");
}

#[tokio::test]
async fn a_stranger_signs_nothing() {
    let refused = Response::new(404, "<Error><Code>ResourceNotFound</Code></Error>")
        .with("x-ms-error-code", "ResourceNotFound")
        .with("x-ms-request-id", "7");
    let server = Scripted::sequence(vec![Answer::Send(refused)]).expect("a port");
    for credentials in [account_key(), sas()] {
        let (store, log) = store(&server.endpoint(), credentials).await;
        let stranger = store.unsigned().expect("a store");
        let before = server.requests().len();
        let (prefix, key) = (KeyPrefix::default(), key());
        let list = stranger.list(&prefix, ListOptions::default()).await;
        list.expect_err("a refusal");
        let get = stranger.get(&key, GetOptions::default()).await;
        get.map(drop).expect_err("a refusal");
        let head = stranger.head(&key, HeadOptions::default()).await;
        head.expect_err("a refusal");
        let seen = server.requests().split_off(before);
        assert_eq!((seen.len(), log.take().len()), (3, 3));
        for request in seen {
            assert_eq!(request.header("authorization"), None);
            assert!(!request.target.contains("sig="), "{}", request.target);
        }
    }
}
