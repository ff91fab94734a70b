//! The conditions, one file each.

pub(super) mod credentials;
pub(super) mod found;
pub(super) mod fresh;
pub(super) mod online;
pub(super) mod ours;
pub(super) mod restorable;
pub(super) mod size;
pub(super) mod storage;
pub(super) mod whole;
