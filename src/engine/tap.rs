//! Where every wire answer of a run comes by.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use backstop_contract::{Exchange, Operation, WireObserver, confidential};
use jiff::Timestamp;

use super::event::{Event, EventSink};
use crate::reach::Heard;

tokio::task_local! {
    /// The check on whose behalf the current task asks.
    pub(super) static ASKING: &'static str;
}

/// The longest id of a request that is shown, in characters: a header may be far longer.
const LONGEST_ID: usize = 200;

/// Passes every answer on as an event, and keeps what the run needs of them: the server's clock
/// and the last request id of each check.
#[derive(Debug)]
pub struct WireTap {
    sink: Arc<dyn EventSink>,
    heard: Arc<Heard>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    server_clock: Option<Timestamp>,
    request_ids: HashMap<&'static str, String>,
}

impl WireTap {
    /// Creates a tap that passes events on.
    #[must_use]
    pub fn new(sink: Arc<dyn EventSink>) -> Arc<Self> {
        Arc::new(Self {
            sink,
            heard: Arc::default(),
            kept: Mutex::default(),
        })
    }

    /// Returns what the answers tell of the way.
    pub(super) fn heard(&self) -> Arc<Heard> {
        Arc::clone(&self.heard)
    }

    /// Passes an event of the engine on.
    pub(super) fn emit(&self, event: &Event<'_>) {
        self.sink.take(event);
    }

    /// Returns the server's clock as last seen; absent before the first answer that tells it.
    #[must_use]
    pub fn server_clock(&self) -> Option<Timestamp> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .server_clock
    }

    /// Returns the id of the last request that was answered to a check.
    #[must_use]
    pub fn request_id(&self, check: &str) -> Option<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.request_ids.get(check).cloned()
    }
}

impl WireObserver for WireTap {
    fn observe(&self, exchange: &Exchange) {
        // A gateway may repeat anything, even in the id of the request.
        let exchange = &Exchange {
            request_id: exchange.request_id.as_deref().map(|id| {
                let id = confidential::strike(id);
                id.chars().take(LONGEST_ID).collect()
            }),
            ..exchange.clone()
        };
        self.heard.hear(exchange, Timestamp::now());
        let check = ASKING.try_with(|check| *check).ok();
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            // A credential comes from another service, whose clock may be another.
            if exchange.operation != Operation::Authenticate && exchange.date.is_some() {
                kept.server_clock = exchange.date;
            }
            if let Some((check, id)) = check.zip(exchange.request_id.clone()) {
                kept.request_ids.insert(check, id);
            }
        }
        self.emit(&Event::Exchanged { exchange, check });
    }
}
