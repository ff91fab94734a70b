//! The management plane: one read-only question about the subscription.
//!
//! See <https://learn.microsoft.com/rest/api/resources/subscriptions/get>.

use azure_core::http::{Method, RawResponse, Request};
use backstop_contract::{ErrorKind, Evidence};
use serde_json::Value;
use url::Url;

use crate::auth_failure::AuthFailure;
use crate::challenge;
use crate::client::Plain;
use crate::evidence::Refusal;
use crate::tokens::Tokens;

const VERSION: &str = "2022-12-01";

/// The question for one subscription.
#[derive(Debug)]
pub(crate) struct Management {
    plain: Plain,
    url: Url,
    scope: String,
    id: String,
}

impl Management {
    /// Takes the way to the management plane, its URL, the audience of its tokens and the
    /// subscription, whose form was checked; nothing is asked.
    pub(crate) fn new(plain: Plain, endpoint: &Url, audience: &str, id: &str) -> Self {
        let mut url = endpoint.clone();
        url.set_path(&format!("/subscriptions/{id}"));
        url.set_query(Some(&format!("api-version={VERSION}")));
        Self {
            plain,
            url,
            scope: format!("{audience}/.default"),
            id: id.to_owned(),
        }
    }

    /// Returns what there is to say about the subscription.
    pub(crate) async fn subscription(&self, tokens: &Tokens) -> Result<String, AuthFailure> {
        let token = tokens.get(&self.scope).await?;
        let mut request = Request::new(self.url.clone(), Method::Get);
        let bearer = format!("Bearer {}", token.token.secret());
        request.insert_header("authorization", bearer);
        request.insert_header("accept", "application/json");
        let answer = self.plain.send(request).await?;
        let ours = tokens.tenant();
        if !answer.status().is_success() {
            return Err(self.refused(&answer, ours));
        }
        self.read(&answer, ours)
    }

    fn read(&self, answer: &RawResponse, ours: Option<&str>) -> Result<String, AuthFailure> {
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let text = |name: &str| {
            let text = body[name].as_str()?.chars();
            Some(
                text.filter(|c| !c.is_control())
                    .take(100)
                    .collect::<String>(),
            )
        };
        let (Some(name), Some(state)) = (text("displayName"), text("state")) else {
            let evidence = Refusal::of_management(answer).evidence;
            let failure = AuthFailure::answered(ErrorKind::MalformedResponse, evidence);
            return Err(failure.with_facts(self.plain.proxy()));
        };
        let tenant = text("tenantId").unwrap_or_else(|| "not told".to_owned());
        match ours {
            Some(ours) if !tenant.eq_ignore_ascii_case(ours) && body["tenantId"].is_string() => {
                let told = "the subscription is of another tenant than the token";
                let evidence = Evidence {
                    message: Some(told.to_owned()),
                    ..Refusal::of_management(answer).evidence
                };
                let facts = self.facts(Some(&tenant), Some(ours));
                Err(AuthFailure::answered(ErrorKind::Unauthenticated, evidence).with_facts(facts))
            }
            _ => Ok(format!("{} ({name}, {state}; tenant {tenant})", self.id)),
        }
    }

    fn refused(&self, answer: &RawResponse, ours: Option<&str>) -> AuthFailure {
        let Refusal {
            evidence, genuine, ..
        } = Refusal::of_management(answer);
        let kind = match evidence.status.unwrap_or_default() {
            429 => ErrorKind::Throttled,
            500..=599 => ErrorKind::ServiceFailed,
            _ if !genuine => ErrorKind::MalformedResponse,
            // SubscriptionNotFound is also said of one that this principal may not see.
            403 | 404 => ErrorKind::PermissionDenied,
            400..=499 => ErrorKind::Unauthenticated,
            _ => ErrorKind::MalformedResponse,
        };
        let tenant = challenge::tenant(answer.headers());
        let facts = self.facts(tenant.as_deref(), ours);
        let proxy = self.plain.proxy().filter(|_| !genuine);
        AuthFailure::answered(kind, evidence)
            .with_facts(facts)
            .with_facts(proxy)
    }

    fn facts(&self, tenant: Option<&str>, ours: Option<&str>) -> Vec<String> {
        let mut facts = vec![format!("subscription: {}", self.id)];
        facts.extend(tenant.map(|tenant| format!("the subscription is of the tenant {tenant}")));
        facts.extend(ours.map(|ours| format!("the token is of the tenant {ours}")));
        facts
    }
}
