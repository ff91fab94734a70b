//! Who asks.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// Who the credentials make us, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// A printable name: an access key id, a client id, "account key". Never a secret.
    pub id: String,
    /// Where the credential came from, such as "environment" or "config file".
    pub source: String,
    /// When the credential ends, by the issuer's clock; absent when it does not say.
    pub expires_at: Option<Timestamp>,
}

/// Tells who the requests of a store are made as.
#[async_trait]
pub trait Identity: fmt::Debug + Send + Sync + 'static {
    /// Returns who we are and where the credential came from.
    ///
    /// # Errors
    ///
    /// `Unauthenticated` when there are no credentials or their source refused, and the network
    /// kinds when the source has to be asked and cannot be reached.
    async fn principal(&self) -> Result<Principal>;
}
