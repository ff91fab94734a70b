//! The certificates that the proxy shows: a good one, and each bad one.

use std::sync::{Arc, OnceLock};

use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::fault::Fault;
use crate::servers::certificates::{authority, server_config};
use crate::{Error, Result};

/// What the proxy shows to clients over TLS.
#[derive(Debug)]
pub(super) struct Identities {
    /// The certificate of the authority that a client is to trust, as PEM.
    pub(super) ca_pem: String,
    good: Arc<ServerConfig>,
    expired: Arc<ServerConfig>,
    unknown: Arc<ServerConfig>,
    misnamed: Arc<ServerConfig>,
}

/// The names of this machine, where every proxy is.
const HERE: &[&str] = &["localhost", "127.0.0.1"];
/// A name that is nobody's.
const ELSEWHERE: &[&str] = &["elsewhere.invalid"];

impl Identities {
    /// Returns those of this process; they are made when the first is asked for.
    pub(super) fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<Identities>> = OnceLock::new();
        SHARED
            .get_or_init(Self::make)
            .as_ref()
            .map_err(Clone::clone)
    }

    fn make() -> Result<Self> {
        let explain = |e| Error::while_doing("making the proxy's certificates", e);
        let (ca, known) = authority("Backstop proxy authority").map_err(explain)?;
        let (_, unknown) = authority("Backstop unknown authority").map_err(explain)?;
        Ok(Self {
            ca_pem: ca.pem(),
            good: config(HERE, &known, true)?,
            expired: config(HERE, &known, false)?,
            unknown: config(HERE, &unknown, true)?,
            misnamed: config(ELSEWHERE, &known, true)?,
        })
    }

    /// Returns the server's side of TLS while a fault is in force.
    pub(super) fn under(&self, fault: Option<&Fault>) -> Arc<ServerConfig> {
        Arc::clone(match fault {
            Some(Fault::ExpiredCertificate) => &self.expired,
            Some(Fault::UnknownCertificate) => &self.unknown,
            Some(Fault::MisnamedCertificate) => &self.misnamed,
            _ => &self.good,
        })
    }
}

fn config(
    names: &[&str],
    issuer: &Issuer<'static, KeyPair>,
    in_time: bool,
) -> Result<Arc<ServerConfig>> {
    let explain = |e| Error::while_doing("making a certificate of the proxy", e);
    let key = KeyPair::generate().map_err(explain)?;
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).map_err(explain)?;
    if !in_time {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 12, 31);
    }
    let leaf = params.signed_by(&key, issuer).map_err(explain)?;
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    server_config(leaf.der().clone(), der).map(Arc::new)
}
