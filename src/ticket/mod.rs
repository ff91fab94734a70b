//! What to send to those who run the cloud or the network, as data.
//!
//! | file | holds |
//! | --- | --- |
//! | `document` | headings, paragraphs, lists, tables: what a renderer needs to know |
//! | `sections` | a run, or what is wanted before one, to sections |
//! | `grant` | the statement that grants what a report found missing |
//! | `flows` | the outbound connections of a target |
//!
//! # Why
//!
//! A ticket is read by somebody who does not know Backstop and has ten others: it says who asks
//! and when, what was refused under which request id, the exact text to add, and the command that
//! tells whether it helped. Foreign words are always quoted, so that no service can put a link or a
//! heading into it.

mod document;
mod flows;
mod grant;
mod sections;
#[cfg(test)]
mod tests;

pub use document::{Block, Entry, Line, Section, Span, Ticket};
pub use flows::{Flow, flows, flows_of};
pub use grant::{Grant, grants};
pub use sections::{Asking, ticket};
