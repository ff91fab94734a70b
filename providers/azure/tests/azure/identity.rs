//! Who we are: told by the token, by the account's challenge and by the management plane.

use crate::play::{
    CLIENT, OBJECT, OTHER, OURS, Play, SECRET, SIGNED, SUBSCRIPTION, application, challenge,
    config, json, open, secret,
};
use backstop_azure::Proof;
use backstop_contract::{Error, ErrorKind, Identity, ObjectStore, Operation, Sent, Way};
use backstop_testkit::Response;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

fn facts(error: &Error) -> String {
    error.evidence().facts.join("\n")
}

#[tokio::test]
async fn the_token_tells_who_we_are() {
    let (entra, server) = Play::default().start();
    let store = open(config(&entra, &server, application(secret()))).await;
    let credential = store.credential().await.expect("credential");
    assert_eq!(credential.way, Way::ClientSecret);
    assert_eq!(credential.id, format!("client {CLIENT} (tenant {OURS})"));
    let ends = credential.expires_at.map(|end| end.to_string());
    assert_eq!(ends.as_deref(), Some("2027-01-01T00:00:00Z"));
    assert!(!credential.refreshes && credential.doubts.is_empty());
    let principal = store.principal().await.expect("principal");
    assert_eq!(principal.id, credential.id);
    assert_eq!(principal.known_as, [OBJECT, CLIENT]);
    let claims: Vec<_> = principal.claims.iter().collect();
    let expected = [
        ("application", CLIENT.to_owned()),
        ("audience", "https://storage.azure.com".to_owned()),
        ("issuer", format!("https://sts.windows.net/{OURS}/")),
        ("object id", OBJECT.to_owned()),
        ("subscription", format!("{SUBSCRIPTION} (format only)")),
        ("tenant", OURS.to_owned()),
    ];
    for ((name, value), (expected_name, expected)) in claims.iter().zip(&expected) {
        assert_eq!((name.as_str(), *value), (*expected_name, expected));
    }
    assert_eq!(claims.len(), expected.len());
    assert_eq!(server.requests().len(), 1, "one token and nothing else");
    let text = format!("{store:?} {credential:?} {principal:?}");
    assert!(!text.contains(SIGNED) && !text.contains(SECRET), "{text}");
}

#[tokio::test]
async fn an_opaque_token_tells_nothing() {
    let opaque =
        json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "planted-opaque" });
    let play = Play {
        token: json(200, &opaque),
        ..Play::default()
    };
    let (entra, server) = play.start();
    let store = open(config(&entra, &server, application(secret()))).await;
    let error = store.principal().await.expect_err("opaque");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let message = error.evidence().message.clone().unwrap_or_default();
    assert!(message.contains(CLIENT), "{message}");
    assert!(!message.contains("planted-opaque"), "{message}");
}

#[tokio::test]
async fn an_answer_without_a_token_is_none() {
    let play = Play {
        token: json(200, &json!({ "message": "welcome" })),
        ..Play::default()
    };
    let (entra, server) = play.start();
    let store = open(config(&entra, &server, application(secret()))).await;
    let error = store.credential().await.expect_err("no token");
    assert_eq!(error.kind(), ErrorKind::MalformedResponse, "{error}");
    assert_eq!(error.operation(), Operation::Authenticate, "{error}");
}

fn refused_token(status: u16, code: u32, sentence: &str) -> Response {
    let body = json!({
        "error": "invalid_client",
        "error_description": format!("AADSTS{code}: {sentence} Trace ID: 0 Correlation ID: 1 Timestamp: 2"),
        "error_codes": [code],
    });
    json(status, &body)
}

#[tokio::test]
async fn a_refused_application_is_told_the_tenant_of_the_account() {
    let sentence =
        format!("Application with identifier '{CLIENT}' was not found in the directory.");
    let play = Play {
        token: refused_token(400, 700_016, &sentence),
        ..Play::default()
    };
    let (entra, server) = play.start();
    let store = open(config(&entra, &server, application(secret()))).await;
    for _ in 0..2 {
        let error = store.credential().await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert_eq!(error.operation(), Operation::Authenticate, "{error}");
        assert_eq!(error.evidence().code.as_deref(), Some("AADSTS700016"));
        assert_eq!(
            error.evidence().facts,
            [
                "AADSTS700016: the tenant has no such application".to_owned(),
                format!("the account belongs to the tenant {OTHER}"),
                format!("the token is of the tenant {OURS}"),
            ]
        );
    }
    let error = store.head_bucket().await.expect_err("no token");
    assert_eq!(error.evidence().code.as_deref(), Some("AADSTS700016"));
    let asked: Vec<_> = server.requests();
    assert_eq!(asked.len(), 2, "one token, one question to the account");
    assert!(asked[1].header("authorization").is_none(), "{asked:?}");
    assert!(asked[1].header("x-ms-version").is_some(), "{asked:?}");
}

#[tokio::test]
async fn a_token_of_another_tenant_is_told_from_the_refusal_itself() {
    let play = Play {
        account: challenge("InvalidAuthenticationInfo"),
        ..Play::default()
    };
    let (entra, server) = play.start();
    let store = open(config(&entra, &server, application(secret()))).await;
    let error = store.head_bucket().await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    let told = facts(&error);
    assert!(
        told.contains(&format!("belongs to the tenant {OTHER}")),
        "{told}"
    );
    assert!(
        told.contains(&format!("token is of the tenant {OURS}")),
        "{told}"
    );
    assert_eq!(server.requests().len(), 2, "a token and the request");
}

#[tokio::test]
async fn a_federated_token_is_compared_where_it_is_refused() {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let issued = |claims: serde_json::Value| {
        format!("{}.{}.{SIGNED}", part("{}"), part(&claims.to_string()))
    };
    let whose = json!({ "iss": "https://oidc.example", "sub": "system:serviceaccount:ns:sa",
        "aud": ["api://AzureADTokenExchange"], "exp": 1_700_000_000 });
    let file = std::env::temp_dir().join(format!("backstop-federated-{}", std::process::id()));
    for (code, kind) in [
        (700_213, ErrorKind::Unauthenticated),
        (700_024, ErrorKind::CredentialExpired),
    ] {
        std::fs::write(&file, issued(whose.clone())).expect("written");
        let play = Play {
            token: refused_token(401, code, "No."),
            ..Play::default()
        };
        let (entra, server) = play.start();
        let proof = Proof::Federated {
            token_file: file.clone(),
        };
        let store = open(config(&entra, &server, application(proof))).await;
        let error = store.credential().await.expect_err("refused");
        assert_eq!(error.kind(), kind, "{error}");
        let told = facts(&error);
        for fact in [
            "token issuer: https://oidc.example",
            "token subject: system:serviceaccount:ns:sa",
            "token audience: api://AzureADTokenExchange",
        ] {
            assert!(told.contains(fact), "{told}");
        }
        let text = format!("{error:?} {told}");
        assert!(!text.contains(SIGNED), "{text}");
        let form = String::from_utf8_lossy(&server.requests()[0].body).into_owned();
        assert!(
            form.contains("client-assertion-type%3Ajwt-bearer"),
            "{form}"
        );
    }
    let _ = std::fs::remove_file(&file);
}

#[tokio::test]
async fn a_federated_token_is_read_anew_and_its_absence_is_named() {
    let (entra, server) = Play::default().start();
    let file = std::env::temp_dir().join(format!("backstop-absent-{}", std::process::id()));
    let proof = Proof::Federated {
        token_file: file.clone(),
    };
    let store = open(config(&entra, &server, application(proof))).await;
    let error = store.credential().await.expect_err("absent");
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unauthenticated, Sent::No)
    );
    let message = error.evidence().message.clone().unwrap_or_default();
    assert!(message.contains(&file.display().to_string()), "{message}");
    assert!(server.requests().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn the_management_plane_is_asked_once_and_only_when_it_is_wanted() {
    let (entra, server) = Play::default().start();
    let mut config = config(&entra, &server, application(secret()));
    config.management = true;
    let store = open(config).await;
    let principal = store.principal().await.expect("principal");
    assert_eq!(
        principal.claims["subscription"],
        format!("{SUBSCRIPTION} (Backups, Enabled; tenant {OURS})")
    );
    let asked = server.requests();
    assert_eq!(asked.len(), 3, "two tokens and one question");
    let form = String::from_utf8_lossy(&asked[1].body);
    assert!(
        form.contains("scope=https%3A%2F%2Fmanagement.azure.com%2F.default"),
        "{form}"
    );
    assert_eq!(asked[2].method, "GET");
    assert_eq!(
        asked[2].target,
        format!("/subscriptions/{SUBSCRIPTION}?api-version=2022-12-01")
    );
}

#[tokio::test]
async fn a_subscription_that_cannot_be_seen_is_told_with_both_tenants() {
    let refused = |status, code: &str| {
        json(
            status,
            &json!({ "error": { "code": code, "message": "No. More." } }),
        )
    };
    let uri = format!("https://login.windows.net/{OTHER}");
    let of_other = refused(401, "InvalidAuthenticationTokenTenant").with(
        "WWW-Authenticate",
        &format!("Bearer authorization_uri=\"{uri}\", error=\"invalid_token\""),
    );
    let moved = json!({ "tenantId": OTHER, "displayName": "Backups", "state": "Enabled" });
    for (management, kind, code, fact) in [
        (
            refused(404, "SubscriptionNotFound"),
            ErrorKind::PermissionDenied,
            Some("SubscriptionNotFound"),
            format!("subscription: {SUBSCRIPTION}"),
        ),
        (
            refused(403, "AuthorizationFailed"),
            ErrorKind::PermissionDenied,
            Some("AuthorizationFailed"),
            format!("the token is of the tenant {OURS}"),
        ),
        (
            of_other,
            ErrorKind::Unauthenticated,
            Some("InvalidAuthenticationTokenTenant"),
            format!("the subscription is of the tenant {OTHER}"),
        ),
        (
            json(200, &moved),
            ErrorKind::Unauthenticated,
            None,
            format!("the subscription is of the tenant {OTHER}"),
        ),
        (
            Response::new(200, "<html>Sign in</html>"),
            ErrorKind::MalformedResponse,
            None,
            String::new(),
        ),
        (
            Response::new(502, ""),
            ErrorKind::ServiceFailed,
            None,
            String::new(),
        ),
    ] {
        let play = Play {
            management,
            ..Play::default()
        };
        let (entra, server) = play.start();
        let mut config = config(&entra, &server, application(secret()));
        config.management = true;
        let store = open(config).await;
        let error = store.principal().await.expect_err("refused");
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.evidence().code.as_deref(), code, "{error}");
        let told = facts(&error);
        assert!(told.contains(&fact), "{told}");
        store.credential().await.expect("the token is good");
    }
}
