//! What a store made of requests in another form, as data.

use serde::{Deserialize, Serialize};

use super::ErrorRecord;

/// Another form of the same request that was tried because the usual one was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The form.
    pub variant: Variant,
    /// Whether the store took it and gave back what was written.
    pub works: bool,
    /// What it said where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorRecord>,
}

/// A form of a request that a store may refuse while it takes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// Without any credentials, as strangers ask.
    Anonymous,
    /// Without any checksum.
    NoChecksum,
    /// With a Content-MD5.
    ContentMd5,
    /// With a CRC32 in a header.
    Crc32Header,
    /// With a CRC32 behind the body, in chunks.
    Crc32Trailer,
    /// With the bucket in the path.
    PathAddressing,
    /// With the bucket in the host name.
    VirtualAddressing,
}
