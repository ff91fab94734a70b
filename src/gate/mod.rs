//! The gate before an upgrade: what was seen and what is asked to a decision, closed by default.
//!
//! ```text
//! store --ask--> Facts --+
//! report ----------------+--> decide --> Decision --> Record
//! Asked -----------------+
//! ```
//!
//! | file | holds |
//! | --- | --- |
//! | `asked` | what is asked: the kind, the limits, the versions |
//! | `facts` | what was seen, and what could not be asked and why |
//! | `condition`, `table`, `conditions/` | the conditions, one file each, in one static table |
//! | `decision` | answers to allow, block or overridden |
//! | `record` | the decision as it is kept |
//! | `version` | which of two versions is the later one |
//! | `ask` | the edge: facts from a store |
//!
//! # Why
//!
//! A pipeline trusts one exit code, so the one mistake that must not happen is to allow without a
//! way back. Every question has four answers (`holds`, `fails`, `unanswered`, `not-asked`), and
//! only two of them let an upgrade go on: `holds`, and `not-asked` of the two conditions that need
//! a word from the caller to be asked at all. Whatever could not be asked blocks and says what
//! would answer it. All but `ask` is pure, so that each way to break a condition is a row of a table.
//!
//! # How to add a condition
//!
//! 1. A file in `conditions/` with its id, its manual and one pure function to an [`Answer`].
//! 2. A line in `table.rs`, in the order in which people read.
//! 3. Rows in `tests/attribution/gate_rows.rs`: three ways to break it, and one that must not block.

pub mod ask;
mod asked;
mod condition;
mod conditions;
mod decision;
mod facts;
mod record;
mod table;
mod version;
mod words;

pub use asked::{Asked, LimitSource};
pub use condition::{Answer, Condition, State};
pub use decision::{Answered, Decision, Ruling, decide};
pub use facts::{Candidate, Facts, Few, Found, Gap, Held, Objects, Previous, Search, Way};
pub use record::{RECORD_SCHEMA, Record, Versions, Who};
pub use table::{condition, conditions, ids};
pub use version::{Range, Version};
