//! The management plane: the subscription, its storage account and the account's rules, to be read.
//!
//! It is <https://learn.microsoft.com/rest/api/resources/subscriptions/get>; refusals are those of
//! <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors>.

use jiff::Timestamp;
use serde_json::json;

use super::answers::json_response;
use super::applications::{ALL, Application};
use super::tokens::{MANAGEMENT, State};
use crate::fields::Fields;
use crate::jwt::Jwt;
use crate::{Request, Response};

pub(super) fn answer(
    state: &State,
    (id, rest): (&str, &str),
    query: &str,
    request: &Request,
    now: Timestamp,
) -> Response {
    if request.method != "GET" {
        return refusal(405, "MethodNotAllowed", "The method is not allowed.");
    }
    if Fields::parse(query).get("api-version").is_none() {
        let said = "The api-version query parameter (?api-version=) is required for all requests.";
        return refusal(400, "MissingApiVersionParameter", said);
    }
    let subscription = ALL.iter().find(|known| known.subscription == id);
    let bearer = match bearer(state, request, now) {
        Ok(bearer) => bearer,
        Err((code, said)) => {
            let tenant = subscription.map_or("common", |known| known.tenant);
            return challenge(tenant, code, &said);
        }
    };
    let Some(subscription) = subscription else {
        let said = format!("The subscription '{id}' could not be found.");
        return refusal(404, "SubscriptionNotFound", &said);
    };
    if bearer.text("tid") != subscription.tenant {
        return other_tenant(&bearer, subscription);
    }
    if state.denies_management() {
        let said = format!(
            "The client '{}' with object id '{}' does not have authorization to perform action \
             'Microsoft.Resources/subscriptions/read' over scope '/subscriptions/{id}' or the scope is invalid. If \
             access was recently granted, please refresh your credentials.",
            bearer.text("appid"),
            bearer.text("oid")
        );
        return refusal(403, "AuthorizationFailed", &said);
    }
    match rest {
        "" => {}
        "resources" => return resources(id),
        rest if rest.ends_with("/managementPolicies/default") => {
            let said = "No ManagementPolicy found for account devstoreaccount1";
            return refusal(404, "ManagementPolicyNotFound", said);
        }
        _ => return refusal(404, "ResourceNotFound", "The resource was not found."),
    }
    let body = json!({
        "id": format!("/subscriptions/{id}"), "authorizationSource": "RoleBased", "managedByTenants": [],
        "subscriptionId": id, "tenantId": subscription.tenant,
        "displayName": format!("{} backups", subscription.directory), "state": "Enabled",
        "subscriptionPolicies": { "locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off" },
    });
    json_response(200, &body)
}

/// Names the one storage account of a subscription, which has no rules.
fn resources(id: &str) -> Response {
    let account =
        "resourceGroups/backups/providers/Microsoft.Storage/storageAccounts/devstoreaccount1";
    let body = json!({ "value": [{ "id": format!("/subscriptions/{id}/{account}") }] });
    json_response(200, &body)
}

/// Reads the token; the error is a code and a sentence.
fn bearer(state: &State, request: &Request, now: Timestamp) -> Result<Jwt, (&'static str, String)> {
    let header = request.header("authorization").unwrap_or_default();
    let Some(token) = header.strip_prefix("Bearer ") else {
        let said = "Authentication failed. The 'Authorization' header is missing.";
        return Err(("AuthenticationFailed", said.to_owned()));
    };
    let issued = Jwt::parse(token).filter(|_| state.has_issued(token));
    let Some(jwt) = issued else {
        return Err((
            "InvalidAuthenticationToken",
            "The access token is invalid.".to_owned(),
        ));
    };
    let audience = jwt.audience();
    if audience.trim_end_matches('/') != MANAGEMENT {
        let said = format!(
            "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match \
             with one of the allowed audiences 'https://management.core.windows.net/',\
             'https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'."
        );
        return Err(("InvalidAuthenticationTokenAudience", said));
    }
    if jwt.time("exp").is_none_or(|end| end <= now.as_second()) {
        let said =
            format!("The access token expiry UTC time is earlier than current UTC time '{now}'.");
        return Err(("ExpiredAuthenticationToken", said));
    }
    Ok(jwt)
}

fn other_tenant(bearer: &Jwt, subscription: &Application) -> Response {
    let (issuer, tenant) = (bearer.text("iss"), subscription.tenant);
    let said = format!(
        "The access token is from the wrong issuer '{issuer}'. It must match the tenant \
         'https://sts.windows.net/{tenant}/' associated with this subscription. Please use the authority (URL) \
         'https://login.windows.net/{tenant}' to get the token. Note, if the subscription is transferred to another \
         tenant there is no impact to the services, but information about new tenant could take time to propagate (up \
         to an hour). If you just transferred your subscription and see this error message, please try back later."
    );
    challenge(tenant, "InvalidAuthenticationTokenTenant", &said)
}

/// Makes a 401, which always names the tenant to ask.
fn challenge(tenant: &str, code: &str, said: &str) -> Response {
    let header = format!(
        "Bearer authorization_uri=\"https://login.windows.net/{tenant}\", error=\"invalid_token\", error_description=\"{said}\""
    );
    refusal(401, code, said).with("WWW-Authenticate", &header)
}

fn refusal(status: u16, code: &str, said: &str) -> Response {
    json_response(
        status,
        &json!({ "error": { "code": code, "message": said } }),
    )
}
