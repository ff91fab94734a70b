//! What is known of credentials, and wrong with a configuration, before anybody is asked.

use std::sync::Arc;

use crate::common::{Log, account_key};
use crate::play::{Play, SECRET, application, config, open, secret};
use backstop_azure::{Application, AzureConfig, AzureCredentials, Proof, connect};
use backstop_contract::{ErrorKind, Identity, Secret, Sent, Way};

/// A change of a good configuration, and what is told of it; nothing where it is good still.
type Fault = (fn(&mut AzureConfig), &'static str);

const FAULTS: &[Fault] = &[
    // The management plane is not asked.
    (
        |it| it.management_endpoint = Some("http://h".to_owned()),
        "",
    ),
    (
        |it| {
            it.management = true;
            it.management_endpoint = Some("http://h".to_owned());
        },
        "management endpoint",
    ),
    (
        |it| {
            it.management = true;
            of(it).subscription_id = None;
        },
        "no subscription id",
    ),
    (
        |it| {
            it.management = true;
            it.credentials = account_key();
        },
        "no subscription id",
    ),
    (
        |it| of(it).subscription_id = Some("mine".to_owned()),
        "subscription id is not a GUID",
    ),
    (
        |it| {
            it.endpoint = None;
            it.endpoint_suffix = Some("https://blob.example".to_owned());
        },
        "endpoint suffix",
    ),
    (
        |it| it.authority = Some("https://user:pass@login.example".to_owned()),
        "authority",
    ),
    (
        |it| {
            let pem = Secret::new(SECRET.to_owned());
            of(it).proof = Proof::Certificate { pem };
        },
        "no private key",
    ),
];

fn of(config: &mut AzureConfig) -> &mut Application {
    match &mut config.credentials {
        AzureCredentials::Application(application) => application,
        other => panic!("{other:?} is no application"),
    }
}

#[tokio::test]
async fn faults_of_the_identity_are_found_without_asking() {
    let (entra, server) = Play::default().start();
    for (change, words) in FAULTS {
        let mut config = config(&entra, &server, application(secret()));
        change(&mut config);
        let found = connect(config, Arc::new(Log::default())).await;
        if words.is_empty() {
            found.expect("a store");
            continue;
        }
        let text = found.expect_err(words).to_string();
        assert!(text.contains(words), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
    assert!(server.requests().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn what_is_no_token_is_known_by_itself() {
    let mut config = AzureConfig::new("acme", "backups", account_key());
    config.endpoint = Some("http://127.0.0.1:1/acme".to_owned());
    let store = open(config).await;
    let credential = store.credential().await.expect("credential");
    assert_eq!(credential.way, Way::AccountKey);
    assert_eq!(credential.id, "account key of acme");
    assert_eq!(
        credential.doubts,
        ["the account key has 28 characters, expected 88 of base64"]
    );
    let error = store.principal().await.expect_err("a key names nobody");
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unsupported, Sent::No)
    );
    assert_eq!(
        error.evidence().message.as_deref(),
        Some("an account key names nobody; requests are signed with the key of acme")
    );
}
