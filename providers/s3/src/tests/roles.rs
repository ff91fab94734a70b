//! Roles by the token service, from a scripted one.

use std::path::PathBuf;

use backstop_contract::{ErrorKind, Identity, Way};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::{AssumeRole, WebIdentity};

const ROLE: &str = "arn:aws:iam::123456789012:role/backup";

fn given(action: &str, id: &str) -> Response {
    let body = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
         <Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>planted-secret\
         </SecretAccessKey><SessionToken>planted-token</SessionToken>\
         <Expiration>2999-11-22T23:00:00Z</Expiration></Credentials></{action}Result>\
         <ResponseMetadata><RequestId>c6104cbe</RequestId></ResponseMetadata></{action}Response>"
    );
    Response::new(200, body).with("x-amzn-RequestId", "c6104cbe")
}

pub(super) fn refused(status: u16, code: &str, message: &str) -> Response {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
         <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>c6104cbe</RequestId></ErrorResponse>"
    );
    Response::new(status, body).with("x-amzn-RequestId", "c6104cbe")
}

fn token() -> String {
    let payload = r#"{"iss":"https://oidc.example","sub":"system:serviceaccount:ns:sa",
                      "aud":"sts.amazonaws.com","exp":32503680000}"#;
    format!("e30.{}.planted-signature", URL_SAFE_NO_PAD.encode(payload))
}

fn web_identity() -> S3Credentials {
    S3Credentials::WebIdentity(WebIdentity {
        role_arn: Some(ROLE.to_owned()),
        token_file: PathBuf::from("/token"),
        session_name: None,
        duration: Some(Duration::from_mins(15)),
        source: "config file".to_owned(),
    })
}

fn assume(base: S3Credentials) -> S3Credentials {
    S3Credentials::AssumeRole(AssumeRole {
        role_arn: Some(ROLE.to_owned()),
        external_id: Some("planted-external-id".to_owned()),
        session_name: Some("nightly".to_owned()),
        duration: None,
        base: Box::new(base),
    })
}

fn at(sts: &Scripted, server: &Scripted, credentials: S3Credentials) -> S3Config {
    let mut config = by(server, credentials);
    config.sts_endpoint = Some(sts.endpoint());
    config
}

#[tokio::test]
async fn a_token_is_exchanged_for_a_role() {
    let server = always(Response::new(200, "").with("ETag", "\"e\""));
    let sts = always(given("AssumeRoleWithWebIdentity", "ASIAWEB"));
    let files = [("/token", token())];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let config = at(&sts, &server, web_identity());
    let (store, log) = within(&[], &files, config).await.expect("a store");
    let credential = store.credential().await.expect("credentials");
    assert_eq!(
        (credential.way, credential.id.as_str()),
        (Way::WebIdentity, "ASIAWEB")
    );
    assert_eq!(credential.source, "config file");
    assert!(fails(&store, Operation::PutObject).await.is_none());
    assert_eq!(signer(&server.requests()[0]), "ASIAWEB");
    let asked = sts.requests();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].header("authorization").is_none());
    let body = String::from_utf8_lossy(&asked[0].body).into_owned();
    for part in [
        "Action=AssumeRoleWithWebIdentity",
        "RoleSessionName=backstop",
        "DurationSeconds=900",
    ] {
        assert!(body.contains(part), "{body}");
    }
    assert_eq!(log.all()[0].request_id.as_deref(), Some("c6104cbe"));
}

#[tokio::test]
async fn a_refused_token_is_shown_beside_the_role() {
    let server = always(Response::new(200, ""));
    let untrusted = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    for (status, code, message, kind) in [
        (403, "AccessDenied", untrusted, ErrorKind::PermissionDenied),
        (
            400,
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://oidc.example",
            ErrorKind::Unauthenticated,
        ),
        (
            400,
            "ExpiredTokenException",
            "Token expired",
            ErrorKind::CredentialExpired,
        ),
    ] {
        let sts = always(refused(status, code, message));
        let text = token();
        let config = at(&sts, &server, web_identity());
        let (store, _) = within(&[], &[("/token", &text)], config)
            .await
            .expect("a store");
        let error = store.credential().await.expect_err("refused");
        let evidence = error.evidence();
        assert_eq!(
            (error.kind(), evidence.status),
            (kind, Some(status)),
            "{error}"
        );
        assert_eq!(evidence.code.as_deref(), Some(code));
        assert_eq!(evidence.message.as_deref(), Some(message));
        assert_eq!(evidence.request_id.as_deref(), Some("c6104cbe"));
        assert_eq!(
            evidence.facts,
            [
                format!("token service: {}", sts.endpoint()).as_str(),
                format!("role: {ROLE}").as_str(),
                "token issuer: https://oidc.example",
                "token subject: system:serviceaccount:ns:sa",
                "token audience: sts.amazonaws.com",
                "token ends: 3000-01-01T00:00:00Z",
            ]
        );
        assert!(!format!("{error:?}").contains("planted"));
        // An operation of the store fails for the same reason, and the service is not asked again.
        let failed = fails(&store, Operation::GetObject).await.expect("refused");
        assert_eq!(
            (failed.kind(), failed.operation()),
            (kind, Operation::GetObject)
        );
        assert_eq!(failed.evidence().facts, evidence.facts);
        assert_eq!(sts.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_role_is_assumed_with_other_credentials() {
    let server = always(Response::new(200, "").with("ETag", "\"e\""));
    let sts = always(given("AssumeRole", "ASIAROLE"));
    let base = config(&server).credentials;
    let (store, _) = within(&[], &[], at(&sts, &server, assume(base)))
        .await
        .expect("a store");
    let credential = store.credential().await.expect("credentials");
    assert_eq!(
        (credential.way, credential.id.as_str()),
        (Way::AssumeRole, "ASIAROLE")
    );
    assert_eq!(
        credential.source,
        format!("role {ROLE}, assumed by access key id AKIDEXAMPLE (config file)")
    );
    assert!(credential.refreshes);
    let asked = sts.requests();
    assert_eq!(signer(&asked[0]), "AKIDEXAMPLE");
    let body = String::from_utf8_lossy(&asked[0].body).into_owned();
    for part in [
        "Action=AssumeRole&",
        "RoleSessionName=nightly",
        "ExternalId=planted-external-id",
    ] {
        assert!(body.contains(part), "{body}");
    }
    assert!(fails(&store, Operation::PutObject).await.is_none());
    assert_eq!(signer(&server.requests()[0]), "ASIAROLE");
}

#[tokio::test]
async fn a_refused_role_is_shown_beside_who_asked() {
    let server = always(Response::new(200, ""));
    let message = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: \
                   sts:AssumeRole on resource: arn:aws:iam::123456789012:role/backup";
    let sts = always(refused(403, "AccessDenied", message));
    let base = config(&server).credentials;
    let (store, _) = within(&[], &[], at(&sts, &server, assume(base)))
        .await
        .expect("a store");
    let error = store.credential().await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.evidence().message.as_deref(), Some(message));
    assert_eq!(
        error.evidence().facts,
        [
            format!("token service: {}", sts.endpoint()).as_str(),
            format!("role: {ROLE}").as_str(),
            "assumed by: access key id AKIDEXAMPLE (config file)",
            "external id: given",
        ]
    );
    assert!(!format!("{error:?}").contains("planted"));
}

#[tokio::test]
async fn a_role_of_a_profile_goes_to_the_same_token_service() {
    let server = always(Response::new(200, ""));
    let sts = always(given("AssumeRole", "ASIAPROFILE"));
    let file = format!(
        "[profile p]\nrole_arn = {ROLE}\nsource_profile = base\n\
         [profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = planted\n"
    );
    let files = [("/home/of-test/.aws/config", file.as_str())];
    let endpoint = sts.endpoint();
    let variables = [("AWS_ENDPOINT_URL_STS", endpoint.as_str())];
    let name = Some("p".to_owned());
    let config = by(&server, S3Credentials::Profile { name });
    let (store, _) = within(&variables, &files, config).await.expect("a store");
    let credential = store.credential().await.expect("credentials");
    assert_eq!(
        (credential.way, credential.id.as_str()),
        (Way::Profile, "ASIAPROFILE")
    );
    assert_eq!(signer(&sts.requests()[0]), "AKIDBASE");
    assert_eq!(
        credential.source,
        format!("profile p: role {ROLE}, assumed by access key id AKIDBASE (profile base)")
    );
}

#[tokio::test]
async fn no_token_goes_where_storage_is() {
    let server = always(Response::new(200, ""));
    let storage = server.endpoint();
    let text = token();
    let role = format!("[default]\nrole_arn = {ROLE}\ncredential_source = Environment\n");
    let files = [("/token", text.as_str())];
    let profile = [("/home/of-test/.aws/config", role.as_str())];
    let general = ("AWS_ENDPOINT_URL", storage.as_str());
    let web = [
        general,
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
    ];
    let key = [
        general,
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "planted"),
    ];
    let words = format!(
        "AWS_ENDPOINT_URL would send the token for STS to {storage}, which is a storage endpoint; \
         set AWS_ENDPOINT_URL_S3 for storage instead (and AWS_ENDPOINT_URL_STS if STS has an \
         endpoint of its own)"
    );
    // Certain at once.
    let base = || config(&server).credentials;
    for (variables, credentials) in [
        (&[general][..], web_identity()),
        (&[general], assume(base())),
        (&web, S3Credentials::Chain),
    ] {
        let connected = within(variables, &files, by(&server, credentials)).await;
        assert_eq!(connected.expect_err("refused").to_string(), words);
    }
    // Certain when the profile is read.
    let config = by(&server, S3Credentials::Profile { name: None });
    let (store, _) = within(&key, &profile, config).await.expect("a store");
    let error = store.credential().await.expect_err("refused");
    assert_eq!(error.evidence().message.as_deref(), Some(words.as_str()));
    // Of no concern where an earlier link has credentials.
    let mut earlier = web.to_vec();
    earlier.extend(&key[1..]);
    let connected = within(&earlier, &files, by(&server, S3Credentials::Chain)).await;
    let (store, _) = connected.expect("a store");
    assert_eq!(store.credential().await.expect("a key").id, "AKIDEXAMPLE");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn amazon_needs_the_name_of_a_role_and_others_may_not() {
    let server = always(Response::new(200, ""));
    let nameless = || {
        S3Credentials::AssumeRole(AssumeRole {
            role_arn: None,
            external_id: None,
            session_name: None,
            duration: None,
            base: Box::new(config(&server).credentials),
        })
    };
    let refused = within(&[], &[], by(&server, nameless())).await;
    assert!(matches!(refused, Err(ConnectError::NoRole)));
    let sts = always(given("AssumeRole", "ASIAMINIO"));
    let connected = within(&[], &[], at(&sts, &server, nameless())).await;
    let (store, _) = connected.expect("a store");
    assert_eq!(
        store.credential().await.expect("credentials").id,
        "ASIAMINIO"
    );
    let body = String::from_utf8_lossy(&sts.requests()[0].body).into_owned();
    assert!(!body.contains("RoleArn"), "{body}");
}
