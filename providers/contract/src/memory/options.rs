//! How an in-memory bucket behaves, and what its credentials may do.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::aspect::Aspect;
use crate::capability::Capability;
use crate::error::ErrorKind;
use crate::exchange::WireObserver;
use crate::key::KeyPrefix;
use crate::operation::Operation;
use crate::posture::{AtRest, Exposure, LifecycleRule, ObjectLock};

/// How an in-memory bucket behaves.
#[derive(Debug, Clone)]
pub struct MemoryOptions {
    /// Whether the bucket keeps earlier versions.
    pub versioned: bool,
    /// Whether no version can be removed, as under Object Lock with a default retention; implies
    /// `versioned`.
    pub locked: bool,
    /// What the bucket says of itself.
    pub says: Says,
    /// What the credentials may not do.
    pub denied: Vec<Denied>,
    /// The optional behaviours that the store lacks; it always lacks [`Capability::Health`].
    pub lacks: Vec<Capability>,
    /// The smallest size of a part that is not the last one, in bytes.
    pub smallest_part: u64,
    /// The most entries on one page of any listing.
    pub largest_page: u32,
    /// The delays of every request; absent for none.
    pub latency: Option<Latency>,
    /// Who sees every answer.
    pub observer: Option<Arc<dyn WireObserver>>,
    /// The server's clock.
    pub clock: fn() -> Timestamp,
}

impl Default for MemoryOptions {
    fn default() -> Self {
        Self {
            versioned: false,
            locked: false,
            says: Says::default(),
            denied: Vec::new(),
            lacks: Vec::new(),
            smallest_part: 1024,
            largest_page: 1_000,
            latency: None,
            observer: None,
            clock: Timestamp::now,
        }
    }
}

/// What an in-memory bucket says of itself beyond its versions; it does nothing of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Says {
    /// What locks its objects; a bucket that is `locked` says so by itself.
    pub object_lock: ObjectLock,
    /// How objects are encrypted at rest.
    pub encryption: Option<AtRest>,
    /// What is done by age.
    pub lifecycle: Vec<LifecycleRule>,
    /// What strangers may do.
    pub exposure: Exposure,
    /// For how many days what is deleted can be brought back.
    pub soft_delete: Option<u32>,
}

/// One thing that credentials may not do; it is refused as `PermissionDenied` where not said
/// otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// One kind of request.
    Operation(Operation),
    /// One question about the bucket itself.
    Aspect(Aspect),
    /// Every request on a key or a listing outside a prefix, and questions about the bucket itself.
    Outside(KeyPrefix),
    /// A delete that names a version.
    DeleteVersion,
    /// A head or get that names a version.
    ReadVersion,
    /// A write to a key that exists.
    Overwrite,
    /// To learn that a key is absent: a head or get of one is denied instead of not found, as AWS
    /// answers without the right to list.
    Absence,
    /// Everything, as the given kind: an absent bucket, a wrong secret, a full disk.
    All(ErrorKind),
}

/// Random delays before and after the effect of every request, through tokio's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// Where the random numbers begin: the same seed gives the same delays.
    pub seed: u64,
    /// The longest delay on either side.
    pub longest: Duration,
}

impl Latency {
    /// Returns the delay that the `turn`-th random number gives.
    pub(super) fn delay(&self, turn: u64) -> Duration {
        let share = splitmix64(self.seed.wrapping_add(turn)) % 1_025;
        self.longest * u32::try_from(share).unwrap_or(0) / 1_024
    }
}

/// Returns a well-mixed number for each input, as in Steele, Lea and Flood's `SplitMix64`.
pub(super) fn splitmix64(input: u64) -> u64 {
    let mut mixed = input.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
