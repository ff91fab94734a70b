//! What a container can be asked about itself.
//!
//! Its own properties tell of locks, encryption and strangers; those of the blob service how long
//! what is deleted can be brought back. Rules that act by age are kept in the management plane,
//! which is asked only where that is wanted.

use azure_core::http::headers::{HeaderName, Headers};
use azure_storage_blob::models::BlobContainerClientGetPropertiesOptions;
use backstop_contract::{
    Aspect, AtRest, BucketInfo, ErrorKind, Exposure, Inspected, ObjectLock, Operation, Result,
};

use crate::ask::Ask;
use crate::evidence;
use crate::store::AzureStore;

const POLICY: HeaderName = HeaderName::from_static("x-ms-has-immutability-policy");
const HOLD: HeaderName = HeaderName::from_static("x-ms-has-legal-hold");
const LOCKABLE: HeaderName =
    HeaderName::from_static("x-ms-immutable-storage-with-versioning-enabled");
const PUBLIC: HeaderName = HeaderName::from_static("x-ms-blob-public-access");
const SCOPE: HeaderName = HeaderName::from_static("x-ms-default-encryption-scope");

/// The scope that stands for the account's own key.
const OF_ACCOUNT: &str = "$account-encryption-key";

/// Asks for the properties of the container.
///
/// See <https://learn.microsoft.com/rest/api/storageservices/get-container-properties>. They name
/// no region, and a service SAS may not read them.
pub(crate) async fn head_bucket(store: &AzureStore) -> Result<BucketInfo> {
    properties(store, &store.ask(Operation::HeadBucket, None)).await?;
    Ok(BucketInfo { region: None })
}

/// Answers a question about the container.
///
/// Whether versions are kept is a setting of the account, which the management plane alone tells;
/// a put that returns a version proves it.
/// See <https://learn.microsoft.com/azure/storage/blobs/versioning-overview>.
pub(crate) async fn inspect(store: &AzureStore, aspect: Aspect) -> Result<Inspected> {
    let ask = store.ask(Operation::Inspect, None);
    let unsupported = |told: String| Err(ask.not_sent(ErrorKind::Unsupported, told));
    match aspect {
        Aspect::ObjectLock => Ok(locks(&properties(store, &ask).await?)),
        Aspect::PublicAccess => Ok(exposure(&properties(store, &ask).await?)),
        Aspect::Encryption => match at_rest(&properties(store, &ask).await?) {
            Some(told) => Ok(told),
            None => unsupported("the container does not tell how it encrypts".to_owned()),
        },
        Aspect::SoftDelete => soft_delete(store, &ask).await,
        Aspect::Lifecycle => lifecycle(store, &ask).await,
        _ => unsupported(format!(
            "azure's data plane does not tell {}",
            aspect.name()
        )),
    }
}

async fn properties(store: &AzureStore, ask: &Ask<'_>) -> Result<Headers> {
    let options = BlobContainerClientGetPropertiesOptions {
        method_options: ask.context(),
        ..BlobContainerClientGetPropertiesOptions::default()
    };
    let answer = store.container().get_properties(Some(options)).await;
    let answer = answer.map_err(|error| ask.failed(&error))?;
    ask.genuine(answer.headers())?;
    Ok(answer.headers().clone())
}

fn locks(headers: &Headers) -> Inspected {
    let is = |name: &HeaderName| headers.get_optional_str(name) == Some("true");
    Inspected::ObjectLock(ObjectLock {
        possible: is(&LOCKABLE) || is(&POLICY) || is(&HOLD),
        default: None,
        policy: is(&POLICY),
        legal_hold: is(&HOLD),
    })
}

fn exposure(headers: &Headers) -> Inspected {
    Inspected::Public(match headers.get_optional_str(&PUBLIC) {
        None => Exposure::Nothing,
        Some("blob") => Exposure::Read,
        Some("container") => Exposure::ReadAndList,
        Some(_) => Exposure::Something,
    })
}

/// Everything is encrypted: <https://learn.microsoft.com/azure/storage/common/storage-service-encryption>.
fn at_rest(headers: &Headers) -> Option<Inspected> {
    let scope = headers.get_optional_string(&SCOPE)?;
    Some(Inspected::Encryption(Some(AtRest {
        algorithm: "AES256".to_owned(),
        key: (scope != OF_ACCOUNT).then_some(scope),
    })))
}

/// See <https://learn.microsoft.com/rest/api/storageservices/get-blob-service-properties>.
async fn soft_delete(store: &AzureStore, ask: &Ask<'_>) -> Result<Inspected> {
    let answer = store.requests().service_properties().await;
    let answer = answer.map_err(|error| ask.failed(&error))?;
    ask.genuine(answer.headers())?;
    let body = String::from_utf8_lossy(answer.body());
    if !body.contains("StorageServiceProperties") {
        let told = "the answer is no service properties";
        return Err(ask.place().malformed(answer.headers(), told));
    }
    let policy = evidence::element(&body, "DeleteRetentionPolicy").unwrap_or_default();
    let enabled = evidence::element(&policy, "Enabled").is_some_and(|text| text == "true");
    let days = evidence::element(&policy, "Days").and_then(|text| text.parse().ok());
    Ok(Inspected::SoftDelete(days.filter(|_| enabled)))
}

async fn lifecycle(store: &AzureStore, ask: &Ask<'_>) -> Result<Inspected> {
    let Some((management, tokens)) = store.management() else {
        let account = store.account();
        let told = format!(
            "azure keeps these rules in its management plane, which is asked with management = \
             true; this shows them: az storage account management-policy show --account-name \
             {account} --resource-group \"$(az storage account show --name {account} --query \
             resourceGroup --output tsv)\""
        );
        return Err(ask.not_sent(ErrorKind::Unsupported, told));
    };
    let rules = management
        .lifecycle(tokens, store.account(), store.container_name())
        .await;
    let rules =
        rules.map_err(|failure| failure.into_error_of(Operation::Inspect, store.place()))?;
    Ok(Inspected::Lifecycle(rules))
}
