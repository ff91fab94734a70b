//! Identities that Azure keeps for a machine or a pod.

use backstop_contract::PassedOver;

use super::credentials::{ManagedIdentity, Which};
use super::form::ManagedForm;
use super::{checked, subscription};
use crate::config::environment::Environment;
use crate::config::given::Given;
use crate::config::names;
use crate::config::problem::{ConfigError, Problems};

/// Validates an identity that is asked for by name.
pub(super) fn read(form: &ManagedForm, problems: &mut Problems) -> Option<ManagedIdentity> {
    let named = [&form.client_id, &form.object_id, &form.resource_id];
    if named.into_iter().flatten().count() > 1 {
        let problem = "keep one of client_id, object_id and resource_id; without any it is the \
                       machine's own identity";
        problems.add(ConfigError::new(&form.origin, problem));
        return None;
    }
    let mut guid = |id| checked(id, names::check_guid, problems);
    let which = match (&form.client_id, &form.object_id, &form.resource_id) {
        (Some(id), _, _) => Which::ClientId(guid(id)?),
        (_, Some(id), _) => Which::ObjectId(guid(id)?),
        (_, _, Some(id)) => Which::ResourceId(checked(id, check_resource, problems)?),
        (None, None, None) => Which::System,
    };
    let subscription = form.subscription_id.as_ref();
    Some(ManagedIdentity {
        which,
        subscription_id: subscription.and_then(|id| checked(id, names::check_guid, problems)),
        passed_over: Vec::new(),
        source: "config file".to_owned(),
    })
}

/// Makes the last link of the usual chain, which is asked when nothing else is set.
pub(super) fn last_link(
    client_id: Option<Given>,
    passed_over: Vec<PassedOver>,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<ManagedIdentity> {
    let which = match client_id {
        None => Which::System,
        Some(given) => Which::ClientId(super::id(given, names::check_guid, environment, problems)?),
    };
    Some(ManagedIdentity {
        which,
        subscription_id: subscription(environment, problems),
        passed_over,
        source: "managed identity".to_owned(),
    })
}

fn check_resource(id: &str) -> Result<(), String> {
    let printable = id.chars().all(|c| c.is_ascii_graphic());
    let lower = id.to_ascii_lowercase();
    if printable
        && lower.starts_with("/subscriptions/")
        && lower.contains("/userassignedidentities/")
    {
        return Ok(());
    }
    Err(
        "not the resource id of an identity; expected one such as \
         /subscriptions/…/resourceGroups/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/backup"
            .to_owned(),
    )
}
