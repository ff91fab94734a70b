//! Which accesses the credentials were seen to have.

use serde::{Deserialize, Serialize};

use super::Access;

/// Which accesses the credentials were seen to have, for a target that declares none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fits {
    /// The accesses that everything seen agrees with.
    pub fits: Vec<Access>,
    /// The accesses that it does not agree with, and why.
    pub not: Vec<Misfit>,
}

/// An access that the credentials do not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misfit {
    /// The access.
    pub access: Access,
    /// What stands against it, each in a few words such as `s3:DeleteObject denied`.
    pub because: Vec<String>,
}
