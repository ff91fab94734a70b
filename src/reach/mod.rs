//! The way to the service, and what the network answers on it.

mod route;

pub use route::{Hop, Route};
