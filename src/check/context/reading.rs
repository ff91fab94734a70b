//! Objects that are read back and compared.

use std::future::Future;

use backstop_contract::ext::{ReadBack, ReadThrough};
use backstop_contract::{Error, ErrorKind, GetOptions, ObjectKey, ObjectStoreExt};
use sha2::{Digest, Sha256};

use super::{ASKED_AGAIN, Context};
use crate::check::probe::{Comparison, Probe};
use crate::check::stop::Stop;

/// The size that no object of a run has unless one was asked for, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What was read where a probe is expected.
#[derive(Debug)]
pub(in crate::check) struct Seen {
    pub(in crate::check) read: ReadThrough,
    /// Whether it is the probe, to the last byte.
    pub(in crate::check) is_same: bool,
    /// Its hash, on a fixed key.
    sha256: Option<[u8; 32]>,
}

impl Context<'_> {
    /// Returns whether a key holds exactly a probe.
    ///
    /// # Errors
    ///
    /// Those of the request.
    pub async fn holds(&self, key: &ObjectKey, probe: &Probe) -> Result<bool, Error> {
        match self.read_as(key, GetOptions::default(), probe).await {
            Ok(seen) => Ok(seen.is_same),
            Err(error) if error.kind() == ErrorKind::ObjectNotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads an object to its end; a body that broke on the way is read again, and one that is
    /// longer than anything of this run is given up.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectStoreExt::read_back`].
    pub async fn read(&self, key: &ObjectKey, options: GetOptions) -> Result<ReadBack, Error> {
        let most = self.most();
        unbroken(|| self.store.read_up_to(key, options.clone(), most)).await
    }

    /// Reads an object as [`read`](Self::read) does, and compares it with a probe.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    pub(in crate::check) async fn read_as(
        &self,
        key: &ObjectKey,
        options: GetOptions,
        probe: &Probe,
    ) -> Result<Seen, Error> {
        let most = self.most();
        unbroken(|| async {
            let mut compared = Comparison::with(probe);
            // Only another run's object is known by its hash.
            let mut hash = self.is_fixed().then(Sha256::new);
            let mut see = |bytes: &[u8]| {
                compared.take(bytes);
                if let Some(hash) = &mut hash {
                    hash.update(bytes);
                }
            };
            let read = self
                .store
                .read_through(key, options.clone(), most, &mut see);
            Ok(Seen {
                read: read.await?,
                is_same: compared.is_same(),
                sha256: hash.map(|hash| hash.finalize().into()),
            })
        })
        .await
    }

    /// Returns how much is read of an object, in bytes.
    fn most(&self) -> u64 {
        match self.run.size {
            // Another run may have written a fixed key, with an object of any size.
            _ if self.is_fixed() => u64::MAX,
            size => size.unwrap_or_default().max(LARGEST),
        }
    }

    /// Reads a key that was written and compares every byte.
    ///
    /// On a fixed key the whole body of another run, or no object, is no corruption: `again`
    /// writes the probe once more, three times at most.
    ///
    /// # Errors
    ///
    /// [`Stop::Violated`] when something else comes back, [`Stop::OtherRun`] when other runs keep
    /// writing the key, and those of the requests.
    pub async fn expect<F>(
        &self,
        key: &ObjectKey,
        probe: &Probe,
        again: impl Fn() -> F,
    ) -> Result<ReadThrough, Stop>
    where
        F: Future<Output = Result<(), Stop>>,
    {
        for round in 0..=ASKED_AGAIN {
            let seen = match self.read_as(key, GetOptions::default(), probe).await {
                Ok(seen) if seen.is_same => return Ok(seen.read),
                Ok(seen) => Some(seen),
                Err(error) if self.means_absent(&error) => None,
                Err(error) if self.may_mean_absent(&error) && round < ASKED_AGAIN => None,
                Err(error) => return Err(error.into()),
            };
            let foreign = match &seen {
                Some(seen) => self.is_of_another_run(seen).await,
                None => true,
            };
            if !(self.is_fixed() && foreign) {
                return Err(Stop::Violated(difference(probe, seen.as_ref())));
            }
            if round < ASKED_AGAIN {
                self.pause(round).await;
                again().await?;
            }
        }
        Err(Self::busy(key))
    }

    async fn is_of_another_run(&self, seen: &Seen) -> bool {
        let read = &seen.read;
        let Some(other) = Probe::parse(&read.head) else {
            return false;
        };
        !Probe::is_of_run(&self.run.run_id, &read.head)
            && other.size() == read.bytes
            && seen.sha256 == Some(other.sha256().await)
    }
}

/// Asks again, twice at most, where the way broke.
async fn unbroken<T, F>(ask: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut round = 0;
    loop {
        match ask().await {
            Err(error) if error.kind().is_transient() && round < 2 => round += 1,
            other => return other,
        }
    }
}

fn difference(probe: &Probe, seen: Option<&Seen>) -> String {
    match seen {
        None => "the write was answered with success, and the object is not found".to_owned(),
        Some(Seen { read, .. }) if read.bytes != probe.size() => format!(
            "{} bytes were written and {} bytes came back",
            probe.size(),
            read.bytes
        ),
        Some(_) => format!(
            "{} bytes came back, and they are not the bytes that were written",
            probe.size()
        ),
    }
}
