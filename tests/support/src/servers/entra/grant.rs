//! The token endpoint.

use jiff::Timestamp;
use serde_json::json;

use super::answers::{Refusal, json_response};
use super::applications::{ALL, Application};
use super::assertion;
use super::tokens::{Bearer, State, is_resource};
use crate::fields::Fields;
use crate::{Request, Response};

const LIFETIME_SECONDS: i64 = 3599;
const DEFAULT: &str = "/.default";

pub(super) fn answer(state: &State, tenant: &str, request: &Request, now: Timestamp) -> Response {
    if request.method != "POST" {
        return Response::new(405, "");
    }
    let fields = Fields::parse(&String::from_utf8_lossy(&request.body));
    let endpoint = format!(
        "https://{}/{tenant}/oauth2/v2.0/token",
        request.header("host").unwrap_or_default()
    );
    let proven = application(tenant, &fields)
        .and_then(|found| prove(found, state, &fields, &endpoint, now).map(|()| found));
    let granted =
        proven.and_then(|found| resource(&fields, found).map(|resource| (found, resource)));
    match granted {
        Err(refusal) => refusal.answer(now),
        Ok((application, resource)) => {
            let bearer = Bearer::of(application);
            let token = state.token(&bearer, resource, now, LIFETIME_SECONDS);
            let body = json!({
                "token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "ext_expires_in": LIFETIME_SECONDS,
                "access_token": token,
            });
            json_response(200, &body)
        }
    }
}

fn application(tenant: &str, fields: &Fields) -> Result<&'static Application, Refusal> {
    let Some(directory) = ALL.iter().find(|known| known.tenant == tenant) else {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
        );
        return Err(Refusal::request("invalid_request", 90002, text));
    };
    if fields.get("grant_type") != Some("client_credentials") {
        let text = "The app requested an unsupported grant type.";
        return Err(Refusal::request("unsupported_grant_type", 70003, text));
    }
    let client = fields.get("client_id").unwrap_or_default();
    if client == directory.client {
        return Ok(directory);
    }
    let text = format!(
        "Application with identifier '{client}' was not found in the directory '{}'. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You may have sent your authentication request to the wrong tenant.",
        directory.directory
    );
    Err(Refusal::request("unauthorized_client", 700_016, text))
}

fn prove(
    application: &Application,
    state: &State,
    fields: &Fields,
    endpoint: &str,
    now: Timestamp,
) -> Result<(), Refusal> {
    let client = application.client;
    match (fields.get("client_secret"), fields.get("client_assertion")) {
        (Some(secret), _) if secret == application.secret => Ok(()),
        (Some(secret), _) if secret == application.expired_secret => Err(Refusal::client(
            7_000_222,
            format!(
                "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new \
                 keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for \
                 added security: https://aka.ms/certCreds."
            ),
        )),
        (Some(_), _) => Err(Refusal::client(
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{client}'."
            ),
        )),
        (None, Some(token)) => {
            assertion::check_type(fields)?;
            assertion::check(application, state, token, endpoint, now)
        }
        (None, None) => Err(Refusal::client(
            7_000_216,
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        )),
    }
}

fn resource<'a>(fields: &'a Fields, application: &Application) -> Result<&'a str, Refusal> {
    let scope = fields.get("scope").unwrap_or_default();
    let Some(resource) = scope.strip_suffix(DEFAULT) else {
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
             /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(Refusal::request("invalid_scope", 1_002_012, text));
    };
    is_resource(resource, application.directory).map(|()| resource)
}
