//! One run on a store in memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use backstop::engine::{NoEvents, RunRequest, WireTap};
use backstop::report::{Access, Outcome, Report, TargetInfo, Vantage};
use backstop::subject::Subject;
use backstop::verify::verify;
use backstop_contract::{
    Aspect, BucketInfo, Capabilities, CompleteOptions, CreateOptions, Credential, DeleteOptions,
    DeleteResult, Error, ErrorKind, Exchange, GetOptions, GetResult, HeadOptions, Identity,
    Inspected, KeyPrefix, ListOptions, ListPage, MemoryStore, ObjectKey, ObjectMeta, ObjectStore,
    Operation, PageToken, Part, PartNumber, PartOptions, PartPage, Principal, ProviderInfo,
    PutOptions, PutResult, Result, Sent, StoreLocation, UploadId, UploadPage, VersionPage, Way,
    WireObserver,
};
use bytes::Bytes;
use tokio::sync::watch;

/// Credentials that nobody needs to know of.
#[derive(Debug)]
pub(super) struct Nobody;

#[async_trait]
impl Identity for Nobody {
    async fn credential(&self) -> Result<Credential> {
        Ok(Credential {
            way: Way::AccessKey,
            id: "nobody".to_owned(),
            source: "test".to_owned(),
            expires_at: None,
            temporary: false,
            refreshes: false,
            passed_over: Vec::new(),
            doubts: Vec::new(),
        })
    }

    async fn principal(&self) -> Result<Principal> {
        Ok(Principal::known_by(&self.credential().await?))
    }
}

/// Returns what a test's run is asked to do.
pub(super) fn request(access: Access) -> RunRequest {
    RunRequest {
        target: TargetInfo {
            name: "test".to_owned(),
            provider: "memory".to_owned(),
            location: "memory://test/production/".to_owned(),
            endpoint: None,
            region: None,
        },
        vantage: Vantage::default(),
        access,
        expect_principal: None,
        management: false,
        prefix: KeyPrefix::new("production").expect("a prefix"),
        encrypted: false,
        retention: None,
        folder: ".backstop".to_owned(),
        levels: BTreeMap::new(),
        only: None,
        quick: false,
        size: None,
        timeout: Duration::from_mins(1),
        sweep_after: Duration::from_hours(24),
        memory: None,
    }
}

/// Runs on tokio's paused clock.
pub(super) fn run(store: Arc<dyn ObjectStore>, request: RunRequest) -> Report {
    paused(run_on(store, request))
}

/// Runs a future on tokio's paused clock.
pub(super) fn paused<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Runs.
pub(super) async fn run_on(store: Arc<dyn ObjectStore>, request: RunRequest) -> Report {
    let (_keep, interrupt) = watch::channel(false);
    let tap = WireTap::new(Arc::new(NoEvents));
    verify(
        Subject::plain(store, Arc::new(Nobody)),
        request,
        tap,
        interrupt,
    )
    .await
    .expect("the keys fit")
}

/// Returns the ids of the checks that ended in a way.
pub(super) fn ids(report: &Report, outcome: Outcome) -> Vec<&str> {
    let ended = report
        .checks
        .iter()
        .filter(|record| record.outcome == outcome);
    ended.map(|record| record.id.as_str()).collect()
}

/// Tells a report's bad checks in lines, for messages of failing tests.
pub(super) fn told(report: &Report) -> String {
    let mut lines = vec![format!("verdict {}", report.verdict.name())];
    for record in report
        .checks
        .iter()
        .filter(|record| record.finding.is_some())
    {
        let finding = record.finding.as_ref().expect("filtered");
        lines.push(format!(
            "{} {}: {}",
            record.id,
            record.outcome.name(),
            finding.summary
        ));
    }
    lines.join("\n  ")
}

/// Counts the answers of a store.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicUsize);

impl Counter {
    /// Creates a counter at zero.
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Returns how many answers there were.
    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl WireObserver for Counter {
    fn observe(&self, _exchange: &Exchange) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A store that answers a number of requests and then never again, or that fails at one request.
///
/// The request that gets no answer takes effect all the same: that is the harder case.
#[derive(Debug)]
pub(super) struct Stalling {
    store: MemoryStore,
    answers: usize,
    refuses: Option<(Operation, &'static str)>,
    loses: Option<(usize, ErrorKind, Sent)>,
    asked: AtomicUsize,
}

impl Stalling {
    /// Wraps a store.
    pub(super) fn new(store: MemoryStore, answers: usize) -> Arc<Self> {
        Arc::new(Self {
            store,
            answers,
            refuses: None,
            loses: None,
            asked: AtomicUsize::new(0),
        })
    }

    /// Wraps a store that fails at one operation on keys with an ending.
    pub(super) fn refusing(
        store: MemoryStore,
        operation: Operation,
        ending: &'static str,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            answers: usize::MAX,
            refuses: Some((operation, ending)),
            loses: None,
            asked: AtomicUsize::new(0),
        })
    }

    /// Wraps a store whose reply to one request, counted from 0, is replaced by a failure.
    pub(super) fn losing(
        store: MemoryStore,
        reply: usize,
        kind: ErrorKind,
        sent: Sent,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            answers: usize::MAX,
            refuses: None,
            loses: Some((reply, kind, sent)),
            asked: AtomicUsize::new(0),
        })
    }

    fn refusal(&self, operation: Operation, key: &str) -> Result<()> {
        match self.refuses {
            Some((refused, ending)) if refused == operation && key.ends_with(ending) => {
                Err(Error::new(
                    ErrorKind::Unexpected,
                    operation,
                    self.location(),
                    Sent::Answered,
                ))
            }
            _ => Ok(()),
        }
    }

    /// Returns how many requests there were.
    pub(super) fn answered(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    async fn answer<T>(&self, answer: impl Future<Output = Result<T>>) -> Result<T> {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = if turn > self.answers {
            std::future::pending().await
        } else {
            answer.await
        };
        if turn >= self.answers {
            std::future::pending::<()>().await;
        }
        if let Some((reply, kind, sent)) = self.loses
            && reply == turn
        {
            return Err(Error::new(kind, Operation::Inspect, self.location(), sent));
        }
        answer
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl ObjectStore for Stalling {
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
        self.answer(self.store.head_bucket()).await
    }

    async fn list(&self, prefix: &KeyPrefix, options: ListOptions) -> Result<ListPage> {
        self.answer(self.store.list(prefix, options)).await
    }

    async fn head(&self, key: &ObjectKey, options: HeadOptions) -> Result<ObjectMeta> {
        self.answer(self.store.head(key, options)).await
    }

    async fn get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        self.answer(self.store.get(key, options)).await
    }

    async fn put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult> {
        self.answer(self.store.put(key, body, options)).await
    }

    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        self.refusal(Operation::DeleteObject, key.as_str())?;
        self.answer(self.store.delete(key, options)).await
    }

    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        self.answer(self.store.create_multipart(key, options)).await
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part> {
        self.answer(self.store.put_part(key, upload, number, body, options))
            .await
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult> {
        self.answer(self.store.complete_multipart(key, upload, parts, options))
            .await
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &UploadId) -> Result<()> {
        self.answer(self.store.abort_multipart(key, upload)).await
    }

    async fn list_uploads(&self, prefix: &str, page: Option<PageToken>) -> Result<UploadPage> {
        self.answer(self.store.list_uploads(prefix, page)).await
    }

    async fn list_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        page: Option<PageToken>,
    ) -> Result<PartPage> {
        self.answer(self.store.list_parts(key, upload, page)).await
    }

    async fn list_versions(&self, prefix: &str, page: Option<PageToken>) -> Result<VersionPage> {
        self.answer(self.store.list_versions(prefix, page)).await
    }

    async fn inspect(&self, aspect: Aspect) -> Result<Inspected> {
        self.answer(self.store.inspect(aspect)).await
    }
}
