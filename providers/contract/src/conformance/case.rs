//! What a case is, and the table of all of them.

use std::fmt;

use futures::future::BoxFuture;

use super::{Fixture, delete, errors, get, head, keys, list, multipart, put, versions};
use crate::capability::Capability;
use crate::error::Error;
use crate::key::KeyError;

/// Every case, in one table for each file.
pub static CASES: &[&[Case]] = &[
    put::CASES,
    get::CASES,
    head::CASES,
    list::CASES,
    delete::CASES,
    multipart::CASES,
    versions::CASES,
    errors::CASES,
    keys::CASES,
];

/// Returns every case.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().copied().flatten()
}

/// One fact that holds for every store.
#[derive(Debug)]
pub struct Case {
    /// The fact, in `snake_case`.
    pub name: &'static str,
    /// What a store or its fixture must have for the case to mean anything.
    pub needs: &'static [Need],
    /// Asks the store; the caller cleans up with [`Fixture::clean_up`].
    pub run: fn(Fixture) -> BoxFuture<'static, Result<(), Failed>>,
}

impl Case {
    /// Returns the first thing that the fixture lacks for this case.
    #[must_use]
    pub fn missing(&self, fixture: &Fixture) -> Option<Need> {
        self.needs.iter().copied().find(|need| !fixture.has(*need))
    }

    /// Runs the case and then removes what it wrote.
    ///
    /// # Errors
    ///
    /// [`Failed`] when the fact does not hold, or else when something could not be removed.
    pub async fn run_and_clean(&self, fixture: Fixture) -> Result<(), Failed> {
        let outcome = (self.run)(fixture.clone()).await;
        let cleaned = fixture.clean_up().await;
        outcome.and(cleaned)
    }
}

/// One thing without which a case does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The store has this behaviour.
    Has(Capability),
    /// The bucket keeps versions.
    Versioned,
    /// The service keeps `/key` and `key` apart, or its provider refuses the first.
    LeadingSlash,
    /// There is a store of a bucket that does not exist.
    AbsentBucket,
    /// There is a store with a wrong secret.
    WrongSecret,
    /// There is a store whose credentials may do nothing.
    Denied,
    /// Every answer is recorded.
    Recorder,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Has(capability) => write!(f, "the capability {capability:?}"),
            Self::Versioned => f.write_str("a bucket that keeps versions"),
            Self::LeadingSlash => f.write_str("a service that keeps `/key` and `key` apart"),
            Self::AbsentBucket => f.write_str("a store of an absent bucket"),
            Self::WrongSecret => f.write_str("a store with a wrong secret"),
            Self::Denied => f.write_str("a store that may do nothing"),
            Self::Recorder => f.write_str("a recorder of answers"),
        }
    }
}

/// Why a case does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failed(String);

impl Failed {
    /// Creates a failure out of one sentence.
    #[must_use]
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(format!("unexpected error: {error}"))
    }
}

impl From<KeyError> for Failed {
    fn from(error: KeyError) -> Self {
        Self(format!("the case's own key was refused: {error}"))
    }
}
