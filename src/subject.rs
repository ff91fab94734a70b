//! What is verified: a store, who asks, the way to it, and the same bucket asked in other forms.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use backstop_contract::{Identity, ObjectStore};

use crate::reach::Route;
use crate::report::Variant;

/// What is verified.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// Who its requests are made as.
    pub identity: Arc<dyn Identity>,
    /// Where its requests go; absent for a store that is on no network.
    pub route: Option<Route>,
    /// The same bucket asked in other forms; absent where there are none.
    pub variants: Option<Arc<dyn Variants>>,
}

impl Subject {
    /// Takes a store that is on no network and is asked in one form alone.
    #[must_use]
    pub fn plain(store: Arc<dyn ObjectStore>, identity: Arc<dyn Identity>) -> Self {
        Self {
            store,
            identity,
            route: None,
            variants: None,
        }
    }
}

/// Connects to the same bucket in another form.
#[async_trait]
pub trait Variants: fmt::Debug + Send + Sync + 'static {
    /// Returns the bucket as it is asked in a form; of it nothing is asked yet.
    ///
    /// Absent where the provider has no such form, or the bucket's name stands there already.
    async fn open(&self, variant: Variant) -> Option<Arc<dyn ObjectStore>>;
}
