//! What a check is given to ask with.

mod reading;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backstop_contract::{
    CreateOptions, DeleteOptions, ETag, Error, ErrorKind, GetOptions, KeyPrefix, ListPage,
    ObjectKey, ObjectStore, ObjectStoreExt, PutOptions, PutResult, Retrying, UploadId,
};
use jiff::Timestamp;

use super::facts::bare;
pub use super::facts::{Deleted, Facts, Written};
use super::keys::{Keys, Mode};
use super::posture::ServerClock;
use super::probe::Probe;
use super::stop::Stop;
use super::survivor::Memory;
use super::who::Who;
use crate::reach::Prober;
use crate::report::Access;
use crate::subject::Variants;

/// The store as checks see it: journalled, and retried under the one policy.
pub type CheckStore = Retrying<Arc<dyn ObjectStore>>;

/// The size of the object that most checks work on, in bytes.
pub const OBJECT_SIZE: u64 = 4 * 1024;

/// How often a fixed key that another run wrote is asked again.
const ASKED_AGAIN: u32 = 3;

/// What a check is given to ask with.
#[derive(Debug)]
pub struct Context<'a> {
    /// The store, for this check alone.
    pub store: CheckStore,
    /// What all checks of the run share.
    pub run: &'a Shared,
}

/// What all checks of a run share.
#[derive(Debug)]
pub struct Shared {
    /// The run's id.
    pub run_id: String,
    /// When the run began, by the host's clock.
    pub started_at: Timestamp,
    /// What the credentials are meant to be able to do.
    pub access: Access,
    /// Who asks.
    pub who: Arc<Who>,
    /// What walks the way to the service; absent for one that is on no network.
    pub prober: Option<Arc<Prober>>,
    /// The same bucket asked in other forms.
    pub variants: Option<Arc<dyn Variants>>,
    /// The prefix of the backups.
    pub prefix: KeyPrefix,
    /// How long backups are to be kept, where that is declared.
    pub retention: Option<Duration>,
    /// The server's clock.
    pub clock: Arc<dyn ServerClock>,
    /// The sandbox's names.
    pub keys: Keys,
    /// What the first requests found.
    pub opening: Opening,
    /// The size of the multipart probe in bytes, where one was asked for.
    pub size: Option<u64>,
    /// Whether only few requests are wanted.
    pub quick: bool,
    /// What is remembered of the object that stays; absent where none is to stay.
    pub memory: Option<Memory>,
    /// What checks learned for those that follow.
    pub facts: Mutex<Facts>,
}

/// What the sandbox's first requests found, in the order they were made.
#[derive(Debug)]
pub struct Opening {
    /// Whether what is written can be removed again.
    pub mode: Mode,
    /// LIST of the folder, or of the prefix where nothing is written.
    pub list: Result<ListPage, Stop>,
    /// PUT of the fixed probe; absent where nothing is written.
    pub put: Option<Result<PutResult, Stop>>,
    /// DELETE of it, by the version that the PUT returned.
    pub delete: Option<Result<(), Stop>>,
    /// The probe that was put.
    pub probe: Probe,
    /// How often requests had to be sent again.
    pub repeats: u32,
}

/// What one question told of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The answer is right.
    Good,
    /// Another run has written the object since.
    Changed,
    /// The object is not there.
    Absent,
}

impl Opening {
    /// Returns whether the service took one of the requests.
    #[must_use]
    pub fn was_taken(&self) -> bool {
        self.list.is_ok() || matches!(&self.put, Some(Ok(_)))
    }

    /// Returns whether the service refused one of the requests and took none.
    #[must_use]
    pub fn was_refused(&self) -> bool {
        let list = self.list.as_ref().err();
        let put = self.put.as_ref().and_then(|put| put.as_ref().err());
        !self.was_taken() && list.into_iter().chain(put).any(Stop::is_refusal)
    }

    /// Returns whether the service refused the credentials as unknown and took none of the requests.
    #[must_use]
    pub fn has_unknown_credential(&self) -> bool {
        let refused = |stop: Option<&Stop>| stop.is_some_and(Stop::is_unknown_credential);
        let list = self.list.as_ref().err();
        let put = self.put.as_ref().and_then(|put| put.as_ref().err());
        refused(list) || refused(put)
    }

    /// Returns why the first request failed, where none was taken.
    #[must_use]
    pub fn failure(&self) -> Option<&Stop> {
        let list = self.list.as_ref().err();
        let put = self.put.as_ref().and_then(|put| put.as_ref().err());
        list.or(put).filter(|_| !self.was_taken())
    }

    /// Returns whether what is written cannot be removed: the credentials or a lock forbid it.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        matches!(&self.delete, Some(Err(refused)) if refused.is_protection())
    }
}

impl Context<'_> {
    /// Returns the key of the object that most checks work on.
    #[must_use]
    pub fn object(&self) -> &ObjectKey {
        match self.run.opening.mode {
            Mode::Fixed => &self.run.keys.probe,
            Mode::Own | Mode::Untouched => &self.run.keys.object,
        }
    }

    /// Returns whether the run uses the fixed keys, which other runs may write too.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.run.opening.mode == Mode::Fixed
    }

    /// Returns what is told of the object beside its content, where it is the run's own.
    #[must_use]
    pub fn told(&self) -> BTreeMap<String, String> {
        let run = || ("backstop".to_owned(), self.run.run_id.clone());
        (!self.is_fixed()).then(run).into_iter().collect()
    }

    /// Returns what checks learned so far.
    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.run
            .facts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a probe of this run.
    #[must_use]
    pub fn probe(&self, label: &str, size: u64) -> Probe {
        Probe::new(&self.run.run_id, label, self.run.started_at, size)
    }

    /// Writes a small probe.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectStore::put`].
    pub async fn write(
        &self,
        key: &ObjectKey,
        probe: &Probe,
        options: PutOptions,
    ) -> Result<Written, Error> {
        let repeats = self.store.repeats();
        let put = self.store.put(key, probe.body(), options).await?;
        let once = self.store.repeats() == repeats;
        Ok(Written {
            probe: probe.clone(),
            version: put.version,
            etag: put.etag.filter(|_| once),
        })
    }

    /// Notes what stays on a key of the run's own until the clean-up, for who lists it.
    pub(super) fn stands(&self, key: &ObjectKey, size: u64) {
        if !self.is_fixed() {
            self.facts().standing.insert(key.clone(), size);
        }
    }

    /// Returns the object as first written.
    ///
    /// # Errors
    ///
    /// [`Stop::NothingThere`] when none was.
    pub fn written(&self) -> Result<Written, Stop> {
        let written = self.facts().object.clone();
        written.ok_or_else(|| Stop::NothingThere("no object was written".to_owned()))
    }

    /// Reads the object back as it was written, writing it again where another run has changed it.
    ///
    /// # Errors
    ///
    /// Those of [`expect`](Self::expect) and of the write.
    pub async fn reads_back(&self, written: &Written) -> Result<(), Stop> {
        let key = self.object();
        let again = || async {
            let put = self.write(key, &written.probe, PutOptions::default());
            put.await.map(drop).map_err(Stop::from)
        };
        let read = self.expect(key, &written.probe, again).await?;
        self.same_tag("GET", written, read.meta.etag.as_ref())
    }

    /// Compares the tag of an answer with the one that the write was answered with: on a key of the
    /// run's own nobody else writes in between.
    ///
    /// # Errors
    ///
    /// [`Stop::Violated`] when both are there and differ.
    pub fn same_tag(&self, who: &str, written: &Written, said: Option<&ETag>) -> Result<(), Stop> {
        match (&written.etag, said) {
            (Some(put), Some(said)) if !self.is_fixed() && bare(put) != bare(said) => {
                Err(Stop::Violated(format!(
                    "the write was answered with the tag {put}, and {who} says {said}"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Begins an upload; one whose reply was lost is begun again, and the clean-up looks for the
    /// first.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectStore::create_multipart`].
    pub async fn begin(&self, key: &ObjectKey) -> Result<UploadId, Error> {
        let options = CreateOptions::default();
        self.store.create_settled(key, options).await
    }

    /// Returns whether a refused read means that there is no object: on a fixed key that this run
    /// has read before, a denial does, as Amazon S3 answers without the right to list.
    #[must_use]
    pub fn means_absent(&self, error: &Error) -> bool {
        match error.kind() {
            ErrorKind::ObjectNotFound => true,
            ErrorKind::PermissionDenied => self.is_fixed() && self.facts().was_read,
            _ => false,
        }
    }

    /// Returns whether a denied first read of a fixed key may mean that another run has removed the
    /// object: where these credentials may delete, others of their kind may too.
    pub(super) fn may_mean_absent(&self, error: &Error) -> bool {
        error.kind() == ErrorKind::PermissionDenied
            && self.is_fixed()
            && !self.run.opening.is_protected()
    }

    /// Judges an answer that does not fit what this run wrote: on a fixed key another run may have
    /// written since, and then the answer must fit what that one wrote.
    ///
    /// # Errors
    ///
    /// [`Stop::Violated`] when it fits no run, and those of the request.
    pub async fn explained_by_another_run(
        &self,
        written: &Written,
        wrong: String,
        fits: impl Fn(&Probe) -> bool,
    ) -> Result<Told, Stop> {
        if !self.is_fixed() {
            return Err(Stop::Violated(wrong));
        }
        let read = match self.read(self.object(), GetOptions::default()).await {
            Err(error) if self.means_absent(&error) => return Ok(Told::Absent),
            answer => answer?,
        };
        match Probe::parse(&read.head) {
            Some(now) if now.sha256().await == read.sha256 && now != written.probe => {
                Ok(if fits(&now) {
                    Told::Good
                } else {
                    Told::Changed
                })
            }
            _ => Err(Stop::Violated(wrong)),
        }
    }

    /// Asks a question of the object until it is answered, writing the fixed object again where
    /// another run has removed or changed it in between, three times at most.
    ///
    /// # Errors
    ///
    /// That of the question, [`Stop::OtherRun`] when other runs keep writing the key.
    pub async fn ask_again<F>(&self, written: &Written, ask: impl Fn() -> F) -> Result<(), Stop>
    where
        F: Future<Output = Result<Told, Stop>>,
    {
        for round in 0..=ASKED_AGAIN {
            let told = ask().await?;
            if told == Told::Good {
                return Ok(());
            }
            if !self.is_fixed() {
                return Err(Stop::violated(
                    "the write was answered with success, and the object is not found",
                ));
            }
            if round < ASKED_AGAIN {
                self.pause(round).await;
                self.write(self.object(), &written.probe, PutOptions::default())
                    .await?;
            }
        }
        Err(Self::busy(self.object()))
    }

    /// Deletes the fixed object again after another run has written it; returns false when it was
    /// asked often enough.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectStore::delete`], but for what is gone already.
    pub(super) async fn delete_again(&self, round: u32) -> Result<bool, Error> {
        if round >= ASKED_AGAIN {
            return Ok(false);
        }
        self.pause(round).await;
        let options = DeleteOptions::default();
        match self.store.delete(self.object(), options).await {
            Err(error) if error.kind() != ErrorKind::ObjectNotFound => Err(error),
            _ => Ok(true),
        }
    }

    /// Ends a check because other runs keep using its key.
    pub(super) fn busy(key: &ObjectKey) -> Stop {
        Stop::OtherRun(format!(
            "{key} was written or removed by another run each of {} times it was used",
            ASKED_AGAIN + 1
        ))
    }

    /// A pause that differs from run to run, so that two runs do not keep step.
    pub(super) async fn pause(&self, round: u32) {
        let spread = self.run.run_id.bytes().fold(u64::from(round), |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        tokio::time::sleep(Duration::from_millis(50 + spread % 200)).await;
    }
}
