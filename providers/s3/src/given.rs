//! What a write is sent with beside its content.

use std::collections::HashMap;

use aws_runtime::auth::PayloadSigningOverride;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation};
use aws_sdk_s3::types::{ServerSideEncryption, StorageClass};
use backstop_contract::{Attributes, Encryption, Sha256Sum};

use crate::form::Sum;
use crate::store::S3Store;

/// The attributes of an object, as the SDK takes them.
pub(crate) struct Given {
    pub(crate) metadata: Option<HashMap<String, String>>,
    pub(crate) storage_class: Option<StorageClass>,
    pub(crate) encryption: Option<ServerSideEncryption>,
    pub(crate) key_id: Option<String>,
}

/// The hash that the signature of a request holds for its body, where the caller has computed it.
///
/// # Why
///
/// The SDK would hash the body once more for the signature, and a third time for a CRC32. The
/// service compares the hash in `x-amz-content-sha256` with what arrives, over http and https alike,
/// so that it vouches for the body alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Payload(Option<Sha256Sum>);

impl Payload {
    /// Returns how the signer is told.
    pub(crate) fn signed(&self) -> Option<PayloadSigningOverride> {
        let digits = self.0?;
        let digits = digits.iter().map(|byte| format!("{byte:02x}"));
        Some(PayloadSigningOverride::Precomputed(digits.collect()))
    }

    /// Returns the settings of a request: with a hash, no other checksum is computed.
    pub(crate) fn alone(&self) -> Builder {
        let mut settings = Builder::new();
        if self.0.is_some() {
            settings
                .set_request_checksum_calculation(Some(RequestChecksumCalculation::WhenRequired));
        }
        settings
    }
}

impl S3Store {
    /// Returns the attributes of a new object: what is asked for, else the store's own settings.
    pub(crate) fn given(&self, attributes: Attributes) -> Given {
        let Attributes {
            metadata,
            storage_class,
            encryption,
        } = attributes;
        let storage_class = storage_class.or_else(|| self.parts.storage_class.clone());
        let (encryption, key_id) = match encryption.or_else(|| self.parts.encryption.clone()) {
            None => (None, None),
            Some(Encryption::Managed) => (Some(ServerSideEncryption::Aes256), None),
            Some(Encryption::Kms { key_id }) => (Some(ServerSideEncryption::AwsKms), key_id),
        };
        Given {
            metadata: (!metadata.is_empty()).then(|| metadata.into_iter().collect()),
            storage_class: storage_class.as_deref().map(StorageClass::from),
            encryption,
            key_id,
        }
    }

    /// Takes the hash of a body; one that is sent in chunks has no hash in its signature.
    pub(crate) fn payload(&self, sum: Option<Sha256Sum>) -> Payload {
        Payload(sum.filter(|_| self.parts.sum != Sum::Trailer))
    }
}
