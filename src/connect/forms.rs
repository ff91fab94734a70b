//! The same bucket asked in other forms.
//!
//! # Why
//!
//! A form is made of the store that is there: it shares the connections, the trust, the proxy and
//! the observer, so that asking in it costs its requests and nothing else.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_azure::AzureStore;
use backstop_contract::ObjectStore;
use backstop_minio::MinioStore;
use backstop_s3::S3Store;

use crate::report::Variant;
use crate::subject::Variants;

/// A bucket that can be asked in other forms.
#[derive(Debug)]
pub(super) enum Forms {
    S3(Arc<S3Store>),
    Minio(Arc<MinioStore>),
    Azure(Arc<AzureStore>),
}

#[async_trait]
impl Variants for Forms {
    async fn open(&self, variant: Variant) -> Option<Arc<dyn ObjectStore>> {
        match (self, variant) {
            (Self::S3(store), Variant::Anonymous) => Some(Arc::new(store.unsigned())),
            (Self::Minio(store), Variant::Anonymous) => Some(Arc::new(store.unsigned())),
            (Self::Azure(store), Variant::Anonymous) => {
                let unsigned = store.unsigned().ok()?;
                Some(Arc::new(unsigned))
            }
            _ => None,
        }
    }
}
