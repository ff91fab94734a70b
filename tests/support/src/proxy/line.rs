//! One direction of a connection: bytes go in at once and come out when their time has come.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

/// Pieces that may be under way at once; each is at most one read.
const UNDER_WAY: usize = 1024;

enum Item {
    Bytes(Instant, Vec<u8>),
    Close(Instant),
}

/// The sending end. Dropping it leaves the socket open.
pub(crate) struct Line(SyncSender<Item>);

impl Line {
    /// Starts a line that ends in a socket.
    pub(crate) fn to(mut socket: TcpStream) -> Self {
        let (sender, receiver) = sync_channel(UNDER_WAY);
        thread::spawn(move || {
            for item in receiver {
                let (Item::Bytes(due, _) | Item::Close(due)) = &item;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let sent = match item {
                    Item::Bytes(_, bytes) => socket.write_all(&bytes),
                    Item::Close(_) => socket.shutdown(Shutdown::Write),
                };
                // Whoever is at the other end has gone; the reading side notices by itself.
                if sent.is_err() {
                    return;
                }
            }
        });
        Self(sender)
    }

    /// Sends bytes that arrive at `due`.
    pub(crate) fn send(&self, due: Instant, bytes: Vec<u8>) {
        // When the other end has gone there is nobody to tell.
        let _ = self.0.send(Item::Bytes(due, bytes));
    }

    /// Closes the direction when everything sent before has arrived.
    pub(crate) fn close(&self, due: Instant) {
        let _ = self.0.send(Item::Close(due));
    }
}
