//! A target's store: the only module that names provider crates.

mod forms;

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use backstop_contract::{Identity, ObjectStore, WireObserver};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thiserror::Error;

use crate::config::{
    Addressing, Application, AzureCredentials, AzureStore, Checksums, Cloud, Encryption, Endpoint,
    ManagedIdentity, Proof, S3Credentials, S3Store, StoreConfig, Target, Which,
};
use crate::connect::forms::Forms;
use crate::reach::Route;
use crate::subject::{Subject, Variants};

/// What is verified, ready for its first request.
#[derive(Debug, Clone)]
pub struct Connected {
    /// What is verified.
    pub subject: Subject,
    /// Where its requests go, unless that is the service's own address; for S3 it may come from the
    /// environment or a profile.
    pub endpoint: Option<String>,
}

/// A target's configuration that cannot become a store; a fault of the configuration, not of the
/// store.
#[derive(Debug, Error)]
#[error("{target}: {source}")]
pub struct ConnectError {
    target: String,
    source: Box<dyn StdError + Send + Sync>,
}

impl ConnectError {
    fn new(target: &Target, source: impl StdError + Send + Sync + 'static) -> Self {
        Self {
            target: target.name.clone(),
            source: Box::new(source),
        }
    }
}

/// How long the service may keep silent while it puts an object together out of its parts.
///
/// Amazon says that this "could take several minutes"
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>), and a
/// service on slow disks copies every byte. Who gives up earlier loses an upload that was sent whole.
const COMPLETION: Duration = Duration::from_mins(5);

/// Makes the store of a target; every answer it will get is shown to the observer.
///
/// `limit` is how long the whole run may take: a single answer is waited for no longer than a part
/// of it, so that silence is named by the one who waited, and not by the end of the run.
///
/// # Errors
///
/// The configuration cannot become a store. Nothing was asked of the store.
pub async fn connect(
    target: &Target,
    limit: Duration,
    observer: Arc<dyn WireObserver>,
) -> Result<Connected, ConnectError> {
    connect_with(target, Patience::within(limit), observer).await
}

/// Makes the store of a target that large objects are written to: as [`connect`], but the service
/// has minutes to complete an upload. Whoever has a limit for all of it ends it himself.
///
/// # Errors
///
/// As for [`connect`].
pub async fn connect_for_transfers(
    target: &Target,
    limit: Duration,
    observer: Arc<dyn WireObserver>,
) -> Result<Connected, ConnectError> {
    connect_with(target, Patience::of_transfers(limit), observer).await
}

async fn connect_with(
    target: &Target,
    patience: Patience,
    observer: Arc<dyn WireObserver>,
) -> Result<Connected, ConnectError> {
    match &target.store {
        StoreConfig::S3(store) => {
            let made = Box::pin(backstop_s3::connect(s3(store, patience), observer)).await;
            let store = made.map_err(|error| ConnectError::new(target, error))?;
            let used = store
                .endpoint()
                .map(|url| url.as_str().trim_end_matches('/').to_owned());
            let route = store.route().cloned();
            Ok(connected(store, route, used, Forms::S3))
        }
        StoreConfig::Minio(store) => {
            let written = owned(store.endpoint.as_ref());
            let made = Box::pin(backstop_minio::connect(minio(store, patience), observer)).await;
            let store = made.map_err(|error| ConnectError::new(target, error))?;
            let route = store.route().cloned();
            Ok(connected(store, route, written, Forms::Minio))
        }
        StoreConfig::Azure(store) => {
            let written = owned(store.endpoint.as_ref());
            let made = Box::pin(backstop_azure::connect(azure(store, patience), observer)).await;
            let store = made.map_err(|error| ConnectError::new(target, error))?;
            let route = store.route().cloned();
            Ok(connected(store, route, written, Forms::Azure))
        }
    }
}

/// Makes the store of a target's reader, where it has one: the same place with other credentials.
///
/// # Errors
///
/// As for [`connect`].
pub async fn connect_reader(
    target: &Target,
    limit: Duration,
    observer: Arc<dyn WireObserver>,
) -> Result<Option<Connected>, ConnectError> {
    let Some(store) = &target.reader else {
        return Ok(None);
    };
    let reader = Target {
        store: store.clone(),
        ..target.clone()
    };
    Ok(Some(connect(&reader, limit, observer).await?))
}

/// How long single answers are waited for.
#[derive(Debug, Clone, Copy)]
struct Patience {
    connect: Duration,
    request: Duration,
    /// That of a completion; absent for the same.
    completion: Option<Duration>,
}

impl Patience {
    /// Takes the usual times, and less in a run that has little.
    fn within(limit: Duration) -> Self {
        // The checks have four fifths of a run.
        let most = limit * 3 / 5;
        Self {
            connect: backstop_s3::S3Config::CONNECT_TIMEOUT.min(most),
            request: backstop_s3::S3Config::REQUEST_TIMEOUT.min(most),
            completion: None,
        }
    }

    /// Takes those times, and minutes to complete an upload, however little the run has.
    fn of_transfers(limit: Duration) -> Self {
        Self {
            completion: Some(COMPLETION),
            ..Self::within(limit)
        }
    }
}

fn connected<S: ObjectStore + Identity>(
    store: S,
    route: Option<Route>,
    endpoint: Option<String>,
    forms: fn(Arc<S>) -> Forms,
) -> Connected {
    let store = Arc::new(store);
    let variants: Arc<dyn Variants> = Arc::new(forms(Arc::clone(&store)));
    Connected {
        subject: Subject {
            route,
            variants: Some(variants),
            ..Subject::plain(Arc::<S>::clone(&store), store)
        },
        endpoint,
    }
}

fn s3(store: &S3Store, patience: Patience) -> backstop_s3::S3Config {
    backstop_s3::S3Config {
        region: store.region.clone(),
        endpoint: owned(store.endpoint.as_ref()),
        sts_endpoint: owned(store.sts_endpoint.as_ref()),
        addressing: store.addressing.map(addressing),
        ca_pem: trusted(store.ca_pem.as_deref(), store.system_pem.as_deref()),
        checksums: checksums(store.checksums),
        encryption: store.encryption.as_ref().map(encryption),
        storage_class: store.storage_class.clone(),
        connect_timeout: patience.connect,
        request_timeout: patience.request,
        completion_timeout: patience.completion,
        ..backstop_s3::S3Config::new(&store.bucket, keys(&store.credentials))
    }
}

fn minio(store: &S3Store, patience: Patience) -> backstop_minio::MinioConfig {
    // A target of MinIO is not valid without its endpoint.
    let endpoint = owned(store.endpoint.as_ref()).unwrap_or_default();
    backstop_minio::MinioConfig {
        region: store.region.clone(),
        sts_endpoint: owned(store.sts_endpoint.as_ref()),
        addressing: store.addressing.map(addressing),
        ca_pem: trusted(store.ca_pem.as_deref(), store.system_pem.as_deref()),
        checksums: checksums(store.checksums),
        connect_timeout: patience.connect,
        request_timeout: patience.request,
        completion_timeout: patience.completion,
        ..backstop_minio::MinioConfig::new(endpoint, &store.bucket, keys(&store.credentials))
    }
}

fn azure(store: &AzureStore, patience: Patience) -> backstop_azure::AzureConfig {
    let AzureStore {
        account,
        container,
        cloud,
        endpoint,
        endpoint_suffix,
        authority,
        management,
        management_endpoint,
        ca_pem,
        system_pem,
        credentials,
    } = store;
    let credentials = azure_credentials(credentials);
    backstop_azure::AzureConfig {
        cloud: cloud_of(*cloud),
        endpoint: owned(endpoint.as_ref()),
        endpoint_suffix: endpoint_suffix.clone(),
        authority: owned(authority.as_ref()),
        management: *management,
        management_endpoint: owned(management_endpoint.as_ref()),
        ca_pem: trusted(ca_pem.as_deref(), system_pem.as_deref()),
        connect_timeout: patience.connect,
        request_timeout: patience.request,
        completion_timeout: patience.completion,
        ..backstop_azure::AzureConfig::new(account, container, credentials)
    }
}

/// Joins the certificates that are trusted beside those the provider finds by itself.
fn trusted(added: Option<&[u8]>, system: Option<&[u8]>) -> Option<Vec<u8>> {
    match (added, system) {
        (None, None) => None,
        (added, system) => Some([added.unwrap_or_default(), system.unwrap_or_default()].concat()),
    }
}

fn owned(endpoint: Option<&Endpoint>) -> Option<String> {
    endpoint.map(|endpoint| endpoint.as_str().to_owned())
}

fn addressing(addressing: Addressing) -> backstop_s3::Addressing {
    match addressing {
        Addressing::Path => backstop_s3::Addressing::Path,
        Addressing::Virtual => backstop_s3::Addressing::Virtual,
    }
}

fn checksums(checksums: Checksums) -> backstop_s3::ChecksumMode {
    match checksums {
        Checksums::WhenSupported => backstop_s3::ChecksumMode::WhenSupported,
        Checksums::WhenRequired => backstop_s3::ChecksumMode::WhenRequired,
    }
}

fn encryption(encryption: &Encryption) -> backstop_s3::Encryption {
    match encryption {
        Encryption::SseS3 => backstop_s3::Encryption::Managed,
        Encryption::SseKms { key_id } => backstop_s3::Encryption::Kms {
            key_id: key_id.clone(),
        },
    }
}

/// Returns who signs for a bucket.
fn keys(credentials: &S3Credentials) -> backstop_s3::S3Credentials {
    use backstop_s3::S3Credentials as Made;
    match credentials {
        S3Credentials::AccessKey {
            id,
            secret,
            session_token,
        } => Made::AccessKey {
            id: id.clone(),
            secret: secret.secret.clone(),
            session_token: session_token.as_ref().map(|token| token.secret.clone()),
            source: secret.source.clone(),
        },
        S3Credentials::Profile { name } => Made::Profile { name: name.clone() },
        S3Credentials::Process { command } => Made::Process {
            command: command.clone(),
        },
        S3Credentials::AssumeRole(role) => Made::AssumeRole(backstop_s3::AssumeRole {
            role_arn: role.role_arn.clone(),
            external_id: role.external_id.clone(),
            session_name: role.session_name.clone(),
            duration: role.duration,
            base: Box::new(keys(&role.base)),
        }),
        S3Credentials::NodeRole => Made::NodeRole,
        S3Credentials::WebIdentity(identity) => Made::WebIdentity(backstop_s3::WebIdentity {
            role_arn: identity.role_arn.clone(),
            token_file: identity.token_file.clone(),
            session_name: identity.session_name.clone(),
            duration: identity.duration,
            source: identity.source.clone(),
        }),
        S3Credentials::Container => Made::Container,
        S3Credentials::Chain => Made::Chain,
    }
}

/// Returns who asks for a container.
fn azure_credentials(credentials: &AzureCredentials) -> backstop_azure::AzureCredentials {
    use backstop_azure::AzureCredentials as Made;
    match credentials {
        AzureCredentials::Application(principal) => Made::Application(application(principal)),
        AzureCredentials::ManagedIdentity(identity) => Made::ManagedIdentity(managed(identity)),
        AzureCredentials::AccountKey(key) => Made::AccountKey {
            key: key.secret.clone(),
            source: key.source.clone(),
        },
        AzureCredentials::Sas(token) => Made::Sas {
            token: token.secret.clone(),
            source: token.source.clone(),
        },
    }
}

fn application(principal: &Application) -> backstop_azure::Application {
    backstop_azure::Application {
        subscription_id: principal.subscription_id.clone(),
        tenant_id: principal.tenant_id.clone(),
        client_id: principal.client_id.clone(),
        proof: match &principal.proof {
            Proof::Secret(secret) => backstop_azure::Proof::Secret(secret.secret.clone()),
            Proof::Certificate(pem) => backstop_azure::Proof::Certificate {
                pem: pem.secret.clone(),
            },
            Proof::Federated { token_file, .. } => backstop_azure::Proof::Federated {
                token_file: token_file.clone(),
            },
        },
        source: principal.proof.source().to_owned(),
        secret_expires: principal.secret_expires.and_then(begin_of),
    }
}

/// Returns when a day begins in UTC, which is when a secret that ends on it is not to be relied on
/// any more.
fn begin_of(day: Date) -> Option<Timestamp> {
    let begin = day.to_zoned(TimeZone::UTC);
    begin.ok().map(|begin| begin.timestamp())
}

fn managed(identity: &ManagedIdentity) -> backstop_azure::ManagedIdentity {
    use backstop_azure::Which as Made;
    backstop_azure::ManagedIdentity {
        which: match &identity.which {
            Which::System => Made::System,
            Which::ClientId(id) => Made::ClientId(id.clone()),
            Which::ObjectId(id) => Made::ObjectId(id.clone()),
            Which::ResourceId(id) => Made::ResourceId(id.clone()),
        },
        subscription_id: identity.subscription_id.clone(),
        passed_over: identity.passed_over.clone(),
        source: identity.source.clone(),
    }
}

/// Returns the cloud.
fn cloud_of(cloud: Cloud) -> backstop_azure::Cloud {
    match cloud {
        Cloud::Public => backstop_azure::Cloud::Public,
        Cloud::UsGovernment => backstop_azure::Cloud::UsGovernment,
        Cloud::China => backstop_azure::Cloud::China,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_a_part_of_a_run_and_a_completion_has_minutes() {
        for (limit, connect, request) in [(5, 3, 3), (10, 5, 6), (60, 5, 10), (3_600, 5, 10)] {
            let run = Patience::within(Duration::from_secs(limit));
            let seconds = (run.connect.as_secs(), run.request.as_secs());
            assert_eq!(
                (seconds, run.completion),
                ((connect, request), None),
                "{limit}"
            );
            let transfer = Patience::of_transfers(Duration::from_secs(limit));
            assert_eq!(transfer.completion, Some(COMPLETION), "{limit}");
            assert_eq!(transfer.request, run.request, "{limit}");
        }
    }
}
