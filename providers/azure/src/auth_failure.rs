//! Why there is no token, understood once and told to everybody who waited for it.

use std::error::Error as StdError;
use std::fmt;

use azure_core::error::ErrorKind as CoreKind;
use azure_core::http::RawResponse;
use backstop_contract::{Error, ErrorKind, Evidence, Operation, Sent, StoreLocation};

use crate::wire_failure::WireFailure;

/// A request to a service that says who we are, failed.
#[derive(Debug, Clone)]
pub(crate) struct AuthFailure {
    pub(crate) kind: ErrorKind,
    pub(crate) sent: Sent,
    pub(crate) evidence: Box<Evidence>,
    pub(crate) source: Option<WireFailure>,
}

impl AuthFailure {
    /// Creates the failure of a request that never left.
    pub(crate) fn unsent(kind: ErrorKind, told: impl Into<String>) -> Self {
        Self {
            kind,
            sent: Sent::No,
            evidence: Box::new(Evidence {
                message: Some(told.into()),
                ..Evidence::default()
            }),
            source: None,
        }
    }

    /// Creates the failure that an answer tells.
    pub(crate) fn answered(kind: ErrorKind, evidence: Evidence) -> Self {
        Self {
            kind,
            sent: Sent::Answered,
            evidence: Box::new(evidence),
            source: None,
        }
    }

    /// Reads a failure of a pipeline; an answer that refuses is read by `refused`.
    pub(crate) fn of(
        error: &azure_core::Error,
        refused: impl FnOnce(&RawResponse) -> Self,
    ) -> Self {
        let mut next: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(cause) = next {
            if let Some(known) = cause.downcast_ref::<Self>() {
                return known.clone();
            }
            if let Some(wire) = cause.downcast_ref::<WireFailure>() {
                return Self::of_wire(wire);
            }
            if let Some(CoreKind::HttpResponse {
                raw_response: Some(answer),
                ..
            }) = cause.downcast_ref().map(azure_core::Error::kind)
            {
                return refused(answer);
            }
            next = cause.source();
        }
        // What is left is an answer that the SDK could not read.
        Self::answered(ErrorKind::MalformedResponse, Evidence::default())
    }

    fn of_wire(wire: &WireFailure) -> Self {
        Self {
            source: Some(wire.clone()),
            // Without a token the request that needs it never left.
            ..Self::unsent(wire.kind(), wire.to_string())
        }
    }

    /// Adds facts to compare.
    pub(crate) fn with_facts(mut self, facts: impl IntoIterator<Item = String>) -> Self {
        self.evidence.facts.extend(facts);
        self
    }

    /// Makes the error of a store out of it.
    pub(crate) fn into_error(self, location: &StoreLocation) -> Error {
        self.into_error_of(Operation::Authenticate, location)
    }

    /// Makes the error of an operation that asks such a service about something else.
    pub(crate) fn into_error_of(self, operation: Operation, location: &StoreLocation) -> Error {
        let Self {
            kind,
            sent,
            evidence,
            source,
        } = self;
        let error = Error::new(kind, operation, location, sent).with_evidence(*evidence);
        match source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

impl fmt::Display for AuthFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no token: {}", self.kind)
    }
}

impl StdError for AuthFailure {}
