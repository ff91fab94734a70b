use std::time::Duration;

use super::*;
use crate::Claims;
use crate::fields::form;
use crate::minted::sample;
use crate::sigv4::sign;
use crate::wire::exchange;

const KEY: (&str, &str) = (
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
);
const SUBJECT: &str = "system:serviceaccount:backup:backstop";
const AUDIENCE: &str = "sts.amazonaws.com";

fn account() -> StsRules {
    StsRules::new(|| sample("ASIAEXAMPLE"))
        .user("backup", KEY)
        .role("writer", "backup", Some("tenant-7"))
        .role("reader", "writer", None)
}

/// Sends a form, signed by somebody when there is somebody, and returns the status and the body.
fn ask(
    sts: &Sts,
    fields: &[(&str, &str)],
    by: Option<(&str, &str)>,
    token: Option<&str>,
) -> (u16, String) {
    ask_at(sts, fields, by, token, Timestamp::now())
}

fn ask_at(
    sts: &Sts,
    fields: &[(&str, &str)],
    by: Option<(&str, &str)>,
    token: Option<&str>,
    now: Timestamp,
) -> (u16, String) {
    let address = sts.server.address();
    let mut headers = vec![("Host".to_owned(), address.to_string())];
    headers.extend(token.map(|token| ("x-amz-security-token".to_owned(), token.to_owned())));
    let mut request = Request {
        method: "POST".to_owned(),
        target: "/".to_owned(),
        headers,
        body: form(fields).into_bytes(),
    };
    if let Some(key) = by {
        sign(&mut request, key, ("us-east-1", "sts"), now).expect("a key");
    }
    request.headers.retain(|(name, _)| name != "Host");
    let answer = exchange(address, None, &request).expect("an answer");
    assert!(answer.header("x-amzn-requestid").is_some());
    (answer.status, String::from_utf8(answer.body).expect("text"))
}

#[track_caller]
fn assert_refused((status, body): (u16, String), expected: u16, code: &str, said: &str) {
    assert_eq!(status, expected, "{body}");
    assert!(body.contains(&format!("<Code>{code}</Code>")), "{body}");
    assert!(body.contains(said), "{body}");
}

#[test]
fn the_caller_is_told_who_it_is() {
    let sts = Sts::start(account()).expect("a port");
    let who = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")];
    let (status, body) = ask(&sts, &who, Some(KEY), None);
    assert_eq!(status, 200);
    assert!(
        body.contains("<Arn>arn:aws:iam::123456789012:user/backup</Arn>"),
        "{body}"
    );
    assert!(body.contains("<UserId>AIDA"), "{body}");
    assert!(body.contains("<Account>123456789012</Account>"), "{body}");

    let missing = ask(&sts, &who, None, None);
    assert_refused(missing, 403, "MissingAuthenticationToken", "missing");
    let wrong = ask(&sts, &who, Some((KEY.0, "no")), None);
    assert_refused(wrong, 403, "SignatureDoesNotMatch", "we calculated");
    let unknown = ask(&sts, &who, Some(("AKIAOTHER", KEY.1)), None);
    assert_refused(unknown, 403, "InvalidClientTokenId", "is invalid.");
    let late = Timestamp::now() - Duration::from_mins(20);
    let late = ask_at(&sts, &who, Some(KEY), None, late);
    assert_refused(late, 403, "SignatureDoesNotMatch", "Signature expired");
}

#[test]
fn a_session_needs_its_token_and_ends() {
    let sts = Sts::start(account()).expect("a port");
    let who = [("Action", "GetCallerIdentity")];
    let mut minted = sample("ASIANODE");
    sts.knows(&minted, "node", "i-0abc");
    let key = Some(("ASIANODE", "secret-of-ASIANODE"));
    let token = Some("session-of-ASIANODE");
    let (status, body) = ask(&sts, &who, key, token);
    assert_eq!(status, 200, "{body}");
    assert!(
        body.contains("<Arn>arn:aws:sts::123456789012:assumed-role/node/i-0abc</Arn>"),
        "{body}"
    );
    assert_refused(
        ask(&sts, &who, key, None),
        403,
        "InvalidClientTokenId",
        "is invalid.",
    );

    let ended = Sts::start(account()).expect("a port");
    minted.expires_at = Timestamp::now() - Duration::from_secs(1);
    ended.knows(&minted, "node", "i-0abc");
    assert_refused(
        ask(&ended, &who, key, token),
        403,
        "ExpiredToken",
        "is expired",
    );
}

#[test]
fn a_role_is_assumed_by_whom_it_trusts_alone() {
    let sts = Sts::start(account()).expect("a port");
    let arn = sts.role_arn("writer");
    let with = |role: &str, session: &str, id: &str, duration: &str| {
        let fields = [
            ("Action", "AssumeRole"),
            ("RoleArn", role),
            ("RoleSessionName", session),
            ("ExternalId", id),
            ("DurationSeconds", duration),
        ];
        ask(&sts, &fields, Some(KEY), None)
    };
    let denied = "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: sts:AssumeRole on \
                  resource: arn:aws:iam::123456789012:role/";
    assert_refused(
        with(&arn, "run", "tenant-8", ""),
        403,
        "AccessDenied",
        denied,
    );
    assert_refused(with(&arn, "run", "", ""), 403, "AccessDenied", denied);
    let reader = sts.role_arn("reader");
    assert_refused(with(&reader, "run", "", ""), 403, "AccessDenied", denied);
    let error = "ValidationError";
    assert_refused(
        with("writer", "run", "", ""),
        400,
        error,
        "writer is invalid",
    );
    assert_refused(with(&arn, "a b", "", ""), 400, error, "'roleSessionName'");
    assert_refused(with(&arn, "run", "", "60"), 400, error, "equal to 900");
    assert_refused(
        with(&arn, "run", "", "7200"),
        400,
        error,
        "MaxSessionDuration",
    );
    assert_eq!(sts.issued(), 0);

    let (status, body) = with(&arn, "run", "tenant-7", "900");
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("assumed-role/writer/run</Arn>"), "{body}");
    assert!(
        body.contains("<AccessKeyId>ASIAEXAMPLE</AccessKeyId>"),
        "{body}"
    );
    let chained = [
        ("Action", "AssumeRole"),
        ("RoleArn", &reader),
        ("RoleSessionName", "run"),
    ];
    let (status, body) = ask(
        &sts,
        &chained,
        Some(("ASIAEXAMPLE", "secret-of-ASIAEXAMPLE")),
        Some("session-of-ASIAEXAMPLE"),
    );
    assert_eq!((status, sts.issued()), (200, 2), "{body}");
}

#[test]
fn a_token_is_taken_only_when_all_of_it_is_right() {
    let (oidc, foreign) = (Oidc::start().expect("Node"), Oidc::start().expect("Node"));
    let sts = Sts::start(account().web_role("pod", &oidc, SUBJECT)).expect("a port");
    let arn = sts.role_arn("pod");
    let by = |token: &str| {
        let fields = [
            ("Action", "AssumeRoleWithWebIdentity"),
            ("RoleArn", arn.as_str()),
            ("RoleSessionName", "run"),
            ("WebIdentityToken", token),
        ];
        ask(&sts, &fields, None, None)
    };
    let claims = Claims::of(SUBJECT, AUDIENCE);
    let token = |claims: &Claims| oidc.token(claims).expect("keys");
    let untrue = "InvalidIdentityToken";
    let elsewhere = foreign.token(&claims).expect("keys");
    assert_refused(by("x"), 400, untrue, "not a valid JWT");
    let said = format!(
        "No OpenIDConnect provider found in your account for {}",
        foreign.issuer()
    );
    assert_refused(by(&elsewhere), 400, untrue, &said);
    let other = token(&Claims::of(SUBJECT, "vault"));
    assert_refused(by(&other), 400, untrue, "Incorrect token audience");
    let forged = oidc.forged_token(&claims).expect("keys");
    assert_refused(by(&forged), 400, untrue, "could not be validated");
    let ended = token(&claims.clone().expired());
    assert_refused(by(&ended), 400, "ExpiredTokenException", "Token expired");
    let stranger = token(&Claims::of("system:serviceaccount:a:b", AUDIENCE));
    assert_refused(
        by(&stranger),
        403,
        "AccessDenied",
        "Not authorized to perform",
    );
    let (status, body) = by(&token(&claims));
    assert_eq!((status, sts.issued()), (200, 1), "{body}");
    assert!(body.contains("assumed-role/pod/run</Arn>"), "{body}");
}
