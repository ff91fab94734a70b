//! What is kept of an answer: enough to prove a refusal, nothing that could be used.

use azure_core::http::RawResponse;
use azure_core::http::headers::HeaderName;
use backstop_contract::Evidence;

use crate::observe;

const ERROR_CODE: HeaderName = HeaderName::from_static("x-ms-error-code");
const VERSION: HeaderName = HeaderName::from_static("x-ms-version");

/// The longest sentence of a service that is kept, in characters.
const LONGEST_MESSAGE: usize = 300;

/// The longest code of a service that is kept, in characters.
const LONGEST_CODE: usize = 60;

/// A refusal, read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusal {
    pub(crate) evidence: Evidence,
    /// What the service says at length about a failed authentication. It can repeat a signature, so
    /// it is looked at and never kept.
    pub(crate) detail: String,
    /// Whether it has the marks of the service, or is a page of somebody on the way.
    pub(crate) genuine: bool,
}

impl Refusal {
    /// Reads an answer of the blob service.
    ///
    /// See <https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2>.
    pub(crate) fn of_blobs(answer: &RawResponse) -> Self {
        let headers = answer.headers();
        let body = String::from_utf8_lossy(answer.body());
        let is_error = body.contains("<Error>") || body.contains("<Error ");
        let inside = |name| is_error.then(|| element(&body, name)).flatten();
        let code = headers
            .get_optional_string(&ERROR_CODE)
            .or_else(|| inside("Code"));
        let marked = headers.get_optional_str(&VERSION).is_some() || code.is_some();
        let mut refusal = Self::head(answer);
        let told = is_error && refusal.evidence.request_id.is_some();
        refusal.genuine = marked || told || body.trim().is_empty();
        refusal.detail = inside("AuthenticationErrorDetail").unwrap_or_default();
        refusal.evidence.message = inside("Message").and_then(|text| sentence(&text));
        refusal.evidence.code = code;
        refusal
    }

    /// Reads an answer of an Entra token endpoint.
    ///
    /// See <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.
    pub(crate) fn of_tokens(answer: &RawResponse) -> Self {
        let mut refusal = Self::head(answer);
        let Ok(body) = serde_json::from_slice::<serde_json::Value>(answer.body()) else {
            return refusal;
        };
        let Some(error) = body["error"].as_str() else {
            return refusal;
        };
        let described = body["error_description"].as_str().unwrap_or_default();
        let code = described
            .split(':')
            .next()
            .filter(|word| word.starts_with("AADSTS"))
            .map(str::to_owned)
            .or_else(|| {
                body["error_codes"][0]
                    .as_u64()
                    .map(|code| format!("AADSTS{code}"))
            });
        refusal.genuine = true;
        refusal.evidence.code = Some(code.unwrap_or_else(|| error.to_owned()));
        refusal.evidence.message = sentence(described);
        described.clone_into(&mut refusal.detail);
        refusal
    }

    /// Reads an answer of a metadata service: a virtual machine's has `error`, App Service's
    /// `message`.
    pub(crate) fn of_metadata(answer: &RawResponse) -> Self {
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let told = &body["error_description"];
        Self::told(
            answer,
            &body["error"],
            told.as_str().or(body["message"].as_str()),
        )
    }

    /// Reads an answer of the management plane.
    ///
    /// See <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/find-error-code>.
    pub(crate) fn of_management(answer: &RawResponse) -> Self {
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let error = &body["error"];
        Self::told(answer, &error["code"], error["message"].as_str())
    }

    fn told(answer: &RawResponse, code: &serde_json::Value, message: Option<&str>) -> Self {
        let mut refusal = Self::head(answer);
        let code = code
            .as_str()
            .map(|code| code.chars().take(LONGEST_CODE).collect());
        refusal.genuine = code.is_some() || message.is_some();
        refusal.evidence.code = code;
        refusal.evidence.message = message.and_then(sentence);
        refusal
    }

    fn head(answer: &RawResponse) -> Self {
        Self {
            evidence: Evidence {
                status: Some(answer.status().into()),
                request_id: observe::request_id(answer.headers()),
                date: observe::date(answer.headers()),
                ..Evidence::default()
            },
            ..Self::default()
        }
    }
}

/// Returns the first sentence, without the ids and times that the services append, and without
/// anything behind a signature.
fn sentence(text: &str) -> Option<String> {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut end = line.len();
    for mark in [". ", "RequestId:", "Trace ID:", "Correlation ID:", "sig="] {
        if let Some(at) = line.find(mark) {
            end = end.min(if mark == ". " { at + 1 } else { at });
        }
    }
    let kept: String = line[..end].trim().chars().take(LONGEST_MESSAGE).collect();
    (!kept.is_empty()).then_some(kept)
}

/// Returns the text of the first element of a name, entities resolved.
pub(crate) fn element(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = quick_xml::escape::unescape(text).ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use azure_core::http::headers::Headers;

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> RawResponse {
        let mut map = Headers::new();
        for (name, value) in headers {
            map.insert(*name, *value);
        }
        RawResponse::from_bytes(status.into(), map, body.to_owned())
    }

    #[test]
    fn a_refusal_keeps_one_sentence_and_no_signature() {
        let body = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code>\
            <Message>Server failed to authenticate the request. Make sure the value of Authorization header is formed \
            correctly including the signature.\nRequestId:1\nTime:2026-11-22T10:00:00.0Z</Message>\
            <AuthenticationErrorDetail>Signature did not match. String to sign used was c&amp;d sig=abc</AuthenticationErrorDetail></Error>";
        let refusal = Refusal::of_blobs(&answer(403, &[("x-ms-request-id", "1")], body));
        assert_eq!(
            refusal.evidence.code.as_deref(),
            Some("AuthenticationFailed")
        );
        assert_eq!(
            refusal.evidence.message.as_deref(),
            Some("Server failed to authenticate the request.")
        );
        assert!(refusal.detail.contains("c&d"));
        assert!(refusal.genuine);
    }

    #[test]
    fn a_head_is_read_from_its_headers() {
        let headers = [
            ("x-ms-error-code", "BlobNotFound"),
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ];
        let refusal = Refusal::of_blobs(&answer(404, &headers, ""));
        assert_eq!(refusal.evidence.code.as_deref(), Some("BlobNotFound"));
        assert!(refusal.evidence.date.is_some());
    }

    #[test]
    fn a_page_is_not_genuine() {
        let page = "<html><body>Sign in</body></html>";
        assert!(!Refusal::of_blobs(&answer(403, &[], page)).genuine);
        assert!(!Refusal::of_tokens(&answer(403, &[], page)).genuine);
    }

    #[test]
    fn the_sentence_of_entra_is_kept_without_its_ids() {
        let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app \u0027c1\u0027. Trace ID: 1 Correlation ID: 2 Timestamp: 3","error_codes":[7000215],"trace_id":"1"}"#;
        let refusal = Refusal::of_tokens(&answer(401, &[], body));
        assert_eq!(refusal.evidence.code.as_deref(), Some("AADSTS7000215"));
        assert_eq!(
            refusal.evidence.message.as_deref(),
            Some("AADSTS7000215: Invalid client secret provided.")
        );
    }

    #[test]
    fn a_sentence_ends_before_a_signature() {
        assert_eq!(
            sentence("cannot read https://h/c?sp=r&sig=abc"),
            Some("cannot read https://h/c?sp=r&".to_owned())
        );
        assert_eq!(sentence(" \n"), None);
    }
}
