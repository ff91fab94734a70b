//! What a container can be asked about itself: with data rights alone, nothing yet.

use azure_storage_blob::models::BlobContainerClientGetPropertiesOptions;
use backstop_contract::{Aspect, BucketInfo, ErrorKind, Inspected, Operation, Result};

use crate::store::AzureStore;

/// Asks for the properties of the container.
///
/// See <https://learn.microsoft.com/rest/api/storageservices/get-container-properties>. They name
/// no region, and a service SAS may not read them.
pub(crate) async fn head_bucket(store: &AzureStore) -> Result<BucketInfo> {
    let ask = store.ask(Operation::HeadBucket, None);
    let options = BlobContainerClientGetPropertiesOptions {
        method_options: ask.context(),
        ..BlobContainerClientGetPropertiesOptions::default()
    };
    let answer = store
        .container()
        .get_properties(Some(options))
        .await
        .map_err(|error| ask.failed(&error))?;
    ask.genuine(answer.headers())?;
    Ok(BucketInfo { region: None })
}

/// Answers a question about the container.
///
/// Whether versions are kept is a setting of the account, which the management plane alone tells;
/// a put that returns a version proves it.
/// See <https://learn.microsoft.com/azure/storage/blobs/versioning-overview>.
pub(crate) fn inspect(store: &AzureStore, aspect: Aspect) -> Result<Inspected> {
    let name = aspect.name();
    let refused = store.ask(Operation::Inspect, None).not_sent(
        ErrorKind::Unsupported,
        format!("azure's data plane does not tell {name}"),
    );
    Err(refused)
}
