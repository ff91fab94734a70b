//! The role of the machine, from a scripted metadata service.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, SystemTime};

use backstop_contract::{ErrorKind, Identity, Way};

use super::*;

const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const HOPS: &str = "PUT /latest/api/token had no answer: in a container the hop limit must be 2 or more \
                    (HttpPutResponseHopLimit)";

/// What a metadata service does with each of its three questions.
#[derive(Clone)]
struct Node {
    token: Answer,
    role: Answer,
    /// In how many seconds the keys end, each with a number of its own; absent for a refusal.
    keys: Option<i64>,
}

fn node() -> Node {
    Node {
        token: Response::new(200, "planted-imds-token").into(),
        role: Response::new(200, "acme-node\n").into(),
        keys: Some(3_600),
    }
}

fn start(node: Node) -> Scripted {
    let issued = AtomicUsize::new(0);
    Scripted::start(move |request| {
        let path = request.target.as_str();
        if path == "/latest/api/token" {
            let asked = request.header("x-aws-ec2-metadata-token-ttl-seconds");
            return match (request.method.as_str(), asked) {
                ("PUT", Some("21600")) => node.token.clone(),
                _ => Response::new(400, "").into(),
            };
        }
        if request.header("x-aws-ec2-metadata-token") != Some("planted-imds-token") {
            return Response::new(401, "").into();
        }
        match path {
            "/latest/meta-data/iam/security-credentials/" => node.role.clone(),
            "/latest/meta-data/placement/region" => Response::new(200, "eu-west-1").into(),
            "/latest/meta-data/iam/security-credentials/acme-node" => {
                let number = issued.fetch_add(1, Ordering::SeqCst);
                Response::new(200, keys(node.keys, number)).into()
            }
            _ => Response::new(404, "").into(),
        }
    })
    .expect("a free port")
}

fn keys(seconds: Option<i64>, number: usize) -> String {
    let Some(seconds) = seconds else {
        return r#"{"Code":"AssumeRoleUnauthorizedAccess",
                   "Message":"EC2 cannot assume the role acme-node."}"#
            .to_owned();
    };
    let now = jiff::Timestamp::try_from(SystemTime::now()).expect("a time");
    let end = now + jiff::SignedDuration::from_secs(seconds);
    format!(
        r#"{{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIANODE{number}",
             "SecretAccessKey":"planted-secret","Token":"planted-token","Expiration":"{end}"}}"#
    )
}

async fn store_of(
    service: &Scripted,
    server: &Scripted,
    credentials: S3Credentials,
) -> (S3Store, Arc<Log>) {
    let endpoint = service.endpoint();
    let variables = [(ENDPOINT, endpoint.as_str())];
    let connected = within(&variables, &[], by(server, credentials)).await;
    connected.expect("a store")
}

#[tokio::test]
async fn the_role_of_the_machine_signs() {
    let server = always(Response::new(200, "").with("ETag", "\"e\""));
    let service = start(node());
    for credentials in [S3Credentials::NodeRole, S3Credentials::Chain] {
        let chain = matches!(credentials, S3Credentials::Chain);
        let (store, log) = store_of(&service, &server, credentials).await;
        let credential = store.credential().await.expect("credentials");
        assert_eq!(credential.way, Way::NodeRole);
        assert_eq!(credential.source, "instance metadata (the role acme-node)");
        assert!(credential.refreshes && credential.expires_at.is_some());
        assert_eq!(credential.passed_over.len(), if chain { 4 } else { 0 });
        assert!(fails(&store, Operation::PutObject).await.is_none());
        let request = server.requests().pop().expect("a request");
        assert_eq!(signer(&request), credential.id);
        assert_eq!(
            request.header("x-amz-security-token"),
            Some("planted-token")
        );
        // Every answer of the service is observed.
        let asked = log.all();
        let asked = asked
            .iter()
            .filter(|e| e.operation == Operation::Authenticate);
        assert_eq!(asked.count(), 3);
    }
}

#[tokio::test]
async fn keys_that_end_soon_are_renewed_between_requests() {
    let server = always(Response::new(200, "").with("ETag", "\"e\""));
    let service = start(Node {
        keys: Some(3),
        ..node()
    });
    let (store, _) = store_of(&service, &server, S3Credentials::NodeRole).await;
    for _ in 0..2 {
        assert!(fails(&store, Operation::PutObject).await.is_none());
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
    let signers: Vec<_> = server.requests().iter().map(signer).collect();
    assert_eq!(signers, ["ASIANODE0", "ASIANODE1"]);
    // The session with the service goes on.
    let tokens = service.requests();
    let tokens = tokens.iter().filter(|request| request.method == "PUT");
    assert_eq!(tokens.count(), 1);
}

#[tokio::test]
async fn a_service_asked_for_by_name_says_how_it_failed() {
    let server = always(Response::new(200, ""));
    let no_role = Response::new(404, "<html>404 - Not Found</html>");
    let refused = Response::new(403, "<html>403 - Forbidden</html>");
    let failing = Response::new(500, "");
    for (node, kind, status, code, says) in [
        (
            Node {
                role: no_role.into(),
                ..node()
            },
            ErrorKind::Unauthenticated,
            None,
            None,
            "no role is attached to this machine",
        ),
        (
            Node {
                token: refused.into(),
                ..node()
            },
            ErrorKind::Unauthenticated,
            Some(403),
            None,
            "the metadata service gave no token (http 403)",
        ),
        (
            Node {
                token: failing.into(),
                ..node()
            },
            ErrorKind::ServiceFailed,
            Some(500),
            None,
            "the metadata service gave no token (http 500)",
        ),
        (
            Node {
                token: Response::new(200, "other").into(),
                ..node()
            },
            ErrorKind::Unauthenticated,
            Some(401),
            None,
            "the metadata service does not take the token that it gave",
        ),
        (
            Node {
                keys: None,
                ..node()
            },
            ErrorKind::Unauthenticated,
            Some(200),
            Some("AssumeRoleUnauthorizedAccess"),
            "EC2 cannot assume the role acme-node.",
        ),
    ] {
        let service = start(node);
        let (store, _) = store_of(&service, &server, S3Credentials::NodeRole).await;
        let error = store.credential().await.expect_err(says);
        let evidence = error.evidence();
        assert_eq!((error.kind(), evidence.status), (kind, status), "{error}");
        assert_eq!(evidence.code.as_deref(), code);
        assert_eq!(evidence.message.as_deref(), Some(says));
        assert!(!format!("{error:?}").contains("planted"));
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn silence_means_a_hop_limit_or_no_cloud() {
    let server = always(Response::new(200, ""));
    let service = start(Node {
        token: Answer::Silence,
        ..node()
    });
    let (store, _) = store_of(&service, &server, S3Credentials::NodeRole).await;
    let error = store.credential().await.expect_err("silence");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let place = format!("metadata service: {}", service.endpoint());
    assert_eq!(error.evidence().facts, [HOPS, &place]);

    let mut config = by(&server, S3Credentials::Chain);
    config.request_timeout = S3Config::REQUEST_TIMEOUT;
    let endpoint = service.endpoint();
    let variables = [(ENDPOINT, endpoint.as_str())];
    let (store, _) = within(&variables, &[], config).await.expect("a store");
    let begin = Instant::now();
    let all = futures::future::join_all((0..5).map(|_| store.credential())).await;
    let elapsed = begin.elapsed();
    assert!(elapsed < Duration::from_secs(4), "{elapsed:?}");
    for error in all {
        let error = error.expect_err("silence");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        let facts = &error.evidence().facts;
        assert_eq!(
            facts[4],
            "node role: the metadata service did not answer within 2s"
        );
        assert_eq!(facts[5], HOPS);
    }
}

#[tokio::test]
async fn the_region_is_asked_for_once_and_not_for_long() {
    let service = start(node());
    let endpoint = service.endpoint();
    let variables = [(ENDPOINT, endpoint.as_str())];
    let config = || S3Config::new("acme", S3Credentials::Chain);
    let (store, _) = within(&variables, &[], config()).await.expect("a store");
    // Unless the process that runs this test has a region of its own.
    if std::env::var_os("AWS_REGION").is_none() && std::env::var_os("AWS_DEFAULT_REGION").is_none()
    {
        assert_eq!(store.region(), "eu-west-1");
    }

    let silent = Scripted::sequence(vec![Answer::Silence]).expect("a free port");
    let endpoint = silent.endpoint();
    let begin = Instant::now();
    let connected = within(&[(ENDPOINT, &endpoint)], &[], config()).await;
    assert!(begin.elapsed() < Duration::from_secs(4));
    if let Err(error) = connected {
        assert!(matches!(error, ConnectError::NoRegion), "{error}");
    }
}
