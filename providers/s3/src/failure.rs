//! From what the SDK returns to the contract's error: the evidence, and nothing secret.

use std::error::Error as StdError;
use std::time::Instant;

use aws_sdk_s3::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use backstop_contract::{Error, ErrorKind, Evidence, ObjectKey, Operation, Sent, StoreLocation};

use crate::classify::{self, Answer, causes, short};
use crate::credentials::Failure;
use crate::wire::{Through, WireError, parse_date, request_id};

/// One operation under way, with what an error of it must name.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) operation: Operation,
    pub(crate) key: Option<ObjectKey>,
    pub(crate) location: StoreLocation,
    pub(crate) region: String,
    pub(crate) at: Instant,
}

impl Asked {
    /// Creates an error of this operation.
    pub(crate) fn error(&self, kind: ErrorKind, sent: Sent) -> Error {
        match &self.key {
            Some(key) => Error::on_key(kind, self.operation, &self.location, key, sent),
            None => Error::new(kind, self.operation, &self.location, sent),
        }
    }

    /// Creates the error of an answer that came and makes no sense.
    pub(crate) fn nonsense(&self, reason: &str) -> Error {
        self.error(ErrorKind::MalformedResponse, Sent::Answered)
            .with_message(reason)
    }

    /// Creates the error of an answer that could be read and contradicts itself.
    pub(crate) fn contradiction(&self, reason: &str) -> Error {
        self.error(ErrorKind::MalformedResponse, Sent::Answered)
            .with_evidence(Evidence {
                message: Some(reason.to_owned()),
                contradicts_itself: true,
                ..Evidence::default()
            })
    }

    /// Names the failure of a request.
    pub(crate) fn failed<E>(&self, error: &SdkError<E, HttpResponse>) -> Error
    where
        E: StdError + 'static,
    {
        let chain = causes(error);
        let wire = chain
            .iter()
            .find_map(|cause| cause.downcast_ref::<WireError>());
        if let Some(failure) = chain
            .iter()
            .find_map(|cause| cause.downcast_ref::<Failure>())
        {
            return self.without_credentials(failure);
        }
        match (wire, error.raw_response()) {
            (Some(wire), response) => self.broken(wire, response),
            (None, Some(response)) => self.refused(response),
            (None, None) => {
                let text = match error {
                    SdkError::ConstructionFailure(_) => "the request could not be built",
                    _ => "the request could not be sent",
                };
                let cause = chain.last().map(ToString::to_string).unwrap_or_default();
                self.error(ErrorKind::Unexpected, Sent::No)
                    .with_message(short(&format!("{text}: {cause}")))
            }
        }
    }

    /// Names the failure of an answer's body that was streaming.
    pub(crate) fn body_failed(&self, error: &(dyn StdError + 'static)) -> Error {
        let chain = causes(error);
        let found = chain
            .iter()
            .find_map(|cause| cause.downcast_ref::<WireError>());
        let wire = found.cloned().unwrap_or_else(|| WireError::in_body(error));
        let sent = match wire.kind {
            ErrorKind::ChecksumMismatch => Sent::Answered,
            _ => Sent::Maybe,
        };
        self.error(wire.kind, sent).with_evidence(Evidence {
            message: Some(wire.text),
            elapsed: Some(self.at.elapsed()),
            ..Evidence::default()
        })
    }

    /// Names the failure to get credentials; the bucket was never asked.
    pub(crate) fn without_credentials(&self, failure: &Failure) -> Error {
        self.error(failure.kind, Sent::No)
            .with_evidence((*failure.evidence).clone())
    }

    fn broken(&self, wire: &WireError, response: Option<&HttpResponse>) -> Error {
        let mut evidence = response
            .map(|response| heard(response, self.at).0)
            .unwrap_or_default();
        evidence.message = Some(wire.text.clone());
        evidence.status = evidence.status.or(wire.status);
        evidence.facts.extend(wire.through.clone());
        evidence.elapsed = Some(self.at.elapsed());
        if response.is_some() && evidence.status.is_some_and(|status| status >= 300) {
            // It was refused; only the reason was lost. A server of another kind gives no id, such
            // as one that wants TLS: it resets the connection behind a bare 400.
            let foreign = evidence.request_id.is_none();
            let kind = self.kind_of(&evidence, foreign);
            // Where the status says too little, that the answer broke off is all there is: a bucket
            // without a configuration is answered with 404 as one that does not exist.
            if !matches!(kind, ErrorKind::Unexpected | ErrorKind::BucketNotFound) {
                return self.error(kind, Sent::Answered).with_evidence(evidence);
            }
        }
        self.error(wire.kind, wire.sent).with_evidence(evidence)
    }

    fn refused(&self, response: &HttpResponse) -> Error {
        let (evidence, foreign) = heard(response, self.at);
        // Whoever leads elsewhere without an id is not the service: a portal, a gateway.
        let redirect = evidence.status.is_some_and(|status| status / 100 == 3);
        let foreign = foreign || (redirect && evidence.request_id.is_none());
        let kind = self.kind_of(&evidence, foreign);
        self.error(kind, Sent::Answered).with_evidence(evidence)
    }

    fn kind_of(&self, evidence: &Evidence, foreign: bool) -> ErrorKind {
        classify::refused(&Answer {
            operation: self.operation,
            status: evidence.status.unwrap_or_default(),
            code: evidence.code.as_deref(),
            message: evidence.message.as_deref().unwrap_or_default(),
            foreign,
            elsewhere: evidence
                .region
                .as_ref()
                .is_some_and(|region| *region != self.region),
        })
    }
}

/// Takes the evidence out of an answer, and says whether its body is not the service's own.
pub(crate) fn heard(response: &HttpResponse, at: Instant) -> (Evidence, bool) {
    let header = |name: &str| response.headers().get(name).map(str::to_owned);
    let body = response.body().bytes().unwrap_or_default();
    let body = String::from_utf8_lossy(body);
    let body = body.trim_start_matches('\u{feff}').trim();
    let refusal = body
        .find("<Error")
        .filter(|_| body.starts_with('<'))
        .map(|start| &body[start..]);
    let said = |tag| refusal.and_then(|xml| element(xml, tag));
    let page = refusal.is_none() && !body.is_empty();
    let message = said("Message")
        .or_else(|| header("x-minio-error-desc"))
        .or_else(|| page.then(|| first_words(body)));
    let evidence = Evidence {
        status: Some(response.status().as_u16()),
        code: said("Code")
            .or_else(|| header("x-minio-error-code"))
            .map(|code| short(&code)),
        message: message
            .map(|message| short(message.trim_matches('"')))
            .filter(|message| !message.is_empty()),
        request_id: request_id(Some(response)).or_else(|| said("RequestId")),
        region: header("x-amz-bucket-region").or_else(|| said("Region")),
        date: header("date").as_deref().and_then(parse_date),
        elapsed: Some(at.elapsed()),
        facts: through(response)
            .filter(|_| page)
            .into_iter()
            .chain(clocks(said("RequestTime"), said("ServerTime")))
            .chain(led_to(response))
            .collect(),
        contradicts_itself: false,
    };
    (evidence, page)
}

/// Returns the two clocks that a refusal for their difference names.
fn clocks(request: Option<String>, server: Option<String>) -> Option<String> {
    let (request, server) = (short(&request?), short(&server?));
    Some(format!(
        "the request is of {request}, the service's clock says {server}"
    ))
}

/// Returns the proxy that an answer came through: a page may well be its own.
fn through(response: &HttpResponse) -> Option<String> {
    let through = response.extension::<Through>()?;
    Some(through.0.clone())
}

/// Returns where a redirect leads; nothing is ever sent there.
fn led_to(response: &HttpResponse) -> Option<String> {
    let location = response.headers().get("location")?;
    let place = location.split(['?', '#']).next().unwrap_or_default();
    let redirects = (300..400).contains(&response.status().as_u16());
    redirects.then(|| short(&format!("it leads to {place}")))
}

/// Returns the text of the first element with a name, in the flat XML of an S3 error.
pub(crate) fn element(xml: &str, name: &str) -> Option<String> {
    let start = xml.find(&format!("<{name}>"))? + name.len() + 2;
    let end = xml[start..].find(&format!("</{name}>"))? + start;
    let text = xml[start..end]
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    (!text.is_empty()).then_some(text)
}

/// Returns what a page that is no answer of the service says, without its markup.
fn first_words(page: &str) -> String {
    let mut words = String::new();
    let mut tag = false;
    for character in page.chars().take(4_096) {
        match character {
            '<' => tag = true,
            '>' => {
                tag = false;
                words.push(' ');
            }
            _ if !tag => words.push(character),
            _ => {}
        }
    }
    words
}
