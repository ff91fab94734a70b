//! What is sent, and what is made of success.

use backstop_contract::{
    Attributes, Capability, Condition, DeclaredChecksum, ErrorKind, Identity, Sent,
};
use backstop_testkit::{Answer, Response, Scripted};
use bytes::Bytes;

use super::*;
use crate::{ChecksumMode, Encryption};

fn written() -> Scripted {
    always(Response::new(200, "").with("ETag", "\"e\""))
}

async fn put(
    config: S3Config,
    server: &Scripted,
    options: PutOptions,
) -> backstop_testkit::Request {
    let (store, _) = with(config).await;
    let body = Bytes::from_static(b"body");
    let put = store.put(&key("k/x"), body, options).await;
    put.expect("it is written");
    server.requests().pop().expect("a request")
}

#[tokio::test]
async fn checksums_follow_the_mode_and_the_declaration() {
    let server = written();
    let sent = put(config(&server), &server, PutOptions::default()).await;
    assert!(sent.header("x-amz-checksum-crc32").is_some());
    assert_eq!(sent.header("content-md5"), None);

    let mut bare = config(&server);
    bare.checksums = ChecksumMode::WhenRequired;
    let sent = put(bare.clone(), &server, PutOptions::default()).await;
    assert!(
        !sent
            .headers
            .iter()
            .any(|(name, _)| name.contains("checksum"))
    );

    let declared = |checksum| PutOptions {
        checksum: Some(checksum),
        ..PutOptions::default()
    };
    let md5 = declared(DeclaredChecksum::Md5([0; 16]));
    let sent = put(config(&server), &server, md5).await;
    assert_eq!(sent.header("content-md5"), Some("AAAAAAAAAAAAAAAAAAAAAA=="));
    assert!(
        !sent
            .headers
            .iter()
            .any(|(name, _)| name.contains("checksum"))
    );

    let crc = declared(DeclaredChecksum::Crc32([0; 4]));
    let sent = put(config(&server), &server, crc.clone()).await;
    assert_eq!(sent.header("x-amz-checksum-crc32"), Some("AAAAAA=="));

    let (store, _) = with(bare).await;
    assert!(!store.capabilities().has(Capability::Crc32));
    let refused = store
        .put(&key("k"), Bytes::new(), crc)
        .await
        .expect_err("no checksums");
    assert_eq!(
        (refused.kind(), refused.sent()),
        (ErrorKind::Unsupported, Sent::No)
    );
}

#[tokio::test]
async fn a_put_carries_condition_encryption_and_class() {
    let server = written();
    let mut config = config(&server);
    config.encryption = Some(Encryption::Kms {
        key_id: Some("alias/backups".to_owned()),
    });
    config.storage_class = Some("STANDARD_IA".to_owned());
    let options = PutOptions {
        condition: Condition::IfAbsent,
        attributes: Attributes {
            metadata: [("writer".to_owned(), "us".to_owned())].into(),
            ..Attributes::NONE
        },
        ..PutOptions::default()
    };
    let sent = put(config, &server, options).await;
    for (name, value) in [
        ("if-none-match", "*"),
        ("x-amz-meta-writer", "us"),
        ("x-amz-server-side-encryption", "aws:kms"),
        (
            "x-amz-server-side-encryption-aws-kms-key-id",
            "alias/backups",
        ),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("content-length", "4"),
    ] {
        assert_eq!(sent.header(name), Some(value), "{name}");
    }
    assert!(
        sent.target.starts_with("/acme/k/x"),
        "path style: {}",
        sent.target
    );
    assert!(!format!("{sent:?}").contains("planted-secret"));
}

#[tokio::test]
async fn keys_come_back_byte_for_byte() {
    let page = "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
        <NextContinuationToken>to+ken%</NextContinuationToken>\
        <Contents><Key>p/a+b%2Bc%252F%25</Key><Size>3</Size></Contents>\
        <Contents><Key>p/e%CC%81%F0%9F%98%80</Key><Size>4</Size></Contents>\
        <Contents><Key>p/%01</Key><Size>4</Size></Contents>\
        <Contents><Key>p/%FF</Key><Size>4</Size></Contents>\
        <CommonPrefixes><Prefix>p/%FE/</Prefix></CommonPrefixes>\
        <CommonPrefixes><Prefix>p/x+y/</Prefix></CommonPrefixes></ListBucketResult>";
    let plain = "<ListBucketResult><IsTruncated>false</IsTruncated>\
        <Contents><Key>p/a+b%2B</Key><Size>3</Size></Contents></ListBucketResult>";
    let server = Scripted::sequence(vec![
        Response::new(200, page).into(),
        Answer::Send(Response::new(200, plain)),
    ])
    .expect("a free port");
    let (store, _) = store(&server).await;
    let prefix = KeyPrefix::new("p").expect("a prefix");
    let first = store
        .list(&prefix, ListOptions::default())
        .await
        .expect("a page");
    let keys: Vec<_> = first
        .objects
        .iter()
        .map(|object| object.key.as_str())
        .collect();
    assert_eq!(keys, ["p/a b+c%2F%", "p/e\u{301}😀"]);
    assert_eq!(first.common_prefixes, ["p/x y/"]);
    let options = ListOptions {
        page: first.next,
        ..ListOptions::default()
    };
    let second = store.list(&prefix, options).await.expect("a page");
    assert_eq!(
        second.objects[0].key.as_str(),
        "p/a+b%2B",
        "not said to be encoded"
    );
    assert_eq!(second.next, None);
    let asked = &server.requests()[1].target;
    assert!(asked.contains("continuation-token=to%2Bken%25"), "{asked}");
}

#[tokio::test]
async fn versions_and_markers_are_one_list() {
    let page = "<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
        <NextKeyMarker>b%0A</NextKeyMarker><NextVersionIdMarker>v+9</NextVersionIdMarker>\
        <DeleteMarker><Key>a</Key><VersionId>m</VersionId><IsLatest>true</IsLatest>\
        <LastModified>2026-11-22T10:00:00.000Z</LastModified></DeleteMarker>\
        <Version><Key>a</Key><VersionId>null</VersionId><IsLatest>false</IsLatest><Size>3</Size>\
        <LastModified>2026-11-22T09:00:00.000Z</LastModified></Version></ListVersionsResult>";
    let server = always(Response::new(200, page));
    let (store, _) = store(&server).await;
    let first = store.list_versions("a", None).await.expect("a page");
    let seen: Vec<_> = first
        .versions
        .iter()
        .map(|version| {
            (
                version.version.as_ref().map(ToString::to_string),
                version.delete_marker,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (Some("m".to_owned()), true),
            (Some("null".to_owned()), false)
        ]
    );
    store.list_versions("a", first.next).await.expect("a page");
    let asked = &server.requests()[1].target;
    assert!(asked.contains("key-marker=b%0A"), "{asked}");
    assert!(asked.contains("version-id-marker=v%2B9"), "{asked}");
}

#[tokio::test]
async fn parts_are_listed_page_by_page() {
    let page = "<ListPartsResult><IsTruncated>true</IsTruncated>\
        <NextPartNumberMarker>2</NextPartNumberMarker>\
        <Part><PartNumber>1</PartNumber><Size>5</Size></Part>\
        <Part><PartNumber>2</PartNumber><Size>6</Size></Part></ListPartsResult>";
    let server = always(Response::new(200, page));
    let (store, _) = store(&server).await;
    let (key, upload) = (key("k"), UploadId::new("u+1"));
    let first = store.list_parts(&key, &upload, None).await.expect("a page");
    let seen: Vec<_> = first
        .parts
        .iter()
        .map(|it| (it.number.0, it.size))
        .collect();
    assert_eq!(seen, [(1, 5), (2, 6)]);
    let second = store.list_parts(&key, &upload, first.next).await;
    second.expect("a page");
    let [first, second] = &server.requests()[..] else {
        panic!("two requests")
    };
    assert!(first.target.starts_with("/acme/k?"), "{}", first.target);
    assert!(first.target.contains("uploadId=u%2B1"), "{}", first.target);
    let marker = "part-number-marker=2";
    assert!(!first.target.contains(marker), "{}", first.target);
    assert!(second.target.contains(marker), "{}", second.target);
    let nameless = "<ListPartsResult><Part><Size>5</Size></Part></ListPartsResult>";
    let server = always(Response::new(200, nameless));
    let (other, _) = super::store(&server).await;
    let error = fails(&other, Operation::ListParts).await.expect("nonsense");
    assert_eq!(error.kind(), ErrorKind::MalformedResponse);
}

#[tokio::test]
async fn a_truncated_page_without_a_next_one_is_malformed() {
    let page = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    let server = always(Response::new(200, page));
    let (store, _) = store(&server).await;
    for operation in [
        Operation::ListObjects,
        Operation::ListVersions,
        Operation::ListUploads,
        Operation::ListParts,
    ] {
        let name = match operation {
            Operation::ListVersions => "ListVersionsResult",
            Operation::ListParts => "ListPartsResult",
            Operation::ListUploads => "ListMultipartUploadsResult",
            _ => "ListBucketResult",
        };
        let server = always(Response::new(200, page.replace("ListBucketResult", name)));
        let (other, _) = super::store(&server).await;
        let error = fails(&other, operation).await.expect("nonsense");
        assert_eq!(error.kind(), ErrorKind::MalformedResponse, "{operation}");
    }
    drop(store);
}

#[tokio::test]
async fn an_empty_text_names_nothing() {
    let empty_etag = || Response::new(200, "").with("ETag", "");
    let upload = "<InitiateMultipartUploadResult><UploadId></UploadId>\
                  </InitiateMultipartUploadResult>";
    let page = "<ListBucketResult><IsTruncated>true</IsTruncated>\
                <NextContinuationToken></NextContinuationToken></ListBucketResult>";
    for (operation, answer) in [
        (Operation::CreateMultipart, Response::new(200, upload)),
        (Operation::PutPart, empty_etag()),
        (Operation::ListObjects, Response::new(200, page)),
    ] {
        let server = always(answer);
        let (store, _) = store(&server).await;
        let error = fails(&store, operation).await.expect("nonsense");
        assert_eq!(error.kind(), ErrorKind::MalformedResponse, "{operation}");
    }
    let unnamed = empty_etag()
        .with("x-amz-request-id", "7")
        .with("x-amz-version-id", "");
    let server = always(unnamed);
    let (store, _) = store(&server).await;
    let key = key("k");
    let put = store.put(&key, Bytes::new(), PutOptions::default()).await;
    let put = put.expect("it is written");
    assert_eq!((put.etag, put.version), (None, None));
    let gone = store.delete(&key, DeleteOptions::default()).await;
    assert_eq!(gone.expect("it is gone").version, None);
}

#[tokio::test]
async fn a_marker_that_is_no_text_is_malformed() {
    let page = "<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
                <NextKeyMarker>%FF</NextKeyMarker></ListVersionsResult>";
    let server = always(Response::new(200, page));
    let (store, _) = store(&server).await;
    let error = fails(&store, Operation::ListVersions).await;
    assert_eq!(
        error.expect("nonsense").kind(),
        ErrorKind::MalformedResponse
    );
}

#[tokio::test]
async fn the_credential_is_told_without_a_request() {
    let server = written();
    let (store, log) = store(&server).await;
    let credential = store.credential().await.expect("known");
    assert_eq!(
        (credential.id.as_str(), credential.source.as_str()),
        ("AKIDEXAMPLE", "config file")
    );
    assert!(!credential.temporary);
    assert!(log.all().is_empty());
}

#[tokio::test]
async fn what_comes_with_a_session_token_ends_although_nobody_says_when() {
    let server = written();
    let session = S3Credentials::AccessKey {
        id: "OFANOTHERSERVICE".to_owned(),
        secret: Secret::new("secret".to_owned()),
        session_token: Some(Secret::new("opaque".to_owned())),
        source: "config file".to_owned(),
    };
    let (store, _) = with(by(&server, session)).await;
    let credential = store.credential().await.expect("known");
    assert_eq!((credential.temporary, credential.expires_at), (true, None));
}

#[tokio::test]
async fn credentials_with_a_line_feed_are_refused_before_sending() {
    let server = written();
    for (id, secret) in [("AKID\n", "secret"), ("AKID", "secret\n")] {
        let mut config = config(&server);
        config.credentials = S3Credentials::AccessKey {
            id: id.to_owned(),
            secret: Secret::new(secret.to_owned()),
            session_token: None,
            source: "config file".to_owned(),
        };
        let (store, _) = with(config).await;
        let error = fails(&store, Operation::ListObjects)
            .await
            .expect("refused");
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::Unauthenticated, Sent::No)
        );
        assert!(error.to_string().contains("line feed"), "{error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_stranger_signs_nothing() {
    let server = always(refusal(403, "AccessDenied", "Access Denied"));
    let (store, log) = store(&server).await;
    let stranger = store.unsigned();
    for operation in [
        Operation::ListObjects,
        Operation::GetObject,
        Operation::HeadObject,
    ] {
        let error = fails(&stranger, operation).await.expect("a refusal");
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    }
    let seen = server.requests();
    assert_eq!((seen.len(), log.all().len()), (3, 3));
    for request in &seen {
        assert_eq!(request.header("authorization"), None, "{}", request.target);
    }
    fails(&store, Operation::ListObjects).await;
    assert_eq!(signer(&server.requests()[3]), "AKIDEXAMPLE");
}
