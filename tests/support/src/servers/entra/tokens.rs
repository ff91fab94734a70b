//! The access tokens of the authority: made here, and known again by the management plane.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use jiff::Timestamp;
use serde_json::json;

use super::answers::Refusal;
use super::applications::{Application, HOME};
use crate::jwt::unsigned;
use crate::sync::lock;
use crate::{Oidc, Result};

/// The resource of Azure Storage.
pub(crate) const STORAGE: &str = "https://storage.azure.com";
/// The resource of the management plane.
pub(super) const MANAGEMENT: &str = "https://management.azure.com";

/// What the authority remembers.
#[derive(Debug, Default)]
pub(crate) struct State {
    issued: Mutex<BTreeSet<String>>,
    denies_management: AtomicBool,
    oidc: OnceLock<Result<Oidc>>,
}

/// Whom a token is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bearer {
    pub(crate) tenant: &'static str,
    pub(crate) client: &'static str,
    pub(crate) object: &'static str,
    /// The resource whose managed identity it is, when it is one.
    pub(crate) resource_id: Option<&'static str>,
}

impl Bearer {
    pub(super) fn of(application: &Application) -> Self {
        Self {
            tenant: application.tenant,
            client: application.client,
            object: application.object,
            resource_id: None,
        }
    }

    /// Makes a managed identity of the first tenant.
    pub(crate) const fn managed(
        client: &'static str,
        object: &'static str,
        resource_id: &'static str,
    ) -> Self {
        Self {
            tenant: HOME.tenant,
            client,
            object,
            resource_id: Some(resource_id),
        }
    }
}

impl State {
    /// Makes a token for a resource, good for so many seconds, and remembers it.
    pub(crate) fn token(
        &self,
        bearer: &Bearer,
        resource: &str,
        now: Timestamp,
        seconds: i64,
    ) -> String {
        let now = now.as_second();
        // The signature of a token is for its resource alone to check, and Azurite does not.
        let mut claims = json!({
            "aud": resource,
            "iss": format!("https://sts.windows.net/{}/", bearer.tenant),
            "iat": now, "nbf": now, "exp": now + seconds, "idtyp": "app",
            "appid": bearer.client, "oid": bearer.object, "sub": bearer.object, "tid": bearer.tenant, "ver": "1.0",
        });
        if let Some(id) = bearer.resource_id {
            claims["xms_mirid"] = id.into();
        }
        let token = unsigned(&claims);
        lock(&self.issued).insert(token.clone());
        token
    }

    pub(super) fn has_issued(&self, token: &str) -> bool {
        lock(&self.issued).contains(token)
    }

    pub(super) fn deny_management(&self, is_denied: bool) {
        self.denies_management.store(is_denied, Ordering::SeqCst);
    }

    pub(super) fn denies_management(&self) -> bool {
        self.denies_management.load(Ordering::SeqCst)
    }

    pub(super) fn oidc(&self) -> Result<&Oidc> {
        let oidc = self.oidc.get_or_init(Oidc::start);
        oidc.as_ref().map_err(Clone::clone)
    }
}

/// Checks that there is a service of that name.
pub(crate) fn is_resource(resource: &str, tenant: &str) -> Result<(), Refusal> {
    if [STORAGE, MANAGEMENT].contains(&resource.trim_end_matches('/')) {
        return Ok(());
    }
    let text = format!(
        "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You might have sent your authentication request to the wrong tenant."
    );
    Err(Refusal::request("invalid_resource", 500_011, text))
}
