//! The operations by the kinds of refusals.

use backstop_contract::{ErrorKind, Operation, Sent};
use backstop_testkit::{Answer, Response, Scripted};

use super::*;

const BODIED: [Operation; 12] = [
    Operation::ListObjects,
    Operation::GetObject,
    Operation::PutObject,
    Operation::DeleteObject,
    Operation::CreateMultipart,
    Operation::PutPart,
    Operation::CompleteMultipart,
    Operation::AbortMultipart,
    Operation::ListUploads,
    Operation::ListParts,
    Operation::ListVersions,
    Operation::Inspect,
];

#[tokio::test]
async fn a_refusal_is_the_same_for_every_operation() {
    for (status, code, kind) in [
        (403, "AccessDenied", ErrorKind::PermissionDenied),
        (403, "SignatureDoesNotMatch", ErrorKind::SignatureRejected),
        (403, "InvalidAccessKeyId", ErrorKind::Unauthenticated),
        (403, "RequestTimeTooSkewed", ErrorKind::ClockSkewed),
        (400, "ExpiredToken", ErrorKind::CredentialExpired),
        (404, "NoSuchBucket", ErrorKind::BucketNotFound),
        (503, "SlowDown", ErrorKind::Throttled),
        (503, "SlowDownWrite", ErrorKind::ServiceFailed),
        (500, "InternalError", ErrorKind::ServiceFailed),
        (501, "NotImplemented", ErrorKind::Unsupported),
        (400, "InvalidRequest", ErrorKind::Unexpected),
    ] {
        let server = always(refusal(status, code, "As documented."));
        let (store, log) = store(&server).await;
        for operation in BODIED {
            let error = fails(&store, operation).await.expect("a refusal");
            assert_eq!(error.kind(), kind, "{operation} {code}");
            assert_eq!(
                (error.operation(), error.sent()),
                (operation, Sent::Answered)
            );
            let evidence = error.evidence();
            assert_eq!(evidence.status, Some(status));
            assert_eq!(evidence.code.as_deref(), Some(code));
            assert_eq!(evidence.message.as_deref(), Some("As documented."));
            assert_eq!(evidence.request_id.as_deref(), Some("4442587FB7D0A2F9"));
            assert!(evidence.date.is_some() && evidence.elapsed.is_some());
        }
        assert_eq!(server.requests().len(), BODIED.len(), "no retries");
        for (exchange, operation) in log.all().iter().zip(BODIED) {
            assert_eq!((exchange.operation, exchange.attempt), (operation, 1));
            assert_eq!(exchange.status, Some(status));
            assert_eq!(exchange.request_id.as_deref(), Some("4442587FB7D0A2F9"));
            assert_eq!(exchange.date, "2026-11-22T20:17:21Z".parse().ok());
        }
    }
}

#[tokio::test]
async fn a_head_is_read_by_its_headers() {
    let minio = Response::new(403, "")
        .with("x-minio-error-code", "SignatureDoesNotMatch")
        .with(
            "x-minio-error-desc",
            "\"Check your key and signing method.\"",
        );
    let region = Response::new(400, "").with("x-amz-bucket-region", "eu-west-1");
    for (answer, kind) in [
        (minio, ErrorKind::SignatureRejected),
        (region, ErrorKind::WrongRegion),
        (Response::new(403, ""), ErrorKind::PermissionDenied),
    ] {
        let server = always(answer);
        let (store, _) = store(&server).await;
        for operation in [Operation::HeadBucket, Operation::HeadObject] {
            let error = fails(&store, operation).await.expect("a refusal");
            assert_eq!(error.kind(), kind, "{operation}");
        }
    }
    let server = always(Response::new(404, ""));
    let (store, _) = store(&server).await;
    for (operation, kind) in [
        (Operation::HeadBucket, ErrorKind::BucketNotFound),
        (Operation::HeadObject, ErrorKind::ObjectNotFound),
    ] {
        let error = fails(&store, operation).await.expect("a refusal");
        assert_eq!(error.kind(), kind, "{operation}");
    }
}

#[tokio::test]
async fn a_wrong_region_names_the_right_one() {
    let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is \
                malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'</Message>\
                <Region>eu-west-1</Region></Error>";
    let redirect = refusal(301, "PermanentRedirect", "Use another endpoint.")
        .with("x-amz-bucket-region", "eu-west-1");
    for answer in [Response::new(400, body), redirect] {
        let server = always(answer);
        let (store, _) = store(&server).await;
        let error = fails(&store, Operation::ListObjects)
            .await
            .expect("a refusal");
        assert_eq!(error.kind(), ErrorKind::WrongRegion);
        assert_eq!(error.evidence().region.as_deref(), Some("eu-west-1"));
    }
}

#[tokio::test]
async fn a_signature_is_refused_without_repeating_what_was_signed() {
    let body = "<Error><Code>SignatureDoesNotMatch</Code><Message>Check &quot;it&quot; &amp; try.</Message>\
                <StringToSign>planted-string</StringToSign><CanonicalRequest>planted-request</CanonicalRequest></Error>";
    let server = always(Response::new(403, body));
    let (store, _) = store(&server).await;
    let error = fails(&store, Operation::PutObject)
        .await
        .expect("a refusal");
    assert_eq!(
        error.evidence().message.as_deref(),
        Some("Check \"it\" & try.")
    );
    assert!(!format!("{error:?}").contains("planted"));
}

#[tokio::test]
async fn a_complete_that_fails_with_200_has_failed() {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InternalError</Code>\
                <Message>We encountered an internal error. Please try again.</Message></Error>";
    let server = always(Response::new(200, body));
    let (store, _) = store(&server).await;
    let error = fails(&store, Operation::CompleteMultipart)
        .await
        .expect("a refusal");
    assert_eq!(error.kind(), ErrorKind::ServiceFailed);
    assert_eq!(error.evidence().status, Some(200));
}

#[tokio::test]
async fn what_is_no_s3_answer_is_malformed() {
    let tls_port =
        "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    let portal = Response::new(200, "<html><title>Welcome</title></html>");
    for (answer, message) in [
        (
            Answer::Raw(tls_port.into()),
            Some("Client sent an HTTP request to an HTTPS server."),
        ),
        (
            Response::new(404, "<html>\n<h1>Not here</h1></html>").into(),
            Some("Not here"),
        ),
        (portal.into(), Some("Welcome")),
        (Answer::Raw(b"\x15\x03\x01\x00\x02\x02\x46".to_vec()), None),
    ] {
        let server = Scripted::sequence(vec![answer]).expect("a free port");
        let (store, _) = store(&server).await;
        let error = fails(&store, Operation::ListObjects)
            .await
            .expect("nonsense");
        assert_eq!(error.kind(), ErrorKind::MalformedResponse, "{error:?}");
        if message.is_some() {
            assert_eq!(error.evidence().message.as_deref(), message);
        }
    }
}

#[tokio::test]
async fn a_success_without_the_services_headers_is_malformed() {
    let portal = || Response::new(200, "<html><title>Welcome</title></html>");
    let gateway = Response::new(204, "").with("x-request-id", "7");
    for answer in [portal(), Response::new(200, ""), gateway] {
        let server = always(answer);
        let (store, _) = store(&server).await;
        for operation in [
            Operation::HeadObject,
            Operation::GetObject,
            Operation::PutObject,
            Operation::DeleteObject,
            Operation::AbortMultipart,
        ] {
            let error = fails(&store, operation).await.expect("nonsense");
            assert_eq!(
                (error.kind(), error.sent()),
                (ErrorKind::MalformedResponse, Sent::Answered),
                "{operation}"
            );
            let evidence = error.evidence();
            assert!(evidence.status.is_some(), "{operation}");
            let message = evidence.message.as_deref();
            assert_eq!(
                message,
                Some("the answer has none of the service's headers")
            );
        }
    }
}

#[tokio::test]
async fn stores_of_every_make_are_believed() {
    let with_id = |status| Response::new(status, "").with("x-amz-request-id", "7");
    let server = always(with_id(204));
    let (amazon, _) = store(&server).await;
    for operation in [Operation::DeleteObject, Operation::AbortMultipart] {
        assert!(fails(&amazon, operation).await.is_none(), "{operation}");
    }
    // No request ids, and nothing at all with a 204.
    let put = Response::new(200, "").with("ETag", "\"e\"");
    let answers = vec![put.into(), Answer::Send(Response::new(204, ""))];
    let server = Scripted::sequence(answers).expect("a free port");
    let (bare, _) = store(&server).await;
    for operation in [
        Operation::PutObject,
        Operation::DeleteObject,
        Operation::AbortMultipart,
    ] {
        assert!(fails(&bare, operation).await.is_none(), "{operation}");
    }
    // A service with request ids gives one to a delete as well.
    let answers = vec![with_id(200).into(), Answer::Send(Response::new(204, ""))];
    let server = Scripted::sequence(answers).expect("a free port");
    let (changed, _) = store(&server).await;
    assert!(fails(&changed, Operation::PutObject).await.is_none());
    let error = fails(&changed, Operation::DeleteObject).await;
    assert_eq!(
        error.expect("nonsense").kind(),
        ErrorKind::MalformedResponse
    );
}

#[tokio::test]
async fn no_answer_is_told_from_never_sent() {
    for (answer, kind) in [
        (Answer::Close, ErrorKind::Unreachable),
        (Answer::Silence, ErrorKind::TimedOut),
    ] {
        let server = Scripted::sequence(vec![answer]).expect("a free port");
        let (store, log) = store(&server).await;
        for operation in BODIED {
            let error = fails(&store, operation).await.expect("no answer");
            assert_eq!(
                (error.kind(), error.sent()),
                (kind, Sent::Maybe),
                "{operation}"
            );
        }
        assert_eq!(log.all().len(), BODIED.len());
        assert!(log.all().iter().all(|exchange| exchange.status.is_none()));
    }
    for (endpoint, kind) in [
        ("http://127.0.0.1:1", ErrorKind::Unreachable),
        ("http://backstop.invalid:9000", ErrorKind::NameNotResolved),
    ] {
        let server = always(Response::new(200, ""));
        let mut config = config(&server);
        config.endpoint = Some(endpoint.to_owned());
        config.request_timeout = std::time::Duration::from_secs(10);
        let (store, log) = with(config).await;
        let error = fails(&store, Operation::PutObject)
            .await
            .expect("no answer");
        assert_eq!((error.kind(), error.sent()), (kind, Sent::No), "{endpoint}");
        assert_eq!(log.all().len(), 1);
    }
}

#[tokio::test]
async fn a_completion_has_a_limit_of_its_own() {
    let second = std::time::Duration::from_secs(1);
    let done = "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>";
    for (limit, well) in [(None, false), (Some(5 * second), true)] {
        let server = Scripted::start(move |_| {
            std::thread::sleep(second);
            let answer = Response::new(200, done).with("Content-Type", "application/xml");
            answer.with("x-amz-request-id", "1").into()
        });
        let server = server.expect("a free port");
        let mut config = config(&server);
        config.completion_timeout = limit;
        let (store, _) = with(config).await;
        let error = fails(&store, Operation::CompleteMultipart).await;
        assert_eq!(error.is_none(), well, "{limit:?}: {error:?}");
        let error = fails(&store, Operation::PutPart).await.expect("silence");
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{limit:?}");
    }
}

#[tokio::test]
async fn a_success_with_an_error_inside_is_a_failure() {
    let inside = refusal(200, "InternalError", "We encountered an internal error.");
    let server = always(inside);
    let (store, _) = store(&server).await;
    // The content of an object is nobody's answer.
    let operations = BODIED.iter().filter(|it| **it != Operation::GetObject);
    for &operation in operations {
        let error = fails(&store, operation).await.expect("a failure");
        assert_eq!(error.kind(), ErrorKind::ServiceFailed, "{operation}");
        assert_eq!(error.sent(), Sent::Answered, "{operation}");
    }
}

#[tokio::test]
async fn a_redirect_without_an_id_is_not_of_the_service() {
    let bare = Response::new(307, "").with("Location", "http://portal.invalid/login?x-amz-a=b");
    let own = Response::new(307, "").with("x-amz-request-id", "4442587FB7D0A2F9");
    for (answer, kind) in [
        (bare, ErrorKind::MalformedResponse),
        (own, ErrorKind::WrongRegion),
    ] {
        let leads = answer.header("location").is_some();
        let server = always(answer);
        let (store, _) = store(&server).await;
        for operation in BODIED {
            let error = fails(&store, operation).await.expect("a refusal");
            assert_eq!(error.kind(), kind, "{operation}");
            let facts: &[&str] = if leads {
                &["it leads to http://portal.invalid/login"]
            } else {
                &[]
            };
            assert_eq!(error.evidence().facts, facts, "{operation}");
        }
    }
}

#[tokio::test]
async fn a_refusal_that_breaks_off_is_told_by_its_status_or_as_broken() {
    for (status, kind) in [
        (404, ErrorKind::ObjectNotFound),
        (400, ErrorKind::Unreachable),
    ] {
        let whole = refusal(status, "Whatever", "As documented.");
        let server = Scripted::sequence(vec![Answer::CutOff(whole, 20)]).expect("a port");
        let (store, _) = store(&server).await;
        let error = fails(&store, Operation::PutObject)
            .await
            .expect("a refusal");
        assert_eq!(error.kind(), kind, "{status}");
    }
}
