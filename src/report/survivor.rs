//! What is known of the object that stays for the next run, as data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The small object that stays in the bucket, so that the next run finds a store that forgets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survivor {
    /// The run that wrote it.
    pub run_id: String,
    /// When that run began, by its host's clock.
    pub written_at: Timestamp,
    /// The SHA-256 of all its bytes, in hexadecimal digits.
    pub sha256: String,
    /// When a run last found that the one before it was gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_at: Option<Timestamp>,
}
