//! One server that plays the authority, the account and the management plane, and who asks it.

use std::sync::Arc;
use std::time::Duration;

use crate::common::Log;
use backstop_azure::{Application, AzureConfig, AzureCredentials, AzureStore, Proof, connect};
use backstop_contract::{Secret, WireObserver};
use backstop_testkit::{Answer, Entra, Request, Response, Scripted};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

pub(crate) const OURS: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
pub(crate) const OTHER: &str = "33e01921-4d64-4f8c-a055-5bdaffd5e33d";
pub(crate) const CLIENT: &str = "a1c7e5b2-84d9-4f3a-b6c0-7e2d9f1a5b38";
pub(crate) const OBJECT: &str = "e4b8d2f6-70a3-4c9e-a1d5-3f6b8e0c7a24";
pub(crate) const SUBSCRIPTION: &str = "c9e0b7d4-16f2-4a85-8b3d-0f5a6e7c2d19";
pub(crate) const SECRET: &str = "planted-client-secret";
/// The signature of every token here; it must never be seen.
pub(crate) const SIGNED: &str = "planted-token-signature";

/// What one server plays: the authority, the account and the management plane.
pub(crate) struct Play {
    pub(crate) token: Response,
    pub(crate) account: Response,
    pub(crate) management: Response,
    /// What the management plane answers about the rules of the account.
    pub(crate) policy: Response,
}

pub(crate) fn json(status: u16, body: &serde_json::Value) -> Response {
    Response::new(status, body.to_string()).with("Content-Type", "application/json")
}

fn token() -> Response {
    let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let claims = json!({
        "tid": OURS, "appid": CLIENT, "oid": OBJECT, "aud": "https://storage.azure.com",
        "iss": format!("https://sts.windows.net/{OURS}/"),
    });
    let header = part(r#"{"alg":"RS256"}"#.to_owned());
    let token = format!("{header}.{}.{SIGNED}", part(claims.to_string()));
    json(
        200,
        &json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": token }),
    )
}

/// A 401 of the account: <https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#bearer-challenge>.
pub(crate) fn challenge(code: &str) -> Response {
    let uri = format!("https://login.microsoftonline.com/{OTHER}/oauth2/authorize");
    Response::new(401, "")
        .with("x-ms-error-code", code)
        .with("x-ms-version", "2026-04-06")
        .with(
            "WWW-Authenticate",
            &format!("Bearer authorization_uri={uri} resource_id=https://storage.azure.com"),
        )
}

impl Default for Play {
    fn default() -> Self {
        Self {
            token: token(),
            account: challenge("NoAuthenticationInformation"),
            management: json(
                200,
                &json!({
                    "subscriptionId": SUBSCRIPTION, "tenantId": OURS,
                    "displayName": "Backups", "state": "Enabled",
                }),
            ),
            policy: json(
                404,
                &json!({ "error": { "code": "ManagementPolicyNotFound" } }),
            ),
        }
    }
}

impl Play {
    pub(crate) fn start(self) -> (Entra, Scripted) {
        let entra = Entra::start().expect("certificates");
        let server = Scripted::start_tls(&entra, move |request: &Request| {
            let answer = match request.target.as_str() {
                target if target.ends_with("/oauth2/v2.0/token") => &self.token,
                target if target.contains("/managementPolicies/") => &self.policy,
                target if target.starts_with("/subscriptions/") => &self.management,
                _ => &self.account,
            };
            Answer::Send(answer.clone())
        });
        (entra, server.expect("server"))
    }
}

pub(crate) fn application(proof: Proof) -> Application {
    Application {
        subscription_id: Some(SUBSCRIPTION.to_owned()),
        tenant_id: OURS.to_owned(),
        client_id: CLIENT.to_owned(),
        proof,
        source: "test".to_owned(),
        secret_expires: Some("2027-01-01T00:00:00Z".parse().expect("a time")),
    }
}

pub(crate) fn secret() -> Proof {
    Proof::Secret(Secret::new(SECRET.to_owned()))
}

pub(crate) fn config(entra: &Entra, server: &Scripted, application: Application) -> AzureConfig {
    let url = server.endpoint().replace("127.0.0.1", "localhost");
    let credentials = AzureCredentials::Application(application);
    let mut config = AzureConfig::new("acme", "backups", credentials);
    config.endpoint = Some(format!("{url}/acme"));
    config.authority = Some(url.clone());
    config.management_endpoint = Some(url);
    config.ca_pem = Some(std::fs::read(entra.ca_file()).expect("ca"));
    config.connect_timeout = Duration::from_secs(5);
    config.request_timeout = Duration::from_secs(5);
    config
}

pub(crate) async fn open(config: AzureConfig) -> AzureStore {
    let observer: Arc<dyn WireObserver> = Arc::new(Log::default());
    connect(config, observer).await.expect("store")
}
