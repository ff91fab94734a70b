//! An application's certificate: what is read of it, and the assertion it signs.
//!
//! See <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>.

use std::fmt::{self, Write as _};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind as CoreKind;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use backstop_contract::{ErrorKind, confidential};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::digest;
use ring::error::KeyRejected;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use x509_parser::parse_x509_certificate;
use zeroize::Zeroize;

use crate::auth_failure::AuthFailure;

/// How long an assertion holds.
const LIFETIME: Duration = Duration::from_mins(10);

/// A fault of a PEM that is meant to hold a private key and its certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// There is no private key.
    #[error("it holds no private key: put key and certificate into one file")]
    NoKey,
    /// The key cannot be read without a passphrase.
    #[error("its private key is encrypted: decrypt it, such as with openssl pkey -in FILE")]
    Encrypted,
    /// The key is no RSA key.
    #[error("its private key is not an RSA key, and Entra takes no other")]
    NotRsa,
    /// The key has a size that is not used.
    #[error("its private key is not an RSA key of 2048 to 4096 bits")]
    Size,
    /// The key is damaged.
    #[error("its private key cannot be read: copy it again, whole")]
    Key,
    /// There is no certificate.
    #[error("it holds no certificate: put key and certificate into one file")]
    NoCertificate,
    /// The certificate is damaged.
    #[error("its certificate cannot be read: copy it again, whole")]
    Certificate,
    /// They are of different pairs.
    #[error(
        "its certificate does not belong to its private key: use the pair that was made together"
    )]
    Pair,
}

/// A certificate and its key.
pub(crate) struct Certificate {
    key: RsaKeyPair,
    sha1: Vec<u8>,
    sha256: Vec<u8>,
    ends: Timestamp,
}

impl Certificate {
    /// Reads a private key and its certificate; the certificate's chain may follow it.
    pub(crate) fn read(pem: &str) -> Result<Self, CertificateFault> {
        let key = key(pem)?;
        let mut found = false;
        let mut newest: Option<(Timestamp, CertificateDer<'_>)> = None;
        for der in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let der = der.map_err(|_| CertificateFault::Certificate)?;
            let (_, read) =
                parse_x509_certificate(&der).map_err(|_| CertificateFault::Certificate)?;
            found = true;
            if read.public_key().subject_public_key.data == key.public().as_ref() {
                // RFC 5280 writes "no end" as a time behind the last that is known here.
                let ends = Timestamp::from_second(read.validity().not_after.timestamp());
                let ends = ends.unwrap_or(Timestamp::MAX);
                if newest.as_ref().is_none_or(|(end, _)| *end < ends) {
                    newest = Some((ends, der));
                }
            }
        }
        let Some((ends, der)) = newest else {
            return Err(if found {
                CertificateFault::Pair
            } else {
                CertificateFault::NoCertificate
            });
        };
        let thumb = |algorithm| digest::digest(algorithm, &der).as_ref().to_vec();
        Ok(Self {
            key,
            sha1: thumb(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            sha256: thumb(&digest::SHA256),
            ends,
        })
    }

    /// Returns when the certificate ends.
    pub(crate) fn ends(&self) -> Timestamp {
        self.ends
    }

    /// Returns the name that the portal gives the certificate: its SHA-1 in hexadecimal.
    pub(crate) fn thumbprint(&self) -> String {
        self.sha1.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02X}");
            text
        })
    }

    /// Signs that a client asks an audience for a token.
    fn assertion(
        &self,
        client_id: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<String, ring::error::Unspecified> {
        let random = SystemRandom::new();
        let mut id = [0_u8; 16];
        random.fill(&mut id)?;
        let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let header = json!({
            "alg": "RS256",
            "typ": "JWT",
            "x5t": part(&self.sha1),
            "x5t#S256": part(&self.sha256),
        });
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": part(&id),
            "iat": now.as_second(),
            "nbf": now.as_second(),
            "exp": now.as_second().saturating_add_unsigned(LIFETIME.as_secs()),
        });
        let signed = format!(
            "{}.{}",
            part(header.to_string().as_bytes()),
            part(claims.to_string().as_bytes())
        );
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(
            &RSA_PKCS1_SHA256,
            &random,
            signed.as_bytes(),
            &mut signature,
        )?;
        Ok(format!("{signed}.{}", part(&signature)))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("ends", &self.ends)
            .finish_non_exhaustive()
    }
}

fn key(pem: &str) -> Result<RsaKeyPair, CertificateFault> {
    if pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        || pem.contains("Proc-Type: 4,ENCRYPTED")
    {
        return Err(CertificateFault::Encrypted);
    }
    if !pem.contains("PRIVATE KEY-----") {
        return Err(CertificateFault::NoKey);
    }
    let mut der =
        PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| CertificateFault::Key)?;
    let read = match &der {
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        _ => return Err(CertificateFault::NotRsa),
    };
    der.zeroize();
    read.map_err(|rejected| fault_of(&rejected))
}

/// Tells the reasons of the library apart by their only public form, which is text.
fn fault_of(rejected: &KeyRejected) -> CertificateFault {
    match rejected.to_string().as_str() {
        "WrongAlgorithm" => CertificateFault::NotRsa,
        "TooSmall" | "TooLarge" | "PrivateModulusLenNotMultipleOf512Bits" => CertificateFault::Size,
        _ => CertificateFault::Key,
    }
}

/// The proof of an application by its certificate.
#[derive(Debug)]
pub(crate) struct Signer {
    pub(crate) certificate: Certificate,
    pub(crate) client_id: String,
    /// The token endpoint that the assertion is for.
    pub(crate) audience: String,
}

#[async_trait]
impl ClientAssertion for Signer {
    async fn secret(
        &self,
        _options: Option<ClientMethodOptions<'_>>,
    ) -> azure_core::Result<String> {
        let now = Timestamp::now();
        self.certificate
            .assertion(&self.client_id, &self.audience, now)
            .inspect(|assertion| confidential::keep(assertion))
            .map_err(|_| {
                let told = "the system gave no random numbers to sign with";
                let failure = AuthFailure::unsent(ErrorKind::Unexpected, told);
                azure_core::Error::new(CoreKind::Credential, failure)
            })
    }
}

#[cfg(test)]
mod tests;
