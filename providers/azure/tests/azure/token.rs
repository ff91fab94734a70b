//! The token of a service principal: asked for when it is needed, and refused by name.

use std::sync::Arc;
use std::time::Duration;

use crate::common::Log;
use backstop_azure::{
    Application, AzureConfig, AzureCredentials, AzureStore, ConnectError, Proof, connect,
};
use backstop_contract::{ErrorKind, Identity, ObjectStore, Operation, Secret, Sent, WireObserver};
use backstop_testkit::{Entra, refused_port};

/// A secret that the authority does not know.
const WRONG: &str = "planted-wrong-secret";

fn principal(tenant_id: &str, client_id: &str, client_secret: &str) -> AzureCredentials {
    AzureCredentials::Application(Application {
        subscription_id: None,
        tenant_id: tenant_id.to_owned(),
        client_id: client_id.to_owned(),
        proof: Proof::Secret(Secret::new(client_secret.to_owned())),
        source: "test".to_owned(),
        secret_expires: None,
    })
}

/// Connects to a service that is not there, with an authority that is.
async fn store(entra: &Entra, credentials: AzureCredentials) -> (AzureStore, Arc<Log>) {
    let log = Arc::new(Log::default());
    let mut config = AzureConfig::new("devstoreaccount1", "backups", credentials);
    config.endpoint = Some(format!("https://{}", refused_port().expect("port")));
    config.authority = Some(entra.authority());
    config.ca_pem = Some(std::fs::read(entra.ca_file()).expect("ca"));
    config.connect_timeout = Duration::from_secs(5);
    let observer: Arc<dyn WireObserver> = Arc::<Log>::clone(&log);
    (connect(config, observer).await.expect("store"), log)
}

#[tokio::test]
async fn a_token_is_asked_for_by_the_first_request_and_kept() {
    let entra = Entra::start().expect("authority");
    let (tenant, client) = (entra.tenant_id(), entra.client_id());
    let credentials = principal(tenant, client, entra.client_secret());
    let (store, log) = store(&entra, credentials).await;
    assert!(log.take().is_empty(), "nothing is asked at connect");
    for _ in 0..2 {
        let error = store.head_bucket().await.expect_err("nobody there");
        assert_eq!(error.operation(), Operation::HeadBucket, "{error}");
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    }
    let known = store.credential().await.expect("credential");
    assert_eq!(known.id, format!("client {client} (tenant {tenant})"));
    let who = store.principal().await.expect("principal");
    assert_eq!(who.id, known.id);
    assert_eq!(who.claims["tenant"], tenant);
    let seen: Vec<_> = log
        .take()
        .iter()
        .map(|one| (one.operation, one.status))
        .collect();
    assert_eq!(
        seen,
        [
            (Operation::Authenticate, Some(200)),
            (Operation::HeadBucket, None),
            (Operation::HeadBucket, None),
        ]
    );
}

#[tokio::test]
async fn a_refused_token_is_told_by_its_code_and_without_the_secret() {
    let entra = Entra::start().expect("authority");
    let nowhere = "00000000-0000-0000-0000-000000000000";
    for (tenant, client, code) in [
        (entra.tenant_id(), entra.client_id(), "AADSTS7000215"),
        (nowhere, entra.client_id(), "AADSTS90002"),
        (entra.tenant_id(), nowhere, "AADSTS700016"),
    ] {
        let (store, log) = store(&entra, principal(tenant, client, WRONG)).await;
        let error = store.head_bucket().await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert_eq!(error.operation(), Operation::Authenticate, "{error}");
        assert_eq!(error.sent(), Sent::Answered, "{error}");
        assert_eq!(error.evidence().code.as_deref(), Some(code), "{error}");
        let text = format!("{error} {error:?} {store:?} {:?}", log.take());
        assert!(
            !text.contains(WRONG) && !text.contains("Trace ID"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_authority_that_is_not_there_or_not_trusted_is_named() {
    let entra = Entra::start().expect("authority");
    let absent = format!("https://{}", refused_port().expect("port"));
    for (authority, kind) in [
        (absent, ErrorKind::Unreachable),
        (
            "https://login.invalid".to_owned(),
            ErrorKind::NameNotResolved,
        ),
        (entra.authority(), ErrorKind::TlsRejected),
    ] {
        let credentials = principal("t", "c", WRONG);
        let mut config = AzureConfig::new("devstoreaccount1", "backups", credentials);
        config.endpoint = Some(format!("https://{}", refused_port().expect("port")));
        config.authority = Some(authority);
        let store = connect(config, Arc::new(Log::default()))
            .await
            .expect("store");
        let error = store.head_bucket().await.expect_err("no token");
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(
            (error.operation(), error.sent()),
            (Operation::Authenticate, Sent::No)
        );
    }
}

#[tokio::test]
async fn a_token_never_travels_in_the_open() {
    let mut config = AzureConfig::new("acme", "backups", principal("t", "c", WRONG));
    config.endpoint = Some("http://127.0.0.1:1/acme".to_owned());
    let fault = connect(config.clone(), Arc::new(Log::default())).await;
    assert!(matches!(fault, Err(ConnectError::PlainHttp(_))));
    config.endpoint = None;
    config.authority = Some("http://login.invalid".to_owned());
    let fault = connect(config.clone(), Arc::new(Log::default())).await;
    assert!(matches!(fault, Err(ConnectError::Authority)));
    config.authority = None;
    config.credentials = principal("", "c", WRONG);
    let fault = connect(config, Arc::new(Log::default())).await;
    assert!(matches!(fault, Err(ConnectError::Principal)));
}
