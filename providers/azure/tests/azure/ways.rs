//! Each way to be an application, with good and with broken proofs, before a strict authority.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::common::Log;
use backstop_azure::{
    Application, AzureConfig, AzureCredentials, AzureStore, ConnectError, Proof, connect,
};
use backstop_contract::{ErrorKind, Identity, Secret, Way};
use backstop_testkit::{Claims, Entra, Scratch, refused_port};
use serde_json::json;

async fn open(entra: &Entra, proof: Proof) -> Result<AzureStore, ConnectError> {
    let credentials = AzureCredentials::Application(Application {
        subscription_id: None,
        tenant_id: entra.tenant_id().to_owned(),
        client_id: entra.client_id().to_owned(),
        proof,
        source: "test".to_owned(),
        secret_expires: None,
    });
    let mut config = AzureConfig::new("acme", "backups", credentials);
    config.endpoint = Some(format!("https://{}", refused_port().expect("port")));
    config.authority = Some(entra.authority());
    config.ca_pem = Some(std::fs::read(entra.ca_file()).expect("ca"));
    connect(config, Arc::new(Log::default())).await
}

fn certificate(pem: &str) -> Proof {
    Proof::Certificate {
        pem: Secret::new(pem.to_owned()),
    }
}

fn secret(secret: &str) -> Proof {
    Proof::Secret(Secret::new(secret.to_owned()))
}

fn federated(entra: &Entra, folder: &Path, claims: &Claims) -> Proof {
    let token_file: PathBuf = folder.join("token");
    let oidc = entra.oidc().expect("a provider");
    oidc.write_token(&token_file, claims).expect("a token");
    Proof::Federated { token_file }
}

#[tokio::test]
async fn a_good_proof_of_each_kind_is_taken() {
    let entra = Entra::start().expect("authority");
    let folder = Scratch::new().expect("a folder");
    let pem = entra.certificate_pem().expect("a certificate");
    let claims = entra.federated_claims();
    for (proof, way, refreshes) in [
        (secret(entra.client_secret()), Way::ClientSecret, false),
        (certificate(&pem), Way::ClientCertificate, false),
        (
            federated(&entra, folder.path(), &claims),
            Way::WorkloadIdentity,
            true,
        ),
    ] {
        let store = open(&entra, proof).await.expect("a store");
        let credential = store.credential().await.expect("a token");
        assert_eq!((credential.way, credential.refreshes), (way, refreshes));
        assert!(credential.doubts.is_empty(), "{credential:?}");
        assert_eq!(
            credential.expires_at.is_some(),
            way != Way::ClientSecret,
            "{credential:?}"
        );
        let principal = store.principal().await.expect("claims");
        assert_eq!(
            principal.known_as,
            [entra.object_id(), entra.client_id()],
            "{way}"
        );
    }
    assert_eq!(entra.requests().len(), 3, "one token a store");
}

/// A proof that is refused: the kind, the code, and a fact that tells why.
struct Broken {
    proof: Proof,
    kind: ErrorKind,
    code: &'static str,
    fact: String,
}

async fn assert_refused(entra: &Entra, broken: Broken) {
    let Broken {
        proof,
        kind,
        code,
        fact,
    } = broken;
    let store = open(entra, proof).await.expect("a store");
    let error = store.credential().await.expect_err(code);
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.evidence().code.as_deref(), Some(code), "{error}");
    let facts = error.evidence().facts.join("\n");
    assert!(facts.contains(&fact), "{code}: {facts}");
    let message = error.evidence().message.clone().unwrap_or_default();
    assert!(message.starts_with(code), "{message}");
    assert!(!message.contains("Trace ID"), "{message}");
}

#[tokio::test]
async fn a_broken_secret_or_certificate_is_told_apart() {
    let entra = Entra::start().expect("authority");
    let other = entra.other_certificate_pem().expect("a certificate");
    let expired = entra.expired_certificate_pem().expect("a certificate");
    for broken in [
        Broken {
            proof: secret("0b6e2f7d-95c1-4d38-8a4e-6c1f0d2b3e00"),
            kind: ErrorKind::Unauthenticated,
            code: "AADSTS7000215",
            fact: "the form of a GUID".to_owned(),
        },
        Broken {
            proof: secret(entra.expired_secret()),
            kind: ErrorKind::CredentialExpired,
            code: "AADSTS7000222",
            fact: "the client secret has ended".to_owned(),
        },
        Broken {
            proof: certificate(&other),
            kind: ErrorKind::Unauthenticated,
            code: "AADSTS700027",
            fact: "certificate thumbprint: ".to_owned(),
        },
        Broken {
            proof: certificate(&expired),
            kind: ErrorKind::CredentialExpired,
            code: "AADSTS700027",
            fact: "certificate end: 2021-".to_owned(),
        },
    ] {
        assert_refused(&entra, broken).await;
    }
}

#[tokio::test]
async fn a_federated_token_that_does_not_fit_is_told_with_its_claims() {
    let entra = Entra::start().expect("authority");
    let folder = Scratch::new().expect("a folder");
    let good = || entra.federated_claims();
    let issuer = entra.oidc().expect("a provider").issuer();
    for (claims, kind, code, fact) in [
        (
            good().with("iss", json!("https://other.example")),
            ErrorKind::Unauthenticated,
            "AADSTS700211",
            "token issuer: https://other.example".to_owned(),
        ),
        (
            good().with("aud", json!("sts.amazonaws.com")),
            ErrorKind::Unauthenticated,
            "AADSTS700212",
            "token audience: sts.amazonaws.com".to_owned(),
        ),
        (
            good().with("sub", json!("system:serviceaccount:ns:other")),
            ErrorKind::Unauthenticated,
            "AADSTS700213",
            "token subject: system:serviceaccount:ns:other".to_owned(),
        ),
        (
            good().expired(),
            ErrorKind::CredentialExpired,
            "AADSTS700024",
            format!("token issuer: {issuer}"),
        ),
        (
            good()
                .with("nbf", json!(4_000_000_000_i64))
                .with("exp", json!(4_000_003_600_i64)),
            ErrorKind::ClockSkewed,
            "AADSTS700024",
            "token end: 2096-".to_owned(),
        ),
    ] {
        let proof = federated(&entra, folder.path(), &claims);
        let broken = Broken {
            proof,
            kind,
            code,
            fact,
        };
        assert_refused(&entra, broken).await;
    }
}

#[tokio::test]
async fn an_expired_certificate_is_doubted_before_anybody_is_asked() {
    let entra = Entra::start().expect("authority");
    let expired = entra.expired_certificate_pem().expect("a certificate");
    let store = open(&entra, certificate(&expired)).await.expect("a store");
    assert!(format!("{store:?}").contains("the certificate ended on 2021-"));
    assert!(entra.requests().is_empty());
}

#[tokio::test]
async fn the_management_plane_tells_whose_a_subscription_is() {
    let entra = Entra::start().expect("authority");
    let open = async |subscription: &str| {
        let credentials = AzureCredentials::Application(Application {
            subscription_id: Some(subscription.to_owned()),
            tenant_id: entra.tenant_id().to_owned(),
            client_id: entra.client_id().to_owned(),
            proof: secret(entra.client_secret()),
            source: "test".to_owned(),
            secret_expires: None,
        });
        let mut config = AzureConfig::new("acme", "backups", credentials);
        config.endpoint = Some(format!("https://{}", refused_port().expect("port")));
        config.authority = Some(entra.authority());
        config.ca_pem = Some(std::fs::read(entra.ca_file()).expect("ca"));
        config.management = true;
        config.management_endpoint = Some(entra.management_endpoint());
        connect(config, Arc::new(Log::default()))
            .await
            .expect("a store")
    };
    let store = open(entra.subscription_id()).await;
    let told = store.principal().await.expect("claims").claims;
    assert!(told["subscription"].starts_with(entra.subscription_id()));
    assert!(told["subscription"].contains("Enabled; tenant"), "{told:?}");
    for (subscription, kind, code) in [
        (
            entra.other_subscription_id(),
            ErrorKind::Unauthenticated,
            "InvalidAuthenticationTokenTenant",
        ),
        (
            "00000000-0000-0000-0000-000000000000",
            ErrorKind::PermissionDenied,
            "SubscriptionNotFound",
        ),
    ] {
        let error = open(subscription).await.principal().await;
        let error = error.expect_err(code);
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.evidence().code.as_deref(), Some(code), "{error}");
        let facts = error.evidence().facts.join("\n");
        let ours = format!("the token is of the tenant {}", entra.tenant_id());
        assert!(facts.contains(&ours), "{facts}");
    }
}
