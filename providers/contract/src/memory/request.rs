//! The way of every request: may it be asked, is it allowed, what happens, who is told.

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use tokio::time::Instant;

use super::MemoryStore;
use super::bucket::{Answer, Bucket};
use super::options::Denied;
use super::refusal::Refusal;
use crate::aspect::Aspect;
use crate::capability::Capability;
use crate::error::{Error, ErrorKind, Evidence, Result, Sent};
use crate::exchange::Exchange;
use crate::key::ObjectKey;
use crate::object::VersionId;
use crate::operation::Operation;
use crate::retry::current_attempt;
use crate::store::ObjectStore;

/// What is asked, as far as rights and capabilities are concerned.
#[derive(Debug, Clone)]
pub(super) struct Request<'a> {
    operation: Operation,
    key: Option<&'a ObjectKey>,
    /// The key or prefix asked about.
    scope: Option<&'a str>,
    names_version: bool,
    aspect: Option<Aspect>,
    needs: Vec<Capability>,
}

impl<'a> Request<'a> {
    /// Asks about the bucket itself.
    pub(super) fn on_bucket(operation: Operation) -> Self {
        Self {
            operation,
            key: None,
            scope: None,
            names_version: false,
            aspect: None,
            needs: Vec::new(),
        }
    }

    /// Asks the bucket about itself.
    pub(super) fn about(aspect: Aspect) -> Self {
        Self {
            aspect: Some(aspect),
            ..Self::on_bucket(Operation::Inspect)
        }
    }

    /// Asks for a listing.
    pub(super) fn on_prefix(operation: Operation, prefix: &'a str) -> Self {
        Self {
            scope: Some(prefix),
            ..Self::on_bucket(operation)
        }
    }

    /// Asks about one key.
    pub(super) fn on_key(operation: Operation, key: &'a ObjectKey) -> Self {
        Self {
            key: Some(key),
            ..Self::on_prefix(operation, key.as_str())
        }
    }

    /// Notes a behaviour that the store must have to be asked this.
    pub(super) fn needing(mut self, capability: Option<Capability>) -> Self {
        self.needs.extend(capability);
        self
    }

    /// Notes whether a version is named.
    pub(super) fn naming(mut self, version: Option<&VersionId>) -> Self {
        self.names_version = version.is_some();
        self.needing(version.map(|_| Capability::Versions))
    }

    fn refused_by(&self, denied: &Denied, bucket: &Bucket) -> Option<Refusal> {
        let exists = || self.key.is_some_and(|key| bucket.shown(key).is_some());
        let refused = match denied {
            Denied::All(kind) => return Some((*kind).into()),
            Denied::Operation(operation) => *operation == self.operation,
            Denied::Aspect(aspect) => self.aspect == Some(*aspect),
            Denied::Outside(prefix) => self.scope.is_none_or(|s| !s.starts_with(prefix.as_str())),
            Denied::DeleteVersion => {
                self.names_version && self.operation == Operation::DeleteObject
            }
            Denied::ReadVersion => self.names_version && self.reads(),
            Denied::Overwrite => self.writes() && exists(),
            // Decided by what the bucket answers.
            Denied::Absence => false,
        };
        refused.then(|| ErrorKind::PermissionDenied.into())
    }

    fn reads(&self) -> bool {
        matches!(self.operation, Operation::HeadObject | Operation::GetObject)
    }

    fn writes(&self) -> bool {
        matches!(
            self.operation,
            Operation::PutObject | Operation::CompleteMultipart
        )
    }
}

/// What the server notes of one request.
struct Served {
    id: String,
    date: Timestamp,
    begun: Instant,
}

impl MemoryStore {
    /// Answers one request: the only way to the bucket.
    pub(super) async fn answer<T>(
        &self,
        request: Request<'_>,
        act: impl FnOnce(&mut Bucket, Timestamp) -> Answer<T> + Send,
    ) -> Result<T> {
        let capabilities = self.capabilities();
        if request.needs.iter().any(|need| !capabilities.has(*need)) {
            return Err(self.error(&request, ErrorKind::Unsupported, Sent::No));
        }
        let turn = self.shared.requests.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        self.pause(2 * turn).await;
        let served = Served {
            id: format!("MEMORY{turn:010}"),
            date: (self.shared.clock)(),
            begun,
        };
        let answer = self.act(&request, served.date, act);
        self.pause(2 * turn + 1).await;
        self.observe(&request, answer.as_ref().err(), &served);
        answer.map_err(|refusal| {
            self.error(&request, refusal.kind, refusal.sent())
                .with_evidence(served.evidence(refusal, request.operation))
        })
    }

    fn act<T>(
        &self,
        request: &Request<'_>,
        now: Timestamp,
        act: impl FnOnce(&mut Bucket, Timestamp) -> Answer<T>,
    ) -> Answer<T> {
        let mut bucket = self.bucket();
        let mut denied = self.denied.iter();
        if let Some(refusal) = denied.find_map(|denied| request.refused_by(denied, &bucket)) {
            return Err(refusal);
        }
        let hides_absence = request.reads() && self.denied.contains(&Denied::Absence);
        act(&mut bucket, now).map_err(|refusal| match refusal.kind {
            ErrorKind::ObjectNotFound if hides_absence => ErrorKind::PermissionDenied.into(),
            _ => refusal,
        })
    }

    async fn pause(&self, turn: u64) {
        if let Some(latency) = &self.shared.latency {
            tokio::time::sleep(latency.delay(turn)).await;
        }
    }

    fn observe(&self, request: &Request<'_>, refusal: Option<&Refusal>, served: &Served) {
        let Some(observer) = &self.observer else {
            return;
        };
        let status = refusal.map_or(Some(200), |refusal| refusal.status);
        observer.observe(&Exchange {
            operation: request.operation,
            status,
            request_id: status.map(|_| served.id.clone()),
            date: status.map(|_| served.date),
            elapsed: served.begun.elapsed(),
            attempt: current_attempt(),
        });
    }

    fn error(&self, request: &Request<'_>, kind: ErrorKind, sent: Sent) -> Error {
        let location = self.location();
        match request.key {
            Some(key) => Error::on_key(kind, request.operation, location, key, sent),
            None => Error::new(kind, request.operation, location, sent),
        }
    }
}

impl Served {
    fn evidence(&self, refusal: Refusal, operation: Operation) -> Evidence {
        let answered = refusal.status.is_some();
        Evidence {
            request_id: answered.then(|| self.id.clone()),
            date: answered.then_some(self.date),
            elapsed: Some(self.begun.elapsed()),
            ..refusal.evidence(operation)
        }
    }
}
