//! A proxy before a real server that delays, counts, loses and swallows, and changes no byte of what it passes on.
//!
//! # Why
//! Signatures cover the `Host` header, so a client must be given the proxy's own address and the server must see the
//! bytes as they were sent. The proxy therefore reads messages only to know where they begin and end.

mod connection;
mod line;
mod scan;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use self::connection::Connection;
use crate::listener::Listener;
use crate::sync::lock;
use crate::{Error, Result};

/// A request that went through the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number, from 1, in the order in which heads arrived.
    pub number: usize,
    /// The method.
    pub method: String,
    /// The path and the query, still percent-encoded.
    pub target: String,
}

/// When a request is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its head has arrived, and the server has seen nothing of it.
    Before,
    /// The server has done it and begun to answer, and the client has seen nothing of that.
    After,
}

/// What becomes of a request or of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is passed on.
    Pass,
    /// It is lost: both connections are closed.
    Drop,
    /// It is swallowed: the client's connection stays open and nothing more comes.
    BlackHole,
}

type Hook = Arc<dyn Fn(&Seen, Phase) -> Action + Send + Sync>;

/// A proxy on the loopback interface.
pub struct Proxy {
    listener: Listener,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: SocketAddr,
    latency: Mutex<(Duration, Duration)>,
    hook: Mutex<Hook>,
    log: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    open: Mutex<Vec<Weak<Connection>>>,
}

impl Proxy {
    /// Starts a proxy to a server; until told otherwise it passes everything on at once.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(upstream: SocketAddr) -> Result<Self> {
        let shared = Arc::new(Shared {
            upstream,
            latency: Mutex::default(),
            hook: Mutex::new(Arc::new(|_, _| Action::Pass)),
            log: Mutex::default(),
            connections: AtomicUsize::new(0),
            open: Mutex::default(),
        });
        let joined = Arc::clone(&shared);
        let listener = Listener::start(move |client| {
            joined.connections.fetch_add(1, Ordering::SeqCst);
            connection::join(Arc::clone(&joined), client);
        })?;
        Ok(Self { listener, shared })
    }

    /// Returns where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Returns its URL, without a slash at its end.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Delays every byte on its way to the server and back; a new connection costs one round trip more.
    pub fn set_latency(&self, to_server: Duration, to_client: Duration) {
        *lock(&self.shared.latency) = (to_server, to_client);
    }

    /// Asks `hook` about every request and every answer from now on; it may block its own connection.
    pub fn on_request(&self, hook: impl Fn(&Seen, Phase) -> Action + Send + Sync + 'static) {
        *lock(&self.shared.hook) = Arc::new(hook);
    }

    /// Passes everything on again.
    pub fn pass_all(&self) {
        self.on_request(|_, _| Action::Pass);
    }

    /// Takes requests from the given number on and never answers them; the server never sees them.
    pub fn black_hole_from(&self, number: usize) {
        self.on_request(move |seen, _| {
            if seen.number >= number {
                Action::BlackHole
            } else {
                Action::Pass
            }
        });
    }

    /// Loses the answer to the n-th request that matches, counted from 1, after the server has done it.
    pub fn lose_reply(&self, nth: usize, matches: impl Fn(&Seen) -> bool + Send + Sync + 'static) {
        let answered = AtomicUsize::new(0);
        self.on_request(move |seen, phase| {
            let is_lost = phase == Phase::After
                && matches(seen)
                && answered.fetch_add(1, Ordering::SeqCst) + 1 == nth;
            if is_lost { Action::Drop } else { Action::Pass }
        });
    }

    /// Holds the request with the given number until the returned value says what becomes of it.
    #[must_use]
    pub fn pause_at(&self, number: usize, at: Phase) -> Pause {
        let (reach, reached) = sync_channel(1);
        let (release, released) = sync_channel(1);
        let released = Mutex::new(released);
        self.on_request(move |seen, phase| {
            if seen.number != number || phase != at || reach.try_send(seen.clone()).is_err() {
                return Action::Pass;
            }
            // Nobody left to say is as good as being told to go on.
            lock(&released).recv().unwrap_or(Action::Pass)
        });
        Pause { reached, release }
    }

    /// Returns every request since the start or the last [`Proxy::reset`].
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.shared.log).clone()
    }

    /// Returns how many connections were opened since the start or the last [`Proxy::reset`].
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Forgets all requests and connections, counts from 1 again and passes everything on.
    pub fn reset(&self) {
        self.pass_all();
        lock(&self.shared.log).clear();
        self.shared.connections.store(0, Ordering::SeqCst);
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let upstream = self.shared.upstream;
        f.debug_struct("Proxy")
            .field("address", &self.address())
            .field("upstream", &upstream)
            .finish_non_exhaustive()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Nothing may wait for a hook or for a peer any more.
        self.pass_all();
        for connection in lock(&self.shared.open).iter().filter_map(Weak::upgrade) {
            connection.cut();
        }
    }
}

impl Shared {
    fn latency(&self) -> (Duration, Duration) {
        *lock(&self.latency)
    }

    fn note(&self, method: &str, target: &str) -> Seen {
        let mut log = lock(&self.log);
        let seen = Seen {
            number: log.len() + 1,
            method: method.to_owned(),
            target: target.to_owned(),
        };
        log.push(seen.clone());
        seen
    }

    fn ask(&self, seen: &Seen, phase: Phase) -> Action {
        // The lock must not be held while a hook blocks.
        let hook = Arc::clone(&lock(&self.hook));
        hook(seen, phase)
    }

    fn keep(&self, connection: &Arc<Connection>) {
        let mut open = lock(&self.open);
        open.retain(|other| other.strong_count() > 0);
        open.push(Arc::downgrade(connection));
    }
}

/// A request that is being held; dropping this passes it on.
#[derive(Debug)]
pub struct Pause {
    reached: Receiver<Seen>,
    release: SyncSender<Action>,
}

impl Pause {
    /// Waits until the request is held.
    ///
    /// # Errors
    /// When it has not come after `deadline`.
    pub fn wait(&self, deadline: Duration) -> Result<Seen> {
        self.reached
            .recv_timeout(deadline)
            .map_err(|_| Error::new(format!("no such request within {deadline:?}")))
    }

    /// Says what becomes of the request.
    pub fn release(self, action: Action) {
        // A request whose proxy is gone is lost anyway.
        let _ = self.release.send(action);
    }
}

#[cfg(test)]
mod tests;
