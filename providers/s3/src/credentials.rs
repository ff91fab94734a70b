//! Static keys or the default chain, and who they make us.

use std::fmt;
use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_s3::config::Region;
use backstop_contract::{Principal, Result};
use jiff::Timestamp;
use tokio::time::timeout;

use crate::config::S3Credentials;
use crate::failure::Asked;
use crate::wire::Wire;

/// Where the signatures of a store come from.
#[derive(Clone)]
pub(crate) struct Source {
    provider: SharedCredentialsProvider,
    /// What the configuration calls the source; absent for the chain, which tells it itself.
    named: Option<String>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("named", &self.named)
            .finish_non_exhaustive()
    }
}

impl Source {
    /// Prepares the credentials without fetching any; fetching them may take as long as `limit`.
    pub(crate) async fn new(
        credentials: S3Credentials,
        region: Region,
        wire: &Wire,
        limit: Duration,
    ) -> Self {
        match credentials {
            S3Credentials::AccessKey {
                id,
                secret,
                session_token,
                source,
            } => {
                let token = session_token.map(|token| token.expose().to_owned());
                let held = Credentials::new(id, secret.expose(), token, None, "backstop");
                Self::of(held, Some(source), limit)
            }
            S3Credentials::DefaultChain => {
                let settings = ProviderConfig::without_region()
                    .with_region(Some(region.clone()))
                    .with_http_client(wire.clone());
                let chain = DefaultCredentialsChain::builder()
                    .configure(settings)
                    .region(region)
                    .build()
                    .await;
                Self::of(chain, None, limit)
            }
        }
    }

    /// Takes what gives credentials.
    pub(crate) fn of(
        provider: impl ProvideCredentials + 'static,
        named: Option<String>,
        limit: Duration,
    ) -> Self {
        let checked = Checked { provider, limit };
        Self {
            provider: SharedCredentialsProvider::new(checked),
            named,
        }
    }

    pub(crate) fn provider(&self) -> SharedCredentialsProvider {
        self.provider.clone()
    }

    /// Fetches the credentials and says whose they are, without asking the token service.
    pub(crate) async fn principal(&self, asked: &Asked) -> Result<Principal> {
        let held = self
            .provider
            .provide_credentials()
            .await
            .map_err(|error| asked.without_credentials(&error))?;
        let found = || source_of(&held).to_owned();
        Ok(Principal {
            id: held.access_key_id().to_owned(),
            source: self.named.clone().unwrap_or_else(found),
            expires_at: held
                .expiry()
                .and_then(|expiry| Timestamp::try_from(expiry).ok()),
        })
    }
}

/// Credentials that come in time and can stand in a header.
///
/// A `credential_process` or a metadata service may keep silent for ever. The SDK would give up as
/// if the request could not be built; only here is it known what was waited for.
///
/// The SDK panics over an access key id with a line feed, which is what a Kubernetes secret made
/// with `echo` has; a secret key with one would be reported as a wrong signature.
#[derive(Debug)]
struct Checked<P> {
    provider: P,
    limit: Duration,
}

impl<P: ProvideCredentials> ProvideCredentials for Checked<P> {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let held = timeout(self.limit, self.provider.provide_credentials())
                .await
                .map_err(|_| CredentialsError::provider_timed_out(self.limit))??;
            match fault_in(&held) {
                Some(fault) => Err(CredentialsError::invalid_configuration(fault)),
                None => Ok(held),
            }
        })
    }
}

fn fault_in(held: &Credentials) -> Option<&'static str> {
    let printable = |text: &str| text.chars().all(|character| character.is_ascii_graphic());
    if !printable(held.access_key_id()) {
        return Some("the access key id holds a line feed, a space or another stray character");
    }
    if !held.session_token().is_none_or(printable) {
        return Some("the session token holds a line feed, a space or another stray character");
    }
    if held.secret_access_key().chars().any(char::is_control) {
        return Some("the secret access key holds a line feed or another control character");
    }
    None
}

/// The links of the chain by the marks that the SDK leaves for its user-agent header.
///
/// A role is assumed with other credentials: what was assumed comes before what helped.
static WORDS: &[(Feature, &str)] = &[
    (Feature::CredentialsEnvVarsStsWebIdToken, "web identity"),
    (
        Feature::CredentialsProfileStsWebIdToken,
        "web identity (profile)",
    ),
    (Feature::CredentialsStsAssumeRoleWebId, "web identity"),
    (Feature::CredentialsStsAssumeRole, "assumed role"),
    (Feature::CredentialsProfileSso, "single sign-on (profile)"),
    (Feature::CredentialsSso, "single sign-on"),
    (Feature::CredentialsProfileLogin, "login (profile)"),
    (
        Feature::CredentialsProfileProcess,
        "credential process (profile)",
    ),
    (Feature::CredentialsProcess, "credential process"),
    (Feature::CredentialsHttp, "container"),
    (Feature::CredentialsImds, "instance metadata"),
    (Feature::CredentialsProfile, "profile"),
    (Feature::CredentialsEnvVars, "environment"),
];

/// Names the link of the chain that credentials came from.
fn source_of(held: &Credentials) -> &'static str {
    let marks = held.get_property::<Vec<Feature>>();
    let mark = |wanted: &Feature| marks.is_some_and(|marks| marks.contains(wanted));
    WORDS
        .iter()
        .find(|(feature, _)| mark(feature))
        .map_or("default chain", |(_, word)| word)
}
