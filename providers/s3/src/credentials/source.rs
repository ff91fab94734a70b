//! The ways by name, and what they share.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_s3::config::Region;
use backstop_contract::Way;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::held::{Failure, Held, Missing};
use super::http::Http;
use super::loader::Fetch;
use super::node::{Node, Patience};
use super::sts::Sts;
use super::{chain, container, process, profile, roles};
use crate::ambient::Ambient;
use crate::config::S3Credentials;
use crate::wire::Wire;

/// What the ways share.
#[derive(Debug)]
pub(crate) struct Around {
    pub(crate) ambient: Ambient,
    pub(crate) wire: Wire,
    pub(crate) http: Http,
    pub(crate) node: Arc<Node>,
    pub(crate) sts: Sts,
    pub(crate) region: Region,
    /// The longest wait for one of them.
    pub(crate) limit: Duration,
}

/// Where the credentials of one store come from.
#[derive(Debug)]
pub(crate) struct Source {
    credentials: S3Credentials,
    pub(super) around: Around,
}

impl Source {
    pub(crate) fn new(credentials: S3Credentials, around: Around) -> Self {
        Self {
            credentials,
            around,
        }
    }

    /// Fetches credentials on one way; a role and a profile lead to others.
    pub(super) fn fetch<'a>(
        &'a self,
        credentials: &'a S3Credentials,
    ) -> BoxFuture<'a, Result<Held, Failure>> {
        let around = &self.around;
        async move {
            match credentials {
                S3Credentials::AccessKey {
                    id,
                    secret,
                    session_token,
                    source,
                } => {
                    let token = session_token.as_ref().map(|t| t.expose().to_owned());
                    let keys = Credentials::new(id, secret.expose(), token, None, "backstop");
                    Ok(Held::new(keys, Way::AccessKey, source))
                }
                S3Credentials::Profile { name } => profile::credentials(self, name.as_deref())
                    .await
                    .map_err(Missing::named),
                S3Credentials::Process { command } => process::run(command, around.limit).await,
                S3Credentials::AssumeRole(role) => roles::assume(self, role).await,
                S3Credentials::NodeRole => around
                    .node
                    .credentials(Patience::Named)
                    .await
                    .map_err(Missing::named),
                S3Credentials::WebIdentity(identity) => roles::exchange(self, identity).await,
                S3Credentials::Container => container::credentials(&around.http, &around.ambient)
                    .await
                    .map_err(Missing::named),
                S3Credentials::Chain => chain::credentials(self).await,
            }
        }
        .boxed()
    }
}

impl Fetch for Source {
    fn fetch(&self) -> BoxFuture<'_, Result<Held, Failure>> {
        Self::fetch(self, &self.credentials)
    }
}
