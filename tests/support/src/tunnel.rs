//! A forward proxy that shows where a request would have gone, and lets through only what a test allows.
//!
//! It speaks `CONNECT` and the absolute form of <https://www.rfc-editor.org/rfc/rfc9110#name-connect> and
//! <https://www.rfc-editor.org/rfc/rfc9112#name-absolute-form>.

use std::io::{self, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, Weak};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Result;
use crate::listener::Listener;
use crate::sync::lock;
use crate::wire::{Request, Response, read_request};

/// An http proxy on the loopback interface; it refuses every host it was not told to forward.
#[derive(Debug)]
pub struct Tunnel {
    listener: Listener,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    rules: Mutex<Rules>,
    asked: Mutex<Vec<String>>,
    open: Mutex<Vec<Weak<TcpStream>>>,
}

#[derive(Debug, Default)]
struct Rules {
    /// The header that a client has to send.
    authorization: Option<String>,
    /// The end of a host's name, and where its requests go.
    forwarded: Vec<(String, SocketAddr)>,
}

impl Tunnel {
    /// Starts a proxy that refuses everything.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start() -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let for_threads = Arc::clone(&shared);
        let listener = Listener::start(move |socket| {
            let shared = Arc::clone(&for_threads);
            let socket = shared.kept(socket);
            thread::spawn(move || {
                // A client or a server that goes away has nothing more to be told.
                let _ = shared.serve(&socket);
                let _ = socket.shutdown(Shutdown::Both);
            });
        })?;
        Ok(Self { listener, shared })
    }

    /// Asks for a user and a password.
    #[must_use]
    pub fn demanding(self, user: &str, password: &str) -> Self {
        let header = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        lock(&self.shared.rules).authorization = Some(header);
        self
    }

    /// Forwards the requests for hosts whose name ends so.
    #[must_use]
    pub fn forward_to(self, host_suffix: &str, address: SocketAddr) -> Self {
        let rule = (host_suffix.to_owned(), address);
        lock(&self.shared.rules).forwarded.push(rule);
        self
    }

    /// Returns the proxy's URL, as `HTTPS_PROXY` wants it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.address())
    }

    /// Returns where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Returns what was asked for, refused or not: `host:port` of every tunnel, and the URL of every plain request.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        lock(&self.shared.asked).clone()
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        for socket in lock(&self.shared.open).iter().filter_map(Weak::upgrade) {
            // One that is closed already needs no closing.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    /// Keeps a connection in mind, so that it ends with the proxy.
    fn kept(&self, socket: TcpStream) -> Arc<TcpStream> {
        let socket = Arc::new(socket);
        let mut open = lock(&self.open);
        open.retain(|other| other.strong_count() > 0);
        open.push(Arc::downgrade(&socket));
        socket
    }

    fn serve(&self, client: &Arc<TcpStream>) -> io::Result<()> {
        let mut reader = BufReader::new(client.as_ref());
        while let Some(request) = read_request(&mut reader)? {
            lock(&self.asked).push(request.target.clone());
            match self.way(&request) {
                Err(refusal) => {
                    let bytes = refusal.to_bytes(&request.method);
                    reader.get_mut().write_all(&bytes)?;
                }
                Ok(address) => return self.forward(address, &request, client, reader.buffer()),
            }
        }
        Ok(())
    }

    /// Decides where a request goes, or how it is refused.
    fn way(&self, request: &Request) -> Result<SocketAddr, Response> {
        let rules = lock(&self.rules);
        if let Some(expected) = &rules.authorization
            && request.header("proxy-authorization") != Some(expected)
        {
            let refusal = Response::new(407, "proxy authentication required\n");
            return Err(refusal.with("Proxy-Authenticate", "Basic realm=\"proxy\""));
        }
        let host = host(&request.target);
        let mut rules = rules.forwarded.iter();
        rules
            .find(|(suffix, _)| host.ends_with(suffix))
            .map(|(_, address)| *address)
            .ok_or_else(|| Response::new(403, "forbidden by the proxy\n"))
    }

    fn forward(
        &self,
        address: SocketAddr,
        request: &Request,
        client: &Arc<TcpStream>,
        read_ahead: &[u8],
    ) -> io::Result<()> {
        let server = self.kept(TcpStream::connect(address)?);
        if request.method == "CONNECT" {
            client
                .as_ref()
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            server.as_ref().write_all(read_ahead)?;
            let (from, to) = (Arc::clone(client), Arc::clone(&server));
            thread::spawn(move || pump(&from, &to));
        } else {
            server.as_ref().write_all(&origin_form(request))?;
        }
        pump(&server, client);
        Ok(())
    }
}

/// Copies until one side ends, and ends the other.
fn pump(from: &TcpStream, to: &TcpStream) {
    let (mut reader, mut writer) = (from, to);
    // That a side goes away is what ends every tunnel.
    let _ = io::copy(&mut reader, &mut writer);
    let _ = to.shutdown(Shutdown::Write);
}

/// Returns the host of `host:port` or of a URL.
fn host(target: &str) -> &str {
    let rest = target.split_once("://").map_or(target, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

/// Writes a request as the server itself wants it, over a connection that ends with the answer.
fn origin_form(request: &Request) -> Vec<u8> {
    let rest = request
        .target
        .split_once("://")
        .map_or("", |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let ours = [
        "connection",
        "proxy-authorization",
        "proxy-connection",
        "transfer-encoding",
        "content-length",
    ];
    let kept = request
        .headers
        .iter()
        .filter(|(name, _)| !ours.contains(&name.as_str()));
    let kept: Vec<_> = kept
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let mut bytes = format!(
        "{} {path} HTTP/1.1\r\n{}content-length: {}\r\nconnection: close\r\n\r\n",
        request.method,
        kept.concat(),
        request.body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(&request.body);
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::Scripted;

    /// Sends bytes to the proxy and returns everything that comes back until it closes.
    fn say(tunnel: &Tunnel, text: &str) -> String {
        let mut socket = TcpStream::connect(tunnel.address()).expect("a proxy");
        socket.write_all(text.as_bytes()).expect("sent");
        socket.shutdown(Shutdown::Write).expect("half closed");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("an answer");
        answer
    }

    #[test]
    fn what_is_not_forwarded_is_refused_and_told() {
        let tunnel = Tunnel::start().expect("a port");
        let connect = say(&tunnel, "CONNECT login.example:443 HTTP/1.1\r\n\r\n");
        assert!(
            connect.starts_with("HTTP/1.1 403 Forbidden\r\n"),
            "{connect}"
        );
        let plain = say(
            &tunnel,
            "GET http://a.example/b?c HTTP/1.1\r\nHost: a.example\r\n\r\n",
        );
        assert!(plain.starts_with("HTTP/1.1 403 "), "{plain}");
        assert_eq!(
            tunnel.asked(),
            ["login.example:443", "http://a.example/b?c"]
        );
        let tunnel = tunnel.demanding("me", "secret");
        let refused = say(&tunnel, "CONNECT login.example:443 HTTP/1.1\r\n\r\n");
        assert!(
            refused.contains("407 Proxy Authentication Required"),
            "{refused}"
        );
        let known = "CONNECT a.b:1 HTTP/1.1\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n";
        assert!(say(&tunnel, known).contains(" 403 "));
    }

    #[test]
    fn what_is_forwarded_arrives_whole() {
        let server = Scripted::start(|request| {
            let body = [request.target.as_bytes(), b" ", &request.body].concat();
            Response::new(200, body).with("Connection", "close").into()
        });
        let server = server.expect("a port");
        let tunnel = Tunnel::start().expect("a port");
        let tunnel = tunnel.forward_to(".example", server.address());
        let request = "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
        let through = say(
            &tunnel,
            &format!("CONNECT s.example:80 HTTP/1.1\r\n\r\n{request}"),
        );
        assert!(
            through.starts_with("HTTP/1.1 200 Connection established"),
            "{through}"
        );
        assert!(through.ends_with("\r\n\r\n/p hi"), "{through}");
        let plain = request.replace("/p ", "http://s.example/p ");
        assert!(say(&tunnel, &plain).ends_with("\r\n\r\n/p hi"));
        assert_eq!(tunnel.asked(), ["s.example:80", "http://s.example/p"]);
        let seen = server.requests();
        assert_eq!((seen.len(), seen[1].header("host")), (2, Some("x")));
    }
}
