//! What TLS shows of the other side.
//!
//! # Why
//!
//! The handshake is done with a verifier that trusts everybody, because what must be shown is the
//! very chain that nobody trusts, and because loading the system's roots a second time would cost
//! a healthy run more than all the rest. Therefore nothing is ever sent on such a connection,
//! unless the run's own requests, whose client does verify, were answered over TLS already; and
//! then it is one request that anybody may make, without a credential.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{AlertDescription, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificate;
use super::speaker::{self, Speech};
use crate::report::{Speaker, Tls};

/// How much of what the other side says first is kept, in bytes.
const FIRST_WORDS: usize = 512;

/// What TLS showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Shaken {
    /// The protocol and the chain, where the handshake came about.
    pub tls: Option<Tls>,
    /// Whether the server's certificate is for the host that was meant.
    pub covers: bool,
    /// Why the handshake did not come about.
    pub obstacle: Option<Obstacle>,
}

/// Why a handshake did not come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The server knows no protocol of today.
    TooOld(String),
    /// Somebody answered, and not with TLS.
    NotTls(Speaker),
    /// The proxy gave no tunnel; its status.
    Proxy(u16),
    /// Nobody answered in time.
    Silent,
    /// It was refused or broken off.
    Broken(String),
    /// It could not be tried.
    Unseen(String),
}

impl Obstacle {
    /// Returns it in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::TooOld(text) | Self::Broken(text) | Self::Unseen(text) => text.clone(),
            Self::NotTls(speaker) => format!("the answer is no TLS: {}", speaker.mark),
            Self::Proxy(status) => format!("the proxy answered CONNECT with http {status}"),
            Self::Silent => "no answer".to_owned(),
        }
    }
}

impl Shaken {
    /// Takes a handshake that did not come about.
    pub(super) fn not(obstacle: Obstacle) -> Self {
        Self {
            tls: None,
            covers: false,
            obstacle: Some(obstacle),
        }
    }

    /// Takes one that did.
    pub(super) fn done(stream: &TlsStream<Listening>, host: &str, took: Duration) -> Self {
        let session = stream.get_ref().1;
        let chain = session.peer_certificates().unwrap_or_default();
        let protocol = session.protocol_version().map(|version| match version {
            rustls::ProtocolVersion::TLSv1_2 => "TLSv1.2".to_owned(),
            rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3".to_owned(),
            other => format!("{other:?}"),
        });
        Self {
            covers: chain
                .first()
                .is_some_and(|leaf| certificate::covers(leaf, host)),
            tls: Some(Tls {
                protocol: protocol.unwrap_or_default(),
                chain: certificate::describe(chain),
                handshake_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            }),
            obstacle: None,
        }
    }
}

/// Shakes hands with whoever is at the end of a stream.
pub(super) async fn shake(
    stream: TcpStream,
    host: &str,
) -> Result<(TlsStream<Listening>, Duration), Obstacle> {
    let unseen = |error: &dyn std::fmt::Display| Obstacle::Unseen(error.to_string());
    let name = ServerName::try_from(host.to_owned()).map_err(|error| unseen(&error))?;
    let config = config().map_err(|error| unseen(&error))?;
    let begun = Instant::now();
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, Listening::new(stream));
    match connecting.into_fallible().await {
        Ok(stream) => Ok((stream, begun.elapsed())),
        Err((error, listening)) => Err(obstacle(&error, &listening.heard)),
    }
}

fn config() -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions()?;
    let looking = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)));
    Ok(looking.with_no_client_auth())
}

/// Returns why a handshake failed, from the error and from what was heard first.
fn obstacle(error: &io::Error, heard: &[u8]) -> Obstacle {
    if let Some(Speech::Another(speaker)) = speaker::in_a_handshake(heard) {
        return Obstacle::NotTls(speaker);
    }
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::AlertReceived(AlertDescription::ProtocolVersion)) => {
            Obstacle::TooOld("the server refuses TLS 1.2 and 1.3".to_owned())
        }
        Some(Error::PeerIncompatible(why)) if speaker::is_old(heard) => {
            Obstacle::TooOld(format!("the server speaks an older TLS than 1.2 ({why:?})"))
        }
        Some(error) => Obstacle::Broken(error.to_string()),
        None if heard.is_empty() => Obstacle::Broken(format!(
            "the server ends the handshake without a word ({error})"
        )),
        None => Obstacle::Broken(error.to_string()),
    }
}

/// Trusts every certificate, and holds the server to owning the key of the one that it shows.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A stream that keeps the first words of the other side.
#[derive(Debug)]
pub(super) struct Listening {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Listening {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            heard: Vec::new(),
        }
    }
}

impl AsyncRead for Listening {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let room = FIRST_WORDS.saturating_sub(self.heard.len());
        let new = &buffer.filled()[before..];
        self.heard.extend_from_slice(&new[..new.len().min(room)]);
        read
    }
}

impl AsyncWrite for Listening {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
