//! Plain requests to the services that hand out credentials.

use std::convert::Infallible;
use std::fmt;
use std::time::{Duration, Instant};

use aws_sdk_s3::config::BehaviorVersion;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, SensitiveOutput};
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use backstop_contract::{ErrorKind, Evidence, confidential};

use super::held::Failure;
use crate::classify::causes;
use crate::connect::patient;
use crate::failure::heard;
use crate::wire::{Wire, WireError};

/// Sends requests over the connections of a store.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    wire: Wire,
    connect_timeout: Duration,
}

/// One request without a body.
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) path: String,
    /// The headers, of which a value may be a secret.
    pub(super) headers: Vec<(&'static str, String)>,
}

/// What was answered, whatever its status.
pub(super) struct Reply {
    pub(super) status: u16,
    /// It may hold a secret.
    pub(super) body: Vec<u8>,
    evidence: Evidence,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)
    }
}

impl Reply {
    /// Makes a failure of an answer that is a refusal; the body is not repeated.
    pub(super) fn refused(self, message: impl Into<String>) -> Failure {
        let kind = match self.status {
            429 => ErrorKind::Throttled,
            500.. => ErrorKind::ServiceFailed,
            _ => ErrorKind::Unauthenticated,
        };
        self.failed(kind, message)
    }

    /// Makes a failure of an answer that makes no sense.
    pub(super) fn failed(self, kind: ErrorKind, message: impl Into<String>) -> Failure {
        let evidence = Evidence {
            message: Some(message.into()),
            ..self.evidence
        };
        Failure {
            kind,
            evidence: Box::new(evidence),
        }
    }
}

impl Http {
    pub(crate) fn new(wire: Wire, connect_timeout: Duration) -> Self {
        Self {
            wire,
            connect_timeout,
        }
    }

    /// Sends a request to a service.
    pub(super) async fn send(&self, endpoint: &str, ask: Ask) -> Result<Reply, Failure> {
        for (_, value) in &ask.headers {
            confidential::keep(value);
        }
        let at = Instant::now();
        let mut quiet = Layer::new("quiet");
        quiet.store_put(SensitiveOutput);
        let request = Operation::builder()
            .service_name("backstop")
            .operation_name("credentials")
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.wire.clone())
            .endpoint_url(endpoint)
            .no_auth()
            .no_retry()
            .timeout_config(patient(self.connect_timeout))
            .runtime_plugin(StaticRuntimePlugin::new().with_config(quiet.freeze()))
            .serializer(|ask: Ask| {
                let mut request = HttpRequest::new(SdkBody::empty());
                request.set_method(ask.method)?;
                request.set_uri(ask.path)?;
                for (name, value) in ask.headers {
                    request.headers_mut().try_insert(name, value)?;
                }
                Ok(request)
            })
            .deserializer::<Reply, Infallible>(move |response: &HttpResponse| {
                Ok(Reply {
                    status: response.status().as_u16(),
                    body: response.body().bytes().unwrap_or_default().to_vec(),
                    // The body of a success is a secret.
                    evidence: Evidence {
                        message: None,
                        code: None,
                        ..heard(response, at).0
                    },
                })
            })
            .build();
        request.invoke(ask).await.map_err(|error| {
            let chain = causes(&error);
            let wire = chain
                .iter()
                .find_map(|cause| cause.downcast_ref::<WireError>());
            wire.map_or_else(
                || Failure::new(ErrorKind::Unexpected, "the request could not be sent"),
                Failure::of_wire,
            )
        })
    }
}
