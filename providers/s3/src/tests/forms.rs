//! The same bucket asked in other forms.

use backstop_testkit::{Answer, Response, Scripted};
use bytes::Bytes;

use super::*;
use crate::{Addressing, Form};

/// What a request carries beside its body: an MD5, a CRC32 before it, one behind it.
fn carries(request: &Request) -> (bool, bool, bool) {
    let has = |name: &str| request.header(name).is_some();
    (
        has("content-md5"),
        has("x-amz-checksum-crc32"),
        request.header("x-amz-trailer") == Some("x-amz-checksum-crc32"),
    )
}

#[tokio::test]
async fn each_form_of_checksum_is_sent_with_puts_and_parts() {
    let server = Scripted::start(|_| Answer::Send(Response::new(200, "").with("ETag", "\"e\"")));
    let server = server.expect("a free port");
    let (usual, _) = store(&server).await;
    for (form, expected) in [
        (Form::NoChecksum, (false, false, false)),
        (Form::ContentMd5, (true, false, false)),
        (Form::Crc32Header, (false, true, false)),
        (Form::Crc32Trailer, (false, false, true)),
    ] {
        let store = usual.in_form(form).expect("a form");
        let body = Bytes::from_static(b"body");
        let key = key("k");
        let put = store.put(&key, body.clone(), PutOptions::default());
        put.await.expect("it is written");
        let upload = UploadId::new("u");
        let part = store.put_part(&key, &upload, PartNumber(1), body, PartOptions::default());
        part.await.expect("it is taken");
        let seen = server.requests();
        for request in &seen[seen.len() - 2..] {
            assert_eq!(carries(request), expected, "{form:?}: {request:?}");
            assert_eq!(signer(request), "AKIDEXAMPLE");
        }
        if form == Form::ContentMd5 {
            let sum = seen[0..].last().and_then(|it| it.header("content-md5"));
            assert_eq!(sum, Some("hBotaJrYa9FhFEdFPCLG/A=="));
        }
    }
}

#[tokio::test]
async fn the_buckets_name_moves_to_where_it_is_not() {
    let server = always(Response::new(200, "").with("ETag", "\"e\""));
    let (path, _) = store(&server).await;
    assert!(path.in_form(Form::PathAddressing).is_none(), "it is there");
    let host = path.in_form(Form::VirtualAddressing);
    assert!(host.is_none(), "no name stands before an address");
    let mut config = config(&server);
    let named = server.endpoint().replace("127.0.0.1", "localhost");
    config.endpoint = Some(named.clone());
    let (path, _) = with(config.clone()).await;
    assert!(path.in_form(Form::VirtualAddressing).is_some());
    config.addressing = Some(Addressing::Virtual);
    let (host, _) = with(config).await;
    let path = host.in_form(Form::PathAddressing).expect("a form");
    let key = key("k");
    let put = path.put(&key, Bytes::new(), PutOptions::default());
    put.await.expect("it is written");
    let sent = server.requests().pop().expect("a request");
    assert_eq!(sent.target.split('?').next(), Some("/acme/k"));
    assert_eq!(sent.header("host"), named.strip_prefix("http://"));
}
