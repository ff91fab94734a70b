//! One request that anybody may make, to hear who answers.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::handshake;
use super::{Route, tunnel};

/// The longest answer that is read, in bytes: a head and the beginning of a body.
const LONGEST: usize = (16 + 64) * 1024;
/// How long the whole answer may take; what has come until then is judged.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks over a stream and returns what came back; nothing where no answer could be asked for.
///
/// No credential is sent, no redirect is followed, and nothing is asked a second time.
pub(super) async fn ask(mut stream: TcpStream, route: &Route) -> Option<Vec<u8>> {
    if !route.secure {
        // A plain request is handed to the proxy in whole.
        return Some(exchange(stream, &request(route)).await);
    }
    if let Some(proxy) = &route.proxy {
        tunnel::open(&mut stream, proxy, &route.target).await.ok()?;
    }
    let (stream, _) = handshake::shake(stream, &route.target.host).await.ok()?;
    Some(exchange(stream, &request(route)).await)
}

fn request(route: &Route) -> String {
    let Route { target, path, .. } = route;
    let line = match &route.proxy {
        Some(_) if !route.secure => format!("http://{target}{path}"),
        _ => path.clone(),
    };
    format!(
        "GET {line} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: backstop\r\nAccept: */*\r\n\
         Connection: close\r\n\r\n"
    )
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> Vec<u8> {
    let mut answer = Vec::new();
    let talking = async {
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        while answer.len() < LONGEST {
            let room = u64::try_from(LONGEST - answer.len()).unwrap_or_default();
            if (&mut stream).take(room).read_buf(&mut answer).await? == 0 {
                break;
            }
        }
        Ok::<(), std::io::Error>(())
    };
    // What came before it broke or was over is all there is.
    drop(timeout(PATIENCE, talking).await);
    answer
}
