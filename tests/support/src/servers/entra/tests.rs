use serde_json::Value;

use super::tokens::STORAGE;
use super::*;
use crate::fields::form;
use crate::jwt::{Jwt, signed};
use crate::keys::{Key, Use};
use crate::wire::exchange;

const SCOPE: &str = "https://storage.azure.com/.default";
const MANAGEMENT: &str = "https://management.azure.com/.default";
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn send(
    entra: &Entra,
    method: &str,
    target: String,
    headers: &[(&str, &str)],
    body: &str,
) -> (Response, Value) {
    let headers = headers
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    let request = Request {
        method: method.to_owned(),
        target,
        headers: headers.collect(),
        body: body.into(),
    };
    let tls = &entra.certificates.client;
    let answer = exchange(entra.server.address(), Some(tls), &request).expect("an answer");
    let body = serde_json::from_slice(&answer.body).expect("JSON");
    (answer, body)
}

fn ask(
    entra: &Entra,
    tenant: &str,
    client: &str,
    scope: &str,
    proof: &[(&str, &str)],
) -> (u16, Value) {
    let mut fields = vec![
        ("grant_type", "client_credentials"),
        ("client_id", client),
        ("scope", scope),
    ];
    fields.extend(proof);
    let target = format!("/{tenant}/oauth2/v2.0/token");
    let (answer, body) = send(entra, "POST", target, &[], &form(&fields));
    (answer.status, body)
}

/// Asks for a token of the first tenant's application.
fn prove(entra: &Entra, proof: &[(&str, &str)]) -> (u16, Value) {
    ask(entra, HOME.tenant, HOME.client, SCOPE, proof)
}

fn assert_by(entra: &Entra, token: &str) -> (u16, Value) {
    prove(
        entra,
        &[("client_assertion", token), ("client_assertion_type", TYPE)],
    )
}

#[track_caller]
fn assert_refused((status, body): (u16, Value), expected: u16, error: &str, said: &str) {
    assert_eq!(
        (status, body["error"].as_str()),
        (expected, Some(error)),
        "{body}"
    );
    let text = body["error_description"].as_str().expect("text");
    assert!(
        text.starts_with(&format!("AADSTS{}: ", body["error_codes"][0])),
        "{text}"
    );
    assert!(text.contains(said), "{text}");
    assert!(text.contains(" Trace ID: "), "{text}");
}

#[test]
fn every_wrong_field_has_the_code_that_entra_gives_it() {
    let entra = Entra::start().expect("an authority");
    let secret = [("client_secret", HOME.secret)];
    assert_refused(
        prove(&entra, &[("client_secret", "no")]),
        401,
        "invalid_client",
        "AADSTS7000215",
    );
    let expired = [("client_secret", HOME.expired_secret)];
    assert_refused(
        prove(&entra, &expired),
        401,
        "invalid_client",
        "AADSTS7000222",
    );
    assert_refused(prove(&entra, &[]), 401, "invalid_client", "AADSTS7000216");
    let at = |tenant, client, scope| ask(&entra, tenant, client, scope, &secret);
    assert_refused(
        at("other", HOME.client, SCOPE),
        400,
        "invalid_request",
        "AADSTS90002",
    );
    assert_refused(
        at(HOME.tenant, OTHER.client, SCOPE),
        400,
        "unauthorized_client",
        "AADSTS700016",
    );
    assert_refused(
        at(HOME.tenant, HOME.client, "openid"),
        400,
        "invalid_scope",
        "AADSTS1002012",
    );
    let unknown = "https://vault.example/.default";
    assert_refused(
        at(HOME.tenant, HOME.client, unknown),
        400,
        "invalid_resource",
        "AADSTS500011",
    );
}

#[test]
fn the_right_secret_gets_a_token_of_its_own_tenant() {
    let entra = Entra::start().expect("an authority");
    for application in applications::ALL {
        let proof = [("client_secret", application.secret)];
        let (status, body) = ask(
            &entra,
            application.tenant,
            application.client,
            SCOPE,
            &proof,
        );
        assert_eq!(status, 200, "{body}");
        let token = body["access_token"].as_str().expect("a token");
        let jwt = Jwt::parse(token).expect("a token");
        assert_eq!(
            (jwt.text("tid"), jwt.audience()),
            (application.tenant, STORAGE)
        );
        assert_eq!(
            jwt.text("iss"),
            format!("https://sts.windows.net/{}/", application.tenant)
        );
    }
}

/// Makes an assertion of the application's own with a certificate, after a change.
fn own(entra: &Entra, kind: Kind, with: Use, change: impl FnOnce(&mut Value)) -> String {
    let now = Timestamp::now().as_second();
    let port = entra.server.address();
    let mut claims = serde_json::json!({
        "aud": format!("https://{port}/{}/oauth2/v2.0/token", HOME.tenant),
        "iss": HOME.client, "sub": HOME.client, "jti": "1", "nbf": now, "exp": now + 600,
    });
    change(&mut claims);
    let header = Held::of(kind).expect("Node").header();
    signed(&header, &claims, Key::of(with).expect("Node")).expect("a key")
}

#[test]
fn an_assertion_needs_the_registered_certificate_and_every_claim() {
    let entra = Entra::start().expect("an authority");
    let with = |kind, key| assert_by(&entra, &own(&entra, kind, key, |_| ()));
    let (status, body) = with(Kind::Registered, Use::Registered);
    assert_eq!(status, 200, "{body}");
    let unknown = with(Kind::Unregistered, Use::Unregistered);
    assert_refused(
        unknown,
        401,
        "invalid_client",
        "is not registered on application. [Reason - The key was not found.",
    );
    let forged = with(Kind::Registered, Use::Unregistered);
    assert_refused(
        forged,
        401,
        "invalid_client",
        "Client assertion contains an invalid signature.",
    );
    let expired = with(Kind::Expired, Use::Registered);
    assert_refused(expired, 401, "invalid_client", "The key used is expired.");
    let past = Timestamp::now().as_second() - 60;
    for (claim, value, code) in [
        (
            "aud",
            Value::from("https://localhost/token"),
            "AADSTS700023",
        ),
        ("sub", Value::from("another"), "AADSTS700021"),
        ("jti", Value::Null, "AADSTS50027"),
        ("exp", Value::from(past), "AADSTS700024"),
        ("nbf", Value::from(past + 3600), "AADSTS700024"),
        ("exp", Value::Null, "AADSTS700024"),
    ] {
        let token = own(&entra, Kind::Registered, Use::Registered, |claims| {
            claims[claim] = value;
        });
        assert_refused(assert_by(&entra, &token), 401, "invalid_client", code);
    }
    assert_refused(assert_by(&entra, "x"), 401, "invalid_client", "AADSTS50027");
    let untyped = [("client_assertion", "x")];
    assert_refused(
        prove(&entra, &untyped),
        400,
        "invalid_request",
        "AADSTS900144",
    );
}

#[test]
fn a_federated_token_is_compared_with_the_registered_credential() {
    let entra = Entra::start().expect("an authority");
    let oidc = entra.oidc().expect("Node");
    let claims = entra.federated_claims();
    let right = oidc.token(&claims).expect("a key");
    assert_eq!(assert_by(&entra, &right).0, 200);
    let refused = |claims: Claims, code: &str| {
        let token = oidc.token(&claims).expect("a key");
        assert_refused(assert_by(&entra, &token), 401, "invalid_client", code);
    };
    refused(
        claims.clone().with("iss", "https://a.invalid".into()),
        "AADSTS700211: No matching",
    );
    refused(
        claims.clone().with("aud", "sts.amazonaws.com".into()),
        "assertion audience 'sts.amazonaws.com'",
    );
    refused(claims.clone().with("sub", "nobody".into()), "AADSTS700213");
    refused(claims.clone().expired(), "AADSTS700024");
    let forged = oidc.forged_token(&claims).expect("a key");
    assert_refused(
        assert_by(&entra, &forged),
        401,
        "invalid_client",
        "AADSTS700027",
    );
    let foreign = Oidc::start()
        .expect("Node")
        .token(&Claims::of("a", "b"))
        .expect("a key");
    assert_refused(
        assert_by(&entra, &foreign),
        400,
        "invalid_request",
        "AADSTS70021: No matching",
    );
    let proof = [
        ("client_assertion", right.as_str()),
        ("client_assertion_type", TYPE),
    ];
    let other = ask(&entra, OTHER.tenant, OTHER.client, SCOPE, &proof);
    assert_refused(other, 401, "invalid_client", "AADSTS70025");
}

#[test]
fn a_subscription_is_shown_to_its_own_tenant() {
    let entra = Entra::start().expect("an authority");
    let token = |scope| {
        let (_, body) = ask(
            &entra,
            HOME.tenant,
            HOME.client,
            scope,
            &[("client_secret", HOME.secret)],
        );
        format!("Bearer {}", body["access_token"].as_str().expect("a token"))
    };
    let (manager, storage) = (token(MANAGEMENT), token(SCOPE));
    let get = |id: &str, bearer: &str| {
        let target = format!("/subscriptions/{id}?api-version=2022-12-01");
        send(&entra, "GET", target, &[("Authorization", bearer)], "")
    };
    let refused = |id: &str, bearer: &str, status: u16, code: &str| {
        let (answer, body) = get(id, bearer);
        assert_eq!(
            (answer.status, body["error"]["code"].as_str()),
            (status, Some(code)),
            "{body}"
        );
        answer
    };
    let (answer, body) = get(HOME.subscription, &manager);
    assert_eq!(
        (answer.status, body["tenantId"].as_str()),
        (200, Some(HOME.tenant)),
        "{body}"
    );
    let nowhere = "00000000-0000-0000-0000-000000000000";
    refused(nowhere, &manager, 404, "SubscriptionNotFound");
    refused(
        HOME.subscription,
        &storage,
        401,
        "InvalidAuthenticationTokenAudience",
    );
    refused(
        HOME.subscription,
        "Bearer made.up.token",
        401,
        "InvalidAuthenticationToken",
    );
    refused(HOME.subscription, "", 401, "AuthenticationFailed");
    let other = refused(
        OTHER.subscription,
        &manager,
        401,
        "InvalidAuthenticationTokenTenant",
    );
    let header = other.header("www-authenticate").expect("a challenge");
    assert!(header.contains(OTHER.tenant), "{header}");
    entra.deny_management(true);
    refused(HOME.subscription, &manager, 403, "AuthorizationFailed");
}
