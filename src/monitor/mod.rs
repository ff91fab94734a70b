//! What is watched from run to run: pure.
//!
//! | file | holds |
//! | --- | --- |
//! | `metrics` | reports and backups as metrics, once for every way to hand them out |
//! | `history` | how many runs failed in a row, and when one last went well |
//! | `observed` | a report with what is known of the runs before it |
//! | `kept` | when a run last went well, out of the metrics that were written then |
//! | `ping` | a service that is told of the beginning and the end of a run |

mod history;
mod kept;
pub mod metrics;
mod observed;
pub mod ping;

pub use history::History;
pub use kept::last_success;
pub use metrics::{BackupKind, Metrics};
pub use observed::Observed;
