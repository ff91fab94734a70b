//! The tokens of one store: asked for once, whoever needs one first.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind as CoreKind;
use azure_core::time::OffsetDateTime;
use backstop_contract::confidential;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::auth_failure::AuthFailure;
use crate::claims::Claims;

/// How long before its end a token is fetched anew, as the SDK does.
const MARGIN: Duration = Duration::from_mins(5);
/// How long a token that still holds is used before another try to renew it.
const PAUSE: Duration = Duration::from_secs(5);
/// How long a failure is kept that nobody answered with.
const KEPT: Duration = Duration::from_mins(1);

/// Somebody who issues tokens.
#[async_trait]
pub(crate) trait Issuer: fmt::Debug + Send + Sync + 'static {
    /// Asks for a token, once.
    async fn issue(&self, scope: &str) -> Result<AccessToken, AuthFailure>;
}

/// The tokens of one store, by scope.
///
/// # Why
///
/// Many tasks need a token at the same moment, and each of them would wait for a service that does
/// not answer. So one asks and all share the answer. A refusal holds for the life of the store,
/// because nothing of ours changes that could revoke it; what may be over in a moment is shared
/// with those who waited for it, and asked anew by the next.
#[derive(Debug)]
pub(crate) struct Tokens {
    issuer: Box<dyn Issuer>,
    kept: Mutex<HashMap<String, Kept>>,
    tenant: OnceLock<String>,
}

#[derive(Debug, Default)]
struct Kept {
    token: Option<AccessToken>,
    failure: Option<Failed>,
}

/// A failure, and how it came about.
#[derive(Debug)]
struct Failed {
    at: Instant,
    /// How long it took.
    took: Duration,
    failure: AuthFailure,
}

impl Failed {
    /// Returns whether the issuer need not be asked again yet.
    fn lasts(&self) -> bool {
        let age = self.at.elapsed();
        // What took long to fail need not be waited for again by everybody else.
        if self.failure.kind.is_transient() {
            return age < self.took;
        }
        self.failure.evidence.status.is_some() || age < KEPT
    }
}

impl Tokens {
    /// Takes the issuer; nothing is asked.
    pub(crate) fn new(issuer: impl Issuer) -> Self {
        Self {
            issuer: Box::new(issuer),
            kept: Mutex::default(),
            tenant: OnceLock::new(),
        }
    }

    /// Returns a token that holds for a while.
    pub(crate) async fn get(&self, scope: &str) -> Result<AccessToken, AuthFailure> {
        let asked = Instant::now();
        let mut kept = self.kept.lock().await;
        let kept = kept.entry(scope.to_owned()).or_default();
        if let Some(token) = kept.token_for(MARGIN) {
            return Ok(token);
        }
        let holding = kept.token_for(Duration::ZERO);
        if let Some(failed) = &kept.failure {
            match holding {
                Some(token) if failed.at.elapsed() < PAUSE => return Ok(token),
                None if failed.lasts() || failed.at > asked => {
                    return Err(failed.failure.clone());
                }
                _ => {}
            }
        }
        let begun = Instant::now();
        match self.issuer.issue(scope).await {
            Ok(token) => {
                confidential::keep(token.token.secret());
                if let Some(tenant) = Claims::read(token.token.secret()).and_then(|it| it.tenant())
                {
                    // Every token of an issuer is of the same tenant.
                    let _ = self.tenant.set(tenant);
                }
                *kept = Kept {
                    token: Some(token.clone()),
                    failure: None,
                };
                Ok(token)
            }
            Err(failure) => {
                kept.failure = Some(Failed {
                    at: Instant::now(),
                    took: begun.elapsed(),
                    failure: failure.clone(),
                });
                holding.ok_or(failure)
            }
        }
    }

    /// Returns the tenant of the tokens so far, where they tell it.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.tenant.get().map(String::as_str)
    }
}

impl Kept {
    /// Returns the token if it holds for longer than the margin.
    fn token_for(&self, margin: Duration) -> Option<AccessToken> {
        let latest = OffsetDateTime::now_utc() + margin;
        self.token.clone().filter(|token| token.expires_on > latest)
    }
}

#[async_trait]
impl TokenCredential for Tokens {
    async fn get_token(
        &self,
        scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let scope = scopes.first().copied().unwrap_or_default();
        self.get(scope)
            .await
            .map_err(|failure| azure_core::Error::new(CoreKind::Credential, failure))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use azure_core::credentials::Secret;
    use backstop_contract::ErrorKind;

    use super::*;

    /// Answers after a second, and counts.
    #[derive(Debug)]
    struct Slow {
        asked: Arc<AtomicU32>,
        lifetime: Result<Duration, ErrorKind>,
    }

    #[async_trait]
    impl Issuer for Slow {
        async fn issue(&self, _scope: &str) -> Result<AccessToken, AuthFailure> {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let number = self.asked.fetch_add(1, Ordering::Relaxed);
            match self.lifetime {
                Ok(lifetime) => Ok(AccessToken::new(
                    Secret::new(format!("t{number}")),
                    OffsetDateTime::now_utc() + lifetime,
                )),
                Err(kind) => Err(AuthFailure::unsent(kind, "no")),
            }
        }
    }

    async fn ask_thrice(lifetime: Result<Duration, ErrorKind>) -> (u32, u32, Duration) {
        let asked = Arc::new(AtomicU32::new(0));
        let tokens = Tokens::new(Slow {
            asked: Arc::clone(&asked),
            lifetime,
        });
        let begun = Instant::now();
        let _ = tokio::join!(tokens.get("s"), tokens.get("s"), tokens.get("s"));
        let (elapsed, together) = (begun.elapsed(), asked.load(Ordering::Relaxed));
        let _ = tokens.get("s").await;
        (together, asked.load(Ordering::Relaxed), elapsed)
    }

    #[tokio::test(start_paused = true)]
    async fn one_asks_for_all_and_a_refusal_holds() {
        let second = Duration::from_secs(1);
        for (lifetime, together, later) in [
            (Ok(Duration::from_hours(1)), 1, 1),
            // A token that is about to end is not kept.
            (Ok(Duration::from_mins(4)), 3, 4),
            (Err(ErrorKind::Unauthenticated), 1, 1),
            (Err(ErrorKind::CredentialExpired), 1, 1),
            // What took a second to fail is not waited for again within it.
            (Err(ErrorKind::TimedOut), 1, 1),
            (Err(ErrorKind::ServiceFailed), 1, 1),
        ] {
            let (first, all, elapsed) = ask_thrice(lifetime).await;
            assert_eq!((first, all), (together, later), "{lifetime:?}");
            assert_eq!(elapsed, second * together, "{lifetime:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_passes_is_asked_again_when_its_time_is_over() {
        for (kind, seconds, asked) in [
            (ErrorKind::TimedOut, 1, 2),
            (ErrorKind::NameNotResolved, 59, 1),
            (ErrorKind::NameNotResolved, 60, 2),
        ] {
            let number = Arc::new(AtomicU32::new(0));
            let tokens = Tokens::new(Slow {
                asked: Arc::clone(&number),
                lifetime: Err(kind),
            });
            let _ = tokens.get("s").await;
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            let _ = tokens.get("s").await;
            assert_eq!(number.load(Ordering::Relaxed), asked, "{kind:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_still_holds_outlives_a_failure_to_renew_it() {
        let tokens = Tokens::new(Slow {
            asked: Arc::default(),
            lifetime: Err(ErrorKind::Unauthenticated),
        });
        let ends = OffsetDateTime::now_utc() + Duration::from_mins(4);
        let token = AccessToken::new(Secret::new("old"), ends);
        let kept = Kept {
            token: Some(token),
            failure: None,
        };
        tokens.kept.lock().await.insert("s".to_owned(), kept);
        for _ in 0..2 {
            let token = tokens.get("s").await.expect("the old one");
            assert_eq!(token.token.secret(), "old");
        }
    }
}
