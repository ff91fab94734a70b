//! The report for people and for programs.
//!
//! | file | writes |
//! | --- | --- |
//! | `certificates` | the certificates that servers showed |
//! | `human` | a report to be read, with a file for each of its parts |
//! | `json` | JSON Lines, one object a target |
//! | `manual` | the manual of a check or a cause |
//! | `text` | paragraphs: wrapped, coloured, and free of foreign control characters |
//!
//! A renderer sees finished reports only. It writes colour always; whoever owns the stream strips
//! it where it is not wanted.

mod certificates;
mod format;
mod human;
mod json;
mod manual;
mod text;

pub use certificates::write_certificates;
pub use format::Format;
pub use manual::manual;
pub use text::{clean, style};
