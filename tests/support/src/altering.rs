//! A front before a server that changes what it answers.

use std::fmt::Write as _;
use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;

use crate::Result;
use crate::listener::Listener;
use crate::wire::{Request, Response, read_body, read_head, read_request};

type Alter = dyn Fn(&Request, &mut Response) + Send + Sync;

/// A front on the loopback interface: requests go on as they are, answers are altered.
///
/// An answer whose `Content-Length` promises more than its body ends with the connection.
#[derive(Debug)]
pub struct Altering {
    listener: Listener,
}

impl Altering {
    /// Starts a front before a server.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(
        upstream: SocketAddr,
        alter: impl Fn(&Request, &mut Response) + Send + Sync + 'static,
    ) -> Result<Self> {
        let alter: Arc<Alter> = Arc::new(alter);
        let listener = Listener::start(move |client| {
            let alter = Arc::clone(&alter);
            // A connection that breaks off is the client's affair.
            thread::spawn(move || drop(converse(client, upstream, &*alter)));
        })?;
        Ok(Self { listener })
    }

    /// Returns its URL, without a slash at its end.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.listener.address())
    }
}

fn converse(client: TcpStream, upstream: SocketAddr, alter: &Alter) -> io::Result<()> {
    client.set_nodelay(true)?;
    let server = TcpStream::connect(upstream)?;
    server.set_nodelay(true)?;
    let (mut client, mut server) = (BufReader::new(client), BufReader::new(server));
    while let Some(request) = read_request(&mut client)? {
        let mut response = ask(&mut server, &request)?;
        alter(&request, &mut response);
        client
            .get_mut()
            .write_all(&response.to_bytes(&request.method))?;
        client.get_mut().flush()?;
        let promised = response
            .header("content-length")
            .and_then(|it| it.parse().ok());
        let kept = promised.is_none_or(|length: usize| length <= response.body.len());
        if !kept && request.method != "HEAD" {
            return Ok(());
        }
    }
    Ok(())
}

/// Sends a request on, signed headers and all, and reads the answer.
fn ask(server: &mut BufReader<TcpStream>, request: &Request) -> io::Result<Response> {
    let Request {
        method,
        target,
        headers,
        body,
    } = request;
    let mut message = format!("{method} {target} HTTP/1.1\r\n");
    for (name, value) in headers
        .iter()
        .filter(|(name, _)| name != "transfer-encoding")
    {
        let _ = write!(message, "{name}: {value}\r\n");
    }
    if request.header("content-length").is_none() && !body.is_empty() {
        let _ = write!(message, "content-length: {}\r\n", body.len());
    }
    message.push_str("\r\n");
    let mut bytes = message.into_bytes();
    bytes.extend_from_slice(body);
    server.get_mut().write_all(&bytes)?;
    let head = loop {
        let head = read_head(server)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if !head.word(1).starts_with('1') {
            break head;
        }
    };
    let status = head.word(1).parse();
    let body = match method.as_str() {
        "HEAD" => Vec::new(),
        _ => read_body(server, &head)?,
    };
    let mut headers = head.headers;
    headers.retain(|(name, _)| name != "transfer-encoding");
    Ok(Response {
        status: status.map_err(|_| io::ErrorKind::InvalidData)?,
        headers,
        body,
    })
}

impl Response {
    /// Sets a header in place of those of its name; absent to remove them.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.headers
            .retain(|(held, _)| !held.eq_ignore_ascii_case(name));
        if let Some(value) = value {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Replaces the body, and what the headers say of its length.
    pub fn replace(&mut self, body: impl Into<Vec<u8>>) {
        self.body = body.into();
        self.set("content-length", None);
    }
}
