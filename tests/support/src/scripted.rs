//! A server that answers what a test wrote, byte for byte.

use std::fmt;
use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::listener::Listener;
use crate::sync::lock;
use crate::wire::{Request, Response, forward, read_request};
use crate::{Entra, Result};

/// What becomes of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Sends the answer; the connection stays open unless the answer says `Connection: close`.
    Send(Response),
    /// Sends the head and so many bytes of the body, and closes.
    CutOff(Response, usize),
    /// Sends these bytes and closes.
    Raw(Vec<u8>),
    /// Closes without a word.
    Close,
    /// Keeps the connection and never answers.
    Silence,
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self::Send(response)
    }
}

/// A scripted HTTP/1.1 server on the loopback interface; it records what it is asked.
pub struct Scripted {
    listener: Listener,
    scheme: &'static str,
    requests: Arc<Mutex<Vec<Request>>>,
    open: Arc<Mutex<Vec<Weak<TcpStream>>>>,
}

impl Scripted {
    /// Starts a server that asks `script` for every answer.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Result<Self> {
        Self::serve(None, script)
    }

    /// Starts a server over https, with a certificate of the authority that [`Entra::ca_file`] names.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start_tls(
        entra: &Entra,
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::serve(Some(Arc::clone(&entra.certificates().server)), script)
    }

    /// Starts a server, over https when there is something to do it with.
    pub(crate) fn serve(
        tls: Option<Arc<ServerConfig>>,
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Result<Self> {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let open = Arc::new(Mutex::new(Vec::new()));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let script = Arc::new(script);
        let (log, kept) = (Arc::clone(&requests), Arc::clone(&open));
        let listener = Listener::start(move |socket| {
            let socket = Arc::new(socket);
            let mut kept = lock(&kept);
            kept.retain(|other: &Weak<TcpStream>| other.strong_count() > 0);
            kept.push(Arc::downgrade(&socket));
            let (log, script, tls) = (Arc::clone(&log), Arc::clone(&script), tls.clone());
            thread::spawn(move || {
                converse(&socket, tls, &log, &*script);
                // One that the client has closed already needs no closing.
                let _ = socket.shutdown(Shutdown::Both);
            });
        })?;
        Ok(Self {
            listener,
            scheme,
            requests,
            open,
        })
    }

    /// Starts a server that answers what the script answers, and passes everything else on to a real
    /// server over http.
    ///
    /// Headers are passed on as they came, `Host` included: signatures cover it.
    ///
    /// # Errors
    /// When no port is free.
    pub fn before(
        upstream: SocketAddr,
        script: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::start(move |request| {
            let passed = || forward(upstream, request).map_or(Answer::Close, Answer::Send);
            script(request).unwrap_or_else(passed)
        })
    }

    /// Starts a server that gives these answers in turn, and the last one ever after.
    ///
    /// # Errors
    /// When no port is free.
    ///
    /// # Panics
    /// When there is no answer to give.
    pub fn sequence(answers: Vec<Answer>) -> Result<Self> {
        assert!(!answers.is_empty(), "a script needs at least one answer");
        let next = AtomicUsize::new(0);
        Self::start(move |_| {
            let turn = next.fetch_add(1, Ordering::SeqCst);
            answers[turn.min(answers.len() - 1)].clone()
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
        format!("{}://{}", self.scheme, self.address())
    }

    /// Returns every request so far, in the order in which they were complete.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.requests).clone()
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted")
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        for socket in lock(&self.open).iter().filter_map(Weak::upgrade) {
            // One that the client has closed already needs no closing.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

fn converse(
    mut socket: &TcpStream,
    tls: Option<Arc<ServerConfig>>,
    log: &Mutex<Vec<Request>>,
    script: &dyn Fn(&Request) -> Answer,
) {
    let Some(tls) = tls else {
        return talk(socket, log, script);
    };
    let Ok(session) = ServerConnection::new(tls) else {
        return;
    };
    let mut stream = StreamOwned::new(session, socket);
    talk(&mut stream, log, script);
    stream.conn.send_close_notify();
    // A client that is gone misses nothing.
    let _ = stream.conn.write_tls(&mut socket);
}

fn talk<S: Read + Write>(
    stream: S,
    log: &Mutex<Vec<Request>>,
    script: &dyn Fn(&Request) -> Answer,
) {
    let mut reader = BufReader::new(stream);
    // A client that goes away in the middle of a request has nothing more to be told.
    while let Ok(Some(request)) = read_request(&mut reader) {
        lock(log).push(request.clone());
        let (bytes, stays_open) = match script(&request) {
            Answer::Send(response) => {
                let closes = response
                    .header("connection")
                    .is_some_and(|v| v.eq_ignore_ascii_case("close"));
                (response.to_bytes(&request.method), !closes)
            }
            Answer::CutOff(response, sent) => (cut_off(&response, sent), false),
            Answer::Raw(bytes) => (bytes, false),
            Answer::Close => (Vec::new(), false),
            Answer::Silence => (Vec::new(), true),
        };
        let stream = reader.get_mut();
        let sent = stream.write_all(&bytes).and_then(|()| stream.flush());
        if sent.is_err() || !stays_open {
            break;
        }
    }
}

fn cut_off(response: &Response, sent: usize) -> Vec<u8> {
    let mut bytes = response.to_bytes("GET");
    bytes.truncate(
        bytes
            .len()
            .saturating_sub(response.body.len().saturating_sub(sent)),
    );
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::exchange;

    fn get(server: &Scripted, target: &str) -> std::io::Result<Response> {
        let request = Request {
            method: "GET".into(),
            target: target.into(),
            headers: vec![],
            body: b"abc".to_vec(),
        };
        exchange(server.address(), None, &request)
    }

    #[test]
    fn answers_come_in_turn_and_requests_are_kept() {
        let refusal = Response::new(403, "<Error/>").with("x-amz-request-id", "7");
        let cut = Answer::CutOff(Response::new(200, "0123456789"), 4);
        let server =
            Scripted::sequence(vec![refusal.into(), cut, Answer::Close]).expect("a free port");
        let first = get(&server, "/b/k?x=y").expect("an answer");
        assert_eq!(
            (first.status, first.header("x-amz-request-id")),
            (403, Some("7"))
        );
        assert_eq!(get(&server, "/").expect("a head").body, b"0123");
        assert!(get(&server, "/").is_err());
        let seen = server.requests();
        assert_eq!(
            (seen.len(), seen[0].target.as_str(), seen[0].body.as_slice()),
            (3, "/b/k?x=y", &b"abc"[..])
        );
    }

    #[test]
    fn a_server_over_https_is_trusted_by_the_authority_of_entra() {
        let entra = Entra::start().expect("an authority");
        let server = Scripted::start_tls(&entra, |_| Response::new(204, "").into());
        let server = server.expect("a free port");
        let request = Request {
            method: "GET".into(),
            target: "/".into(),
            headers: vec![],
            body: vec![],
        };
        let tls = &entra.certificates().client;
        let answer = exchange(server.address(), Some(tls), &request).expect("an answer");
        assert_eq!(answer.status, 204);
        assert!(server.endpoint().starts_with("https://127.0.0.1:"));
        assert!(exchange(server.address(), None, &request).is_err());
    }
}
