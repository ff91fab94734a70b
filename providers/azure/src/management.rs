//! The management plane: read-only questions about the subscription, and about the rules of the
//! account that act by age.
//!
//! See <https://learn.microsoft.com/rest/api/resources/subscriptions/get>,
//! <https://learn.microsoft.com/rest/api/resources/resources/list> and
//! <https://learn.microsoft.com/rest/api/storagerp/management-policies/get>.

use azure_core::http::{Method, RawResponse, Request};
use backstop_contract::{ErrorKind, Evidence, LifecycleRule};
use serde_json::Value;
use url::Url;

use crate::auth_failure::AuthFailure;
use crate::challenge;
use crate::client::Plain;
use crate::evidence::Refusal;
use crate::lifecycle;
use crate::tokens::Tokens;

const VERSION: &str = "2022-12-01";
const VERSION_OF_RESOURCES: &str = "2021-04-01";
const VERSION_OF_STORAGE: &str = "2023-01-01";

/// The code that says that an account has no rules.
const NO_RULES: &str = "ManagementPolicyNotFound";

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
        let answer = self.get(self.url.clone(), tokens).await?;
        let ours = tokens.tenant();
        if !answer.status().is_success() {
            return Err(self.refused(&answer, ours));
        }
        self.read(&answer, ours)
    }

    /// Returns the rules of an account that act by age on the blobs of a container.
    pub(crate) async fn lifecycle(
        &self,
        tokens: &Tokens,
        account: &str,
        container: &str,
    ) -> Result<Vec<LifecycleRule>, AuthFailure> {
        // The resource group is in nobody's configuration.
        let mut url = self.url.clone();
        url.set_path(&format!("/subscriptions/{}/resources", self.id));
        url.query_pairs_mut()
            .clear()
            .append_pair("api-version", VERSION_OF_RESOURCES)
            .append_pair(
                "$filter",
                &format!(
                    "resourceType eq 'Microsoft.Storage/storageAccounts' and name eq '{account}'"
                ),
            );
        let answer = self.get(url.clone(), tokens).await?;
        let found = self.body(&answer, tokens)?;
        let Some(id) = found["value"][0]["id"].as_str().filter(|id| is_path(id)) else {
            let told = format!("no storage account {account} is seen in this subscription");
            let evidence = Evidence {
                message: Some(told),
                ..Refusal::of_management(&answer).evidence
            };
            let facts = self.facts(None, tokens.tenant());
            let kind = ErrorKind::PermissionDenied;
            return Err(AuthFailure::answered(kind, evidence).with_facts(facts));
        };
        url.set_path(&format!("{id}/managementPolicies/default"));
        url.query_pairs_mut()
            .clear()
            .append_pair("api-version", VERSION_OF_STORAGE);
        let answer = self.get(url, tokens).await?;
        let code = Refusal::of_management(&answer).evidence.code;
        if code.as_deref() == Some(NO_RULES) {
            return Ok(Vec::new());
        }
        let policy = self.body(&answer, tokens)?;
        lifecycle::rules(&policy, container).ok_or_else(|| self.unreadable(&answer))
    }

    async fn get(&self, url: Url, tokens: &Tokens) -> Result<RawResponse, AuthFailure> {
        let token = tokens.get(&self.scope).await?;
        let mut request = Request::new(url, Method::Get);
        let bearer = format!("Bearer {}", token.token.secret());
        request.insert_header("authorization", bearer);
        request.insert_header("accept", "application/json");
        self.plain.send(request).await
    }

    fn body(&self, answer: &RawResponse, tokens: &Tokens) -> Result<Value, AuthFailure> {
        if !answer.status().is_success() {
            return Err(self.refused(answer, tokens.tenant()));
        }
        serde_json::from_slice(answer.body()).map_err(|_| self.unreadable(answer))
    }

    fn unreadable(&self, answer: &RawResponse) -> AuthFailure {
        let evidence = Refusal::of_management(answer).evidence;
        let failure = AuthFailure::answered(ErrorKind::MalformedResponse, evidence);
        failure.with_facts(self.plain.proxy())
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
            return Err(self.unreadable(answer));
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

/// Returns whether what was answered is the path of a resource, and nothing that leads elsewhere.
fn is_path(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.()".contains(c);
    id.starts_with("/subscriptions/") && id.chars().all(plain) && !id.contains("..")
}
