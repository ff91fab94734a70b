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
use backstop_s3::{Form, S3Store};

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
        match (self, form(variant)) {
            (Self::S3(store), None) => Some(Arc::new(store.unsigned())),
            (Self::S3(store), Some(form)) => Some(Arc::new(store.in_form(form)?)),
            (Self::Minio(store), None) => Some(Arc::new(store.unsigned())),
            (Self::Minio(store), Some(form)) => Some(Arc::new(store.in_form(form)?)),
            (Self::Azure(store), None) => {
                let unsigned = store.unsigned().ok()?;
                Some(Arc::new(unsigned))
            }
            (Self::Azure(_), Some(_)) => None,
        }
    }
}

/// Returns the form of a signed request; strangers have none.
fn form(variant: Variant) -> Option<Form> {
    match variant {
        Variant::Anonymous => None,
        Variant::NoChecksum => Some(Form::NoChecksum),
        Variant::ContentMd5 => Some(Form::ContentMd5),
        Variant::Crc32Header => Some(Form::Crc32Header),
        Variant::Crc32Trailer => Some(Form::Crc32Trailer),
        Variant::PathAddressing => Some(Form::PathAddressing),
        Variant::VirtualAddressing => Some(Form::VirtualAddressing),
    }
}
