//! What the credentials of a store stand on: the surroundings, the token service, the region.

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_sdk_s3::config::Region;

use super::{ConnectError, bare_url, check_ambient, check_endpoint};
use crate::ambient::{Ambient, TokenService};
use crate::config::S3Credentials;
use crate::credentials::{Around, Http, Loader, Node, Patience, Source, Sts, needs_tokens};
use crate::wire::Wire;

/// What is known of the credentials before any is fetched.
pub(super) struct Ground {
    ambient: Ambient,
    wire: Wire,
    http: Http,
    node: Arc<Node>,
    service: TokenService,
    connect_timeout: Duration,
}

impl Ground {
    /// Looks around; nothing is sent.
    pub(super) async fn new(
        ambient: Ambient,
        wire: Wire,
        sts_endpoint: Option<String>,
        credentials: &S3Credentials,
        connect_timeout: Duration,
        request_timeout: Duration,
    ) -> Result<Self, ConnectError> {
        let profile = profile_of(credentials);
        let service = token_service(sts_endpoint, &ambient, profile).await?;
        check_tokens(&service, credentials, &ambient).await?;
        let http = Http::new(wire.clone(), connect_timeout);
        let node = Node::new(http.clone(), ambient.clone(), profile, request_timeout);
        Ok(Self {
            ambient,
            wire,
            http,
            node: Arc::new(node),
            service,
            connect_timeout,
        })
    }

    /// Finds the region: a given one, else that of the surroundings, and at last the machine's own.
    pub(super) async fn region(
        &self,
        given: Option<String>,
        endpoint: bool,
        credentials: &S3Credentials,
    ) -> Result<Region, ConnectError> {
        if let Some(region) = given {
            return Ok(Region::new(region));
        }
        let mut profile = ProfileFileRegionProvider::builder();
        if let Some(name) = profile_of(credentials) {
            profile = profile.profile_name(name);
        }
        let written = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(profile.build());
        if let Some(region) = written.region().await {
            return Ok(region);
        }
        if endpoint {
            // What nearly every service beside Amazon's takes, whatever region it is in.
            return Ok(Region::from_static("us-east-1"));
        }
        let patience = match credentials {
            S3Credentials::Chain => Patience::Guess,
            S3Credentials::NodeRole => Patience::Named,
            _ => return Err(ConnectError::NoRegion),
        };
        let found = self.node.region(patience).await;
        found.map(Region::new).ok_or(ConnectError::NoRegion)
    }

    /// Returns what loads the credentials within `limit`, and the token service.
    pub(super) fn loader(
        self,
        credentials: S3Credentials,
        region: Region,
        limit: Duration,
    ) -> (Loader, Sts) {
        let Self {
            ambient,
            wire,
            http,
            node,
            service,
            connect_timeout,
        } = self;
        let sts = Sts::new(service, region.clone(), wire.clone(), connect_timeout);
        let around = Around {
            ambient,
            wire,
            http,
            node,
            sts: sts.clone(),
            region,
            limit,
        };
        (Loader::new(Source::new(credentials, around), limit), sts)
    }
}

/// Returns the profile that the credentials name, whose settings then hold as well.
pub(super) fn profile_of(credentials: &S3Credentials) -> Option<&str> {
    match credentials {
        S3Credentials::Profile { name } => name.as_deref(),
        _ => None,
    }
}

/// Finds the token service: a given one, that of the surroundings, else Amazon's.
async fn token_service(
    given: Option<String>,
    ambient: &Ambient,
    profile: Option<&str>,
) -> Result<TokenService, ConnectError> {
    if let Some(text) = given {
        let url = check_endpoint(&text)?;
        return Ok(TokenService::At(bare_url(&url)));
    }
    match ambient.token_service(profile).await {
        TokenService::At(text) => {
            let url = check_ambient(&text)?;
            Ok(TokenService::At(bare_url(&url)))
        }
        other => Ok(other),
    }
}

/// Refuses what cannot become credentials, where it is certain before any request.
async fn check_tokens(
    service: &TokenService,
    credentials: &S3Credentials,
    ambient: &Ambient,
) -> Result<(), ConnectError> {
    let role = match credentials {
        S3Credentials::AssumeRole(role) => role.role_arn.as_ref(),
        S3Credentials::WebIdentity(identity) => identity.role_arn.as_ref(),
        _ => None,
    };
    let pinned = !matches!(credentials, S3Credentials::Chain);
    if !needs_tokens(credentials, ambient).await {
        return Ok(());
    }
    match service {
        TokenService::Storage(url) => Err(ConnectError::StorageForTokens { url: url.clone() }),
        TokenService::Amazon if pinned && role.is_none() => Err(ConnectError::NoRole),
        _ => Ok(()),
    }
}
