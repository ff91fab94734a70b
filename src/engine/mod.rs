//! The run: concurrency, sandbox, time and events. The engine prints nothing.

mod clock;
mod event;
mod finish;
mod gate;
mod not_proven;
mod request;
mod resolve;
mod run;
mod runner;
mod sandbox;
mod tap;
mod trials;

pub use event::{Event, EventSink, NoEvents};
pub use request::RunRequest;
pub use run::run;
pub use tap::WireTap;
