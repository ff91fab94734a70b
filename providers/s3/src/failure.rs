//! From what the SDK returns to the contract's error: the evidence, and nothing secret.

use std::error::Error as StdError;
use std::time::Instant;

use aws_config::meta::ProviderChainError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::ErrorMetadata;
use backstop_contract::{Error, ErrorKind, Evidence, ObjectKey, Operation, Sent, StoreLocation};

use crate::classify::{self, Answer, causes, short};
use crate::wire::{WireError, parse_date};

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

    /// Names the failure of a request.
    pub(crate) fn failed<E>(&self, error: &SdkError<E, HttpResponse>) -> Error
    where
        E: StdError + 'static,
    {
        let chain = causes(error);
        let wire = chain
            .iter()
            .find_map(|cause| cause.downcast_ref::<WireError>());
        if let Some(credentials) = chain
            .iter()
            .find_map(|cause| cause.downcast_ref::<CredentialsError>())
        {
            return self.without_credentials(credentials);
        }
        match (wire, error.raw_response()) {
            (Some(wire), response) => self.broken(wire, response),
            (None, Some(response)) => self.refused(response),
            (None, None) => {
                let (kind, text) = match error {
                    // The one timeout left to the SDK is that of loading credentials.
                    SdkError::TimeoutError(_) => (ErrorKind::TimedOut, "the SDK gave up waiting"),
                    SdkError::ConstructionFailure(_) => {
                        (ErrorKind::Unexpected, "the request could not be built")
                    }
                    _ => (ErrorKind::Unexpected, "the request could not be sent"),
                };
                let cause = chain.last().map(ToString::to_string).unwrap_or_default();
                self.error(kind, Sent::No)
                    .with_message(short(&format!("{text}: {cause}")))
            }
        }
    }

    /// Names the failure of an answer's body that was streaming.
    pub(crate) fn body_failed(&self, error: &(dyn StdError + 'static)) -> Error {
        let chain = causes(error);
        let (kind, text) = match chain
            .iter()
            .find_map(|cause| cause.downcast_ref::<WireError>())
        {
            Some(wire) => (wire.kind, wire.text.clone()),
            None => classify::broken(error),
        };
        let sent = match kind {
            ErrorKind::ChecksumMismatch => Sent::Answered,
            _ => Sent::Maybe,
        };
        self.error(kind, sent).with_evidence(Evidence {
            message: Some(text),
            elapsed: Some(self.at.elapsed()),
            ..Evidence::default()
        })
    }

    /// Names the failure to get credentials; the bucket was never asked.
    pub(crate) fn without_credentials(&self, error: &CredentialsError) -> Error {
        let chain = causes(error);
        let wire = chain
            .iter()
            .find_map(|cause| cause.downcast_ref::<WireError>());
        let (code, message) = said_by_tokens(&chain);
        let named = token_refusal(code.as_deref(), message.as_deref());
        let kind = match (error, wire) {
            (CredentialsError::ProviderTimedOut(_), _) => ErrorKind::TimedOut,
            (CredentialsError::CredentialsNotLoaded(_), _) => ErrorKind::Unauthenticated,
            (_, Some(wire)) => wire.kind,
            (_, None) => named.unwrap_or(ErrorKind::Unauthenticated),
        };
        self.error(kind, Sent::No).with_evidence(Evidence {
            code,
            message: Some(message.unwrap_or_else(|| explain(error, &chain))),
            ..Evidence::default()
        })
    }

    fn broken(&self, wire: &WireError, response: Option<&HttpResponse>) -> Error {
        let mut evidence = response
            .map(|response| self.heard(response).0)
            .unwrap_or_default();
        evidence.message = Some(wire.text.clone());
        evidence.elapsed = Some(self.at.elapsed());
        if evidence.status.is_some_and(|status| status >= 300) {
            // It was refused; only the reason was lost. A server of another kind gives no id, such
            // as one that wants TLS: it resets the connection behind a bare 400.
            let foreign = evidence.request_id.is_none();
            return self.decided(evidence, foreign);
        }
        self.error(wire.kind, wire.sent).with_evidence(evidence)
    }

    fn refused(&self, response: &HttpResponse) -> Error {
        let (evidence, foreign) = self.heard(response);
        self.decided(evidence, foreign)
    }

    fn decided(&self, evidence: Evidence, foreign: bool) -> Error {
        let kind = classify::refused(&Answer {
            operation: self.operation,
            status: evidence.status.unwrap_or_default(),
            code: evidence.code.as_deref(),
            message: evidence.message.as_deref().unwrap_or_default(),
            foreign,
            elsewhere: evidence
                .region
                .as_ref()
                .is_some_and(|region| *region != self.region),
        });
        self.error(kind, Sent::Answered).with_evidence(evidence)
    }

    /// Takes the evidence out of an answer, and says whether its body is not the service's own.
    fn heard(&self, response: &HttpResponse) -> (Evidence, bool) {
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
            request_id: header("x-amz-request-id").or_else(|| said("RequestId")),
            region: header("x-amz-bucket-region").or_else(|| said("Region")),
            date: header("date").as_deref().and_then(parse_date),
            elapsed: Some(self.at.elapsed()),
        };
        (evidence, page)
    }
}

/// Returns the text of the first element with a name, in the flat XML of an S3 error.
fn element(xml: &str, name: &str) -> Option<String> {
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

/// Says in one line what each source of credentials answered.
fn explain(error: &CredentialsError, chain: &[&(dyn StdError + 'static)]) -> String {
    let tried = chain
        .iter()
        .find_map(|cause| cause.downcast_ref::<ProviderChainError<CredentialsError>>());
    let Some(tried) = tried else {
        return short(&innermost(error));
    };
    let links: Vec<_> = tried
        .attempts()
        .iter()
        .map(|attempt| format!("{}: {}", attempt.name(), innermost(attempt.error())))
        .collect();
    short(&format!("no credentials ({})", links.join("; ")))
}

/// Returns what an error was made of, without the output of a `credential_process`: the process
/// may print there what it was to keep.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    let text = causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default();
    match text.split_once("Stderr:") {
        Some((before, _)) => format!(
            "{}; its own output is withheld",
            before.trim_end_matches(['.', ' '])
        ),
        None => text,
    }
}

/// Returns the code and the message with which the token service refused.
///
/// A refusal that the SDK has a type for, such as that of an expired web identity, hides its
/// metadata from the chain; its text begins with its name.
fn said_by_tokens(chain: &[&(dyn StdError + 'static)]) -> (Option<String>, Option<String>) {
    if let Some(said) = chain
        .iter()
        .find_map(|cause| cause.downcast_ref::<ErrorMetadata>())
    {
        return (said.code().map(short), said.message().map(short));
    }
    let text = chain.last().map(ToString::to_string).unwrap_or_default();
    let (name, message) = text.split_once(':').unwrap_or((&text, ""));
    let known = name.starts_with("ExpiredToken") || name == "SignatureDoesNotMatch";
    if !known || name.contains(char::is_whitespace) {
        return (None, None);
    }
    let message = (!message.is_empty()).then(|| short(message));
    (Some(short(name)), message)
}

/// Decides what a refusal of the token service means, beyond that there are no credentials.
///
/// See <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>.
fn token_refusal(code: Option<&str>, message: Option<&str>) -> Option<ErrorKind> {
    let code = code?;
    let says = |text| message.is_some_and(|message| message.contains(text));
    if code.starts_with("ExpiredToken") {
        return Some(ErrorKind::CredentialExpired);
    }
    // The token service tells a wrong clock from a wrong key by its message alone.
    let skewed = says("Signature expired") || says("not yet current");
    (code == "SignatureDoesNotMatch" && skewed).then_some(ErrorKind::ClockSkewed)
}
