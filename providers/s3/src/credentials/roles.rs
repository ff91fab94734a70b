//! Roles: assumed with other credentials, or exchanged for the token of an OIDC provider.

use std::path::PathBuf;

use backstop_contract::Way;

use super::held::{Failure, Held, Missing};
use super::source::Source;
use super::sts::Wanted;
use super::token;
use crate::ambient::Ambient;
use crate::config::{AssumeRole, WebIdentity};

pub(super) const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE: &str = "AWS_ROLE_ARN";
const SESSION_NAME: &str = "AWS_ROLE_SESSION_NAME";

/// Assumes a role with the credentials that are its base.
pub(super) async fn assume(source: &Source, role: &AssumeRole) -> Result<Held, Failure> {
    let name = role.role_arn.as_deref();
    let fact = format!("role: {}", name.unwrap_or("(none named)"));
    let base = source
        .fetch(&role.base)
        .await
        .map_err(|failure| failure.with_facts([fact.clone()]))?;
    let wanted = Wanted {
        role_arn: name,
        session_name: role.session_name.as_deref(),
        duration: role.duration,
    };
    let external_id = role.external_id.as_deref();
    let given = if external_id.is_some() {
        "given"
    } else {
        "not given"
    };
    let assumer = format!("access key id {} ({})", base.id(), base.source);
    let doubts = base.doubts();
    let keys = source
        .around
        .sts
        .assume(base.keys, &wanted, external_id)
        .await
        .map_err(|failure| {
            let facts = [
                fact,
                format!("assumed by: {assumer}"),
                format!("external id: {given}"),
            ];
            failure.with_facts(facts).with_facts(doubts)
        })?;
    let what = name.map_or_else(String::new, |name| format!(" {name}"));
    let place = format!("role{what}, assumed by {assumer}");
    Ok(Held::new(keys, Way::AssumeRole, place).of_role(name))
}

/// Exchanges a token for a role.
pub(super) async fn exchange(source: &Source, identity: &WebIdentity) -> Result<Held, Failure> {
    let name = identity.role_arn.as_deref();
    let role = format!("role: {}", name.unwrap_or("(none named)"));
    let mut facts = vec![role];
    let token = token::of_file(&source.around.ambient, &identity.token_file).await;
    let token = token.map_err(|failure| {
        let file = format!("token file: {}", identity.token_file.display());
        failure.with_facts(facts.clone()).with_facts([file])
    })?;
    facts.extend(token::facts(token.expose()));
    let wanted = Wanted {
        role_arn: name,
        session_name: identity.session_name.as_deref(),
        duration: identity.duration,
    };
    let keys = source.around.sts.exchange(&token, &wanted).await;
    let keys = keys.map_err(|failure| failure.with_facts(facts))?;
    Ok(Held::new(keys, Way::WebIdentity, &identity.source).of_role(name))
}

/// Returns the exchange that the variables of the process describe.
pub(super) fn of_environment(ambient: &Ambient) -> Result<WebIdentity, Missing> {
    let Some(file) = ambient.variable(TOKEN_FILE) else {
        return Err(Missing::absent(format!("{TOKEN_FILE} is not set")));
    };
    Ok(WebIdentity {
        role_arn: ambient.variable(ROLE),
        token_file: PathBuf::from(file),
        session_name: ambient.variable(SESSION_NAME),
        duration: None,
        source: format!("environment ({TOKEN_FILE})"),
    })
}
