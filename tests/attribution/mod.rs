//! Every fault trips exactly its checks, every access is judged as the design says, and a correct
//! store never fails: all on the memory store.

pub(crate) mod accesses;
pub(crate) mod faults;
mod harness;
pub(crate) mod identities;
pub(crate) mod kills;
pub(crate) mod remedies;
pub(crate) mod rows;
pub(crate) mod samples;
pub(crate) mod snapshots;
pub(crate) mod soak;
pub(crate) mod survivor;
pub(crate) mod time;
mod wire;

/// Ends a test of many turns: all that went wrong is told at once.
fn end(wrong: &[String]) -> Result<(), String> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}
