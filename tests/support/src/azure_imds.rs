//! The instance metadata service of Azure: the tokens of managed identities.
//!
//! It answers as
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token> documents.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fields::Fields;
use crate::servers::entra::{Bearer, State, is_resource};
use crate::{Entra, Request, Response, Result, Scripted};

const PATH: &str = "/metadata/identity/oauth2/token";
const LIFETIME_SECONDS: i64 = 86_399;

/// The identity of the machine itself.
const SYSTEM: Bearer = Bearer::managed(
    "0d6b3f82-c5a9-4e17-8f20-b94e6d1a7c35",
    "f5a27c90-6e3d-4b81-9a4f-1c8d0e7b2f64",
    "/subscriptions/c9e0b7d4-16f2-4a85-8b3d-0f5a6e7c2d19/resourcegroups/backup/providers/Microsoft.Compute/virtualMachines/backup-1",
);
/// The identity that somebody assigned to the machine.
const USER: Bearer = Bearer::managed(
    "6a1e9d43-70b8-4c2f-b5d6-e38f4a0c9b17",
    "b8c04f6e-2d95-4a37-8e1b-57f3a9d06c2e",
    "/subscriptions/c9e0b7d4-16f2-4a85-8b3d-0f5a6e7c2d19/resourcegroups/backup/providers/Microsoft.ManagedIdentity/userAssignedIdentities/backup",
);

/// A metadata service of a machine with two identities, on a port of the loopback interface.
#[derive(Debug)]
pub struct AzureImds {
    server: Scripted,
    is_bare: Arc<AtomicBool>,
}

impl AzureImds {
    /// Starts a service that hands out tokens of an authority, which Azurite takes.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(entra: &Entra) -> Result<Self> {
        let state = entra.state();
        let is_bare = Arc::new(AtomicBool::new(false));
        let bare = Arc::clone(&is_bare);
        let server = Scripted::start(move |request| {
            let is_bare = bare.load(Ordering::SeqCst);
            let identities: &[Bearer] = if is_bare { &[] } else { &[SYSTEM, USER] };
            answer(&state, identities, request, Timestamp::now()).into()
        })?;
        Ok(Self { server, is_bare })
    }

    /// Takes both identities away from the machine.
    #[must_use]
    pub fn without_identity(self) -> Self {
        self.is_bare.store(true, Ordering::SeqCst);
        self
    }

    /// Returns the URL of the service, as `AZURE_POD_IDENTITY_AUTHORITY_HOST` wants it.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// Returns the application id of the machine's own identity.
    #[must_use]
    pub fn system_client_id(&self) -> &'static str {
        SYSTEM.client
    }

    /// Returns the application id of the assigned identity.
    #[must_use]
    pub fn client_id(&self) -> &'static str {
        USER.client
    }

    /// Returns the object id of the assigned identity.
    #[must_use]
    pub fn object_id(&self) -> &'static str {
        USER.object
    }

    /// Returns the resource id of the assigned identity.
    #[must_use]
    pub fn resource_id(&self) -> &'static str {
        USER.resource_id.unwrap_or_default()
    }

    /// Returns every request so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }
}

fn answer(state: &State, identities: &[Bearer], request: &Request, now: Timestamp) -> Response {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    if path != PATH {
        return refusal(404, "not_found", "The requested resource is not found.");
    }
    if request.method != "GET" {
        return refusal(405, "method_not_allowed", "The method is not allowed.");
    }
    // A header of a proxy means that somebody else asks through this machine.
    let is_local = request.header("x-forwarded-for").is_none();
    if !is_local || request.header("metadata") != Some("true") {
        return refusal(
            400,
            "invalid_request",
            "Required metadata header not specified",
        );
    }
    let fields = Fields::parse(query);
    if fields.get("api-version").is_none() {
        return refusal(
            400,
            "invalid_request",
            "Required api-version parameter not specified",
        );
    }
    let Some(resource) = fields.get("resource") else {
        return refusal(
            400,
            "invalid_request",
            "Required audience parameter not specified",
        );
    };
    let Some(bearer) = identities.iter().find(|known| is_asked_for(known, &fields)) else {
        return refusal(400, "invalid_request", "Identity not found");
    };
    if let Err(refused) = is_resource(resource, bearer.tenant) {
        return refusal(400, refused.error(), &refused.sentence());
    }
    let token = state.token(bearer, resource, now, LIFETIME_SECONDS);
    granted(bearer, resource, &token, now.as_second())
}

/// Compares an identity with what names one; nothing names the machine's own.
fn is_asked_for(identity: &Bearer, fields: &Fields) -> bool {
    let names = [
        ("client_id", identity.client),
        ("object_id", identity.object),
        ("msi_res_id", identity.resource_id.unwrap_or_default()),
    ];
    let asked = names
        .into_iter()
        .find_map(|(name, value)| Some((fields.get(name)?, value)));
    match asked {
        Some((asked, value)) => asked.eq_ignore_ascii_case(value),
        None => identity.client == SYSTEM.client,
    }
}

/// Makes the document of a token; all of its numbers are texts.
fn granted(bearer: &Bearer, resource: &str, token: &str, now: i64) -> Response {
    document(
        200,
        &json!({
            "access_token": token,
            "client_id": bearer.client,
            "expires_in": LIFETIME_SECONDS.to_string(),
            "expires_on": (now + LIFETIME_SECONDS).to_string(),
            "ext_expires_in": LIFETIME_SECONDS.to_string(),
            "not_before": now.to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }),
    )
}

fn refusal(status: u16, error: &str, said: &str) -> Response {
    document(
        status,
        &json!({ "error": error, "error_description": said }),
    )
}

fn document(status: u16, body: &Value) -> Response {
    Response::new(status, body.to_string())
        .with("Content-Type", "application/json; charset=utf-8")
        .with("Server", "IMDS/150.870.65.1854")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Servers;
    use crate::jwt::Jwt;
    use crate::wire::exchange;
    use crate::wire::tests::ask;

    const METADATA: (&str, &str) = ("Metadata", "true");
    const STORAGE: &str = "api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F";

    fn get(imds: &AzureImds, query: &str, headers: &[(&str, &str)]) -> (u16, Value) {
        let target = format!("{PATH}?{query}");
        let answer = ask(&imds.endpoint(), "GET", &target, headers);
        let body = serde_json::from_slice(&answer.body).expect("JSON");
        (answer.status, body)
    }

    #[test]
    fn every_identity_is_had_by_its_name() {
        let entra = Entra::start().expect("an authority");
        let imds = AzureImds::start(&entra).expect("a port");
        for (name, value, client) in [
            ("api-version", "2018-02-01", SYSTEM.client),
            ("client_id", USER.client, USER.client),
            ("object_id", USER.object, USER.client),
            ("msi_res_id", imds.resource_id(), USER.client),
        ] {
            let (status, body) = get(&imds, &format!("{STORAGE}&{name}={value}"), &[METADATA]);
            assert_eq!(
                (status, body["client_id"].as_str()),
                (200, Some(client)),
                "{body}"
            );
            let token = body["access_token"].as_str().expect("a token");
            let jwt = Jwt::parse(token).expect("a token");
            assert_eq!(
                (jwt.text("appid"), jwt.text("tid")),
                (client, entra.tenant_id())
            );
            assert_eq!(jwt.audience(), "https://storage.azure.com/");
            let end: i64 = body["expires_on"]
                .as_str()
                .expect("text")
                .parse()
                .expect("seconds");
            assert!(end > Timestamp::now().as_second());
        }
    }

    #[test]
    fn a_wrong_question_is_refused_in_the_words_of_the_service() {
        let entra = Entra::start().expect("an authority");
        let imds = AzureImds::start(&entra).expect("a port");
        let forwarded = ("X-Forwarded-For", "10.0.0.1");
        let unknown = format!("{STORAGE}&client_id={}", entra.client_id());
        let elsewhere = "api-version=2018-02-01&resource=https://vault.example";
        for (query, headers, said) in [
            (STORAGE, &[][..], "Required metadata header not specified"),
            (
                STORAGE,
                &[METADATA, forwarded],
                "Required metadata header not specified",
            ),
            (
                "api-version=2018-02-01",
                &[METADATA],
                "Required audience parameter not specified",
            ),
            (&unknown, &[METADATA], "Identity not found"),
            (elsewhere, &[METADATA], "AADSTS500011"),
        ] {
            let (status, body) = get(&imds, query, headers);
            let text = body["error_description"].as_str().expect("text");
            assert!(status == 400 && text.contains(said), "{query}: {body}");
        }
        let bare = imds.without_identity();
        let (status, body) = get(&bare, STORAGE, &[METADATA]);
        assert_eq!(status, 400);
        assert_eq!(body["error_description"], "Identity not found");
    }

    #[test]
    fn azurite_takes_the_tokens() {
        let both = Servers::shared().azurite_entra().expect("Azurite");
        let imds = AzureImds::start(&both.entra).expect("a port");
        let (_, body) = get(&imds, STORAGE, &[METADATA]);
        let list = |token: &str| {
            let headers = [("Authorization", token), ("x-ms-version", "2021-12-02")];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let request = Request {
                method: "GET".to_owned(),
                target: "/devstoreaccount1/?comp=list".to_owned(),
                headers: headers.to_vec(),
                body: vec![],
            };
            let tls = &both.entra.certificates().client;
            exchange(both.azurite.address(), Some(tls), &request)
                .expect("an answer")
                .status
        };
        let token = body["access_token"].as_str().expect("a token");
        assert_eq!(list(&format!("Bearer {token}")), 200);
        assert!((400..500).contains(&list("Bearer made.up.token")));
    }
}
