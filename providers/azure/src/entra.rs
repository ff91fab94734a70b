//! The token of a service principal.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret as TokenSecret, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{
    AsyncRawResponse, ClientOptions, Context, Request, RetryOptions, Transport,
};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use backstop_contract::{Secret, WireObserver};

use crate::connect::ConnectError;
use crate::observe::ObservePolicy;

/// The authority of the public cloud.
/// See <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>.
pub(crate) const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";

/// A service principal as it is configured.
pub(crate) struct Application<'a> {
    pub(crate) authority: &'a str,
    pub(crate) tenant_id: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a Secret,
}

/// Creates the credential; no token is asked for before the first request needs it.
pub(crate) fn credential(
    application: &Application<'_>,
    transport: Transport,
    observer: Arc<dyn WireObserver>,
) -> Result<Arc<dyn TokenCredential>, ConnectError> {
    let mut cloud = CustomConfiguration::default();
    application.authority.clone_into(&mut cloud.authority_host);
    let client_options = ClientOptions {
        cloud: Some(Arc::new(cloud.into())),
        per_try_policies: vec![
            Arc::new(RefusalPolicy),
            Arc::new(ObservePolicy::of_tokens(observer)),
        ],
        retry: RetryOptions::none(),
        transport: Some(transport),
        ..ClientOptions::default()
    };
    let credential = ClientSecretCredential::new(
        application.tenant_id,
        application.client_id.to_owned(),
        TokenSecret::new(application.client_secret.expose().to_owned()),
        Some(ClientSecretCredentialOptions { client_options }),
    )
    // The only faults left are an empty or malformed field.
    .map_err(|_| ConnectError::Principal)?;
    Ok(credential)
}

/// Keeps the refusal of a token with its status.
///
/// `azure_identity` 1.0 reads the refusal into borrowed text, which fails when the JSON escapes a
/// character, as Entra does with each `'` of its sentence; the status and the code are lost then,
/// and so they are with a page that is no JSON.
#[derive(Debug)]
struct RefusalPolicy;

#[async_trait]
impl Policy for RefusalPolicy {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let answer = next[0].send(context, request, &next[1..]).await?;
        let raw = answer.try_into_raw_response().await?;
        let is_json = raw.body().trim_ascii_start().starts_with(b"{");
        if raw.status().is_success() && is_json {
            let (status, headers, body) = raw.deconstruct();
            return Ok(AsyncRawResponse::from_bytes(status, headers, body));
        }
        Err(azure_core::Error::with_message(
            ErrorKind::HttpResponse {
                status: raw.status(),
                error_code: None,
                raw_response: Some(Box::new(raw)),
            },
            "no token",
        ))
    }
}
