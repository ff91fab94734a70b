//! The report for people and for programs.
//!
//! | file | writes |
//! | --- | --- |
//! | `backups`, `status` | which backups there are, and whether they are fresh and whole |
//! | `certificates` | the certificates that servers showed |
//! | `human` | a report to be read, with a file for each of its parts |
//! | `json` | JSON Lines, one object a target |
//! | `junit` | the XML that pipelines read |
//! | `nagios` | the one line of a plugin |
//! | `prometheus` | metrics as text |
//! | `manual` | the manual of a check or a cause |
//! | `markdown` | a ticket |
//! | `decision` | a decision of the gate |
//! | `differences` | what differs between two runs |
//! | `text` | paragraphs: wrapped, coloured, and free of foreign control characters |
//!
//! A renderer sees finished reports only. It writes colour always; whoever owns the stream strips
//! it where it is not wanted.

mod backups;
mod certificates;
mod decision;
mod differences;
mod format;
mod human;
mod json;
pub mod junit;
mod manual;
mod markdown;
pub mod nagios;
pub mod prometheus;
mod status;
mod text;

pub use backups::{backups, backups_json, verified, verified_json};
pub use certificates::write_certificates;
pub use decision::{decision, decision_json};
pub use differences::{differences, differences_json};
pub use format::Format;
pub use human::{bytes, causes, objects};
pub use json::escape as json_line;
pub use manual::manual;
pub use markdown::markdown;
pub use status::{status_state, write_status};
pub use text::{clean, style};
