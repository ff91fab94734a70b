//! Whole stories on real MinIO and Azurite: the built binary, its report, its exit code, and what an
//! independent reader finds in the storage afterwards.

mod harness;

pub(crate) mod causes;
pub(crate) mod healthy;
pub(crate) mod kill;
pub(crate) mod lost;
pub(crate) mod many;
pub(crate) mod options;
pub(crate) mod residue;
pub(crate) mod seed;
pub(crate) mod signals;
