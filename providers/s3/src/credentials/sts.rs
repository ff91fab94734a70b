//! The token service: what it gives for other credentials or for a token, and who it says we are.

use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_s3::error::SdkError;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Config, Region, StalledStreamProtectionConfig};
use aws_sdk_sts::types::Credentials as Given;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use backstop_contract::{ErrorKind, Evidence, Secret, confidential};

use super::held::Failure;
use url::Url;

use crate::ambient::TokenService;
use crate::classify::{causes, sts};
use crate::connect::patient;
use crate::failure::heard;
use crate::wire::{Wire, WireError};

/// How a session is called where nobody names it.
const SESSION: &str = "backstop";

/// The token service of one store.
#[derive(Debug, Clone)]
pub(crate) struct Sts {
    service: TokenService,
    region: Region,
    wire: Wire,
    connect_timeout: Duration,
}

/// What both ways of getting a role may say of it.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) role_arn: Option<&'a str>,
    pub(super) session_name: Option<&'a str>,
    pub(super) duration: Option<Duration>,
}

/// Who the service says we are.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) arn: String,
    pub(crate) account: Option<String>,
    pub(crate) user_id: Option<String>,
}

impl Sts {
    pub(crate) fn new(
        service: TokenService,
        region: Region,
        wire: Wire,
        connect_timeout: Duration,
    ) -> Self {
        Self {
            service,
            region,
            wire,
            connect_timeout,
        }
    }

    pub(crate) fn service(&self) -> &TokenService {
        &self.service
    }

    /// Assumes a role with other credentials.
    pub(super) async fn assume(
        &self,
        keys: Credentials,
        wanted: &Wanted<'_>,
        external_id: Option<&str>,
    ) -> Result<Credentials, Failure> {
        let client = self.client(Some(keys))?;
        self.check_role(wanted)?;
        external_id.into_iter().for_each(confidential::keep);
        let at = Instant::now();
        let answer = client
            .assume_role()
            .set_role_arn(wanted.role_arn.map(str::to_owned))
            .role_session_name(wanted.session_name.unwrap_or(SESSION))
            .set_duration_seconds(wanted.seconds())
            .set_external_id(external_id.map(str::to_owned))
            .send()
            .await
            .map_err(|error| failed(&error, at).with_facts([self.place()]))?;
        given(answer.credentials())
    }

    /// Exchanges the token of an OIDC provider for a role.
    pub(super) async fn exchange(
        &self,
        token: &Secret,
        wanted: &Wanted<'_>,
    ) -> Result<Credentials, Failure> {
        let client = self.client(None)?;
        self.check_role(wanted)?;
        let at = Instant::now();
        let answer = client
            .assume_role_with_web_identity()
            .set_role_arn(wanted.role_arn.map(str::to_owned))
            .role_session_name(wanted.session_name.unwrap_or(SESSION))
            .set_duration_seconds(wanted.seconds())
            .web_identity_token(token.expose())
            .send()
            .await
            .map_err(|error| failed(&error, at).with_facts([self.place()]))?;
        given(answer.credentials())
    }

    /// Asks whose credentials these are.
    pub(crate) async fn caller(&self, keys: Credentials) -> Result<Caller, Failure> {
        let client = self.client(Some(keys))?;
        let at = Instant::now();
        let answer = client
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| failed(&error, at).with_facts([self.place()]))?;
        let Some(arn) = answer.arn().filter(|arn| !arn.is_empty()) else {
            return Err(nonsense("the answer names nobody"));
        };
        Ok(Caller {
            arn: arn.to_owned(),
            account: answer.account().map(str::to_owned),
            user_id: answer.user_id().map(str::to_owned),
        })
    }

    fn client(&self, keys: Option<Credentials>) -> Result<Client, Failure> {
        let endpoint = match &self.service {
            TokenService::Amazon => None,
            TokenService::At(url) => Some(url.clone()),
            TokenService::Storage(url) => return Err(Failure::unusable(not_storage(url))),
        };
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .http_client(self.wire.clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(patient(self.connect_timeout))
            .disable_clock_skew_correction(true)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(endpoint);
        if let Some(keys) = keys {
            config = config.credentials_provider(keys);
        }
        Ok(Client::from_conf(config.build()))
    }

    /// Tells which token service it is.
    fn place(&self) -> String {
        match &self.service {
            TokenService::At(url) => {
                let origin = Url::parse(url).map(|url| url.origin().ascii_serialization());
                format!("token service: {}", origin.as_deref().unwrap_or("no URL"))
            }
            TokenService::Amazon | TokenService::Storage(_) => {
                format!("token service: Amazon's, in {}", self.region)
            }
        }
    }

    fn check_role(&self, wanted: &Wanted<'_>) -> Result<(), Failure> {
        if self.service == TokenService::Amazon && wanted.role_arn.is_none() {
            return Err(Failure::unusable(NO_ROLE));
        }
        Ok(())
    }
}

/// What Amazon's token service cannot do without.
pub(crate) const NO_ROLE: &str = "no role is named, and Amazon's token service gives credentials for a role alone; set \
     role_arn, or AWS_ROLE_ARN";

/// Says why a token is not sent where storage is.
pub(crate) fn not_storage(url: &str) -> String {
    format!(
        "AWS_ENDPOINT_URL would send the token for STS to {url}, which is a storage endpoint; set \
         AWS_ENDPOINT_URL_S3 for storage instead (and AWS_ENDPOINT_URL_STS if STS has an endpoint \
         of its own)"
    )
}

impl Wanted<'_> {
    fn seconds(&self) -> Option<i32> {
        let duration = self.duration?;
        Some(i32::try_from(duration.as_secs()).unwrap_or(i32::MAX))
    }
}

fn given(given: Option<&Given>) -> Result<Credentials, Failure> {
    let Some(given) = given else {
        return Err(nonsense("the answer holds no credentials"));
    };
    let end = SystemTime::try_from(*given.expiration())
        .map_err(|_| nonsense("the end of the credentials is no time"))?;
    let token = Some(given.session_token()).filter(|token| !token.is_empty());
    Ok(Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        token.map(str::to_owned),
        Some(end),
        "backstop",
    ))
}

fn nonsense(reason: &str) -> Failure {
    let text = format!("the token service makes no sense: {reason}");
    Failure::new(ErrorKind::MalformedResponse, text)
}

fn failed<E>(error: &SdkError<E, HttpResponse>, at: Instant) -> Failure
where
    E: std::error::Error + 'static,
{
    let chain = causes(error);
    let wire = chain
        .iter()
        .find_map(|cause| cause.downcast_ref::<WireError>());
    if let Some(wire) = wire {
        return Failure::of_wire(wire);
    }
    let Some(response) = error.raw_response() else {
        let text = "the request to the token service could not be built";
        return Failure::new(ErrorKind::Unexpected, text);
    };
    let (evidence, foreign) = heard(response, at);
    let silent = || "the token service refused without a word".to_owned();
    Failure {
        kind: sts::refused(&evidence, foreign),
        evidence: Box::new(Evidence {
            message: evidence.message.or_else(|| Some(silent())),
            ..evidence
        }),
    }
}
