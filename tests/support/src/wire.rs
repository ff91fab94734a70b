//! HTTP/1.1 as bytes: just enough to read messages exactly and to send them unchanged.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, such as `PUT`.
    pub method: String,
    /// The path and the query, still percent-encoded.
    pub target: String,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, with any chunked coding of the transfer removed.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns the first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

/// An answer: a status, headers and a body, exactly as they are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Makes an answer without headers of its own.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// Returns the bytes on the wire; a missing `Content-Length` is added, and an answer to `HEAD` has no body.
    pub(crate) fn to_bytes(&self, method: &str) -> Vec<u8> {
        let bodiless = matches!(self.status, 100..=199 | 204 | 304);
        let framed = self
            .header("content-length")
            .or(self.header("transfer-encoding"))
            .is_some();
        let length = if framed || bodiless {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", self.body.len())
        };
        let (status, reason, headers) = (self.status, reason(self.status), lines(&self.headers));
        let mut bytes = format!("HTTP/1.1 {status} {reason}\r\n{headers}{length}\r\n").into_bytes();
        if method != "HEAD" && !bodiless {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

/// The first line and the headers of a message, names in lower case.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) start: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    /// Parses everything before the empty line.
    pub(crate) fn parse(text: &str) -> Self {
        let mut lines = text.split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Self { start, headers }
    }

    /// Returns the n-th word of the first line.
    pub(crate) fn word(&self, n: usize) -> &str {
        self.start.split(' ').nth(n).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    pub(crate) fn is_chunked(&self) -> bool {
        self.header("transfer-encoding")
            .is_some_and(|v| v.to_ascii_lowercase().contains("chunked"))
    }

    pub(crate) fn content_length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }
}

/// Reads a head; `None` when the connection ended before one began.
pub(crate) fn read_head(from: &mut impl BufRead) -> io::Result<Option<Head>> {
    let mut text = Vec::new();
    loop {
        let before = text.len();
        if from.read_until(b'\n', &mut text)? == 0 {
            return Ok(None);
        }
        if text[before..] == *b"\r\n" || text[before..] == *b"\n" {
            let text = String::from_utf8_lossy(&text);
            return Ok(Some(Head::parse(text.trim_end())));
        }
    }
}

/// Reads a body that is framed by its head; without framing there is none.
pub(crate) fn read_body(from: &mut impl BufRead, head: &Head) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if !head.is_chunked() {
        from.take(head.content_length().unwrap_or(0))
            .read_to_end(&mut body)?;
        return Ok(body);
    }
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        if size == 0 {
            break;
        }
        from.by_ref().take(size).read_to_end(&mut body)?;
        from.read_line(&mut String::new())?;
    }
    // Trailers end with an empty line.
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(body);
        }
    }
}

/// Reads one request; a client that waits for `100 Continue` gets it.
pub(crate) fn read_request<S: Read + Write>(
    from: &mut BufReader<S>,
) -> io::Result<Option<Request>> {
    let Some(head) = read_head(from)? else {
        return Ok(None);
    };
    if head
        .header("expect")
        .is_some_and(|v| v.eq_ignore_ascii_case("100-continue"))
    {
        from.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        from.get_mut().flush()?;
    }
    let body = read_body(from, &head)?;
    let (method, target) = (head.word(0).to_owned(), head.word(1).to_owned());
    Ok(Some(Request {
        method,
        target,
        headers: head.headers,
        body,
    }))
}

/// Sends one request over a connection of its own and reads the whole answer.
pub(crate) fn exchange(
    to: SocketAddr,
    tls: Option<&Arc<ClientConfig>>,
    request: &Request,
) -> io::Result<Response> {
    let socket = TcpStream::connect_timeout(&to, Duration::from_secs(5))?;
    socket.set_read_timeout(Some(Duration::from_mins(1)))?;
    match tls {
        None => converse(socket, to, request),
        Some(config) => {
            let name = ServerName::from(to.ip());
            let session =
                ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
            converse(StreamOwned::new(session, socket), to, request)
        }
    }
}

fn converse<S: Read + Write>(
    mut stream: S,
    to: SocketAddr,
    request: &Request,
) -> io::Result<Response> {
    let (method, target, headers, length) = (
        &request.method,
        &request.target,
        lines(&request.headers),
        request.body.len(),
    );
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n"
    )?;
    write!(stream, "{headers}Content-Length: {length}\r\n\r\n")?;
    stream.write_all(&request.body)?;
    stream.flush()?;
    read_response(BufReader::new(stream), method)
}

fn read_response(mut from: impl BufRead, method: &str) -> io::Result<Response> {
    let head = read_head(&mut from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head
        .word(1)
        .parse()
        .map_err(|_| io::ErrorKind::InvalidData)?;
    let body = if method == "HEAD" {
        Vec::new()
    } else {
        read_body(&mut from, &head)?
    };
    Ok(Response {
        status,
        headers: head.headers,
        body,
    })
}

/// Passes a request on over a connection of its own, with its own headers, and reads the whole answer.
pub(crate) fn forward(to: SocketAddr, request: &Request) -> io::Result<Response> {
    let mut socket = TcpStream::connect_timeout(&to, Duration::from_secs(5))?;
    socket.set_read_timeout(Some(Duration::from_mins(1)))?;
    let framing = [
        "connection",
        "content-length",
        "expect",
        "transfer-encoding",
    ];
    let kept = |(name, _): &&(String, String)| !framing.contains(&name.as_str());
    let headers: Vec<_> = request.headers.iter().filter(kept).cloned().collect();
    let (method, target, headers) = (&request.method, &request.target, lines(&headers));
    let length = request.body.len();
    write!(
        socket,
        "{method} {target} HTTP/1.1\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
    )?;
    socket.write_all(&request.body)?;
    let mut response = read_response(BufReader::new(socket), method)?;
    let hop = ["connection", "keep-alive", "transfer-encoding"];
    let end_to_end = |(name, _): &(String, String)| !hop.contains(&name.as_str());
    response.headers.retain(end_to_end);
    Ok(response)
}

fn lines(headers: &[(String, String)]) -> String {
    let lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    lines.concat()
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        409 => "Conflict",
        412 => "Precondition Failed",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Asks a fake service at a URL.
    pub(crate) fn ask(
        endpoint: &str,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let request = Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: headers.collect(),
            body: vec![],
        };
        let address = endpoint.trim_start_matches("http://").parse();
        exchange(address.expect("an address"), None, &request).expect("an answer")
    }

    #[test]
    fn a_chunked_body_is_read_with_its_trailers_and_no_further() {
        let head = Head::parse("PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked");
        let mut bytes: &[u8] = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Sum: 1\r\n\r\nnext";
        assert_eq!(read_body(&mut bytes, &head).expect("well-formed"), b"abcde");
        assert_eq!(bytes, b"next");
    }

    #[test]
    fn an_answer_is_sent_as_given_and_framed_once() {
        let plain = Response::new(403, "<Error/>")
            .with("x-amz-request-id", "1")
            .to_bytes("GET");
        let plain = String::from_utf8(plain).expect("text");
        assert_eq!(
            plain,
            "HTTP/1.1 403 Forbidden\r\nx-amz-request-id: 1\r\nContent-Length: 8\r\n\r\n<Error/>"
        );
        let head = Response::new(200, "x")
            .with("Content-Length", "70")
            .to_bytes("HEAD");
        assert_eq!(
            String::from_utf8(head).expect("text"),
            "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n"
        );
    }
}
