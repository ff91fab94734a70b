//! Hosts that are not there: one that never answers, and one that refuses.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::listener::Listener;
use crate::sync::lock;
use crate::{Error, Result};

/// A port that takes every connection and never says a word.
#[derive(Debug)]
pub struct BlackHole {
    listener: Listener,
    held: Arc<Mutex<Vec<TcpStream>>>,
}

impl BlackHole {
    /// Opens the port.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start() -> Result<Self> {
        let held = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&held);
        let listener = Listener::start(move |socket| lock(&taken).push(socket))?;
        Ok(Self { listener, held })
    }

    /// Returns where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Returns how many connections it has swallowed.
    #[must_use]
    pub fn connections(&self) -> usize {
        lock(&self.held).len()
    }
}

/// Returns an address that refuses connections: its port was free a moment ago.
///
/// # Errors
/// When no port is free.
pub fn refused_port() -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0));
    listener
        .and_then(|listener| listener.local_addr())
        .map_err(|e| Error::while_doing("looking for a free port", e))
}
