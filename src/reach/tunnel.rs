//! The way through a proxy: CONNECT, as <https://www.rfc-editor.org/rfc/rfc9110#name-connect> has it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::handshake::Obstacle;
use super::{Hop, Proxy};

/// The longest answer of a proxy that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// Asks a proxy for a tunnel to a host; what comes back on the stream after it is the host's.
///
/// The proxy's user and password are not part of a route: one that wants them is an obstacle here
/// and none to the requests.
pub(super) async fn open(
    stream: &mut TcpStream,
    proxy: &Proxy,
    target: &Hop,
) -> Result<(), Obstacle> {
    if proxy.scheme != "http" {
        return Err(Obstacle::Unseen(format!(
            "{proxy} is not spoken with over plain http"
        )));
    }
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    let broken = |error: std::io::Error| Obstacle::Broken(error.to_string());
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    // Byte by byte, since what follows the head belongs to the handshake.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == LONGEST {
            return Err(Obstacle::Broken(
                "the proxy's answer does not end".to_owned(),
            ));
        }
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) => return Err(broken(error)),
        }
    }
    match status(&head) {
        Some(200..=299) => Ok(()),
        Some(status) => Err(Obstacle::Proxy(status)),
        None => Err(Obstacle::Broken("the proxy does not speak HTTP".to_owned())),
    }
}

/// Returns the status of an answer's head.
fn status(head: &[u8]) -> Option<u16> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut answer = httparse::Response::new(&mut headers);
    answer.parse(head).ok()?;
    answer.code
}
