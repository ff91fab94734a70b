//! Signed tokens instead of a secret: of the application's own key, or of an OIDC provider it trusts.
//!
//! The first are those of <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>, the others
//! those of <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use super::answers::Refusal;
use super::applications::Application;
use super::certificate::Held;
use super::tokens::State;
use super::{EXCHANGE, SUBJECT};
use crate::fields::Fields;
use crate::jwt::Jwt;
use crate::keys::{Key, Use};
use crate::residue::hex;

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const DOCUMENT: &str = "Review the documentation at \
                        https://learn.microsoft.com/entra/identity-platform/certificate-credentials .";

pub(super) fn check_type(fields: &Fields) -> Result<(), Refusal> {
    if fields.get("client_assertion_type") == Some(TYPE) {
        return Ok(());
    }
    let text = "The request body must contain the following parameter: 'client_assertion_type'.";
    Err(Refusal::request("invalid_request", 900_144, text))
}

/// Checks everything that makes a token a proof for the application.
pub(super) fn check(
    application: &Application,
    state: &State,
    token: &str,
    endpoint: &str,
    now: Timestamp,
) -> Result<(), Refusal> {
    let malformed = || Refusal::client(50027, "JWT token is invalid or malformed.");
    let jwt = Jwt::parse(token).ok_or_else(malformed)?;
    // A token of the application's own says so; every other one claims to be of a provider.
    if jwt.text("iss") == application.client {
        if jwt.text("jti").is_empty() {
            return Err(malformed());
        }
        check_own(application, &jwt, endpoint, now)
    } else {
        check_federated(application, state, &jwt, now)
    }
}

fn check_own(
    application: &Application,
    jwt: &Jwt,
    endpoint: &str,
    now: Timestamp,
) -> Result<(), Refusal> {
    if jwt.text("sub") != application.client {
        let text = format!(
            "Client assertion application identifier doesn't match 'client_id' parameter. {DOCUMENT}"
        );
        return Err(Refusal::client(700_021, text));
    }
    if jwt.audience() != endpoint {
        let text =
            format!("Client assertion audience claim does not match Realm issuer. {DOCUMENT}");
        return Err(Refusal::client(700_023, text));
    }
    let found = Held::registered(&jwt.header).filter(|_| application.takes_assertions);
    let Some(held) = found else {
        return Err(not_registered(application, jwt));
    };
    if !held.key().is_ok_and(|key| jwt.is_signed_by(key)) {
        let reason = "The provided signature value did not match the expected signature value.";
        return Err(invalid_signature(application, reason, &held.described()));
    }
    if held.is_expired() {
        let reason = "The key used is expired.";
        return Err(invalid_signature(application, reason, &held.described()));
    }
    check_times(jwt, now)
}

fn check_federated(
    application: &Application,
    state: &State,
    jwt: &Jwt,
    now: Timestamp,
) -> Result<(), Refusal> {
    let (client, name) = (application.client, application.name);
    if !application.takes_assertions {
        let text = format!(
            "The client '{client}'({name}) has no configured federated identity credentials."
        );
        return Err(Refusal::client(70025, text));
    }
    let issuer = state.oidc().map(crate::Oidc::issuer).unwrap_or_default();
    let said = [jwt.text("iss"), jwt.text("sub"), jwt.audience()];
    let wrong = [
        (700_211, "issuer", said[0] != issuer),
        (700_213, "subject", said[1] != SUBJECT),
        (700_212, "audience", said[2] != EXCHANGE),
    ];
    if wrong.iter().all(|(_, _, differs)| *differs) {
        return Err(nothing_matches(said));
    }
    for ((code, what, differs), value) in wrong.into_iter().zip(said) {
        if differs {
            return Err(no_record(code, what, value));
        }
    }
    if !Key::of(Use::Oidc).is_ok_and(|key| jwt.is_signed_by(key)) {
        let reason = "The provided signature value did not match the expected signature value.";
        return Err(invalid_signature(application, reason, ""));
    }
    check_times(jwt, now)
}

fn check_times(jwt: &Jwt, now: Timestamp) -> Result<(), Refusal> {
    let (start, end) = (jwt.time("nbf"), jwt.time("exp"));
    let is_now = start.is_some_and(|start| start <= now.as_second() + 300)
        && end.is_some_and(|end| now.as_second() < end);
    if is_now {
        return Ok(());
    }
    let written = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S.%7fZ").to_string();
    let claimed = |seconds: Option<i64>| {
        let time = Timestamp::from_second(seconds.unwrap_or_default());
        written(time.unwrap_or(Timestamp::UNIX_EPOCH))
    };
    let text = format!(
        "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time \
         of assertion {}. {DOCUMENT}",
        written(now),
        claimed(start),
        claimed(end)
    );
    Err(Refusal::client(700_024, text))
}

fn no_record(code: u32, what: &str, value: &str) -> Refusal {
    let text = format!(
        "No matching federated identity record found for presented assertion {what} '{value}'. Check your federated \
         identity credential Subject, Audience and Issuer against the presented assertion. \
         https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
    );
    Refusal::client(code, text)
}

fn nothing_matches([issuer, subject, audience]: [&str; 3]) -> Refusal {
    let text = format!(
        "No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. Assertion \
         Subject: '{subject}'. Assertion Audience: '{audience}'. \
         https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
    );
    Refusal::request("invalid_request", 70021, text)
}

fn not_registered(application: &Application, jwt: &Jwt) -> Refusal {
    let thumbprint = jwt.header["x5t"]
        .as_str()
        .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let thumbprint = thumbprint.map_or_else(String::new, |digest| {
        format!(
            "Thumbprint of key used by client: '{}', ",
            hex(&digest).to_uppercase()
        )
    });
    let text = format!(
        "The certificate with identifier used to sign the client assertion is not registered on application. [Reason \
         - The key was not found., {thumbprint}{}",
        advice(application)
    );
    Refusal::client(700_027, text)
}

fn invalid_signature(application: &Application, reason: &str, key: &str) -> Refusal {
    let text = format!(
        "Client assertion contains an invalid signature. [Reason - {reason}, {key}{}",
        advice(application)
    );
    Refusal::client(700_027, text)
}

fn advice(application: &Application) -> String {
    let client = application.client;
    format!(
        "Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id \
         '{client}'. Review the documentation at https://docs.microsoft.com/en-us/graph/deployments to determine the \
         corresponding service endpoint and \
         https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0&tabs=http to build a query \
         request URL, such as 'https://graph.microsoft.com/beta/applications/{client}']."
    )
}
