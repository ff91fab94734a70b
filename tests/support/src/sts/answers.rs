//! The XML of the answers.

use std::fmt::Write as _;

use crate::Response;
use crate::scratch::unique;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status,
            code,
            message,
        }
    }
}

/// The result of an operation: its name, and the elements of its result.
pub(super) type Outcome = Result<(&'static str, String), Refusal>;

/// Makes an answer out of what an operation came to.
pub(super) fn answered(outcome: Outcome) -> Response {
    let id = format!("01234567-89ab-cdef-0123-{:0>12}", unique().replace('-', ""));
    let (status, body) = match outcome {
        Ok((operation, result)) => (
            200,
            format!(
                "<{operation}Response xmlns=\"{NAMESPACE}\">\n  <{operation}Result>\n{result}  </{operation}Result>\n  \
                 <ResponseMetadata>\n    <RequestId>{id}</RequestId>\n  </ResponseMetadata>\n</{operation}Response>\n"
            ),
        ),
        Err(refusal) => (refusal.status, refused(&refusal, &id)),
    };
    Response::new(status, body)
        .with("x-amzn-RequestId", &id)
        .with("Content-Type", "text/xml")
}

fn refused(refusal: &Refusal, id: &str) -> String {
    let (code, message) = (refusal.code, escaped(&refusal.message));
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>{code}</Code>\n    \
         <Message>{message}</Message>\n  </Error>\n  <RequestId>{id}</RequestId>\n</ErrorResponse>\n"
    )
}

/// Makes one element of every pair.
pub(super) fn elements(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        // Writing into a text does not fail.
        let _ = writeln!(text, "    <{name}>{}</{name}>", escaped(value));
    }
    text
}

/// Puts elements into another.
pub(super) fn nested(name: &str, inner: &str) -> String {
    format!("    <{name}>\n{inner}    </{name}>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
