//! Every fault trips exactly its checks, every access is judged as the design says, and a correct
//! store never fails: all on the memory store.

pub(crate) mod accesses;
pub(crate) mod faults;
mod harness;
pub(crate) mod identities;
pub(crate) mod kills;
pub(crate) mod soak;
pub(crate) mod survivor;
mod table;
pub(crate) mod time;
mod twist;
mod wire;
