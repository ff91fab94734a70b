//! The usual chain, and what comes of each of its links.

use backstop_contract::{ErrorKind, Identity, Sent, Way};

use super::*;
use crate::credentials::Failure;

/// A machine that is in no cloud: nobody listens where its metadata service would be.
fn nowhere() -> (&'static str, String) {
    let port = backstop_testkit::refused_port().expect("a port");
    (
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        format!("http://{port}"),
    )
}

fn reasons(store_error: &Error) -> Vec<&str> {
    let facts = &store_error.evidence().facts;
    facts.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn a_machine_without_credentials_says_what_was_tried() {
    let server = always(Response::new(200, ""));
    let (name, url) = nowhere();
    let config = by(&server, S3Credentials::Chain);
    let connected = within(&[(name, &url)], &[], config).await;
    let (store, log) = connected.expect("a store");
    let asked = fails(&store, Operation::ListObjects).await;
    let told = store.credential().await.err();
    for (error, operation) in [
        (asked, Operation::ListObjects),
        (told, Operation::Authenticate),
    ] {
        let error = error.expect("no credentials");
        assert_eq!(
            (error.kind(), error.sent(), error.operation()),
            (ErrorKind::Unauthenticated, Sent::No, operation)
        );
        let message = error.evidence().message.as_deref();
        assert_eq!(message, Some("no credentials were found"));
        let facts = reasons(&error);
        assert_eq!(
            facts[..4],
            [
                "environment: AWS_ACCESS_KEY_ID is not set",
                "profile: no profile default in ~/.aws",
                "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set",
                "container: AWS_CONTAINER_CREDENTIALS_* are not set",
            ]
        );
        let last = format!("node role: no metadata service at {url}");
        assert!(facts[4].starts_with(&last), "{facts:?}");
        assert_eq!(facts.len(), 5);
    }
    // The failure is kept: the service was asked once.
    assert_eq!(log.all().len(), 1);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_switched_off_metadata_service_is_not_asked() {
    let server = always(Response::new(200, ""));
    let off = [
        ("AWS_EC2_METADATA_DISABLED", "TRUE"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server.endpoint()),
    ];
    let connected = within(&off, &[], by(&server, S3Credentials::Chain)).await;
    let (store, _) = connected.expect("a store");
    let error = store.credential().await.expect_err("no credentials");
    assert_eq!(
        reasons(&error).last().copied(),
        Some("node role: AWS_EC2_METADATA_DISABLED is true")
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn the_link_that_answers_tells_of_those_before_it() {
    let server = always(Response::new(200, "").with("ETag", "\"e\""));
    let keys = "[default]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = planted\n";
    let files = [("/home/of-test/.aws/credentials", keys)];
    let environment = [
        ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", "planted"),
    ];
    for (variables, way, id, source, passed_over) in [
        (
            &environment[..],
            Way::AccessKey,
            "AKIDENVIRONMENT",
            "environment",
            vec![],
        ),
        (
            &[],
            Way::Profile,
            "AKIDPROFILE",
            "profile default",
            vec!["environment: AWS_ACCESS_KEY_ID is not set"],
        ),
    ] {
        let config = by(&server, S3Credentials::Chain);
        let (store, _) = within(variables, &files, config).await.expect("a store");
        let credential = store.credential().await.expect("credentials");
        assert_eq!((credential.way, credential.id.as_str()), (way, id));
        assert_eq!(credential.source, source);
        assert!(!credential.refreshes);
        let told: Vec<_> = credential
            .passed_over
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(told, passed_over);
        assert!(fails(&store, Operation::PutObject).await.is_none());
        assert_eq!(signer(server.requests().last().expect("a request")), id);
    }
}

#[tokio::test]
async fn nothing_falls_through_to_another_principal() {
    let server = always(Response::new(200, ""));
    let agent = format!("{}/v1/credentials", server.endpoint());
    for (variables, files, message) in [
        (
            vec![("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")],
            vec![],
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
        ),
        (
            vec![("AWS_PROFILE", "gone")],
            vec![],
            "no profile gone in ~/.aws",
        ),
        (
            vec![("AWS_WEB_IDENTITY_TOKEN_FILE", "/gone")],
            vec![],
            "the token file /gone does not exist",
        ),
        (
            vec![
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.as_str()),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token"),
            ],
            vec![("/token", "planted\n")],
            "ends with a newline",
        ),
        (
            vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/v1")],
            vec![],
            "AWS_CONTAINER_CREDENTIALS_FULL_URI names the host 192.0.2.1",
        ),
    ] {
        let config = by(&server, S3Credentials::Chain);
        let (store, _) = within(&variables, &files, config).await.expect("a store");
        let error = store.credential().await.expect_err("it fails");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        let said = error.evidence().message.clone().unwrap_or_default();
        assert!(said.contains(message), "{said}");
        let failed = reasons(&error);
        let failed = failed
            .iter()
            .filter(|fact| fact.starts_with("failed link: "));
        assert_eq!(failed.count(), 1, "{error:?}");
        assert!(!format!("{error:?}").contains("planted"));
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn the_agent_of_a_container_is_asked_with_its_token() {
    let server = always(Response::new(200, "").with("ETag", "\"e\""));
    let given = r#"{"AccessKeyId":"ASIACONTAINER","SecretAccessKey":"planted-secret",
                    "Token":"planted-token","AccountId":"123456789012",
                    "Expiration":"2999-11-22T23:00:00Z"}"#;
    let agent = Scripted::start(move |request| {
        match request.header("authorization") {
            Some("agent-token") => Response::new(200, given),
            _ => Response::new(401, "{\"message\":\"no token\"}"),
        }
        .into()
    })
    .expect("a free port");
    let url = format!("{}/v1/credentials", agent.endpoint());
    for (token, status) in [("agent-token", None), ("other", Some(401))] {
        let variables = [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token"),
        ];
        let config = by(&server, S3Credentials::Container);
        let (store, _) = within(&variables, &[("/token", token)], config)
            .await
            .expect("a store");
        match (store.credential().await, status) {
            (Ok(credential), None) => {
                assert_eq!(credential.way, Way::Container);
                assert_eq!(credential.id, "ASIACONTAINER");
                assert!(credential.refreshes);
                assert!(credential.expires_at.is_some());
                assert!(fails(&store, Operation::PutObject).await.is_none());
                let request = server.requests().pop().expect("a request");
                assert_eq!(signer(&request), "ASIACONTAINER");
                assert_eq!(
                    request.header("x-amz-security-token"),
                    Some("planted-token")
                );
            }
            (Err(error), Some(status)) => {
                assert_eq!(error.kind(), ErrorKind::Unauthenticated);
                assert_eq!(error.evidence().status, Some(status));
                let origin = url.trim_end_matches("/v1/credentials");
                assert_eq!(reasons(&error), [format!("container endpoint: {origin}")]);
            }
            (other, _) => panic!("{other:?}"),
        }
    }
    assert_eq!(agent.requests()[0].target, "/v1/credentials");
}

#[tokio::test]
async fn a_broken_answer_of_an_agent_is_malformed_and_not_repeated() {
    let agent = always(Response::new(200, r#"{"AccessKeyId":"planted"}"#));
    let url = format!("{}/v1", agent.endpoint());
    let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str())];
    let config = by(&agent, S3Credentials::Container);
    let (store, _) = within(&variables, &[], config).await.expect("a store");
    let error = store.credential().await.expect_err("no secret");
    assert_eq!(error.kind(), ErrorKind::MalformedResponse);
    assert_eq!(
        error.evidence().message.as_deref(),
        Some("what the container endpoint says is unusable: it has no field SecretAccessKey")
    );
    assert!(!format!("{error:?}").contains("planted"));
}

#[tokio::test]
async fn a_command_is_asked_by_name_or_by_a_profile() {
    let server = always(Response::new(200, ""));
    let command = r#"echo '{"Version":1,"AccessKeyId":"AKIDPROCESS","SecretAccessKey":"planted"}'"#;
    let file = format!("[profile p]\ncredential_process = {command}\n");
    let files = [("/home/of-test/.aws/config", file.as_str())];
    let pinned = S3Credentials::Process {
        command: command.to_owned(),
    };
    let profile = S3Credentials::Profile {
        name: Some("p".to_owned()),
    };
    for (credentials, way, source) in [
        (pinned, Way::Process, "process echo"),
        (profile, Way::Profile, "profile p: process echo"),
    ] {
        let config = by(&server, credentials);
        let (store, _) = within(&[], &files, config).await.expect("a store");
        let credential = store.credential().await.expect("credentials");
        assert_eq!((credential.way, credential.source.as_str()), (way, source));
        assert_eq!(credential.id, "AKIDPROCESS");
    }
}

#[tokio::test]
async fn a_silent_source_has_timed_out() {
    let server = always(Response::new(200, ""));
    let command = "sleep 30".to_owned();
    let config = by(&server, S3Credentials::Process { command });
    let (store, log) = within(&[], &[], config).await.expect("a store");
    let asked = fails(&store, Operation::ListObjects).await;
    let told = tokio::time::timeout(Duration::from_secs(5), store.credential());
    let told = told.await.expect("a limit").err();
    for error in [asked, told] {
        let error = error.expect("silence");
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::TimedOut, Sent::No),
            "{error}"
        );
    }
    assert!(log.all().is_empty());
}

#[tokio::test]
async fn what_looks_wrong_with_a_key_is_told_beside_it() {
    let server = always(Response::new(200, ""));
    let key = |secret: &str| S3Credentials::AccessKey {
        id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret: Secret::new(secret.to_owned()),
        session_token: None,
        source: "config file".to_owned(),
    };
    let (store, _) = with(by(&server, key("planted"))).await;
    let credential = store.credential().await.expect("a key");
    assert_eq!(
        credential.doubts,
        ["the secret access key has length 7, expected 40"]
    );
    // One that cannot be signed with is refused, and the doubts are beside the refusal.
    let (store, _) = with(by(&server, key("planted\n"))).await;
    let error = store.credential().await.expect_err("a line feed");
    assert_eq!(
        reasons(&error),
        ["the secret access key has a space or a newline at an end"]
    );
    assert!(server.requests().is_empty());
}

#[test]
fn a_failure_shows_nothing_but_its_evidence() {
    let failure = Failure::new(ErrorKind::Unauthenticated, "no credentials were found");
    assert_eq!(failure.to_string(), "no credentials were found");
}
