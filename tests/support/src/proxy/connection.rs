//! One connection through the proxy: two readers, two delayed writers.

use std::collections::VecDeque;
use std::io::Read as _;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use super::line::Line;
use super::scan::{Framing, Piece, Scanner, is_interim};
use super::{Action, Cut, Phase, Seen, Shared};
use crate::sync::lock;

const BUFFER: usize = 64 * 1024;

/// Both ends of a connection, and the requests that are not answered yet.
pub(super) struct Connection {
    shared: Arc<Shared>,
    client: TcpStream,
    server: TcpStream,
    accepted: Instant,
    waiting: Mutex<VecDeque<Seen>>,
    swallowed: AtomicBool,
}

/// Joins a client to the server; returns at once.
pub(super) fn join(shared: Arc<Shared>, client: TcpStream) {
    let accepted = Instant::now();
    thread::spawn(move || {
        // A client of a server that is gone is dropped, as the server would.
        let Ok(server) = TcpStream::connect(shared.upstream) else {
            return;
        };
        // Neither socket may hold small pieces back: that would be a delay nobody asked for.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let connection = Arc::new(Connection {
            shared: Arc::clone(&shared),
            client,
            server,
            accepted,
            waiting: Mutex::default(),
            swallowed: AtomicBool::new(false),
        });
        shared.keep(&connection);
        let other = Arc::clone(&connection);
        thread::spawn(move || other.answer_back());
        connection.ask_on();
    });
}

impl Cut for Connection {
    fn cut(&self) {
        // What is closed already needs no closing.
        let _ = (
            self.client.shutdown(Shutdown::Both),
            self.server.shutdown(Shutdown::Both),
        );
    }
}

impl Connection {
    /// Carries the client's bytes to the server.
    fn ask_on(&self) {
        let Ok(socket) = self.server.try_clone() else {
            return;
        };
        let line = Line::to(socket);
        let due = || {
            let (there, back) = self.shared.latency();
            // A real connection takes a round trip before its first byte leaves; ours was accepted by the kernel.
            Instant::now().max(self.accepted + there + back) + there
        };
        let mut scanner = Scanner::requests();
        self.pump(&self.client, |mut bytes| {
            while let Some(piece) = scanner.next(&mut bytes) {
                let bytes = match piece {
                    Piece::Body(bytes) => bytes,
                    Piece::Head(head, raw) => {
                        let seen = self.shared.note(&head);
                        let action = self.shared.ask(&seen, Phase::Before);
                        if action != Action::Pass {
                            return action;
                        }
                        scanner.body(Framing::of_request(&head));
                        lock(&self.waiting).push_back(seen);
                        raw
                    }
                };
                line.send(due(), bytes);
            }
            Action::Pass
        });
        line.close(due());
    }

    /// Carries the server's bytes to the client.
    fn answer_back(&self) {
        let Ok(socket) = self.client.try_clone() else {
            return;
        };
        let line = Line::to(socket);
        let due = || Instant::now() + self.shared.latency().1;
        let mut scanner = Scanner::responses();
        self.pump(&self.server, |mut bytes| {
            while let Some(piece) = scanner.next(&mut bytes) {
                let bytes = match piece {
                    Piece::Body(bytes) => bytes,
                    Piece::Head(head, raw) => {
                        let seen = lock(&self.waiting).front().cloned();
                        let method = seen.as_ref().map_or("", |seen| seen.method.as_str());
                        scanner.body(Framing::of_response(&head, method));
                        if let (Some(seen), false) = (seen, is_interim(&head)) {
                            lock(&self.waiting).pop_front();
                            let action = self.shared.ask(&seen, Phase::After);
                            if action != Action::Pass {
                                return action;
                            }
                        }
                        raw
                    }
                };
                line.send(due(), bytes);
            }
            Action::Pass
        });
        if !self.swallowed.load(Ordering::SeqCst) {
            line.close(due());
        }
    }

    /// Reads to the end; what `carry` answers about the bytes holds from then on.
    fn pump(&self, mut from: &TcpStream, mut carry: impl FnMut(&[u8]) -> Action) {
        let mut buffer = vec![0; BUFFER];
        let mut action = Action::Pass;
        // An error means that the connection is gone, like its end.
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if action == Action::Pass {
                action = carry(&buffer[..length]);
            }
            match action {
                Action::Pass => {}
                Action::Drop => self.cut(),
                Action::BlackHole => self.swallowed.store(true, Ordering::SeqCst),
            }
        }
    }
}
