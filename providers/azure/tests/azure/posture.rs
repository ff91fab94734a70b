//! What a container says of itself: the documented answers, byte for byte.

use backstop_contract::{
    Aspect, AtRest, ErrorKind, Exposure, Inspected, LifecycleEffect, ObjectLock, ObjectStore,
    Operation,
};
use backstop_testkit::{Answer, Request, Response, Scripted};
use serde_json::json;

use crate::common::{account_key, sas, store};
use crate::play::{Play, application, config, json as answer, open, secret};

/// An answer to Get Container Properties:
/// <https://learn.microsoft.com/rest/api/storageservices/get-container-properties>.
fn container(headers: &[(&str, &str)]) -> Response {
    let mut answer = Response::new(200, "")
        .with("x-ms-version", "2026-04-06")
        .with("x-ms-request-id", "7")
        .with("ETag", "\"0x8D\"")
        .with("x-ms-lease-state", "available");
    for (name, value) in headers {
        answer = answer.with(name, value);
    }
    answer
}

async fn asked(
    response: Response,
    aspect: Aspect,
) -> (backstop_contract::Result<Inspected>, Vec<Request>) {
    let server = Scripted::sequence(vec![Answer::Send(response)]).expect("a port");
    let (store, _log) = store(&server.endpoint(), account_key()).await;
    (store.inspect(aspect).await, server.requests())
}

fn locks(possible: bool, policy: bool, legal_hold: bool) -> Inspected {
    Inspected::ObjectLock(ObjectLock {
        possible,
        default: None,
        policy,
        legal_hold,
    })
}

fn at_rest(key: Option<&str>) -> Inspected {
    Inspected::Encryption(Some(AtRest {
        algorithm: "AES256".to_owned(),
        key: key.map(str::to_owned),
    }))
}

#[tokio::test]
async fn the_properties_of_a_container_are_read() {
    const POLICY: &str = "x-ms-has-immutability-policy";
    const HOLD: &str = "x-ms-has-legal-hold";
    const VERSIONS: &str = "x-ms-immutable-storage-with-versioning-enabled";
    const PUBLIC: &str = "x-ms-blob-public-access";
    const SCOPE: &str = "x-ms-default-encryption-scope";
    use Aspect::{Encryption, ObjectLock as Lock, PublicAccess};
    let plain = [(POLICY, "false"), (HOLD, "false"), (VERSIONS, "false")];
    for (aspect, headers, expected) in [
        (Lock, &plain[..], locks(false, false, false)),
        (
            Lock,
            &[(POLICY, "true"), (HOLD, "false")],
            locks(true, true, false),
        ),
        (
            Lock,
            &[(POLICY, "false"), (HOLD, "true")],
            locks(true, false, true),
        ),
        (Lock, &[(VERSIONS, "true")], locks(true, false, false)),
        (
            PublicAccess,
            &plain[..],
            Inspected::Public(Exposure::Nothing),
        ),
        (
            PublicAccess,
            &[(PUBLIC, "blob")],
            Inspected::Public(Exposure::Read),
        ),
        (
            PublicAccess,
            &[(PUBLIC, "container")],
            Inspected::Public(Exposure::ReadAndList),
        ),
        (
            Encryption,
            &[(SCOPE, "$account-encryption-key")],
            at_rest(None),
        ),
        (
            Encryption,
            &[(SCOPE, "own-scope")],
            at_rest(Some("own-scope")),
        ),
    ] {
        let (told, requests) = asked(container(headers), aspect).await;
        assert_eq!(told.expect("properties"), expected, "{headers:?}");
        let [request] = requests.as_slice() else {
            panic!("{requests:?}");
        };
        assert!(
            request.target.contains("/backups?restype=container"),
            "{}",
            request.target
        );
    }
    let (told, _) = asked(container(&[]), Encryption).await;
    assert_eq!(told.expect_err("not told").kind(), ErrorKind::Unsupported);
}

/// The example of <https://learn.microsoft.com/rest/api/storageservices/get-blob-service-properties>.
fn service(enabled: &str, days: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><StorageServiceProperties><Logging>\
         <Version>1.0</Version><Delete>true</Delete><RetentionPolicy><Enabled>true</Enabled>\
         <Days>3</Days></RetentionPolicy></Logging><Cors /><DeleteRetentionPolicy>\
         <Enabled>{enabled}</Enabled>{days}</DeleteRetentionPolicy><StaticWebsite>\
         <Enabled>false</Enabled></StaticWebsite></StorageServiceProperties>"
    );
    Response::new(200, body)
        .with("x-ms-version", "2026-04-06")
        .with("x-ms-request-id", "7")
}

#[tokio::test]
async fn what_is_deleted_comes_back_for_as_long_as_the_service_says() {
    for (response, expected) in [
        (service("true", "<Days>5</Days>"), Some(5)),
        (service("false", ""), None),
        (service("false", "<Days>5</Days>"), None),
    ] {
        let (told, requests) = asked(response, Aspect::SoftDelete).await;
        assert_eq!(told.expect("properties"), Inspected::SoftDelete(expected));
        assert_eq!(
            requests[0].target,
            "/devstoreaccount1?restype=service&comp=properties"
        );
    }
    let page = Response::new(200, "<html>Sign in</html>").with("x-ms-request-id", "7");
    let (told, _) = asked(page, Aspect::SoftDelete).await;
    assert_eq!(
        told.expect_err("a page").kind(),
        ErrorKind::MalformedResponse
    );
}

#[tokio::test]
async fn a_refusal_is_one_of_the_question() {
    let refused = Response::new(
        403,
        "<Error><Code>AuthorizationPermissionMismatch</Code></Error>",
    )
    .with("x-ms-error-code", "AuthorizationPermissionMismatch")
    .with("x-ms-request-id", "7");
    let server = Scripted::sequence(vec![Answer::Send(refused)]).expect("a port");
    let (store, _log) = store(&server.endpoint(), sas()).await;
    for aspect in [
        Aspect::ObjectLock,
        Aspect::SoftDelete,
        Aspect::PublicAccess,
        Aspect::Encryption,
    ] {
        let error = store.inspect(aspect).await.expect_err("refused");
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::PermissionDenied, Operation::Inspect),
            "{aspect:?}"
        );
    }
}

#[tokio::test]
async fn rules_are_kept_elsewhere_and_the_command_that_shows_them_is_told() {
    let server = Scripted::sequence(vec![Answer::Close]).expect("a port");
    let (store, _log) = store(&server.endpoint(), account_key()).await;
    let error = store
        .inspect(Aspect::Lifecycle)
        .await
        .expect_err("not told");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let told = error.evidence().message.clone().unwrap_or_default();
    for words in [
        "management = true",
        "az storage account management-policy show --account-name devstoreaccount1 --resource-group",
    ] {
        assert!(told.contains(words), "{told}");
    }
    let error = store
        .inspect(Aspect::Versioning)
        .await
        .expect_err("not told");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(server.requests().is_empty(), "nothing is sent");
}

#[tokio::test]
async fn the_management_plane_tells_the_rules_where_it_may_be_asked() {
    let group =
        "/subscriptions/s/resourceGroups/g-1/providers/Microsoft.Storage/storageAccounts/acme";
    let found = json!({ "value": [{ "id": group, "name": "acme", "type": "Microsoft.Storage/storageAccounts" }] });
    let rules = json!({ "properties": { "policy": { "rules": [{
        "enabled": true, "name": "old", "type": "Lifecycle", "definition": {
            "filters": { "blobTypes": ["blockBlob"], "prefixMatch": ["backups/pre"] },
            "actions": { "baseBlob": { "delete": { "daysAfterModificationGreaterThan": 7 } } } } }] } } });
    let none = json!({ "error": { "code": "ManagementPolicyNotFound", "message": "No policy." } });
    let refused = json!({ "error": { "code": "AuthorizationFailed", "message": "No." } });
    for (first, second, expected) in [
        (answer(200, &found), answer(200, &rules), Ok(1)),
        (answer(200, &found), answer(404, &none), Ok(0)),
        (
            answer(200, &found),
            answer(403, &refused),
            Err(ErrorKind::PermissionDenied),
        ),
        (
            answer(200, &json!({ "value": [] })),
            answer(200, &rules),
            Err(ErrorKind::PermissionDenied),
        ),
        (
            answer(403, &refused),
            answer(200, &rules),
            Err(ErrorKind::PermissionDenied),
        ),
        (
            answer(200, &found),
            Response::new(200, "<html>"),
            Err(ErrorKind::MalformedResponse),
        ),
    ] {
        let play = Play {
            management: first,
            policy: second,
            ..Play::default()
        };
        let (entra, server) = play.start();
        let mut config = config(&entra, &server, application(secret()));
        config.management = true;
        let store = open(config).await;
        match (store.inspect(Aspect::Lifecycle).await, expected) {
            (Ok(Inspected::Lifecycle(rules)), Ok(number)) => {
                assert_eq!(rules.len(), number);
                for rule in rules {
                    assert_eq!(
                        (rule.prefix.as_str(), rule.effect),
                        ("pre", LifecycleEffect::Expires)
                    );
                }
                let asked = server.requests().pop().expect("a request");
                assert_eq!(
                    asked.target,
                    format!("{group}/managementPolicies/default?api-version=2023-01-01")
                );
            }
            (Err(error), Err(kind)) => {
                assert_eq!(
                    (error.kind(), error.operation()),
                    (kind, Operation::Inspect),
                    "{error}"
                );
            }
            (answer, expected) => panic!("{answer:?} {expected:?}"),
        }
    }
}
