//! The token of an application.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{AccessToken, Secret as TokenSecret, TokenCredential};
use azure_core::error::ErrorKind as CoreKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{AsyncRawResponse, ClientOptions, Context, RawResponse, Request};
use azure_identity::{
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions,
};
use backstop_contract::{ErrorKind, Evidence, WireObserver, confidential};
use jiff::Timestamp;
use url::Url;

use crate::aadsts;
use crate::auth_failure::AuthFailure;
use crate::certificate::{Certificate, Signer};
use crate::client::{self, Route};
use crate::connect::ConnectError;
use crate::credentials::{Application, Proof};
use crate::evidence::Refusal;
use crate::federated::{self, TokenFile};
use crate::observe::ObservePolicy;
use crate::proxy;
use crate::shape;
use crate::tokens::Issuer;

/// The code of an assertion that is used too early or too late.
const OUT_OF_TIME: &str = "AADSTS700024";

/// An application that asks Entra for tokens.
#[derive(Debug)]
pub(crate) struct Entra {
    credential: Arc<dyn TokenCredential>,
    proxy: Option<String>,
    known: Known,
}

/// What can be told of a proof that was refused.
#[derive(Debug)]
enum Known {
    /// What looks wrong with the secret.
    Secret(Vec<String>),
    /// The name of the certificate, and when it ends.
    Certificate(String, Timestamp),
    /// The file of the token.
    Federated(TokenFile),
}

impl Entra {
    /// Takes the application and the route to its authority; nothing is asked.
    pub(crate) fn new(
        application: &Application,
        authority: &Url,
        route: Route,
        observer: Arc<dyn WireObserver>,
    ) -> Result<Self, ConnectError> {
        let client_options = client_options(authority, route.transport, observer);
        let (tenant, client) = (&application.tenant_id, &application.client_id);
        let (credential, known) = match &application.proof {
            Proof::Secret(secret) => {
                let options = ClientSecretCredentialOptions { client_options };
                confidential::keep(secret.expose());
                let token_secret = TokenSecret::new(secret.expose().to_owned());
                let made = ClientSecretCredential::new(
                    tenant,
                    client.clone(),
                    token_secret,
                    Some(options),
                );
                let credential: Arc<dyn TokenCredential> =
                    made.map_err(|_| ConnectError::Principal)?;
                (credential, Known::Secret(shape::of_secret(secret.expose())))
            }
            Proof::Certificate { pem } => {
                let certificate = Certificate::read(pem.expose())?;
                let known = Known::Certificate(certificate.thumbprint(), certificate.ends());
                let path = format!("/{tenant}/oauth2/v2.0/token");
                let audience = authority.join(&path).map_err(|_| ConnectError::Principal)?;
                let signer = Signer {
                    certificate,
                    client_id: client.clone(),
                    audience: audience.into(),
                };
                (by_assertion(application, signer, client_options)?, known)
            }
            Proof::Federated { token_file } => {
                let file = TokenFile(token_file.clone());
                let credential = by_assertion(application, file.clone(), client_options)?;
                (credential, Known::Federated(file))
            }
        };
        Ok(Self {
            credential,
            proxy: route.proxy.as_ref().map(proxy::fact),
            known,
        })
    }

    /// Reads a refusal of the authority.
    async fn refused(&self, answer: &RawResponse) -> AuthFailure {
        let refusal = Refusal::of_tokens(answer);
        let mut kind = aadsts::kind(&refusal);
        let code = refusal.evidence.code.clone().unwrap_or_default();
        let mut facts: Vec<String> = aadsts::words(&code).into_iter().collect();
        if !refusal.genuine {
            facts.extend(self.proxy.clone());
            return AuthFailure::answered(kind, refusal.evidence).with_facts(facts);
        }
        match &self.known {
            Known::Secret(doubts) => facts.extend(doubts.iter().cloned()),
            Known::Certificate(thumbprint, ends) => {
                facts.push(format!("certificate thumbprint: {thumbprint}"));
                facts.push(format!("certificate end: {ends}"));
                if code == OUT_OF_TIME {
                    // The assertion was signed a moment ago, by our clock.
                    kind = ErrorKind::ClockSkewed;
                }
            }
            Known::Federated(file) => {
                if let Some(claims) = file.claims().await {
                    facts.extend(federated::facts(&claims));
                    let now = refusal.evidence.date.unwrap_or_else(Timestamp::now);
                    if code == OUT_OF_TIME {
                        let ended = claims.moment("exp").is_some_and(|end| end <= now);
                        kind = if ended {
                            ErrorKind::CredentialExpired
                        } else {
                            ErrorKind::ClockSkewed
                        };
                    }
                }
            }
        }
        AuthFailure::answered(kind, refusal.evidence).with_facts(facts)
    }
}

#[async_trait]
impl Issuer for Entra {
    async fn issue(&self, scope: &str) -> Result<AccessToken, AuthFailure> {
        let error = match self.credential.get_token(&[scope], None).await {
            // The SDK takes any JSON for a token, also one that holds none.
            Ok(token) if token.token.secret().is_empty() => {
                let failure = AuthFailure::answered(
                    ErrorKind::MalformedResponse,
                    Evidence {
                        message: Some("the answer holds no token".to_owned()),
                        ..Evidence::default()
                    },
                );
                return Err(failure.with_facts(self.proxy.clone()));
            }
            Ok(token) => return Ok(token),
            Err(error) => error,
        };
        let mut refusal = None;
        let failure = AuthFailure::of(&error, |answer| {
            refusal = Some(answer.clone());
            AuthFailure::answered(ErrorKind::MalformedResponse, Evidence::default())
        });
        match refusal {
            Some(answer) => Err(self.refused(&answer).await),
            // Without a source the failure is our own: nothing was sent.
            None if failure.source.is_none() => Err(failure),
            None => Err(failure.with_facts(self.proxy.clone())),
        }
    }
}

fn by_assertion<A: azure_identity::ClientAssertion + 'static>(
    application: &Application,
    assertion: A,
    client_options: ClientOptions,
) -> Result<Arc<dyn TokenCredential>, ConnectError> {
    let made = ClientAssertionCredential::new(
        application.tenant_id.clone(),
        application.client_id.clone(),
        assertion,
        Some(ClientAssertionCredentialOptions { client_options }),
    );
    // The only faults left are an empty or malformed field.
    Ok(made.map_err(|_| ConnectError::Principal)?)
}

fn client_options(
    authority: &Url,
    transport: azure_core::http::Transport,
    observer: Arc<dyn WireObserver>,
) -> ClientOptions {
    let mut cloud = CustomConfiguration::default();
    authority.as_str().clone_into(&mut cloud.authority_host);
    let policies: Vec<Arc<dyn Policy>> = vec![
        Arc::new(RefusalPolicy),
        Arc::new(ObservePolicy::of_tokens(observer)),
    ];
    ClientOptions {
        cloud: Some(Arc::new(cloud.into())),
        ..client::options(policies, transport)
    }
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
            CoreKind::HttpResponse {
                status: raw.status(),
                error_code: None,
                raw_response: Some(Box::new(raw)),
            },
            "no token",
        ))
    }
}
