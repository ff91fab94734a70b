//! A private certificate authority and one certificate for this machine's own names.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::{Error, Result};

/// An authority, and a certificate of it for this machine.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// The authority's certificate, for those who are to trust it.
    pub(crate) ca_file: PathBuf,
    /// The server's certificate.
    pub(crate) certificate_file: PathBuf,
    /// The server's key.
    pub(crate) key_file: PathBuf,
    /// The server's side of TLS.
    pub(crate) server: Arc<ServerConfig>,
    /// The side of a client that trusts the authority alone.
    pub(crate) client: Arc<ClientConfig>,
}

/// This machine's names, and names of Azure for what goes through a proxy: this machine is always
/// reached directly.
const NAMES: [&str; 4] = [
    "localhost",
    "127.0.0.1",
    "login.microsoftonline.com",
    "*.blob.core.windows.net",
];

impl Certificates {
    /// Makes new ones and writes them into a folder.
    pub(crate) fn make(folder: &Path) -> Result<Self> {
        let explain = |e| Error::while_doing("making certificates", e);
        let (ca, issuer) = authority("Backstop test authority").map_err(explain)?;
        let key = KeyPair::generate().map_err(explain)?;
        let names = NAMES.map(str::to_owned).to_vec();
        let leaf = CertificateParams::new(names)
            .and_then(|params| params.signed_by(&key, &issuer))
            .map_err(explain)?;

        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(Self {
            ca_file: write(folder, "ca.pem", &ca.pem())?,
            certificate_file: write(folder, "server.pem", &leaf.pem())?,
            key_file: write(folder, "server.key", &key.serialize_pem())?,
            server: Arc::new(server_config(leaf.der().clone(), der)?),
            client: Arc::new(client_config(ca.der().clone())?),
        })
    }
}

/// Makes an authority that issues certificates.
pub(crate) fn authority(
    name: &str,
) -> Result<(Certificate, Issuer<'static, KeyPair>), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.self_signed(&key)?;
    Ok((certificate, Issuer::new(params, key)))
}

fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(|e| Error::while_doing(format!("writing {name}"), e))?;
    Ok(path)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}

/// Sets up the server's side of TLS with one certificate.
pub(crate) fn server_config(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig> {
    let versions =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    versions
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(vec![certificate], key)
        })
        .map_err(|e| Error::while_doing("setting up TLS", e))
}

/// Sets up the side of a client that trusts one authority.
pub(crate) fn client_config(ca: CertificateDer<'static>) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let explain = |e| Error::while_doing("setting up TLS", e);
    roots.add(ca).map_err(explain)?;
    let versions =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    Ok(versions
        .map_err(explain)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
