//! An embedded S3 server, to try Backstop on without a bucket.
//!
//! [`DemoServer`] speaks the S3 protocol on a loopback port, over stores that live in memory:
//! healthy ones, or ones with a fault. Signatures are checked, so that wrong keys fail as they do
//! at Amazon.
//!
//! | file | holds |
//! | --- | --- |
//! | `server` | the port, the connections, the end |
//! | `service` | from the protocol's operations to the functions below |
//! | `objects`, `multipart`, `listing` | one function for each operation |
//! | `convert` | times, tags, ranges, tokens |
//! | `tour` | the stores that are shown, and what must be said of each |
//! | `gate` | the end of the tour: the gate before an upgrade |
//! | `refusal` | the contract's errors in the words of S3 |

mod convert;
mod gate;
mod listing;
mod multipart;
mod objects;
mod refusal;
mod server;
mod service;
#[cfg(test)]
mod tests;
mod tour;

pub use server::DemoServer;
pub use tour::{ACCESS_KEY_ID, SCENES, SECRET_ACCESS_KEY, Scene, Seen, TourError, start, tour};
