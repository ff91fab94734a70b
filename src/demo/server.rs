//! The port, the connections and their end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backstop_contract::{ObjectStore, Secret};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::service::{Keys, Service};

/// How long open connections may take to finish their requests at the end.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// An S3 server on a loopback port; it ends when it is dropped.
#[derive(Debug)]
pub struct DemoServer {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl DemoServer {
    /// Starts a server on a free port, with these buckets and the one access key and secret that
    /// it takes. Bucket names follow Amazon's rules: 3 to 63 lower-case letters, digits, `-`, `.`.
    ///
    /// # Errors
    ///
    /// No loopback port can be had.
    pub async fn start(
        buckets: Vec<(String, Arc<dyn ObjectStore>)>,
        keys: (String, Secret),
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (id, secret) = keys;
        let mut builder = S3ServiceBuilder::new(Service {
            buckets: buckets.into_iter().collect(),
            started: Timestamp::now(),
        });
        builder.set_auth(Keys { id, secret });
        let front = Front {
            service: builder.build(),
            requests: Arc::default(),
        };
        let (stop, stopping) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, front, stopping));
        Ok(Self {
            address,
            stop,
            accepting,
        })
    }

    /// Returns the URL of the server, without a slash at its end.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Takes no more connections, lets the open ones finish their requests, and ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // It ends by itself; a panic in it has been shown already.
        drop((&mut self.accepting).await);
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, front: Front, mut stopping: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that broke before it was taken is its client's to open again.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(front.clone().serve(stream, stopping.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
            _ = stopping.changed() => break,
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    // What is still open then is closed with the set of connections.
    drop(tokio::time::timeout(LAST_REQUESTS, all).await);
}

/// The service, and the ids of its requests.
#[derive(Clone)]
struct Front {
    service: S3Service,
    requests: Arc<AtomicU64>,
}

impl Front {
    async fn serve(self, stream: TcpStream, mut stopping: watch::Receiver<bool>) {
        let answer = service_fn(|request| self.answer(request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
        let mut connection = pin!(connection);
        // A connection that breaks off is the client's affair: there is nobody to tell.
        tokio::select! {
            ended = connection.as_mut() => drop(ended),
            _ = stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                drop(connection.await);
            }
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, HttpError> {
        let mut answer = self.service.call(request.map(Body::from)).await?;
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        if let Ok(id) = HeaderValue::from_str(&format!("DEMO{number:012X}")) {
            let name = HeaderName::from_static("x-amz-request-id");
            answer.headers_mut().entry(name).or_insert(id);
        }
        Ok(answer)
    }
}
