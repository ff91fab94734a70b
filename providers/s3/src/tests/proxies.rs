//! The way to a host: through a proxy, or past it.

use backstop_contract::{ErrorKind, Identity, Operation, StoreLocation};
use backstop_testkit::Response;

use super::*;
use crate::ambient::Ambient;
use crate::connect::connect_within;
use crate::policy;
use crate::proxy::Proxy;
use crate::store::Flavor;

async fn behind(proxy: &str, config: S3Config) -> S3Store {
    behind_within(proxy, Ambient::of_test(&[], &[]), config).await
}

async fn behind_within(proxy: &str, ambient: Ambient, config: S3Config) -> S3Store {
    let flavor = Flavor {
        info: &policy::S3,
        location: StoreLocation::new("s3", "acme"),
        more: &[],
        refuses: |_| None,
    };
    let proxy = Proxy::of_test(proxy);
    let log = Arc::new(Log::default());
    let connected = connect_within(ambient, proxy, flavor, config, log).await;
    connected.expect("a store")
}

#[tokio::test]
async fn this_machine_is_never_reached_through_a_proxy() {
    let server = always(Response::new(200, "").with("ETag", "\"e\""));
    let proxy = always(refusal(403, "AccessDenied", "Of the proxy."));
    let store = behind(&proxy.endpoint(), config(&server)).await;
    let error = fails(&store, Operation::PutObject).await;
    assert!(error.is_none(), "{error:?}");
    assert!(proxy.requests().is_empty());
    // Nor is it where the proxy does not answer at all.
    let store = behind("http://127.0.0.1:1", config(&server)).await;
    assert!(fails(&store, Operation::PutObject).await.is_none());
}

#[tokio::test]
async fn another_host_is_reached_through_the_proxy() {
    let server = always(Response::new(200, ""));
    let proxy = always(refusal(403, "AccessDenied", "Of the proxy."));
    let mut far = config(&server);
    far.endpoint = Some("http://backstop.invalid:9000".to_owned());
    let store = behind(&proxy.endpoint(), far).await;
    let error = fails(&store, Operation::PutObject).await.expect("refused");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(proxy.requests().len(), 1);
}

#[tokio::test]
async fn a_proxy_that_fails_is_named() {
    let server = always(Response::new(200, ""));
    let silent = Scripted::sequence(vec![Answer::Silence]).expect("a free port");
    let wants_user = always(Response::new(407, "<html>Who are you?</html>"));
    let refuses = always(Response::new(403, "<html>Blocked.</html>"));
    let gone = backstop_testkit::refused_port()
        .expect("a port")
        .to_string();
    let gone = format!("http://{gone}");
    for (proxy, far, kind, status) in [
        (silent.endpoint(), "http", ErrorKind::TimedOut, None),
        (silent.endpoint(), "https", ErrorKind::TimedOut, None),
        (
            wants_user.endpoint(),
            "http",
            ErrorKind::Unauthenticated,
            Some(407),
        ),
        (
            wants_user.endpoint(),
            "https",
            ErrorKind::Unauthenticated,
            Some(407),
        ),
        (
            refuses.endpoint(),
            "http",
            ErrorKind::MalformedResponse,
            Some(403),
        ),
        (refuses.endpoint(), "https", ErrorKind::Unreachable, None),
        (gone.clone(), "http", ErrorKind::Unreachable, None),
        (gone.clone(), "https", ErrorKind::Unreachable, None),
    ] {
        let mut config = config(&server);
        config.endpoint = Some(format!("{far}://backstop.invalid:9000"));
        let named = proxy.replace("http://", "http://user:planted@");
        let store = behind(&named, config).await;
        let error = fails(&store, Operation::PutObject).await.expect("failed");
        assert_eq!(
            (error.kind(), error.evidence().status),
            (kind, status),
            "{far} {error}"
        );
        let fact = format!("through the proxy {proxy}");
        assert_eq!(error.evidence().facts, [fact], "{far} {error}");
        assert!(!format!("{error:?}").contains("planted"));
        if status == Some(407) {
            let message = error.evidence().message.clone().unwrap_or_default();
            assert!(message.contains("wants a user"), "{message}");
        }
    }
}

#[tokio::test]
async fn the_token_service_is_reached_through_the_proxy_and_metadata_is_not() {
    let server = always(Response::new(200, ""));
    let proxy = always(Response::new(407, ""));
    let mut far = config(&server);
    far.sts_endpoint = Some("https://sts.backstop.invalid".to_owned());
    let store = behind(&proxy.endpoint(), far).await;
    let error = store.principal().await.expect_err("the proxy wants a user");
    let evidence = error.evidence();
    assert_eq!(
        (error.kind(), evidence.status),
        (ErrorKind::Unauthenticated, Some(407))
    );
    let fact = format!("through the proxy {}", proxy.endpoint());
    let place = "token service: https://sts.backstop.invalid";
    assert_eq!(
        evidence.facts,
        [fact.as_str(), place, "access key id: AKIDEXAMPLE"]
    );
    let asked = proxy.requests();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].method, "CONNECT");

    let service = always(Response::new(404, ""));
    let endpoint = service.endpoint();
    let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.as_str())];
    let ambient = Ambient::of_test(&variables, &[]);
    let near = by(&server, S3Credentials::NodeRole);
    let store = behind_within(&proxy.endpoint(), ambient, near).await;
    assert!(store.credential().await.is_err());
    assert_eq!((service.requests().len(), proxy.requests().len()), (1, 1));
}
