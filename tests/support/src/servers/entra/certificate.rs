//! Certificates of applications.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rustls::pki_types::PrivatePkcs8KeyDer;
use sha2::{Digest as _, Sha256};

use crate::keys::{Key, Use};
use crate::residue::hex;
use crate::{Error, Result};

/// Which certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The one that the application has.
    Registered,
    /// One that the application has, too, and that has ended.
    Expired,
    /// One that no application has.
    Unregistered,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Registered, Self::Expired, Self::Unregistered];

    /// Returns the first and the last year.
    const fn years(self) -> (i32, i32) {
        match self {
            Self::Expired => (2020, 2021),
            Self::Registered | Self::Unregistered => (2020, 2096),
        }
    }

    const fn key(self) -> Use {
        match self {
            Self::Registered | Self::Expired => Use::Registered,
            Self::Unregistered => Use::Unregistered,
        }
    }
}

/// A certificate with its key.
pub(super) struct Held {
    /// The key and the certificate in one text.
    pub(super) pem: String,
    kind: Kind,
    sha1: Vec<u8>,
    sha256: Vec<u8>,
}

impl Held {
    /// Returns the certificate of a kind; all are made when the first is asked for.
    pub(super) fn of(kind: Kind) -> Result<&'static Self> {
        let all = Self::all()?;
        let found = all.iter().find(|held| held.kind == kind);
        found.ok_or_else(|| Error::new("there is no such certificate"))
    }

    /// Returns the certificate that a token's header names, when an application has it.
    pub(super) fn registered(header: &serde_json::Value) -> Option<&'static Self> {
        let named = |held: &&Self| {
            let is = |name: &str, digest: &[u8]| header[name] == URL_SAFE_NO_PAD.encode(digest);
            is("x5t#S256", &held.sha256) || is("x5t", &held.sha1)
        };
        let found = Self::all().ok()?.iter().find(named)?;
        (found.kind != Kind::Unregistered).then_some(found)
    }

    /// Returns the header of a token that names the certificate.
    #[cfg(test)]
    pub(super) fn header(&self) -> serde_json::Value {
        serde_json::json!({
            "alg": "RS256", "typ": "JWT",
            "x5t": URL_SAFE_NO_PAD.encode(&self.sha1), "x5t#S256": URL_SAFE_NO_PAD.encode(&self.sha256),
        })
    }

    /// Returns the key that belongs to the certificate.
    pub(super) fn key(&self) -> Result<&'static Key> {
        Key::of(self.kind.key())
    }

    pub(super) fn is_expired(&self) -> bool {
        self.kind == Kind::Expired
    }

    /// Writes what the authority says of a key it has found.
    pub(super) fn described(&self) -> String {
        let (first, last) = self.kind.years();
        let thumbprint = hex(&self.sha1).to_uppercase();
        format!(
            "Thumbprint of key used by client: '{thumbprint}', Found key 'Start=01/01/{first} 00:00:00, End=01/01/{last} 00:00:00', "
        )
    }

    fn all() -> Result<&'static Vec<Self>> {
        static ALL: OnceLock<Result<Vec<Held>>> = OnceLock::new();
        let all = ALL.get_or_init(|| Kind::ALL.into_iter().map(make).collect());
        all.as_ref().map_err(Clone::clone)
    }
}

fn make(kind: Kind) -> Result<Held> {
    let explain = |e| Error::while_doing("making an application's certificate", e);
    let der = PrivatePkcs8KeyDer::from(Key::of(kind.key())?.der.as_slice());
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256).map_err(explain)?;
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "backstop-test");
    let (first, last) = kind.years();
    params.not_before = date_time_ymd(first, 1, 1);
    params.not_after = date_time_ymd(last, 1, 1);
    let certificate = params.self_signed(&pair).map_err(explain)?;
    let der = certificate.der();
    Ok(Held {
        pem: format!("{}{}", pair.serialize_pem(), certificate.pem()),
        kind,
        sha1: digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref().to_vec(),
        sha256: Sha256::digest(der).to_vec(),
    })
}
