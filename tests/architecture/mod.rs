//! What holds for the source as a whole: who may use whom, how long a file may be, what is linked.

pub(crate) mod codes;
pub(crate) mod dependencies;
pub(crate) mod layers;
pub(crate) mod sizes;
pub(crate) mod source;
