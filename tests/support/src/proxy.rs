//! A proxy before a real server that delays, counts, loses and swallows, and breaks what it is told to break.
//!
//! # Why
//! Signatures cover the `Host` header, so a client must be given the proxy's own address and the server must see the
//! bytes as they were sent: no fault changes a byte of a request. While nothing is to be broken, messages are read only
//! to know where they begin and end; otherwise whole, one after another. TLS ends at the proxy, with certificates of its
//! own, and the server is asked without.

mod breaking;
mod connection;
mod exchange;
mod fault;
mod identity;
mod line;
mod message;
mod scan;

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use self::breaking::End;
pub use self::fault::Fault;
use self::identity::Identities;
use crate::listener::Listener;
use crate::sync::lock;
use crate::wire::Head;
use crate::{Error, Result, Scratch};

/// A request that went through the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number, from 1, in the order in which heads arrived.
    pub number: usize,
    /// The method.
    pub method: String,
    /// The path and the query, still percent-encoded, without a signature.
    pub target: String,
    /// The headers in their order, names in lower case, without what is secret in them.
    pub headers: Vec<(String, String)>,
}

impl Seen {
    /// Returns the first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(held, _)| held.eq_ignore_ascii_case(name))?;
        Some(value)
    }
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
type Pick = Box<dyn FnMut(&Seen) -> bool + Send>;

/// A proxy on the loopback interface.
pub struct Proxy {
    listener: Arc<Listener>,
    shared: Arc<Shared>,
    /// Where the authority's certificate lies, when TLS ends here.
    folder: Option<Scratch>,
}

struct Shared {
    upstream: SocketAddr,
    identities: Option<&'static Identities>,
    latency: Mutex<(Duration, Duration)>,
    hook: Mutex<Hook>,
    fault: Mutex<Option<(Fault, Pick)>>,
    /// The fault of connections that is in force.
    broken: Mutex<Option<Fault>>,
    log: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    open: Mutex<Vec<Weak<dyn Cut>>>,
    listener: OnceLock<Weak<Listener>>,
}

/// A connection that can be cut off from elsewhere.
trait Cut: Send + Sync {
    /// Closes it.
    fn cut(&self);
}

impl Proxy {
    /// Starts a proxy to a server; until told otherwise it passes everything on at once.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(upstream: SocketAddr) -> Result<Self> {
        Self::listen(upstream, None, None)
    }

    /// Starts a proxy that clients reach over https, with a certificate of the authority in [`Proxy::ca_file`]; the
    /// server is asked over http.
    ///
    /// # Errors
    /// When no port is free or the certificates cannot be made.
    pub fn start_tls(upstream: SocketAddr) -> Result<Self> {
        let identities = Identities::shared()?;
        let folder = Scratch::new()?;
        fs::write(folder.path().join(CA_FILE), &identities.ca_pem)
            .map_err(|e| Error::while_doing("writing the proxy's authority", e))?;
        Self::listen(upstream, Some(identities), Some(folder))
    }

    fn listen(
        upstream: SocketAddr,
        identities: Option<&'static Identities>,
        folder: Option<Scratch>,
    ) -> Result<Self> {
        let shared = Arc::new(Shared {
            upstream,
            identities,
            latency: Mutex::default(),
            hook: Mutex::new(Arc::new(|_, _| Action::Pass)),
            fault: Mutex::default(),
            broken: Mutex::default(),
            log: Mutex::default(),
            connections: AtomicUsize::new(0),
            open: Mutex::default(),
            listener: OnceLock::new(),
        });
        let joined = Arc::clone(&shared);
        let listener = Arc::new(Listener::start(move |client| {
            joined.connections.fetch_add(1, Ordering::SeqCst);
            if joined.breaks() {
                exchange::serve(Arc::clone(&joined), client);
            } else {
                connection::join(Arc::clone(&joined), client);
            }
        })?);
        shared.listener.get_or_init(|| Arc::downgrade(&listener));
        Ok(Self {
            listener,
            shared,
            folder,
        })
    }

    /// Returns where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Returns its URL, without a slash at its end.
    #[must_use]
    pub fn endpoint(&self) -> String {
        let scheme = if self.folder.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address())
    }

    /// Returns the file with the certificate of the authority that a client must trust, when TLS ends here.
    #[must_use]
    pub fn ca_file(&self) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        Some(folder.path().join(CA_FILE))
    }

    /// Breaks every request that `pick` picks, on connections that are opened from now on; a fault of connections holds
    /// from the first of them on.
    ///
    /// It is asked once for each request, in the order in which heads arrive.
    pub fn inject(&self, fault: Fault, pick: impl FnMut(&Seen) -> bool + Send + 'static) {
        *lock(&self.shared.fault) = Some((fault, Box::new(pick)));
    }

    /// Breaks connections from now on, with a fault of those.
    pub fn break_connections(&self, fault: &Fault) {
        self.shared.break_connections(fault);
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
        self.shared.cut_all();
    }
}

impl Shared {
    fn latency(&self) -> (Duration, Duration) {
        *lock(&self.latency)
    }

    fn note(&self, head: &Head) -> Seen {
        let mut log = lock(&self.log);
        let headers = head.headers.iter();
        let seen = Seen {
            number: log.len() + 1,
            method: head.word(0).to_owned(),
            target: without_signature(head.word(1)),
            headers: headers
                .map(|(name, value)| (name.clone(), without_secret(name, value)))
                .collect(),
        };
        log.push(seen.clone());
        seen
    }

    /// Says whether a new connection has to be read message by message.
    fn breaks(&self) -> bool {
        self.identities.is_some() || lock(&self.fault).is_some() || lock(&self.broken).is_some()
    }

    /// Returns the fault of connections that is in force.
    fn broken(&self) -> Option<Fault> {
        lock(&self.broken).clone()
    }

    /// Returns what is to be done to a request.
    fn fault_of(&self, seen: &Seen) -> Option<Fault> {
        let mut held = lock(&self.fault);
        let (fault, pick) = held.as_mut()?;
        pick(seen).then(|| fault.clone())
    }

    /// Breaks all connections from now on, and says what becomes of the one at hand.
    fn break_connections(&self, fault: &Fault) -> End {
        *lock(&self.broken) = Some(fault.clone());
        match fault {
            Fault::Silent => return End::Silent,
            Fault::Refused => {
                if let Some(listener) = self.listener.get().and_then(Weak::upgrade) {
                    listener.close();
                }
            }
            _ => {}
        }
        self.cut_all();
        End::Reset
    }

    fn cut_all(&self) {
        for connection in lock(&self.open).iter().filter_map(Weak::upgrade) {
            connection.cut();
        }
    }

    fn ask(&self, seen: &Seen, phase: Phase) -> Action {
        // The lock must not be held while a hook blocks.
        let hook = Arc::clone(&lock(&self.hook));
        hook(seen, phase)
    }

    fn keep<C: Cut + 'static>(&self, connection: &Arc<C>) {
        let mut open = lock(&self.open);
        open.retain(|other| other.strong_count() > 0);
        let connection: Weak<C> = Arc::downgrade(connection);
        open.push(connection);
    }
}

/// The authority's certificate in the folder of a proxy.
const CA_FILE: &str = "ca.pem";
/// Headers that let somebody in.
const SECRET: [&str; 4] = [
    "authorization",
    "proxy-authorization",
    "x-amz-security-token",
    "cookie",
];
/// Parts of a query that let somebody in.
const SIGNATURES: [&str; 3] = ["sig", "x-amz-signature", "x-amz-security-token"];
/// What stands in place of a secret.
const WITHHELD: &str = "withheld";

fn without_secret(name: &str, value: &str) -> String {
    let value = if SECRET.contains(&name) {
        WITHHELD
    } else {
        value
    };
    value.to_owned()
}

fn without_signature(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if SIGNATURES.contains(&name.to_ascii_lowercase().as_str()) => {
            format!("{name}={WITHHELD}")
        }
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
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
