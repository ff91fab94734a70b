//! The way to a host: through a proxy, or past it.

use aws_smithy_http_client::proxy::ProxyConfig;
use backstop_contract::{ErrorKind, Operation, StoreLocation};
use backstop_testkit::Response;

use super::*;
use crate::connect::connect_through;
use crate::policy;
use crate::store::Flavor;

async fn behind(proxy: &str, config: S3Config) -> S3Store {
    let flavor = Flavor {
        info: &policy::S3,
        location: StoreLocation::new("s3", "acme"),
        more: &[],
        refuses: |_| None,
    };
    let proxy = ProxyConfig::http(proxy).expect("a proxy");
    let log = Arc::new(Log::default());
    let connected = connect_through(proxy, flavor, config, log).await;
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
