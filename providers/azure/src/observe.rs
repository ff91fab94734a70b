//! Shows every answer to the observer given at connect.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use backstop_contract::{Exchange, Operation, WireObserver, current_attempt};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const DATE: HeaderName = HeaderName::from_static("date");

/// Shows every answer to an observer, and that none came.
#[derive(Debug)]
pub(crate) struct ObservePolicy {
    observer: Arc<dyn WireObserver>,
    fixed: Option<Operation>,
}

impl ObservePolicy {
    /// Creates the policy of the blob requests, whose operation stands in their context.
    pub(crate) fn of_blobs(observer: Arc<dyn WireObserver>) -> Self {
        Self {
            observer,
            fixed: None,
        }
    }

    /// Creates the policy of the token requests, whose context is that of the request that needs
    /// the token.
    pub(crate) fn of_tokens(observer: Arc<dyn WireObserver>) -> Self {
        Self {
            observer,
            fixed: Some(Operation::Authenticate),
        }
    }
}

#[async_trait]
impl Policy for ObservePolicy {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let begun = Instant::now();
        let answer = next[0].send(context, request, &next[1..]).await;
        let named = self.fixed.or_else(|| context.value::<Operation>().copied());
        if let Some(operation) = named {
            let head = answer.as_ref().ok();
            self.observer.observe(&Exchange {
                operation,
                status: head.map(|answer| u16::from(answer.status())),
                request_id: head.and_then(|answer| request_id(answer.headers())),
                date: head.and_then(|answer| date(answer.headers())),
                elapsed: begun.elapsed(),
                attempt: current_attempt(),
            });
        }
        answer
    }
}

/// Returns the id the service gave the request.
pub(crate) fn request_id(headers: &Headers) -> Option<String> {
    headers.get_optional_string(&REQUEST_ID)
}

/// Returns the server's clock.
pub(crate) fn date(headers: &Headers) -> Option<Timestamp> {
    http_date(headers.get_optional_str(&DATE)?)
}

/// Reads a time as HTTP writes it, which is RFC 2822 with an old name for UTC.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates_are_read() {
        let read = http_date("Sun, 06 Nov 1994 08:49:37 GMT").map(|date| date.to_string());
        assert_eq!(read.as_deref(), Some("1994-11-06T08:49:37Z"));
        assert_eq!(http_date("yesterday"), None);
    }
}
