//! Where a store is, in words that can be printed.

use std::fmt;

use crate::key::ObjectKey;

/// The printable place of a store: a URL without credentials, query or trailing slash.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreLocation(String);

impl StoreLocation {
    /// Creates a location from a scheme (`s3`, `azure`, `minio`) and the path that names the bucket.
    #[must_use]
    pub fn new(scheme: &str, path: &str) -> Self {
        Self(format!("{scheme}://{}", path.trim_matches('/')))
    }

    /// Returns the location as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the printable place of one key in this store.
    #[must_use]
    pub fn of(&self, key: &ObjectKey) -> String {
        format!("{}/{key}", self.0)
    }
}

impl fmt::Display for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
