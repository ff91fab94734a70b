//! The real servers, each started when a test first asks for it.

pub(crate) mod azurite;
pub(crate) mod certificates;
mod compose;
pub(crate) mod entra;
pub(crate) mod install;
pub(crate) mod minio;
pub(crate) mod process;

use std::env;
use std::net::TcpListener;
use std::sync::OnceLock;

use crate::{Azurite, Entra, Error, Minio, Result};

/// The servers of one test process.
///
/// Each starts at its first use and is shared by all tests of the process; tests keep apart by buckets of their own.
/// Where it comes from: the address in `BACKSTOP_TEST_MINIO` (`http://user:password@host:port`) or
/// `BACKSTOP_TEST_AZURITE` (`http://host:port` or `http://account:key@host:port`); else Docker Compose where a
/// container engine answers, which is left running for the next run; else a pinned native installation below
/// `target/test-servers/`, which ends with the process, even when that is killed.
#[derive(Debug, Default)]
pub struct Servers {
    minio: OnceLock<Option<Result<Minio>>>,
    native_minio: OnceLock<Result<Minio>>,
    azurite: OnceLock<Result<Azurite>>,
    entra: OnceLock<Result<AzuriteEntra>>,
}

/// An Azurite that takes Entra's tokens over https, and the authority that issues them.
#[derive(Debug)]
pub struct AzuriteEntra {
    /// The store.
    pub azurite: Azurite,
    /// The authority.
    pub entra: Entra,
}

impl Servers {
    /// Returns the servers of this process.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Servers> = OnceLock::new();
        SHARED.get_or_init(Self::default)
    }

    /// Returns MinIO from wherever it is to be had; its data folder may be out of reach.
    ///
    /// # Errors
    /// When no way to a server works; the message says what to do.
    pub fn minio(&self) -> Result<&Minio> {
        let elsewhere = self
            .minio
            .get_or_init(|| match env::var("BACKSTOP_TEST_MINIO") {
                Ok(address) => Some(Minio::at(&address)),
                Err(_) => compose::is_available().then(compose::minio),
            });
        match elsewhere {
            Some(server) => server.as_ref().map_err(Clone::clone),
            None => self.native_minio(),
        }
    }

    /// Returns a MinIO that the tests started, for those that read its data folder.
    ///
    /// # Errors
    /// When it cannot be installed or does not come up.
    pub fn native_minio(&self) -> Result<&Minio> {
        self.native_minio
            .get_or_init(Minio::start_fresh)
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Returns Azurite over http, with its account key.
    ///
    /// # Errors
    /// When no way to a server works; the message says what to do.
    pub fn azurite(&self) -> Result<&Azurite> {
        let server = self
            .azurite
            .get_or_init(|| match env::var("BACKSTOP_TEST_AZURITE") {
                Ok(address) => Azurite::at(&address),
                Err(_) if compose::is_available() => compose::azurite(),
                Err(_) => Azurite::start_fresh(),
            });
        server.as_ref().map_err(Clone::clone)
    }

    /// Returns a native Azurite over https that takes bearer tokens, and an authority of its own.
    ///
    /// # Errors
    /// When it cannot be installed or does not come up.
    pub fn azurite_entra(&self) -> Result<&AzuriteEntra> {
        let server = self.entra.get_or_init(|| {
            let entra = Entra::start()?;
            let azurite = Azurite::start_with_tokens(&entra)?;
            Ok(AzuriteEntra { azurite, entra })
        });
        server.as_ref().map_err(Clone::clone)
    }
}

/// Takes a port that is free now; somebody may still be faster than the server that is to have it.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address
        .map(|address| address.port())
        .map_err(|e| Error::while_doing("looking for a free port", e))
}

/// Starts a server again on another port when somebody else took the one it was given.
fn retry_on_lost_port<T>(start: impl Fn() -> Result<T>) -> Result<T> {
    let lost = |result: &Result<T>| {
        result
            .as_ref()
            .is_err_and(|e| e.to_string().contains("in use"))
    };
    for _ in 0..4 {
        let result = start();
        if !lost(&result) {
            return result;
        }
    }
    start()
}
