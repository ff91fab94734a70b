//! The certificates that a server's certificate may lead to.

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The system's certificates and, beside them, our own.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    pem: Option<Vec<u8>>,
}

impl Trust {
    /// Takes certificates in PEM, after a look whether they are some: the SDK would panic.
    pub(crate) fn new(pem: Option<Vec<u8>>) -> Result<Self, String> {
        let Some(bytes) = &pem else {
            return Ok(Self { pem });
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(bytes) {
            let certificate = certificate.map_err(|error| error.to_string())?;
            roots.add(certificate).map_err(|error| error.to_string())?;
        }
        if roots.is_empty() {
            return Err("it holds no certificate".to_owned());
        }
        Ok(Self { pem })
    }

    /// Returns what the HTTP client is to trust.
    ///
    /// The system's certificates come from where OpenSSL keeps them, `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` included.
    pub(crate) fn context(&self) -> Result<TlsContext, String> {
        // Read here once more than by the SDK, which only warns when there are none.
        let system = !rustls_native_certs::load_native_certs().certs.is_empty();
        let mut store = TrustStore::empty().with_native_roots(system);
        match &self.pem {
            Some(pem) => store = store.with_pem_certificate(pem.clone()),
            None if system => {}
            None => return Err("the system has no trusted certificates".to_owned()),
        }
        TlsContext::builder()
            .with_trust_store(store)
            .build()
            .map_err(|error| error.to_string())
    }
}
