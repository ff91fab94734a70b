//! How a refusal of the token endpoint looks.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Response;

const TRACE: &str = "0b6e2f7d-95c1-4d38-8a4e-6c1f0d2b3e00";
const CORRELATION: &str = "7f3d5c1e-2a84-4b96-b0e7-9d8c6a5f4e11";

/// Why there is no token.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    error: &'static str,
    code: u32,
    text: String,
}

impl Refusal {
    /// Makes a refusal of something in the request.
    pub(super) fn request(error: &'static str, code: u32, text: impl Into<String>) -> Self {
        let (status, text) = (400, text.into());
        Self {
            status,
            error,
            code,
            text,
        }
    }

    /// Makes a refusal of the client's proof.
    pub(super) fn client(code: u32, text: impl Into<String>) -> Self {
        Self {
            status: 401,
            error: "invalid_client",
            code,
            text: text.into(),
        }
    }

    /// Writes the sentence with its code.
    pub(crate) fn sentence(&self) -> String {
        format!("AADSTS{}: {}", self.code, self.text)
    }

    /// Writes the error's name.
    pub(crate) fn error(&self) -> &'static str {
        self.error
    }

    pub(super) fn answer(&self, now: Timestamp) -> Response {
        let time = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let (sentence, code) = (self.sentence(), self.code);
        let description =
            format!("{sentence} Trace ID: {TRACE} Correlation ID: {CORRELATION} Timestamp: {time}");
        let body = json!({
            "error": self.error, "error_description": description, "error_codes": [code], "timestamp": time,
            "trace_id": TRACE, "correlation_id": CORRELATION,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        json_response(self.status, &body)
    }
}

/// Makes an answer that is not to be kept.
pub(super) fn json_response(status: u16, body: &Value) -> Response {
    Response::new(status, body.to_string())
        .with("Content-Type", "application/json; charset=utf-8")
        .with("Cache-Control", "no-store, no-cache")
}
