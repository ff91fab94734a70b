//! Managed identities from the configuration to the token, and the addresses of the clouds.

use backstop_contract::{Credential, ErrorKind, Exchange, Identity, PassedOver, Principal, Way};
use backstop_testkit::{AzureImds, Entra, refused_port};

use super::*;
use crate::cloud::Cloud;
use crate::credentials::{ManagedIdentity, Which};

#[derive(Debug)]
struct Blind;

impl WireObserver for Blind {
    fn observe(&self, _exchange: &Exchange) {}
}

fn store(which: Which, passed_over: Vec<PassedOver>, imds: &str) -> AzureStore {
    let credentials = AzureCredentials::ManagedIdentity(ManagedIdentity {
        which,
        subscription_id: None,
        passed_over,
        source: "test".to_owned(),
    });
    let mut config = AzureConfig::new("acme", "backups", credentials);
    config.endpoint = Some(format!("https://{}", refused_port().expect("port")));
    let imds = imds.to_owned();
    let variable =
        move |name: &str| (name == "AZURE_POD_IDENTITY_AUTHORITY_HOST").then(|| imds.clone());
    let observer: Arc<dyn WireObserver> = Arc::new(Blind);
    connect_in(config, &observer, &variable).expect("a store")
}

fn passed() -> Vec<PassedOver> {
    vec![PassedOver {
        link: "environment".to_owned(),
        reason: "AZURE_CLIENT_ID is not set".to_owned(),
    }]
}

async fn who(store: &AzureStore) -> (Credential, Principal) {
    let credential = store.credential().await.expect("credential");
    (credential, store.principal().await.expect("principal"))
}

#[tokio::test]
async fn every_identity_of_a_machine_is_somebody() {
    let entra = Entra::start().expect("authority");
    let imds = AzureImds::start(&entra).expect("metadata");
    for (which, client) in [
        (Which::System, imds.system_client_id()),
        (
            Which::ClientId(imds.client_id().to_owned()),
            imds.client_id(),
        ),
        (
            Which::ObjectId(imds.object_id().to_owned()),
            imds.client_id(),
        ),
        (
            Which::ResourceId(imds.resource_id().to_owned()),
            imds.client_id(),
        ),
    ] {
        let store = store(which, passed(), &imds.endpoint());
        let (credential, principal) = who(&store).await;
        let id = format!("client {client} (tenant {})", entra.tenant_id());
        assert_eq!((&credential.id, &principal.id), (&id, &id));
        assert_eq!(credential.way, Way::ManagedIdentity);
        assert_eq!(credential.passed_over, passed());
        assert!(credential.refreshes && credential.expires_at.is_some());
        assert!(principal.known_as.contains(&client.to_owned()));
    }
    assert_eq!(imds.requests().len(), 4, "one question an identity");
}

#[tokio::test]
async fn an_identity_that_is_not_assigned_is_told_as_it_is_said() {
    let entra = Entra::start().expect("authority");
    let imds = AzureImds::start(&entra).expect("metadata");
    let bare = AzureImds::start(&entra)
        .expect("metadata")
        .without_identity();
    let nobody = Which::ClientId("00000000-0000-0000-0000-000000000000".to_owned());
    for (which, imds) in [(nobody, &imds), (Which::System, &bare)] {
        let store = store(which, Vec::new(), &imds.endpoint());
        let error = store.credential().await.expect_err("no identity");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert_eq!(error.evidence().code.as_deref(), Some("invalid_request"));
        let message = error.evidence().message.as_deref();
        assert_eq!(message, Some("Identity not found"));
        store.principal().await.expect_err("no identity");
        assert_eq!(imds.requests().len(), 1, "a refusal holds");
    }
}

#[test]
fn a_cloud_gives_what_is_absent() {
    for cloud in Cloud::ALL {
        let credentials = AzureCredentials::AccountKey {
            key: backstop_contract::Secret::new("c2VjcmV0".to_owned()),
            source: "test".to_owned(),
        };
        let mut config = AzureConfig::new("acme", "backups", credentials);
        config.cloud = cloud;
        let url = config::container_url(&config).expect("a URL");
        let host = format!("acme.{}", cloud.blob_suffix());
        assert_eq!(url.host_str(), Some(host.as_str()), "{cloud}");
        config.endpoint_suffix = Some("blob.core.mycloud.example".to_owned());
        let url = config::container_url(&config).expect("a URL");
        assert_eq!(
            url.as_str(),
            "https://acme.blob.core.mycloud.example/backups"
        );
        for secure in [cloud.authority(), cloud.management()] {
            config::secure_url(secure, ConnectError::Authority).expect("https");
        }
    }
}
