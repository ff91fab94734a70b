//! The one retry policy, as a wrapper around any store.
//!
//! # Why
//!
//! The retries of the SDKs differ (three attempts here, eight there) and hide what happened, so
//! they are switched off. A request is repeated only when its failure was transient and repeating
//! it cannot do harm: when it may have taken effect, a conditional put, a delete without a version, an opened
//! upload and a completion are not repeated, because the first may have taken effect and the
//! second would then be refused (or act) for the wrong reason. Their callers settle by reading.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::aspect::{Aspect, Inspected};
use crate::capability::Capabilities;
use crate::error::{Error, Result};
use crate::key::{KeyPrefix, ObjectKey};
use crate::location::StoreLocation;
use crate::object::{
    BucketInfo, CompleteOptions, Condition, CreateOptions, DeleteOptions, DeleteResult, GetOptions,
    GetResult, HeadOptions, ListOptions, ListPage, ObjectMeta, PageToken, Part, PartNumber,
    PartOptions, PartPage, PutOptions, PutResult, UploadId, UploadPage, VersionPage,
};
use crate::operation::ProviderInfo;
use crate::store::ObjectStore;

tokio::task_local! {
    static ATTEMPT: u32;
}

/// Returns which attempt at its operation the current request is, counted from 1.
#[must_use]
pub fn current_attempt() -> u32 {
    ATTEMPT.try_with(|attempt| *attempt).unwrap_or(1)
}

/// How often and how fast a transient failure is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most attempts, the first one included.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles from there, with up to half of it taken
    /// away at random.
    pub pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(2),
        }
    }
}

impl RetryPolicy {
    /// Tries a question that changes nothing, and again where its failure was transient.
    ///
    /// # Errors
    ///
    /// That of the last attempt.
    pub async fn ask<T, F>(&self, send: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.attempt(Repeat::Safely, &AtomicU32::new(0), send).await
    }

    async fn attempt<T, F>(
        &self,
        repeat: Repeat,
        repeats: &AtomicU32,
        send: impl Fn() -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut attempt = 1;
        loop {
            let failure = match ATTEMPT.scope(attempt, send()).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if attempt >= self.attempts || !may_repeat(&failure, repeat) {
                return Err(failure.with_attempts(attempt));
            }
            attempt += 1;
            repeats.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(self.pause_before(attempt)).await;
        }
    }

    fn pause_before(&self, attempt: u32) -> Duration {
        let doubled = self.pause * 2_u32.saturating_pow(attempt.saturating_sub(2));
        let whole = doubled.min(self.longest_pause);
        let random = RandomState::new().hash_one(attempt) % 512;
        whole * (1_024 - u32::try_from(random).unwrap_or(0)) / 1_024
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// Repeating has no other effect than doing it once.
    Safely,
    /// Repeating what may have taken effect can do harm.
    UnlessDone,
}

/// A store whose transient failures are tried again.
#[derive(Debug, Clone)]
pub struct Retrying<S> {
    store: S,
    policy: RetryPolicy,
    repeats: Arc<AtomicU32>,
}

impl<S: ObjectStore> Retrying<S> {
    /// Wraps a store.
    #[must_use]
    pub fn new(store: S, policy: RetryPolicy) -> Self {
        Self {
            store,
            policy,
            repeats: Arc::default(),
        }
    }

    /// Returns how many requests were repeats so far.
    #[must_use]
    pub fn repeats(&self) -> u32 {
        self.repeats.load(Ordering::Relaxed)
    }

    async fn attempt<T, F>(&self, repeat: Repeat, send: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.policy.attempt(repeat, &self.repeats, send).await
    }
}

fn may_repeat(error: &Error, repeat: Repeat) -> bool {
    error.kind().is_transient() && (repeat == Repeat::Safely || !error.may_have_happened())
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: ObjectStore> ObjectStore for Retrying<S> {
    fn location(&self) -> &StoreLocation {
        self.store.location()
    }

    fn provider(&self) -> &'static ProviderInfo {
        self.store.provider()
    }

    fn capabilities(&self) -> &Capabilities {
        self.store.capabilities()
    }

    async fn head_bucket(&self) -> Result<BucketInfo> {
        self.attempt(Repeat::Safely, || self.store.head_bucket())
            .await
    }

    async fn list(&self, prefix: &KeyPrefix, options: ListOptions) -> Result<ListPage> {
        self.attempt(Repeat::Safely, || self.store.list(prefix, options.clone()))
            .await
    }

    async fn head(&self, key: &ObjectKey, options: HeadOptions) -> Result<ObjectMeta> {
        self.attempt(Repeat::Safely, || self.store.head(key, options.clone()))
            .await
    }

    async fn get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        self.attempt(Repeat::Safely, || self.store.get(key, options.clone()))
            .await
    }

    async fn put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult> {
        let repeat = match options.condition {
            Condition::Always => Repeat::Safely,
            Condition::IfAbsent => Repeat::UnlessDone,
        };
        self.attempt(repeat, || {
            self.store.put(key, body.clone(), options.clone())
        })
        .await
    }

    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        let repeat = match options.version {
            Some(_) => Repeat::Safely,
            None => Repeat::UnlessDone,
        };
        self.attempt(repeat, || self.store.delete(key, options.clone()))
            .await
    }

    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        self.attempt(Repeat::UnlessDone, || {
            self.store.create_multipart(key, options.clone())
        })
        .await
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part> {
        self.attempt(Repeat::Safely, || {
            self.store
                .put_part(key, upload, number, body.clone(), options.clone())
        })
        .await
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult> {
        self.attempt(Repeat::UnlessDone, || {
            self.store
                .complete_multipart(key, upload, parts, options.clone())
        })
        .await
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        self.attempt(Repeat::Safely, || self.store.abort_multipart(key, upload))
            .await
    }

    async fn list_uploads(&self, prefix: &str, page: Option<PageToken>) -> Result<UploadPage> {
        self.attempt(Repeat::Safely, || {
            self.store.list_uploads(prefix, page.clone())
        })
        .await
    }

    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        page: Option<PageToken>,
    ) -> Result<PartPage> {
        self.attempt(Repeat::Safely, || {
            self.store.list_parts(key, upload, page.clone())
        })
        .await
    }

    async fn list_versions(&self, prefix: &str, page: Option<PageToken>) -> Result<VersionPage> {
        self.attempt(Repeat::Safely, || {
            self.store.list_versions(prefix, page.clone())
        })
        .await
    }

    async fn inspect(&self, aspect: Aspect) -> Result<Inspected> {
        self.attempt(Repeat::Safely, || self.store.inspect(aspect))
            .await
    }
}
