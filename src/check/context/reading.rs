//! Objects that are read back and compared.

use std::future::Future;

use backstop_contract::ext::ReadBack;
use backstop_contract::{Error, ErrorKind, GetOptions, ObjectKey, ObjectStoreExt};

use super::{ASKED_AGAIN, Context};
use crate::check::probe::{Comparison, Probe};
use crate::check::stop::Stop;

/// The size that no object of a run has unless one was asked for, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

impl Context<'_> {
    /// Returns whether a key holds exactly a probe.
    ///
    /// # Errors
    ///
    /// Those of the request.
    pub async fn holds(&self, key: &ObjectKey, probe: &Probe) -> Result<bool, Error> {
        match self.read_as(key, GetOptions::default(), probe).await {
            Ok((_, same)) => Ok(same),
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
        let read = self.read_through(key, options, None).await;
        read.map(|(read, _)| read)
    }

    /// Reads an object as [`read`](Self::read) does, and returns whether it is exactly a probe.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    pub(in crate::check) async fn read_as(
        &self,
        key: &ObjectKey,
        options: GetOptions,
        probe: &Probe,
    ) -> Result<(ReadBack, bool), Error> {
        self.read_through(key, options, Some(probe)).await
    }

    async fn read_through(
        &self,
        key: &ObjectKey,
        options: GetOptions,
        probe: Option<&Probe>,
    ) -> Result<(ReadBack, bool), Error> {
        // Another run may have written a fixed key, with an object of any size.
        let most = match self.run.size {
            _ if self.is_fixed() => u64::MAX,
            size => size.unwrap_or_default().max(LARGEST),
        };
        let mut round = 0;
        loop {
            let mut compared = probe.map(Comparison::with);
            let mut see = |bytes: &[u8]| {
                if let Some(compared) = &mut compared {
                    compared.take(bytes);
                }
            };
            let read = self.store.read_seen(key, options.clone(), most, &mut see);
            match read.await {
                Err(error) if error.kind().is_transient() && round < 2 => round += 1,
                Err(error) => return Err(error),
                Ok(read) => return Ok((read, compared.is_some_and(|it| it.is_same()))),
            }
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
    ) -> Result<ReadBack, Stop>
    where
        F: Future<Output = Result<(), Stop>>,
    {
        for round in 0..=ASKED_AGAIN {
            let seen = match self.read_as(key, GetOptions::default(), probe).await {
                Ok((read, true)) => return Ok(read),
                Ok((read, false)) => Some(read),
                Err(error) if self.means_absent(&error) => None,
                Err(error) if self.may_mean_absent(&error) && round < ASKED_AGAIN => None,
                Err(error) => return Err(error.into()),
            };
            let foreign = match &seen {
                Some(read) => self.is_of_another_run(read).await,
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

    async fn is_of_another_run(&self, read: &ReadBack) -> bool {
        let Some(other) = Probe::parse(&read.head) else {
            return false;
        };
        !Probe::is_of_run(&self.run.run_id, &read.head)
            && other.size() == read.bytes
            && other.sha256().await == read.sha256
    }
}

fn difference(probe: &Probe, seen: Option<&ReadBack>) -> String {
    match seen {
        None => "the write was answered with success, and the object is not found".to_owned(),
        Some(read) if read.bytes != probe.size() => format!(
            "{} bytes were written and {} bytes came back",
            probe.size(),
            read.bytes
        ),
        Some(_) => format!(
            "{} bytes came back, and they are not the bytes that were written (SHA-256 differs)",
            probe.size()
        ),
    }
}
