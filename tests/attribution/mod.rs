//! Every fault trips exactly its checks, every access is judged as the design says, and a correct
//! store never fails: all on the memory store. Every fault of the wire is told rightly, on real servers.

pub(crate) mod accesses;
pub(crate) mod faults;
pub(crate) mod gate;
mod gate_rows;
pub(crate) mod gate_store;
mod harness;
pub(crate) mod identities;
pub(crate) mod kills;
pub(crate) mod matrix;
pub(crate) mod posture;
pub(crate) mod remedies;
pub(crate) mod rows;
pub(crate) mod samples;
pub(crate) mod snapshots;
pub(crate) mod soak;
pub(crate) mod survivor;
mod table;
pub(crate) mod time;
mod twist;
pub(crate) mod variants;
mod wire;

/// Ends a test of many turns: all that went wrong is told at once.
fn end(wrong: &[String]) -> Result<(), String> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}
