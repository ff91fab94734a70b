//! A listening port whose connections are handed on, and that closes when it is dropped.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use socket2::{Domain, Socket, Type};

use crate::sync::lock;
use crate::{Error, Result};

/// Connections that may wait to be taken.
const BACKLOG: i32 = 128;

/// A port on the loopback interface with a thread of its own.
#[derive(Debug)]
pub(crate) struct Listener {
    address: SocketAddr,
    closing: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Bound and not listening: nobody else gets the port while it is closed.
    _reserved: Socket,
}

impl Listener {
    /// Opens a free port and gives every connection to `taken`, which must not block.
    pub(crate) fn start(taken: impl Fn(TcpStream) + Send + 'static) -> Result<Self> {
        let explain = |e| Error::while_doing("opening a port", e);
        let (reserved, listener) = open().map_err(explain)?;
        let address = listener.local_addr().map_err(explain)?;
        let closing = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&closing);
        let thread = thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                taken(socket);
            }
        });
        Ok(Self {
            address,
            closing,
            thread: Mutex::new(Some(thread)),
            _reserved: reserved,
        })
    }

    /// Returns where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Refuses connections from now on; the port stays ours.
    pub(crate) fn close(&self) {
        let Some(thread) = lock(&self.thread).take() else {
            return;
        };
        self.closing.store(true, Ordering::SeqCst);
        // One last connection wakes the thread up; when it fails the thread is gone already.
        if TcpStream::connect(self.address).is_ok() {
            let _ = thread.join();
        }
    }
}

/// Binds a free port twice, and listens on it once.
fn open() -> io::Result<(Socket, TcpListener)> {
    let bind = |port| -> io::Result<Socket> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_port(true)?;
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], port)).into())?;
        Ok(socket)
    };
    let reserved = bind(0)?;
    let port = reserved.local_addr()?.as_socket();
    let listening = bind(port.map_or(0, |address| address.port()))?;
    listening.listen(BACKLOG)?;
    Ok((reserved, listening.into()))
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_port_refuses_and_stays_taken() {
        let listener = Listener::start(drop).expect("a port");
        assert!(TcpStream::connect(listener.address()).is_ok());
        listener.close();
        let refused = TcpStream::connect(listener.address()).expect_err("it is closed");
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        assert!(TcpListener::bind(listener.address()).is_err());
    }
}
