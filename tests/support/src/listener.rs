//! A listening port whose connections are handed on, and that closes when it is dropped.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::{Error, Result};

/// A port on the loopback interface with a thread of its own.
#[derive(Debug)]
pub(crate) struct Listener {
    address: SocketAddr,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Opens a free port and gives every connection to `taken`, which must not block.
    pub(crate) fn start(taken: impl Fn(TcpStream) + Send + 'static) -> Result<Self> {
        let explain = |e| Error::while_doing("opening a port", e);
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(explain)?;
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
            thread: Some(thread),
        })
    }

    /// Returns where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // One last connection wakes the thread up; when it fails the thread is gone already.
        if TcpStream::connect(self.address).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}
