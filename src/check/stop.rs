//! How a check ends when it does not simply pass.

use std::sync::Arc;

use backstop_contract::{Aspect, Error, ErrorKind};

/// How a check ends: with nothing to say, with something to say, or stopped.
pub type Answer = Result<Option<Remark>, Stop>;

/// What a check has to say although it passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// Something to know.
    Note(String),
    /// Something to worry about: it degrades the run.
    Risk(String),
    /// Something to worry about whose cause is known: its code, and what was seen.
    Threat(&'static str, String),
}

/// Why a check did not pass.
#[derive(Debug, Clone)]
pub enum Stop {
    /// The service answered success and did not do it; what was expected and what was seen.
    Violated(String),
    /// The service answered success and did not keep to it: the code of the cause, and what was seen.
    Lie(&'static str, String),
    /// The service allowed what it must refuse.
    Allowed(String),
    /// The service refused or failed.
    Operation(Arc<Error>),
    /// The service refused or failed to answer a question about the bucket.
    Inspection(Aspect, Arc<Error>),
    /// The store does not have the behaviour.
    Unsupported(String),
    /// Another run uses the same keys, three times over.
    OtherRun(String),
    /// There was nothing to ask about.
    NothingThere(String),
    /// The service does not take the credentials, and they do not look like what they should be.
    Malformed(String),
    /// The credential has ended by what is known of it, and the service does not take it.
    Ended(String),
    /// The credentials make us somebody else than was expected.
    OtherPrincipal(String),
    /// What was seen is not as it must be: the code of the cause, and what was seen.
    Unfit(&'static str, String),
    /// No answer came in time: the code of the cause, and what was waited for.
    Silent(&'static str, String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Operation(Arc::new(error))
    }
}

impl From<Arc<Error>> for Stop {
    fn from(error: Arc<Error>) -> Self {
        Self::Operation(error)
    }
}

impl Stop {
    /// Returns whether the service does not know the credentials or their secret.
    #[must_use]
    pub fn is_unknown_credential(&self) -> bool {
        matches!(
            self,
            Self::Operation(error)
                if matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::SignatureRejected)
        )
    }

    /// Returns whether the service refused because the credentials or a lock protect the object,
    /// and for no passing reason.
    #[must_use]
    pub fn is_protection(&self) -> bool {
        matches!(
            self,
            Self::Operation(error)
                if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Immutable)
        )
    }

    /// Returns whether the service refused for want of a right or of a valid credential, and did not
    /// say that it has ended.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Operation(error) if matches!(
                error.kind(),
                ErrorKind::Unauthenticated
                    | ErrorKind::SignatureRejected
                    | ErrorKind::PermissionDenied
            )
        )
    }

    /// Ends a check because of an error. An answer that contradicts itself is a lie about `what` was
    /// asked for.
    pub fn by(error: Error, what: impl FnOnce() -> String) -> Self {
        let evidence = error.evidence();
        if !evidence.contradicts_itself {
            return error.into();
        }
        Self::Violated(format!(
            "{} was answered with success, and the answer contradicts itself: {}",
            what(),
            evidence.message.as_deref().unwrap_or_default()
        ))
    }

    /// Ends a check because a success was a lie.
    pub fn violated(what: impl Into<String>) -> Self {
        Self::Violated(what.into())
    }
}
