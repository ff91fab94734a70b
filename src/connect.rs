//! A target's store: the only file that names provider crates.

use std::error::Error as StdError;
use std::sync::Arc;

use backstop_contract::{Identity, ObjectStore, WireObserver};
use thiserror::Error;

use crate::config::{
    Addressing, AzureCredentials, AzureStore, Checksums, Encryption, Endpoint, S3Credentials,
    S3Store, StoreConfig, Target,
};

/// A store that is ready for its first request, and who asks.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// Who its requests are made as.
    pub identity: Arc<dyn Identity>,
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

/// Makes the store of a target; every answer it will get is shown to the observer.
///
/// # Errors
///
/// The configuration cannot become a store. Nothing was asked of the store.
pub async fn connect(
    target: &Target,
    observer: Arc<dyn WireObserver>,
) -> Result<Connected, ConnectError> {
    match &target.store {
        StoreConfig::S3(store) => {
            let made = backstop_s3::connect(s3(store), observer).await;
            let store = made.map_err(|error| ConnectError::new(target, error))?;
            let used = store
                .endpoint()
                .map(|url| url.as_str().trim_end_matches('/').to_owned());
            Ok(connected(store, used))
        }
        StoreConfig::Minio(store) => {
            let written = owned(store.endpoint.as_ref());
            let made = backstop_minio::connect(minio(store), observer).await;
            let store = made.map_err(|error| ConnectError::new(target, error))?;
            Ok(connected(store, written))
        }
        StoreConfig::Azure(store) => {
            let written = owned(store.endpoint.as_ref());
            let made = backstop_azure::connect(azure(store), observer).await;
            let store = made.map_err(|error| ConnectError::new(target, error))?;
            Ok(connected(store, written))
        }
    }
}

fn connected<S: ObjectStore + Identity>(store: S, endpoint: Option<String>) -> Connected {
    let store = Arc::new(store);
    Connected {
        store: Arc::<S>::clone(&store),
        identity: store,
        endpoint,
    }
}

fn s3(store: &S3Store) -> backstop_s3::S3Config {
    backstop_s3::S3Config {
        region: store.region.clone(),
        endpoint: owned(store.endpoint.as_ref()),
        addressing: store.addressing.map(addressing),
        ca_pem: store.ca_pem.clone(),
        checksums: checksums(store.checksums),
        encryption: store.encryption.as_ref().map(encryption),
        storage_class: store.storage_class.clone(),
        ..backstop_s3::S3Config::new(&store.bucket, keys(&store.credentials))
    }
}

fn minio(store: &S3Store) -> backstop_minio::MinioConfig {
    // A target of MinIO is not valid without its endpoint.
    let endpoint = owned(store.endpoint.as_ref()).unwrap_or_default();
    backstop_minio::MinioConfig {
        region: store.region.clone(),
        addressing: store.addressing.map(addressing),
        ca_pem: store.ca_pem.clone(),
        checksums: checksums(store.checksums),
        ..backstop_minio::MinioConfig::new(endpoint, &store.bucket, keys(&store.credentials))
    }
}

fn azure(store: &AzureStore) -> backstop_azure::AzureConfig {
    let AzureStore {
        account,
        container,
        endpoint,
        authority,
        ca_pem,
        credentials,
    } = store;
    backstop_azure::AzureConfig {
        endpoint: owned(endpoint.as_ref()),
        authority: owned(authority.as_ref()),
        ca_pem: ca_pem.clone(),
        ..backstop_azure::AzureConfig::new(account, container, azure_credentials(credentials))
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
        Encryption::SseS3 => backstop_s3::Encryption::SseS3,
        Encryption::SseKms { key_id } => backstop_s3::Encryption::SseKms {
            key_id: key_id.clone(),
        },
    }
}

fn keys(credentials: &S3Credentials) -> backstop_s3::S3Credentials {
    match credentials {
        S3Credentials::DefaultChain => backstop_s3::S3Credentials::DefaultChain,
        S3Credentials::AccessKey {
            id,
            secret,
            session_token,
        } => backstop_s3::S3Credentials::AccessKey {
            id: id.clone(),
            secret: secret.secret.clone(),
            session_token: session_token.as_ref().map(|token| token.secret.clone()),
            source: secret.source.clone(),
        },
    }
}

fn azure_credentials(credentials: &AzureCredentials) -> backstop_azure::AzureCredentials {
    match credentials {
        AzureCredentials::ServicePrincipal(principal) => {
            backstop_azure::AzureCredentials::ServicePrincipal {
                subscription_id: principal.subscription_id.clone(),
                tenant_id: principal.tenant_id.clone(),
                client_id: principal.client_id.clone(),
                client_secret: principal.client_secret.secret.clone(),
                source: principal.client_secret.source.clone(),
            }
        }
        AzureCredentials::AccountKey(key) => backstop_azure::AzureCredentials::AccountKey {
            key: key.secret.clone(),
            source: key.source.clone(),
        },
        AzureCredentials::Sas(token) => backstop_azure::AzureCredentials::Sas {
            token: token.secret.clone(),
            source: token.source.clone(),
        },
    }
}
