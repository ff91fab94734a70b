//! What the bucket says of itself, as data: what protects a backup and what threatens it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the bucket says of itself; what could not be asked is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posture {
    /// Whether earlier versions are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versioning: Option<bool>,
    /// What protects every new object from change and removal, in a few words; empty for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub immutability: Option<String>,
    /// How objects are encrypted at rest unless a request says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<String>,
    /// The rules that remove or archive objects by age, each in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Vec<String>>,
    /// Whether strangers may list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_list: Option<bool>,
    /// Whether strangers may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_read: Option<bool>,
    /// Whether the credentials reach beyond their prefix, if only to list; absent without a prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond_prefix: Option<bool>,
    /// The uploads that were begun and neither completed nor aborted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_uploads: Option<OpenUploads>,
}

/// Uploads that were begun and neither completed nor aborted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenUploads {
    /// How many.
    pub count: u64,
    /// How many bytes the parts have of those that could be asked, the 100 oldest at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// When the oldest was begun, by the server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
}
