//! A passage to a server that notes who signs the requests which go through it.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::journeys::harness::text;

/// What stands before an access key id in the header `Authorization`.
const MARK: &[u8] = b"Credential=";
/// How much of what was read is looked at again with what comes next.
const KEPT: usize = 128;

type Ids = Arc<Mutex<BTreeSet<String>>>;

/// A listener on the loopback interface, which ends with the process.
#[derive(Debug)]
pub(super) struct Tap {
    address: SocketAddr,
    ids: Ids,
}

impl Tap {
    /// Starts a passage to a server.
    pub(super) fn start(upstream: SocketAddr) -> Result<Self, String> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(text)?;
        let address = listener.local_addr().map_err(text)?;
        let ids = Ids::default();
        let noted = Arc::clone(&ids);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that is gone is seen by the client as such.
                let _ = join(client, upstream, &noted);
            }
        });
        Ok(Self { address, ids })
    }

    /// Returns where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its URL, without a slash at its end.
    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the access key ids that have signed a request.
    pub(super) fn ids(&self) -> BTreeSet<String> {
        let ids = self.ids.lock();
        ids.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn join(client: TcpStream, upstream: SocketAddr, ids: &Ids) -> std::io::Result<()> {
    let server = TcpStream::connect(upstream)?;
    let (back_from, back_to) = (server.try_clone()?, client.try_clone()?);
    let ids = Arc::clone(ids);
    let mut held = Vec::new();
    thread::spawn(move || pump(client, server, |bytes| note(&mut held, bytes, &ids)));
    thread::spawn(move || pump(back_from, back_to, |_| ()));
    Ok(())
}

/// Passes bytes on until either end closes.
fn pump(mut from: TcpStream, mut to: TcpStream, mut see: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        see(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // An end that is closed already needs no closing.
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}

/// Notes every access key id that is in what was read, or that its end completes.
fn note(held: &mut Vec<u8>, bytes: &[u8], ids: &Ids) {
    held.extend_from_slice(bytes);
    for at in 0..held.len().saturating_sub(MARK.len()) {
        let Some(rest) = held[at..].strip_prefix(MARK) else {
            continue;
        };
        if let Some(end) = rest.iter().position(|byte| *byte == b'/') {
            let id = String::from_utf8_lossy(&rest[..end]).into_owned();
            ids.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(id);
        }
    }
    held.drain(..held.len().saturating_sub(KEPT));
}
