//! One value for all requests of a store: fetched once, kept, renewed before it ends.
//!
//! # Why
//!
//! A run asks from many tasks at once. A metadata service that never answers must cost its limit
//! once and not once a task, so a failure is kept as well; `connect` makes a new store when a user
//! waits for a role. The SDK's own cache keeps no failure.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use backstop_contract::ErrorKind;
use futures::future::BoxFuture;
use tokio::sync::Mutex as Turn;
use tokio::time::{Instant, timeout};

use super::held::{Failure, Held};

/// How long before their end credentials are fetched anew.
const MARGIN: Duration = Duration::from_secs(10);
/// The shortest time between two fetches.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a failure is kept that nobody answered with.
const KEPT: Duration = Duration::from_mins(1);

/// What fetches credentials.
pub(crate) trait Fetch: fmt::Debug + Send + Sync {
    /// Fetches them once, however often it was done before.
    fn fetch(&self) -> BoxFuture<'_, Result<Held, Failure>>;
}

/// The credentials of one store.
#[derive(Debug, Clone)]
pub(crate) struct Loader(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    source: Box<dyn Fetch>,
    limit: Duration,
    known: Mutex<Option<Known>>,
    /// Held by whoever fetches.
    turn: Turn<()>,
}

/// How the last fetch ended, and the credentials that are still good.
#[derive(Debug, Clone)]
struct Known {
    at: Instant,
    /// How long the fetch took.
    took: Duration,
    held: Result<Arc<Held>, Failure>,
}

impl Known {
    /// Returns the answer that needs no fetch.
    fn settled(&self) -> Option<Result<Arc<Held>, Failure>> {
        let age = self.at.elapsed();
        let lasts = match &self.held {
            Ok(held) => {
                age < PAUSE || !held.refreshes || left(held).is_none_or(|left| left > MARGIN)
            }
            // What took long to fail need not be waited for again by everybody else.
            Err(failure) if failure.kind.is_transient() => age < self.took,
            Err(failure) => failure.evidence.status.is_some() || age < KEPT,
        };
        lasts.then(|| self.held.clone())
    }

    /// Returns credentials that have not ended, though they soon will.
    fn usable(&self) -> Option<Arc<Held>> {
        let held = self.held.as_ref().ok()?;
        left(held)
            .is_none_or(|left| !left.is_zero())
            .then(|| Arc::clone(held))
    }
}

/// Returns how long credentials still live, by this machine's clock.
fn left(held: &Held) -> Option<Duration> {
    let end = held.ends()?;
    Some(end.duration_since(SystemTime::now()).unwrap_or_default())
}

impl Loader {
    /// Takes a source, of which a fetch may take as long as `limit`.
    pub(crate) fn new(source: impl Fetch + 'static, limit: Duration) -> Self {
        Self(Arc::new(Shared {
            source: Box::new(source),
            limit,
            known: Mutex::new(None),
            turn: Turn::new(()),
        }))
    }

    /// Returns the credentials of this moment, or why there are none.
    pub(crate) async fn load(&self) -> Result<Arc<Held>, Failure> {
        if let Some(answer) = self.settled() {
            return answer;
        }
        let usable = self.known().as_ref().and_then(Known::usable);
        let turn = match (self.0.turn.try_lock(), usable) {
            (Ok(turn), _) => turn,
            // Somebody fetches new ones; these will do until then.
            (Err(_), Some(held)) => return Ok(held),
            (Err(_), None) => self.0.turn.lock().await,
        };
        if let Some(answer) = self.settled() {
            return answer;
        }
        let answer = self.fetch().await;
        drop(turn);
        answer
    }

    async fn fetch(&self) -> Result<Arc<Held>, Failure> {
        // A source has limits of its own, and knows what it waited for: they come first.
        let limit = self.0.limit + self.0.limit / 10;
        let silence = || {
            let text = format!("no credentials within {:?}", self.0.limit);
            Failure::new(ErrorKind::TimedOut, text)
        };
        let begun = Instant::now();
        let fetched = timeout(limit, self.0.source.fetch()).await;
        let held = fetched.unwrap_or_else(|_| Err(silence())).and_then(sound);
        let held = held.map(Arc::new);
        let mut known = self.known();
        let held = match (known.as_ref().and_then(Known::usable), held) {
            (Some(old), Err(_)) => Ok(old),
            (_, held) => held,
        };
        *known = Some(Known {
            at: Instant::now(),
            took: begun.elapsed(),
            held: held.clone(),
        });
        held
    }

    fn settled(&self) -> Option<Result<Arc<Held>, Failure>> {
        self.known().as_ref().and_then(Known::settled)
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refuses what cannot be signed with.
fn sound(held: Held) -> Result<Held, Failure> {
    match held.fault() {
        Some(fault) => Err(Failure::unusable(fault).with_facts(held.doubts())),
        None => Ok(held),
    }
}

impl ProvideCredentials for Loader {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            match self.load().await {
                Ok(held) => Ok(held.keys.clone()),
                Err(failure) => Err(CredentialsError::provider_error(failure)),
            }
        })
    }
}

#[cfg(test)]
mod tests;
