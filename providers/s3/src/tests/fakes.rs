//! The ways to credentials against services that are as strict as the real ones.

use std::path::PathBuf;

use backstop_contract::{ErrorKind, Identity, Way};
use backstop_testkit::{Claims, ContainerAgent, Imds, Minted, Oidc, Sts, StsRules};

use super::*;
use crate::{AssumeRole, WebIdentity};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn minted() -> Minted {
    Minted {
        access_key: "ASIAIOSFODNN7EXAMPLE".to_owned(),
        secret_key: SECRET.to_owned(),
        session_token: "planted-session-token".to_owned(),
        expires_at: jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1),
    }
}

fn user(secret: &str) -> S3Credentials {
    S3Credentials::AccessKey {
        id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret: Secret::new(secret.to_owned()),
        session_token: None,
        source: "config file".to_owned(),
    }
}

/// Returns an account with a role for its user, and one for the subject of a provider's tokens.
fn account(oidc: &Oidc) -> Sts {
    let rules = StsRules::new(minted)
        .user("backup", ("AKIAIOSFODNN7EXAMPLE", SECRET))
        .role("nightly", "backup", Some("of-acme"))
        .web_role("pod", oidc, "system:serviceaccount:ns:sa");
    Sts::start(rules).expect("a free port")
}

async fn asked(sts: &Sts, credentials: S3Credentials, token: &str) -> S3Store {
    let server = always(Response::new(200, ""));
    let mut config = by(&server, credentials);
    config.sts_endpoint = Some(sts.endpoint());
    config.request_timeout = S3Config::REQUEST_TIMEOUT;
    let (store, _) = within(&[], &[("/token", token)], config)
        .await
        .expect("a store");
    store
}

#[tokio::test]
async fn a_metadata_service_that_wants_a_token_is_given_it() {
    let server = always(Response::new(200, ""));
    let start = || Imds::start("acme-node", minted).expect("a free port");
    for (service, kind) in [
        (start(), None),
        (start().without_role(), Some(ErrorKind::Unauthenticated)),
        (start().silent_token(), Some(ErrorKind::TimedOut)),
    ] {
        let endpoint = service.endpoint();
        let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.as_str())];
        let config = by(&server, S3Credentials::NodeRole);
        let (store, _) = within(&variables, &[], config).await.expect("a store");
        let told = store.credential().await;
        assert_eq!(told.as_ref().err().map(Error::kind), kind, "{told:?}");
        if let Ok(credential) = told {
            assert_eq!((credential.way, service.issued()), (Way::NodeRole, 1));
            assert!(credential.doubts.is_empty(), "{:?}", credential.doubts);
        }
    }
}

#[tokio::test]
async fn an_agent_that_wants_a_token_is_given_it() {
    let server = always(Response::new(200, ""));
    let agent = ContainerAgent::start("planted-agent-token", minted).expect("a free port");
    let uri = agent.full_uri();
    for (token, kind) in [
        ("planted-agent-token", None),
        ("planted-other-token", Some(ErrorKind::Unauthenticated)),
    ] {
        let variables = [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", token),
        ];
        let config = by(&server, S3Credentials::Chain);
        let (store, _) = within(&variables, &[], config).await.expect("a store");
        let told = store.credential().await;
        assert_eq!(told.as_ref().err().map(Error::kind), kind, "{told:?}");
        assert!(!format!("{told:?}").contains("planted"));
    }
}

#[tokio::test]
async fn a_user_is_told_who_it_is() {
    let oidc = Oidc::start().expect("a free port");
    let sts = account(&oidc);
    let principal = asked(&sts, user(SECRET), "").await.principal().await;
    let principal = principal.expect("a user");
    assert!(principal.id.ends_with(":user/backup"), "{}", principal.id);
    let wrong = SECRET.replace('w', "v");
    let error = asked(&sts, user(&wrong), "").await.principal().await;
    assert_eq!(
        error.expect_err("a wrong secret").kind(),
        ErrorKind::SignatureRejected
    );
}

#[tokio::test]
async fn a_role_is_given_to_whom_it_trusts() {
    let oidc = Oidc::start().expect("a free port");
    let sts = account(&oidc);
    for (external_id, secret, kind) in [
        (Some("of-acme"), SECRET, None),
        (None, SECRET, Some(ErrorKind::PermissionDenied)),
        (Some("other"), SECRET, Some(ErrorKind::PermissionDenied)),
        (Some("of-acme"), "wrong", Some(ErrorKind::SignatureRejected)),
    ] {
        let role = S3Credentials::AssumeRole(AssumeRole {
            role_arn: Some(sts.role_arn("nightly")),
            external_id: external_id.map(str::to_owned),
            session_name: None,
            duration: None,
            base: Box::new(user(secret)),
        });
        let store = asked(&sts, role, "").await;
        let told = store.credential().await;
        assert_eq!(told.as_ref().err().map(Error::kind), kind, "{told:?}");
        if kind.is_none() {
            let principal = store.principal().await.expect("a session");
            assert_eq!(principal.known_as[0], sts.role_arn("nightly"));
        }
    }
}

#[tokio::test]
async fn a_token_is_taken_from_whom_the_role_trusts() {
    let oidc = Oidc::start().expect("a free port");
    let sts = account(&oidc);
    let subject = "system:serviceaccount:ns:sa";
    let of = |subject: &str, audience: &str| Claims::of(subject, audience);
    let sign = |claims: &Claims| oidc.token(claims).expect("a token");
    let good = of(subject, "sts.amazonaws.com");
    let forged = oidc.forged_token(&good).expect("a token");
    for (token, kind) in [
        (sign(&good), None),
        (
            sign(&of("somebody", "sts.amazonaws.com")),
            Some(ErrorKind::PermissionDenied),
        ),
        (
            sign(&of(subject, "other")),
            Some(ErrorKind::Unauthenticated),
        ),
        (
            sign(&of(subject, "sts.amazonaws.com").expired()),
            Some(ErrorKind::CredentialExpired),
        ),
        (forged, Some(ErrorKind::Unauthenticated)),
    ] {
        let identity = S3Credentials::WebIdentity(WebIdentity {
            role_arn: Some(sts.role_arn("pod")),
            token_file: PathBuf::from("/token"),
            session_name: None,
            duration: None,
            source: "config file".to_owned(),
        });
        let told = asked(&sts, identity, &token).await.credential().await;
        assert_eq!(told.as_ref().err().map(Error::kind), kind, "{told:?}");
        let signature = token.rsplit('.').next().expect("a signature");
        assert!(!format!("{told:?}").contains(signature));
    }
}
