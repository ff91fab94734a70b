//! Who the token service says we are.

use backstop_contract::{ErrorKind, Identity, Sent};

use super::roles::refused;
use super::*;

const ARN: &str = "arn:aws:sts::123456789012:assumed-role/backup/nightly";

fn caller() -> Response {
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><Arn>{ARN}</Arn><UserId>AROAEXAMPLE:nightly</UserId>\
         <Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata>\
         <RequestId>c6104cbe</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    );
    Response::new(200, body).with("x-amzn-RequestId", "c6104cbe")
}

#[tokio::test]
async fn a_caller_is_known_by_each_of_its_names() {
    let server = always(Response::new(200, ""));
    let sts = always(caller());
    let mut config = config(&server);
    config.sts_endpoint = Some(sts.endpoint());
    let (store, _) = with(config).await;
    let principal = store.principal().await.expect("a caller");
    assert_eq!(principal.id, ARN);
    assert_eq!(principal.source, "config file");
    assert_eq!(
        principal.known_as,
        [
            "arn:aws:iam::123456789012:role/backup",
            "AKIDEXAMPLE",
            "AROAEXAMPLE:nightly",
        ]
    );
    let claims: Vec<_> = principal
        .claims
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        claims,
        [
            ("account", "123456789012"),
            ("user id", "AROAEXAMPLE:nightly")
        ]
    );
    assert_eq!(signer(&sts.requests()[0]), "AKIDEXAMPLE");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_refusal_keeps_the_code_of_the_service() {
    let server = always(Response::new(200, ""));
    for (status, code, kind) in [
        (403, "InvalidClientTokenId", ErrorKind::Unauthenticated),
        (403, "SignatureDoesNotMatch", ErrorKind::SignatureRejected),
        (403, "ExpiredToken", ErrorKind::CredentialExpired),
        (503, "ServiceUnavailable", ErrorKind::ServiceFailed),
    ] {
        let sts = always(refused(status, code, "It says why."));
        let mut config = config(&server);
        config.sts_endpoint = Some(sts.endpoint());
        let (store, _) = with(config).await;
        let error = store.principal().await.expect_err("refused");
        assert_eq!((error.kind(), error.sent()), (kind, Sent::Answered));
        assert_eq!(error.operation(), Operation::Authenticate);
        let evidence = error.evidence();
        assert_eq!(evidence.code.as_deref(), Some(code));
        assert_eq!(evidence.request_id.as_deref(), Some("c6104cbe"));
        let place = format!("token service: {}", sts.endpoint());
        assert_eq!(evidence.facts, [&place, "access key id: AKIDEXAMPLE"]);
    }
}

#[tokio::test]
async fn a_page_of_something_else_is_no_principal() {
    let server = always(Response::new(200, ""));
    for page in [
        Response::new(200, "<html>Log in</html>"),
        Response::new(403, "<html>No</html>"),
    ] {
        let sts = always(page);
        let mut config = config(&server);
        config.sts_endpoint = Some(sts.endpoint());
        let (store, _) = with(config).await;
        let error = store.principal().await.expect_err("no STS");
        assert_eq!(error.kind(), ErrorKind::MalformedResponse, "{error}");
    }
}

#[tokio::test]
async fn a_store_of_another_maker_has_no_such_call() {
    let server = always(Response::new(200, ""));
    let (store, _) = within(&[], &[], config(&server)).await.expect("a store");
    let error = store.principal().await.expect_err("unsupported");
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unsupported, Sent::No)
    );
    assert_eq!(
        error.evidence().message.as_deref(),
        Some(
            "this store has no GetCallerIdentity; the requests are signed by the access key id \
             AKIDEXAMPLE"
        )
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_silent_token_service_has_timed_out() {
    let server = always(Response::new(200, ""));
    let sts = Scripted::sequence(vec![Answer::Silence]).expect("a free port");
    let mut config = config(&server);
    config.sts_endpoint = Some(sts.endpoint());
    let (store, _) = with(config).await;
    let error = store.principal().await.expect_err("silence");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}
