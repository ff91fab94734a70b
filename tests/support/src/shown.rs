//! What a server of one's own shows over TLS: a certificate that holds for a time of the test's choice.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::servers::certificates::{authority, server_config};
use crate::wire::Request;
use crate::{Answer, Error, Result, Scratch, Scripted};

/// A certificate for this machine, and the authority that it is of.
pub struct Shown {
    folder: Scratch,
    server: Arc<ServerConfig>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Shown {
    /// Makes one that holds from and until so many days from today.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn between(from: i64, until: i64) -> Result<Self> {
        let explain = |e| Error::while_doing("making a certificate", e);
        let (ca, issuer) = authority("Backstop shown authority").map_err(explain)?;
        let key = KeyPair::generate().map_err(explain)?;
        let names = ["localhost", "127.0.0.1"].map(str::to_owned).to_vec();
        let mut params = CertificateParams::new(names).map_err(explain)?;
        let ((year, month, first), (to_year, to_month, last)) = (day(from), day(until));
        params.not_before = date_time_ymd(year, month, first);
        params.not_after = date_time_ymd(to_year, to_month, last);
        let leaf = params.signed_by(&key, &issuer).map_err(explain)?;
        Self::keep(&ca.pem(), leaf.der().clone(), &key)
    }

    /// Makes one that is signed by itself.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn by_itself() -> Result<Self> {
        let explain = |e| Error::while_doing("making a certificate", e);
        let key = KeyPair::generate().map_err(explain)?;
        let names = ["localhost", "127.0.0.1"].map(str::to_owned).to_vec();
        let params = CertificateParams::new(names).map_err(explain)?;
        let leaf = params.self_signed(&key).map_err(explain)?;
        Self::keep(&leaf.pem(), leaf.der().clone(), &key)
    }

    fn keep(ca: &str, leaf: CertificateDer<'static>, key: &KeyPair) -> Result<Self> {
        let folder = Scratch::new()?;
        fs::write(folder.path().join("ca.pem"), ca)
            .map_err(|e| Error::while_doing("writing an authority", e))?;
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(Self {
            folder,
            server: Arc::new(server_config(leaf, der)?),
        })
    }

    /// Returns the file with the certificate that a client may trust.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Starts a server that shows it and answers as a script says.
    ///
    /// # Errors
    /// When no port is free.
    pub fn serve(
        &self,
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Result<Scripted> {
        Scripted::serve(Some(Arc::clone(&self.server)), script)
    }
}

/// Returns the year, the month and the day that are so many days from today.
fn day(away: i64) -> (i32, u8, u8) {
    let at = Timestamp::now() + SignedDuration::from_hours(24 * away);
    let date = at.to_zoned(TimeZone::UTC).date();
    let small = |number: i8| u8::try_from(number).unwrap_or(1);
    (
        i32::from(date.year()),
        small(date.month()),
        small(date.day()),
    )
}
