//! The run: concurrency, sandbox, time and events.

mod event;
mod request;

pub use event::{Event, EventSink, NoEvents};
pub use request::RunRequest;
