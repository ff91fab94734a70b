//! What a way to credentials ends with: the credentials, nothing, or a failure.

use std::error::Error as StdError;
use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use backstop_contract::{Credential, ErrorKind, Evidence, PassedOver, Way, confidential};
use jiff::Timestamp;

use super::{shape, token};
use crate::wire::WireError;

/// Credentials, and how they were come by.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) keys: Credentials,
    pub(crate) way: Way,
    pub(crate) source: String,
    /// Whether asking again may give other ones.
    pub(crate) refreshes: bool,
    pub(crate) passed_over: Vec<PassedOver>,
    /// The ARN of the role that was asked for, where one was.
    pub(crate) role: Option<String>,
}

impl Held {
    pub(super) fn new(keys: Credentials, way: Way, source: impl Into<String>) -> Self {
        confidential::keep(keys.secret_access_key());
        if let Some(token) = keys.session_token() {
            confidential::keep(token);
        }
        if shape::is_hidden(keys.access_key_id()) {
            confidential::keep(keys.access_key_id());
        }
        Self {
            keys,
            way,
            source: source.into(),
            refreshes: !matches!(way, Way::AccessKey),
            passed_over: Vec::new(),
            role: None,
        }
    }

    /// Adds the role that was asked for.
    pub(super) fn of_role(mut self, role: Option<&str>) -> Self {
        self.role = role.map(str::to_owned);
        self
    }

    /// Returns the id of the access key, unless it may be the secret in the wrong place.
    pub(crate) fn id(&self) -> &str {
        let id = self.keys.access_key_id();
        if shape::is_hidden(id) {
            "(hidden: it does not look like an id)"
        } else {
            id
        }
    }

    /// Returns when they end, where anybody says.
    pub(super) fn ends(&self) -> Option<SystemTime> {
        self.keys.expiry()
    }

    /// Returns what the contract tells of them.
    pub(crate) fn credential(&self) -> Credential {
        let told = self.ends().and_then(|end| Timestamp::try_from(end).ok());
        Credential {
            way: self.way,
            id: self.id().to_owned(),
            source: self.source.clone(),
            // Where nobody says it, a session token may.
            expires_at: told.or_else(|| token::ends(self.keys.session_token()?)),
            temporary: self.keys.session_token().is_some(),
            refreshes: self.refreshes,
            passed_over: self.passed_over.clone(),
            doubts: self.doubts(),
        }
    }

    /// Returns what cannot stand in a header or a signature.
    ///
    /// The SDK panics over an access key id with a line feed, which is what a Kubernetes secret
    /// made with `echo` has; a secret key with one would be reported as a wrong signature.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let printable = |text: &str| text.chars().all(|character| character.is_ascii_graphic());
        if !printable(self.keys.access_key_id()) {
            return Some("the access key id holds a line feed, a space or another stray character");
        }
        if !self.keys.session_token().is_none_or(printable) {
            return Some("the session token holds a line feed, a space or another stray character");
        }
        if self.keys.secret_access_key().chars().any(char::is_control) {
            return Some("the secret access key holds a line feed or another control character");
        }
        None
    }

    pub(super) fn doubts(&self) -> Vec<String> {
        shape::doubts(
            self.keys.access_key_id(),
            self.keys.secret_access_key(),
            self.keys.session_token(),
        )
    }
}

/// Why there are no credentials.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) evidence: Box<Evidence>,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            evidence: Box::new(Evidence {
                message: Some(message.into()),
                ..Evidence::default()
            }),
        }
    }

    /// Names something that is not as it must be before anybody is asked.
    pub(super) fn unusable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unauthenticated, message)
    }

    /// Names a request without an answer.
    pub(super) fn of_wire(wire: &WireError) -> Self {
        let mut failure = Self::new(wire.kind, wire.text.clone());
        failure.evidence.status = wire.status;
        failure.with_facts(wire.through.clone())
    }

    /// Adds lines to compare, behind those that are there.
    #[must_use]
    pub(super) fn with_facts(mut self, facts: impl IntoIterator<Item = String>) -> Self {
        self.evidence.facts.extend(facts);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.evidence.message.as_deref().unwrap_or("no credentials"))
    }
}

impl StdError for Failure {}

/// Why one way has no credentials.
#[derive(Debug)]
pub(super) enum Missing {
    /// It is not configured here, or not there: another way may be taken.
    Absent {
        /// In a few words.
        reason: String,
        /// What else there is to compare.
        facts: Vec<String>,
    },
    /// It is meant and fails: no other way may be taken.
    Failed(Failure),
}

impl Missing {
    pub(super) fn absent(reason: impl Into<String>) -> Self {
        Self::Absent {
            reason: reason.into(),
            facts: Vec::new(),
        }
    }

    /// Returns the failure that it is where this way was asked for by name.
    pub(super) fn named(self) -> Failure {
        match self {
            Self::Absent { reason, facts } => Failure::unusable(reason).with_facts(facts),
            Self::Failed(failure) => failure,
        }
    }
}

impl From<Failure> for Missing {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
