//! The wire requests, and what each provider calls them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::aspect::Aspect;

/// One wire request kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Facts about the bucket.
    HeadBucket,
    /// One page of a listing.
    ListObjects,
    /// Facts about an object.
    HeadObject,
    /// The content of an object.
    GetObject,
    /// A write in one request.
    PutObject,
    /// A delete.
    DeleteObject,
    /// The start of a multipart upload.
    CreateMultipart,
    /// One part of a multipart upload.
    PutPart,
    /// The end of a multipart upload.
    CompleteMultipart,
    /// The abort of a multipart upload.
    AbortMultipart,
    /// One page of open uploads.
    ListUploads,
    /// One page of the parts of an open upload.
    ListParts,
    /// One page of versions.
    ListVersions,
    /// A question about the bucket itself.
    Inspect,
    /// The request for a credential, such as a token.
    Authenticate,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 15] = [
        Self::HeadBucket,
        Self::ListObjects,
        Self::HeadObject,
        Self::GetObject,
        Self::PutObject,
        Self::DeleteObject,
        Self::CreateMultipart,
        Self::PutPart,
        Self::CompleteMultipart,
        Self::AbortMultipart,
        Self::ListUploads,
        Self::ListParts,
        Self::ListVersions,
        Self::Inspect,
        Self::Authenticate,
    ];

    /// Returns the stable `snake_case` name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HeadBucket => "head_bucket",
            Self::ListObjects => "list_objects",
            Self::HeadObject => "head_object",
            Self::GetObject => "get_object",
            Self::PutObject => "put_object",
            Self::DeleteObject => "delete_object",
            Self::CreateMultipart => "create_multipart",
            Self::PutPart => "put_part",
            Self::CompleteMultipart => "complete_multipart",
            Self::AbortMultipart => "abort_multipart",
            Self::ListUploads => "list_uploads",
            Self::ListParts => "list_parts",
            Self::ListVersions => "list_versions",
            Self::Inspect => "inspect",
            Self::Authenticate => "authenticate",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What changes the permission that an operation needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PermissionContext {
    /// A version was named.
    pub versioned: bool,
    /// The store encrypts with a key of its own that needs rights too.
    pub encrypted: bool,
    /// What the bucket was asked about itself.
    pub aspect: Option<Aspect>,
}

/// What a provider is called and what its operations need.
#[derive(Debug)]
pub struct ProviderInfo {
    /// The provider's name and URL scheme: `s3`, `azure`, `minio`.
    pub scheme: &'static str,
    /// The service's own name, for people.
    pub title: &'static str,
    /// The provider's own word for a bucket: "bucket" or "container".
    pub bucket_word: &'static str,
    /// Returns the permissions that an operation needs, in the provider's own words.
    pub permissions: fn(Operation, PermissionContext) -> &'static [&'static str],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct() {
        let names: std::collections::HashSet<_> = Operation::ALL
            .iter()
            .map(|operation| operation.name())
            .collect();
        assert_eq!(names.len(), Operation::ALL.len());
    }
}
