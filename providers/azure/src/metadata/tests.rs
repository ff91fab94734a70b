use backstop_contract::Exchange;
use backstop_testkit::{Answer, BlackHole, Response, Scripted, refused_port};
use std::time::Instant;

use super::*;
use crate::credentials::AzureCredentials;
use crate::who::SCOPE;

const TOKEN: &str = r#"{"access_token":"planted-access-token","client_id":"c","expires_in":"86400",
    "expires_on":"1900000000","resource":"https://storage.azure.com","token_type":"Bearer"}"#;

#[derive(Debug)]
struct Blind;

impl WireObserver for Blind {
    fn observe(&self, _exchange: &Exchange) {}
}

fn chain() -> Vec<PassedOver> {
    vec![PassedOver {
        link: "environment".to_owned(),
        reason: "AZURE_CLIENT_ID is not set".to_owned(),
    }]
}

fn identity(which: Which, passed_over: Vec<PassedOver>, host: &str) -> Metadata {
    let identity = ManagedIdentity {
        which,
        subscription_id: None,
        passed_over,
        source: "test".to_owned(),
    };
    let host = host.to_owned();
    let variable =
        move |name: &str| (name == "AZURE_POD_IDENTITY_AUTHORITY_HOST").then(|| host.clone());
    let server = Server::find(&variable).expect("a server");
    let credentials = AzureCredentials::ManagedIdentity(identity.clone());
    let mut config = AzureConfig::new("acme", "backups", credentials);
    config.request_timeout = Duration::from_millis(300);
    Metadata::new(&identity, server, &config, Arc::new(Blind)).expect("an identity")
}

#[tokio::test]
async fn a_token_is_asked_for_as_documented() {
    for (which, query) in [
        (Which::System, ""),
        (Which::ClientId("a".to_owned()), "&client_id=a"),
        (Which::ObjectId("b".to_owned()), "&object_id=b"),
        (
            Which::ResourceId("/subscriptions/s".to_owned()),
            "&msi_res_id=%2Fsubscriptions%2Fs",
        ),
    ] {
        let good = Response::new(200, TOKEN).with("Content-Type", "application/json");
        let server = Scripted::sequence(vec![good.into()]).expect("server");
        let identity = identity(which, Vec::new(), &server.endpoint());
        let token = identity.issue(SCOPE).await.expect("a token");
        assert_eq!(token.expires_on.unix_timestamp(), 1_900_000_000);
        let asked = &server.requests()[0];
        assert_eq!(asked.header("metadata"), Some("true"));
        assert_eq!(
            asked.target,
            format!(
                "{PATH}?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com{query}"
            )
        );
    }
}

#[tokio::test]
async fn app_service_wants_its_header() {
    let good = Response::new(200, TOKEN.replace("\"1900000000\"", "1900000000"));
    let server = Scripted::sequence(vec![good.into()]).expect("server");
    let url = format!("{}/msi/token", server.endpoint());
    let variable = |name: &str| match name {
        "IDENTITY_ENDPOINT" => Some(url.clone()),
        "IDENTITY_HEADER" => Some("planted-identity-header".to_owned()),
        _ => None,
    };
    let mut identity = identity(Which::ObjectId("b".to_owned()), chain(), &server.endpoint());
    let Server::At { url, header } = Server::find(&variable).expect("a server") else {
        panic!("App Service is supported");
    };
    let Source::Server { plain, .. } = identity.source else {
        panic!("a server");
    };
    identity.source = Source::Server { url, plain, header };
    identity.issue(SCOPE).await.expect("a token");
    let asked = &server.requests()[0];
    assert_eq!(
        asked.header("x-identity-header"),
        Some("planted-identity-header")
    );
    assert_eq!(
        asked.target,
        "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com&principal_id=b"
    );
    assert!(!format!("{identity:?}").contains("planted"));
}

#[tokio::test]
async fn a_refusal_is_told_as_it_is_said() {
    let not_found = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
    for (status, body, kind) in [
        (400, not_found, ErrorKind::Unauthenticated),
        (429, "{}", ErrorKind::Throttled),
        (404, "{}", ErrorKind::ServiceFailed),
        (500, "{}", ErrorKind::ServiceFailed),
        (403, "<html>no</html>", ErrorKind::MalformedResponse),
        (200, "<html>no</html>", ErrorKind::MalformedResponse),
        (200, r#"{"access_token":"t"}"#, ErrorKind::MalformedResponse),
    ] {
        let server = Scripted::sequence(vec![Response::new(status, body).into()]).expect("server");
        let identity = identity(Which::System, Vec::new(), &server.endpoint());
        let failure = identity.issue(SCOPE).await.expect_err("refused");
        assert_eq!(failure.kind, kind, "{status} {body}");
        assert_eq!(server.requests().len(), 1, "it is asked once");
        if status == 400 {
            assert_eq!(failure.evidence.code.as_deref(), Some("invalid_request"));
            let message = failure.evidence.message.as_deref();
            assert_eq!(message, Some("Identity not found"));
            let fact = format!("asked at {}", server.endpoint());
            assert_eq!(failure.evidence.facts, [fact]);
        }
    }
}

#[tokio::test]
async fn the_last_link_of_a_chain_tells_all_links() {
    let hole = BlackHole::start().expect("a port");
    let closed = refused_port().expect("a port");
    let not_found = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
    let refusing = Scripted::sequence(vec![Response::new(400, not_found).into()]).expect("server");
    for (host, told) in [
        (format!("http://{}", hole.address()), "nothing came"),
        (format!("http://{closed}"), "refused"),
        (refusing.endpoint(), "Identity not found (http 400)"),
    ] {
        let begun = Instant::now();
        let identity = identity(Which::System, chain(), &host);
        let failure = identity.issue(SCOPE).await.expect_err("nothing");
        assert!(begun.elapsed() < Duration::from_secs(4));
        assert_eq!(failure.kind, ErrorKind::Unauthenticated);
        assert_eq!(failure.evidence.message.as_deref(), Some(NOTHING_FOUND));
        let facts = failure.evidence.facts;
        assert_eq!(facts[0], "environment: AZURE_CLIENT_ID is not set");
        assert!(facts[1].starts_with("managed identity: "), "{facts:?}");
        assert!(facts[1].contains(told), "{facts:?}");
        assert_eq!(facts[2], format!("asked at {host}"));
    }
}

#[tokio::test]
async fn an_identity_that_was_asked_for_by_name_is_out_of_reach() {
    let hole = BlackHole::start().expect("a port");
    let closed = refused_port().expect("a port");
    for (host, kind) in [
        (format!("http://{}", hole.address()), ErrorKind::TimedOut),
        (format!("http://{closed}"), ErrorKind::Unreachable),
    ] {
        let identity = identity(Which::System, Vec::new(), &host);
        let failure = identity.issue(SCOPE).await.expect_err("nobody");
        assert_eq!(failure.kind, kind);
    }
}

#[tokio::test]
async fn a_chain_waits_for_a_service_that_is_busy() {
    let busy = Answer::from(Response::new(429, r#"{"error":"busy"}"#));
    let server = Scripted::sequence(vec![busy]).expect("server");
    let identity = identity(Which::System, chain(), &server.endpoint());
    let failure = identity.issue(SCOPE).await.expect_err("busy");
    assert_eq!(failure.kind, ErrorKind::Throttled);
}

/// What a platform sets, and what is found by it.
#[test]
fn the_server_is_found_by_what_the_platform_sets() {
    for (set, expected) in [
        (
            &[][..],
            Ok("http://169.254.169.254/metadata/identity/oauth2/token"),
        ),
        (
            &[(
                "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                "http://127.0.0.1:40342",
            )],
            Ok("http://127.0.0.1:40342/metadata/identity/oauth2/token"),
        ),
        (
            &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://imds.example")],
            Err("AZURE_POD_IDENTITY_AUTHORITY_HOST"),
        ),
        (
            &[
                ("IDENTITY_ENDPOINT", "http://localhost:42356/msi/token"),
                ("IDENTITY_HEADER", "h"),
            ],
            Ok("http://localhost:42356/msi/token"),
        ),
        (
            &[
                ("IDENTITY_ENDPOINT", "http://token.example/"),
                ("IDENTITY_HEADER", "h"),
            ],
            Err("IDENTITY_ENDPOINT"),
        ),
        (
            &[
                ("IDENTITY_ENDPOINT", "https://localhost/"),
                ("IDENTITY_HEADER", "h"),
                ("IDENTITY_SERVER_THUMBPRINT", "t"),
            ],
            Ok("Service Fabric"),
        ),
        (
            &[
                ("IDENTITY_ENDPOINT", "http://localhost/"),
                ("IMDS_ENDPOINT", "i"),
            ],
            Ok("Azure Arc"),
        ),
        (
            &[("MSI_ENDPOINT", "m"), ("MSI_SECRET", "s")],
            Ok("Azure Machine Learning"),
        ),
        (&[("MSI_ENDPOINT", "m")], Ok("Cloud Shell")),
    ] {
        let variable = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match (Server::find(&variable), expected) {
            (Ok(Server::At { url, .. }), Ok(expected)) => assert_eq!(url.as_str(), expected),
            (Ok(Server::Unsupported(name)), Ok(expected)) => assert_eq!(name, expected),
            (Err(fault), Err(named)) => assert!(fault.to_string().contains(named), "{fault}"),
            (_, expected) => panic!("{set:?} is not {expected:?}"),
        }
    }
}

#[tokio::test]
async fn an_unsupported_platform_is_named() {
    let mut identity = identity(Which::System, Vec::new(), "http://127.0.0.1:1");
    identity.source = Source::Unsupported("Azure Arc");
    let failure = identity.issue(SCOPE).await.expect_err("unsupported");
    assert_eq!(failure.kind, ErrorKind::Unsupported);
    let message = failure.evidence.message.unwrap_or_default();
    assert!(message.contains("Azure Arc"), "{message}");
}
