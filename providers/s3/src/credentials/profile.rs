//! A profile of the AWS files: what it says, and the way that it leads to.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>.

use std::time::Duration;

use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use backstop_contract::{ErrorKind, Secret, Way};

use super::environment;
use super::held::{Failure, Held, Missing};
use super::source::Source;
use crate::ambient::Ambient;
use crate::classify::{causes, short};
use crate::config::{AssumeRole, S3Credentials, WebIdentity};
use crate::wire::WireError;

/// What a profile leads to.
#[derive(Debug)]
enum Leads {
    To(S3Credentials),
    /// Single sign-on, of the profile with this name.
    ToSignOn(String),
    Nowhere,
}

/// Fetches the credentials of a profile: a named one, else that of `AWS_PROFILE`, else `default`.
pub(super) async fn credentials(source: &Source, name: Option<&str>) -> Result<Held, Missing> {
    let ambient = &source.around.ambient;
    let set = ambient.profiles(name).await.map_err(|reason| {
        Failure::unusable(format!("the AWS files cannot be read: {}", short(&reason)))
    })?;
    let selected = set.selected_profile();
    let place = format!("profile {selected}");
    if set.get_profile(selected).is_none() {
        let text = format!("no {place} in ~/.aws");
        // One that was named is meant, so nothing else may take its place.
        let meant = name.is_some() || selected != "default";
        return Err(if meant {
            Failure::unusable(text).into()
        } else {
            Missing::absent(text)
        });
    }
    let leads = leads(&set, selected, ambient, &mut Vec::new())
        .map_err(|reason| Failure::unusable(format!("{place}: {reason}")))?;
    let mut held = match &leads {
        Leads::Nowhere => return Err(Missing::absent(format!("{place} has no credentials"))),
        Leads::To(way) => source.fetch(way).await,
        Leads::ToSignOn(of) => sign_on(source, of).await,
    }
    .map_err(|failure| failure.with_facts([place.clone()]))?;
    held.source = match held.way {
        Way::AccessKey => place,
        _ => format!("{place}: {}", held.source),
    };
    held.way = Way::Profile;
    Ok(held)
}

/// Returns whether the profile that holds without a name leads anywhere, or was meant to.
pub(super) async fn is_configured(ambient: &Ambient) -> bool {
    let Ok(set) = ambient.profiles(None).await else {
        return true;
    };
    let selected = set.selected_profile();
    match set.get_profile(selected) {
        None => selected != "default",
        Some(_) => !matches!(
            leads(&set, selected, ambient, &mut Vec::new()),
            Ok(Leads::Nowhere)
        ),
    }
}

/// Finds out where a profile leads; those on the way to it are in `visited`.
fn leads(
    set: &ProfileSet,
    name: &str,
    ambient: &Ambient,
    visited: &mut Vec<String>,
) -> Result<Leads, String> {
    let Some(profile) = set.get_profile(name) else {
        return Err(format!("there is no profile {name} in ~/.aws"));
    };
    if visited.iter().any(|seen| seen == name) {
        return Err(format!("the source profiles lead back to {name}"));
    }
    visited.push(name.to_owned());
    let said = |key: &str| profile.get(key).map(str::to_owned);
    // Behind a role, keys that are there come first.
    if visited.len() > 1 && said("aws_access_key_id").is_some() {
        return keys(profile);
    }
    match (said("role_arn"), said("web_identity_token_file")) {
        (Some(role), None) => return role_of(set, profile, role, ambient, visited),
        (role_arn, Some(file)) => {
            return Ok(Leads::To(S3Credentials::WebIdentity(WebIdentity {
                role_arn,
                token_file: file.into(),
                session_name: said("role_session_name"),
                duration: None,
                source: "web_identity_token_file".to_owned(),
            })));
        }
        (None, None) => {}
    }
    if let Some(place) = said("credential_source") {
        return named_source(&place, ambient).map(Leads::To);
    }
    if ["sso_session", "sso_start_url", "sso_account_id"]
        .iter()
        .any(|key| profile.get(key).is_some())
    {
        return Ok(Leads::ToSignOn(name.to_owned()));
    }
    match said("credential_process") {
        Some(command) => Ok(Leads::To(S3Credentials::Process { command })),
        None => keys(profile),
    }
}

/// Reads the keys of a profile.
fn keys(profile: &Profile) -> Result<Leads, String> {
    let said = |key: &str| profile.get(key).map(str::to_owned);
    let (id, secret) = match (said("aws_access_key_id"), said("aws_secret_access_key")) {
        (Some(id), Some(secret)) => (id, secret),
        (None, None) => return Ok(Leads::Nowhere),
        (Some(_), None) => {
            return Err("it has aws_access_key_id and no aws_secret_access_key".to_owned());
        }
        (None, Some(_)) => {
            return Err("it has aws_secret_access_key and no aws_access_key_id".to_owned());
        }
    };
    Ok(Leads::To(S3Credentials::AccessKey {
        id,
        secret: Secret::new(secret),
        session_token: said("aws_session_token").map(Secret::new),
        source: format!("profile {}", profile.name()),
    }))
}

/// Reads a role that is assumed with the credentials of another profile, or of a named source.
fn role_of(
    set: &ProfileSet,
    profile: &Profile,
    role_arn: String,
    ambient: &Ambient,
    visited: &mut Vec<String>,
) -> Result<Leads, String> {
    let said = |key: &str| profile.get(key).map(str::to_owned);
    if said("mfa_serial").is_some() {
        return Err(
            "its role wants the code of an MFA device, which a program cannot give; use \
             aws sts assume-role and hand over its answer"
                .to_owned(),
        );
    }
    let base = match (said("source_profile"), said("credential_source")) {
        (Some(_), Some(_)) => {
            return Err("it has both source_profile and credential_source".to_owned());
        }
        (None, None) => {
            return Err(
                "it has a role_arn and neither source_profile nor credential_source".into(),
            );
        }
        (None, Some(place)) => named_source(&place, ambient)?,
        (Some(name), None) => {
            let leads = if name == profile.name() {
                keys(profile)?
            } else {
                leads(set, &name, ambient, visited)?
            };
            match leads {
                Leads::To(way) => way,
                Leads::ToSignOn(name) => S3Credentials::Profile { name: Some(name) },
                Leads::Nowhere => {
                    return Err(format!("its source profile {name} has no credentials"));
                }
            }
        }
    };
    let seconds = said("duration_seconds").and_then(|text| text.trim().parse().ok());
    Ok(Leads::To(S3Credentials::AssumeRole(AssumeRole {
        role_arn: Some(role_arn),
        external_id: said("external_id"),
        session_name: said("role_session_name"),
        duration: seconds.map(Duration::from_secs),
        base: Box::new(base),
    })))
}

/// Returns the way that a profile calls by one of the three names there are.
fn named_source(place: &str, ambient: &Ambient) -> Result<S3Credentials, String> {
    match place.to_ascii_lowercase().as_str() {
        "ec2instancemetadata" => Ok(S3Credentials::NodeRole),
        "ecscontainer" => Ok(S3Credentials::Container),
        "environment" => {
            let held = environment::keys(ambient);
            let keys = held.map_err(|missing| missing.named().to_string())?.keys;
            let token = keys.session_token().map(str::to_owned);
            Ok(S3Credentials::AccessKey {
                id: keys.access_key_id().to_owned(),
                secret: Secret::new(keys.secret_access_key().to_owned()),
                session_token: token.map(Secret::new),
                source: "environment".to_owned(),
            })
        }
        _ => Err(format!(
            "its credential_source {} is none of Ec2InstanceMetadata, EcsContainer, Environment",
            short(place)
        )),
    }
}

/// Signs on by the session that `aws sso login` left behind; the SDK knows how.
async fn sign_on(source: &Source, name: &str) -> Result<Held, Failure> {
    let settings = ProviderConfig::without_region()
        .with_region(Some(source.around.region.clone()))
        .with_http_client(source.around.wire.clone());
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(&settings)
        .profile_name(name)
        .build();
    match provider.provide_credentials().await {
        Ok(keys) => Ok(Held::new(keys, Way::Profile, "single sign-on")),
        Err(error) => Err(not_signed_on(&error, name)),
    }
}

/// Names the failure of a sign-on; whoever it is, the next step is the same.
fn not_signed_on(error: &CredentialsError, name: &str) -> Failure {
    let chain = causes(error);
    let wire = chain
        .iter()
        .find_map(|cause| cause.downcast_ref::<WireError>());
    let said: Vec<_> = chain.iter().map(ToString::to_string).collect();
    let said = said.join(": ").to_ascii_lowercase();
    let failure = match wire {
        Some(wire) => Failure::of_wire(wire),
        None if said.contains("expired") => Failure::new(
            ErrorKind::CredentialExpired,
            "the session of single sign-on has ended",
        ),
        None => {
            let last = chain.last().map(ToString::to_string).unwrap_or_default();
            Failure::unusable(format!("no sign-on: {}", short(&last)))
        }
    };
    failure.with_facts([format!("to sign on: aws sso login --profile {name}")])
}

#[cfg(test)]
mod tests;
