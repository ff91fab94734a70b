//! One run over real HTTP: a store behind the embedded server, asked through a real provider.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use backstop::check::{Memory, Pattern};
use backstop::config::{Environment, UrlFlags, url_target};
use backstop::connect::connect;
use backstop::demo::DemoServer;
use backstop::engine::{NoEvents, RunRequest, WireTap};
use backstop::report::{Access, Report};
use backstop::verify::verify;
use backstop_contract::{ObjectStore, Secret};
use backstop_testkit::{Altering, Request, Response, refused_port};
use tokio::sync::watch;

use super::harness::request;

const ID: &str = "AKIAOFTHEATTRIBUTION";
const SECRET: &str = "secret-of-the-attribution-on-loopback-00";
/// The one bucket of the server.
const BUCKET: &str = "faulty";

/// How long backups are to be kept.
const RETENTION: Duration = Duration::from_hours(30 * 24);

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// The provider for Amazon S3.
    S3,
    /// The provider for MinIO.
    Minio,
}

impl Asker {
    /// Returns its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Minio => "minio",
        }
    }
}

/// Where a store is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where its server is.
    Server,
    /// There, with TLS that it does not speak.
    Tls,
    /// At a name without an address.
    Unknown,
    /// At a port where nobody listens.
    Nobody,
}

/// How a store is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    pub(super) asker: Asker,
    pub(super) access: Access,
    pub(super) place: Place,
    pub(super) bucket: &'static str,
    pub(super) secret: &'static str,
    /// Who is expected.
    pub(super) expects: Option<&'static str>,
}

impl Ask {
    /// Asks as it should be.
    pub(super) const fn of(asker: Asker, access: Access) -> Self {
        Self {
            asker,
            access,
            place: Place::Server,
            bucket: BUCKET,
            secret: SECRET,
            expects: None,
        }
    }
}

/// Serves a store on loopback and verifies it through a provider.
pub(super) fn verified(store: Arc<dyn ObjectStore>, ask: Ask) -> Result<Report, String> {
    served(store, async |server| {
        ask.of_server(&server.endpoint()).await
    })
}

/// Serves a store on loopback and verifies it as a host does that remembers an earlier run.
pub(super) fn remembering(
    store: Arc<dyn ObjectStore>,
    ask: Ask,
    memory: Memory,
) -> Result<Report, String> {
    served(store, async |server| {
        ask.with(&server.endpoint(), Some(memory)).await
    })
}

/// Serves a store on loopback and verifies it through a front that changes the answers.
pub(super) fn altered(
    store: Arc<dyn ObjectStore>,
    ask: Ask,
    alter: impl Fn(&Request, &mut Response) + Send + Sync + 'static,
) -> Result<Report, String> {
    served(store, async |server| {
        let upstream = (Ipv4Addr::LOCALHOST, server.port()).into();
        let front = Altering::start(upstream, alter).map_err(|error| error.to_string())?;
        ask.of_server(&front.endpoint()).await
    })
}

fn served(
    store: Arc<dyn ObjectStore>,
    ask: impl AsyncFnOnce(&DemoServer) -> Result<Report, String>,
) -> Result<Report, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let keys = (ID.to_owned(), Secret::new(SECRET.to_owned()));
        let server = DemoServer::start(vec![(BUCKET.to_owned(), store)], keys)
            .await
            .map_err(|error| error.to_string())?;
        let report = ask(&server).await;
        server.stop().await;
        report
    })
}

impl Ask {
    async fn of_server(self, endpoint: &str) -> Result<Report, String> {
        self.with(endpoint, None).await
    }

    /// Verifies the bucket of a server.
    async fn with(self, endpoint: &str, memory: Option<Memory>) -> Result<Report, String> {
        let Self {
            asker,
            access,
            place,
            bucket,
            secret,
            expects,
        } = self;
        let endpoint = match place {
            Place::Server => endpoint.to_owned(),
            Place::Tls => endpoint.replace("http://", "https://"),
            Place::Unknown => "https://store.invalid".to_owned(),
            Place::Nobody => {
                let port = refused_port().map_err(|error| error.to_string())?;
                format!("http://{port}")
            }
        };
        let environment: Environment = [
            ("AWS_ACCESS_KEY_ID", ID),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_REGION", "us-east-1"),
        ]
        .into_iter()
        .collect();
        let host = endpoint.trim_start_matches("http://");
        let (url, endpoint) = match asker {
            Asker::S3 => (format!("s3://{bucket}/production"), Some(endpoint)),
            Asker::Minio => (format!("minio+http://{host}/{bucket}/production"), None),
        };
        let flags = UrlFlags {
            endpoint_url: endpoint,
            access: Some(access.name().to_owned()),
            ..UrlFlags::default()
        };
        let target = url_target(&url, &flags, &environment).map_err(|error| error.to_string())?;
        let tap = WireTap::new(Arc::new(NoEvents));
        let connected = connect(&target, RunRequest::TIMEOUT, tap.clone())
            .await
            .map_err(|error| error.to_string())?;
        let (_keep, interrupt) = watch::channel(false);
        let request = RunRequest {
            expect_principal: expects.map(Pattern::new),
            memory,
            retention: Some(RETENTION),
            ..request(access)
        };
        verify(connected.subject, request, tap, interrupt)
            .await
            .map_err(|error| error.to_string())
    }
}
