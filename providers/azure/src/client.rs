//! The HTTP clients: one for each host that is asked.

use std::sync::Arc;
use std::time::Duration;

use azure_core::http::policies::Policy;
use azure_core::http::{
    ClientOptions, Context, Pipeline, PipelineSendOptions, RawResponse, Request, RetryOptions,
    Transport,
};
use backstop_contract::{ErrorKind, Evidence, Proxy, WireObserver};
use url::Url;

use crate::auth_failure::AuthFailure;
use crate::config::{self, AzureConfig};
use crate::connect::ConnectError;
use crate::observe::ObservePolicy;
use crate::proxy;
use crate::transport::{Resolver, Wire};

/// How the requests to one host travel.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) transport: Transport,
    /// The proxy that they go through.
    pub(crate) proxy: Option<Proxy>,
}

impl Route {
    /// Prepares the route to a host, through the proxy of the environment unless it is this machine.
    pub(crate) fn to(config: &AzureConfig, url: &Url) -> Result<Self, ConnectError> {
        let direct = config::is_loopback(url);
        Ok(Self {
            transport: transport(config, url, direct)?,
            proxy: proxy::leading_to(url),
        })
    }

    /// Prepares the route to a metadata address, where no proxy leads: it would answer with its own
    /// machine's identity.
    pub(crate) fn direct(config: &AzureConfig, url: &Url) -> Result<Self, ConnectError> {
        Ok(Self {
            transport: transport(config, url, true)?,
            proxy: None,
        })
    }
}

/// Builds the HTTP client: HTTP/1.1, which is all that these services need, with no redirects and no
/// repeats.
fn transport(config: &AzureConfig, url: &Url, direct: bool) -> Result<Transport, ConnectError> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // A failure means that somebody else was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let mut builder = reqwest::Client::builder()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .pool_idle_timeout(Duration::from_secs(30))
        .connect_timeout(config.connect_timeout)
        .dns_resolver(Resolver);
    if direct {
        builder = builder.no_proxy();
    }
    if url.scheme() == "https" {
        if let Some(pem) = &config.ca_pem {
            builder = builder.tls_certs_merge(certificates(pem)?);
        }
    } else {
        // No roots at all: loading the system's takes longer than a request.
        builder = builder.tls_certs_only([]);
    }
    let client = builder
        .build()
        .map_err(|error| ConnectError::Roots(error.without_url().to_string()))?;
    Ok(Transport::new(Arc::new(Wire::new(
        client,
        config.request_timeout,
        config.completion_timeout.unwrap_or(config.request_timeout),
    ))))
}

fn certificates(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, ConnectError> {
    let found = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| ConnectError::CaPem)?;
    if found.is_empty() {
        return Err(ConnectError::CaPem);
    }
    Ok(found)
}

/// Returns the options of a pipeline that sends once.
pub(crate) fn options(policies: Vec<Arc<dyn Policy>>, transport: Transport) -> ClientOptions {
    ClientOptions {
        per_try_policies: policies,
        retry: RetryOptions::none(),
        transport: Some(transport),
        ..ClientOptions::default()
    }
}

/// Requests to a service that says who we are; nothing is added to them.
#[derive(Debug)]
pub(crate) struct Plain {
    pipeline: Pipeline,
    proxy: Option<String>,
}

impl Plain {
    /// Creates them; each answer is shown as one of `Authenticate`.
    pub(crate) fn new(route: Route, observer: Arc<dyn WireObserver>) -> Self {
        let Route { transport, proxy } = route;
        let observe: Arc<dyn Policy> = Arc::new(ObservePolicy::of_tokens(observer));
        let pipeline = Pipeline::new(
            option_env!("CARGO_PKG_NAME"),
            option_env!("CARGO_PKG_VERSION"),
            options(vec![observe], transport),
            Vec::new(),
            Vec::new(),
            None,
        );
        let proxy = proxy.as_ref().map(proxy::fact);
        Self { pipeline, proxy }
    }

    /// Sends a request once and returns the answer, whatever its status.
    pub(crate) async fn send(&self, mut request: Request) -> Result<RawResponse, AuthFailure> {
        let options = PipelineSendOptions {
            skip_checks: true,
            ..PipelineSendOptions::default()
        };
        let context = Context::new();
        let sent = self.pipeline.send(&context, &mut request, Some(options));
        sent.await.map_err(|error| {
            let unread = |_: &RawResponse| {
                AuthFailure::answered(ErrorKind::MalformedResponse, Evidence::default())
            };
            AuthFailure::of(&error, unread).with_facts(self.proxy.clone())
        })
    }

    /// Returns the fact that the requests go through a proxy.
    pub(crate) fn proxy(&self) -> Option<String> {
        self.proxy.clone()
    }
}
