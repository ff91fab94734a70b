//! What is `MinIO`'s own: names, keys and health, on a scripted server.

use std::sync::Arc;

use backstop_contract::{
    Aspect, Capability, ErrorKind, Exchange, Identity, Inspected, ObjectKey, ObjectStore,
    Operation, PutOptions, Secret, Sent, WireObserver,
};
use backstop_testkit::{Answer, Response, Scripted};
use bytes::Bytes;

use crate::{AssumeRole, MinioConfig, MinioStore, S3Credentials, connect};

#[derive(Debug)]
struct Blind;

impl WireObserver for Blind {
    fn observe(&self, _exchange: &Exchange) {}
}

fn config(endpoint: String) -> MinioConfig {
    let credentials = S3Credentials::AccessKey {
        id: "backup".to_owned(),
        secret: Secret::new("planted-secret".to_owned()),
        session_token: None,
        source: "environment".to_owned(),
    };
    MinioConfig::new(endpoint, "acme", credentials)
}

async fn store(answer: Response) -> (MinioStore, Scripted) {
    let server = Scripted::sequence(vec![Answer::Send(answer)]).expect("a free port");
    let store = connect(config(server.endpoint()), Arc::new(Blind)).await;
    (store.expect("a store"), server)
}

#[tokio::test]
async fn errors_and_places_say_minio() {
    let body = "<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>";
    let (store, server) = store(Response::new(403, body)).await;
    let place = format!("minio://{}/acme", server.address());
    assert_eq!(store.location().as_str(), place);
    assert_eq!(store.provider().title, "MinIO");
    let key = ObjectKey::new("k/x").expect("a key");
    let error = store.put(&key, Bytes::new(), PutOptions::default()).await;
    assert_eq!(
        error.expect_err("a refusal").to_string(),
        format!("put_object on {place}/k/x: permission denied (http 403, AccessDenied)")
    );
    let credential = store.credential().await.expect("known");
    assert_eq!(
        (credential.id.as_str(), credential.source.as_str()),
        ("backup", "environment")
    );
}

#[tokio::test]
async fn a_key_that_would_become_another_is_never_sent() {
    let (store, server) = store(Response::new(200, "")).await;
    for text in ["/lead", "a//b"] {
        let key = ObjectKey::new(text).expect("a key");
        let error = store.put(&key, Bytes::new(), PutOptions::default()).await;
        let error = error.expect_err("refused");
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::InvalidKey, Sent::No)
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn health_is_asked_without_credentials() {
    for (status, answer) in [(200, Inspected::Yes), (503, Inspected::No)] {
        let (store, server) = store(Response::new(status, "")).await;
        assert!(store.capabilities().has(Capability::Health));
        for aspect in [Aspect::Liveness, Aspect::WriteQuorum] {
            assert_eq!(store.inspect(aspect).await.expect("an answer"), answer);
        }
        let asked: Vec<_> = server
            .requests()
            .into_iter()
            .map(|asked| asked.target)
            .collect();
        assert_eq!(asked, ["/minio/health/live", "/minio/health/cluster"]);
        assert!(
            server
                .requests()
                .iter()
                .all(|asked| asked.header("authorization").is_none())
        );
    }
}

#[tokio::test]
async fn a_health_page_of_something_else_is_malformed() {
    let (store, _server) = store(Response::new(404, "<html>no</html>")).await;
    let error = store.inspect(Aspect::Liveness).await.expect_err("no MinIO");
    assert_eq!(error.kind(), ErrorKind::MalformedResponse);
    assert_eq!(error.operation(), Operation::Inspect);
    assert_eq!(error.evidence().status, Some(404));
}

#[tokio::test]
async fn nobody_is_asked_who_asks() {
    let (store, server) = store(Response::new(200, "")).await;
    let error = store.principal().await.expect_err("no such call");
    assert_eq!(
        (error.kind(), error.operation(), error.sent()),
        (ErrorKind::Unsupported, Operation::Authenticate, Sent::No)
    );
    assert_eq!(
        error.evidence().message.as_deref(),
        Some(
            "MinIO has no call that tells who asks; the requests are signed by the access key id \
             backup"
        )
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn the_server_is_its_own_token_service_unless_another_is_named() {
    let given = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                 <AssumeRoleResult><Credentials><AccessKeyId>TEMPORARY</AccessKeyId>\
                 <SecretAccessKey>planted-secret</SecretAccessKey><SessionToken>planted-token\
                 </SessionToken><Expiration>2999-11-22T23:00:00Z</Expiration></Credentials>\
                 </AssumeRoleResult></AssumeRoleResponse>";
    let start = || Scripted::sequence(vec![Answer::Send(Response::new(200, given))]);
    let (server, other) = (start().expect("a port"), start().expect("a port"));
    for (sts_endpoint, asked) in [(None, &server), (Some(other.endpoint()), &other)] {
        let plain = config(server.endpoint());
        let role = AssumeRole {
            role_arn: None,
            external_id: None,
            session_name: None,
            duration: None,
            base: Box::new(plain.credentials.clone()),
        };
        let config = MinioConfig {
            credentials: S3Credentials::AssumeRole(role),
            sts_endpoint,
            ..plain
        };
        let store = connect(config, Arc::new(Blind)).await.expect("a store");
        let credential = store.credential().await.expect("credentials");
        assert_eq!(credential.id, "TEMPORARY");
        assert_eq!(asked.requests().len(), 1);
    }
}
