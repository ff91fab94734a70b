//! The built binary as a user meets it: what it prints, where to, and how it ends.

pub(crate) mod arguments;
pub(crate) mod configuration;
pub(crate) mod consecutive;
pub(crate) mod demo;
pub(crate) mod exits;
pub(crate) mod explain;
pub(crate) mod file;
pub(crate) mod gate;
mod harness;
pub(crate) mod hostile;
pub(crate) mod human;
pub(crate) mod job;
mod job_cases;
pub(crate) mod junit;
mod kubeconform;
pub(crate) mod nagios;
pub(crate) mod object;
pub(crate) mod outputs;
pub(crate) mod ping;
pub(crate) mod policy;
pub(crate) mod prometheus;
pub(crate) mod removal;
pub(crate) mod secrets;
pub(crate) mod tickets;
pub(crate) mod time;
