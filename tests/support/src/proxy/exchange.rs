//! One connection through the proxy, a request at a time: where TLS ends here or a fault is to come.
//!
//! # Why
//!
//! What is broken must be known whole: a truncated body needs its length, and one lost reply must not take those of
//! other requests with it. So each request is read to its end before the server sees it, and each answer before the
//! client does.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};
use socket2::SockRef;

use super::breaking::{Broken, End};
use super::fault::Fault;
use super::message::{Incoming, Message};
use super::scan::Framing;
use super::{Action, Cut, Phase, Seen, Shared};
use crate::Response;

/// How long the server may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// The alert with which a server refuses a hello: fatal, `protocol_version`.
const PROTOCOL_VERSION: [u8; 7] = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46];

/// A client's socket; this is the one owner, so that it is reset when it is dropped.
pub(super) struct Client(TcpStream);

impl Cut for Client {
    fn cut(&self) {
        // What is closed already needs no closing.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

impl Client {
    /// Swallows what comes until the other end has gone.
    fn keep_silent(&self) {
        let mut buffer = [0; 4096];
        while matches!((&self.0).read(&mut buffer), Ok(1..)) {}
    }

    /// Makes the end of this connection a reset.
    fn reset(&self) {
        // Where the system cannot, the connection is closed in order, which tests would notice.
        let _ = SockRef::from(&self.0).set_linger(Some(Duration::ZERO));
    }
}

/// Serves a client; returns at once.
pub(super) fn serve(shared: Arc<Shared>, socket: TcpStream) {
    thread::spawn(move || {
        // A socket that may hold small pieces back would be a delay nobody asked for.
        let _ = socket.set_nodelay(true);
        let client = Arc::new(Client(socket));
        shared.keep(&client);
        let end = match shared.broken() {
            Some(Fault::Silent) => End::Silent,
            Some(Fault::OldTls) => refuse(&client),
            fault => speak(&shared, &client, fault.as_ref()),
        };
        match end {
            End::Open | End::Closed => client.cut(),
            End::Reset => client.reset(),
            End::Silent => client.keep_silent(),
        }
    });
}

/// Answers the client's hello with an alert.
fn refuse(client: &Client) -> End {
    let mut hello = [0; 4096];
    let mut socket = &client.0;
    // A client that is gone misses nothing.
    let _ = socket
        .read(&mut hello)
        .and_then(|_| socket.write_all(&PROTOCOL_VERSION));
    End::Closed
}

fn speak(shared: &Arc<Shared>, client: &Client, fault: Option<&Fault>) -> End {
    let Some(identities) = shared.identities else {
        return Conversation::new(shared, &client.0).hold();
    };
    let Ok(session) = ServerConnection::new(identities.under(fault)) else {
        return End::Closed;
    };
    let mut conversation = Conversation::new(shared, StreamOwned::new(session, &client.0));
    let end = conversation.hold();
    if end == End::Open || end == End::Closed {
        let stream = conversation.client.stream();
        stream.conn.send_close_notify();
        // A client that is gone misses nothing.
        let _ = stream.conn.write_tls(&mut &client.0);
    }
    end
}

/// A client, and the server behind it once it was needed.
struct Conversation<'a, S> {
    shared: &'a Shared,
    client: Incoming<S>,
    server: Option<Incoming<TcpStream>>,
    is_new: bool,
}

impl<'a, S: Read + Write> Conversation<'a, S> {
    fn new(shared: &'a Shared, stream: S) -> Self {
        Self {
            shared,
            client: Incoming::requests(stream),
            server: None,
            is_new: true,
        }
    }

    /// Answers requests until either side has gone or the connection is broken.
    fn hold(&mut self) -> End {
        loop {
            match self.next() {
                Ok(End::Open) => {}
                Ok(end) => return end,
                Err(_) => return End::Closed,
            }
        }
    }

    fn next(&mut self) -> io::Result<End> {
        let Some((head, start)) = self.client.head()? else {
            return Ok(End::Closed);
        };
        let seen = self.shared.note(&head);
        let fault = self.shared.fault_of(&seen);
        if let Some(fault) = fault.as_ref().filter(|fault| fault.is_of_connections()) {
            return Ok(self.shared.break_connections(fault));
        }
        if let Some(end) = self.asked(&seen, Phase::Before) {
            return Ok(end);
        }
        let waits = head.header("expect").is_some();
        if waits {
            self.say(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let rest = self.client.rest(Framing::of_request(&head))?;
        let request = Message { head, start, rest };
        match fault {
            Some(fault) if !fault.reaches_the_server() => self.instead(&fault, &seen),
            fault => self.through(&request, &seen, fault.as_ref()),
        }
    }

    /// Answers without the server.
    fn instead(&mut self, fault: &Fault, seen: &Seen) -> io::Result<End> {
        let answer = match fault {
            Fault::Answer(answer) => answer.clone(),
            Fault::Redirect(base) => {
                let location = format!("{base}{}", seen.target);
                Response::new(307, "").with("Location", &location)
            }
            Fault::BlackHole => return Ok(End::Silent),
            _ => return Ok(End::Reset),
        };
        self.say(&answer.to_bytes(&seen.method))?;
        Ok(End::Open)
    }

    /// Has the server answer, and breaks what it says.
    fn through(
        &mut self,
        request: &Message,
        seen: &Seen,
        fault: Option<&Fault>,
    ) -> io::Result<End> {
        let (there, back) = self.shared.latency();
        // A real connection takes a round trip before its first byte leaves; ours was accepted by the kernel.
        let begin = if self.is_new {
            there + back
        } else {
            Duration::ZERO
        };
        self.is_new = false;
        let late = match fault {
            Some(Fault::Latency(late)) => *late,
            _ => Duration::ZERO,
        };
        thread::sleep(begin + there + late);
        let answer = self.ask(request)?;
        if let Some(end) = self.asked(seen, Phase::After) {
            return Ok(end);
        }
        thread::sleep(back);
        if self.shared.broken() == Some(Fault::Silent) {
            return Ok(End::Silent);
        }
        let Some(fault) = fault else {
            self.say(&answer.bytes())?;
            let closes = answer.head.header("connection") == Some("close");
            return Ok(if closes { End::Closed } else { End::Open });
        };
        Broken::new(&answer, &seen.method)?.send(fault, self.client.stream())
    }

    /// Sends the request to the server and reads its answer; a server that has closed the connection meanwhile is
    /// asked on a new one.
    fn ask(&mut self, request: &Message) -> io::Result<Message> {
        if let Some(mut server) = self.server.take()
            && let Ok(Some(answer)) = exchange(&mut server, request)
        {
            self.server = Some(server);
            return Ok(answer);
        }
        let socket = TcpStream::connect(self.shared.upstream)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut server = Incoming::responses(socket);
        let answer = exchange(&mut server, request)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.server = Some(server);
        Ok(answer)
    }

    /// Asks the hook; what it does not pass ends the connection.
    fn asked(&self, seen: &Seen, phase: Phase) -> Option<End> {
        match self.shared.ask(seen, phase) {
            Action::Pass => None,
            Action::Drop => Some(End::Closed),
            Action::BlackHole => Some(End::Silent),
        }
    }

    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream = self.client.stream();
        stream.write_all(bytes)?;
        stream.flush()
    }
}

fn exchange(server: &mut Incoming<TcpStream>, request: &Message) -> io::Result<Option<Message>> {
    server.stream().write_all(&request.bytes())?;
    server.answer(request.head.word(0))
}
