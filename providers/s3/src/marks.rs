//! Marks on requests, and the marks that tell an answer of the service from anybody's 200.
//!
//! # Why
//!
//! A captive portal, a gateway or a `WebDAV` server answers 200 or 204 to anything. Where a success
//! is XML, or names an `ETag` for a part, the SDK would not read it; a put, a delete, an abort, a
//! HEAD and a GET would be believed on their status alone.
//!
//! Some services give no request id, and to a delete nothing but 204. Such an answer is believed
//! only of a store that was seen to be one of them: it gave an answer of the protocol without a
//! request id before, and never one with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::config_bag::ConfigBag;
use backstop_contract::{ErrorKind, Operation, Sent};

use crate::classify::{self, Answer};
use crate::failure::heard;
use crate::given::Payload;
use crate::wire::WireError;

/// The headers that a service gives with each of its answers, or with none.
const REQUEST_IDS: [&str; 2] = ["x-amz-request-id", "x-amz-id-2"];

/// How the headers begin that only a service of the protocol sends: Amazon's, and those of `MinIO`,
/// Google, Alibaba, Tencent and Huawei.
const OWN: [&str; 7] = [
    "x-amz-",
    "x-minio-",
    "x-goog-",
    "x-guploader-",
    "x-oss-",
    "x-cos-",
    "x-obs-",
];

/// Headers of `CloudFront` and of Amazon's API gateway, which stand before anything.
const OF_GATEWAYS: [&str; 2] = ["x-amz-cf-", "x-amz-apigw-"];

/// What a store's answers so far show of its service.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    with_id: AtomicBool,
    without_id: AtomicBool,
}

impl Marks {
    /// Notes a success, and says whether it is one of the service.
    fn is_genuine(&self, operation: Operation, headers: &Headers) -> bool {
        if matches!(operation, Operation::HeadBucket | Operation::Inspect) {
            // These tell no more than their answer; and a health page is no answer of the protocol.
            return true;
        }
        if REQUEST_IDS.iter().any(|name| is_given(headers, name)) {
            self.with_id.store(true, Ordering::Relaxed);
            return true;
        }
        let removes = matches!(
            operation,
            Operation::DeleteObject | Operation::AbortMultipart
        );
        let names_object = matches!(
            operation,
            Operation::PutObject | Operation::HeadObject | Operation::GetObject
        );
        // Every other operation was read out of its XML, or names an ETag.
        let shows = !removes && !names_object;
        if shows || has_own(headers) || (names_object && is_given(headers, "etag")) {
            self.without_id.store(true, Ordering::Relaxed);
            return true;
        }
        removes && self.without_id.load(Ordering::Relaxed) && !self.with_id.load(Ordering::Relaxed)
    }
}

fn is_given(headers: &Headers, name: &str) -> bool {
    headers.get(name).is_some_and(|value| !value.is_empty())
}

fn has_own(headers: &Headers) -> bool {
    headers.iter().any(|(name, _)| {
        let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        begins(&OWN) && !begins(&OF_GATEWAYS)
    })
}

/// Marks a request with the operation it belongs to, and holds its success to the service's marks.
#[derive(Debug)]
pub(crate) struct Marked {
    operation: Operation,
    marks: Arc<Marks>,
    payload: Payload,
}

impl Marked {
    pub(crate) fn new(operation: Operation, marks: &Arc<Marks>) -> Self {
        Self {
            operation,
            marks: Arc::clone(marks),
            payload: Payload::default(),
        }
    }

    /// Returns the mark that also tells the signer the hash of the body.
    pub(crate) fn signing(self, payload: Payload) -> Self {
        Self { payload, ..self }
    }
}

#[dyn_dispatch_hint]
impl Intercept for Marked {
    fn name(&self) -> &'static str {
        "backstop operation"
    }

    fn modify_before_signing(
        &self,
        _context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(payload) = self.payload.signed() {
            config.interceptor_state().store_put(payload);
        }
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().add_extension(self.operation);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.output_or_error().is_err() {
            return Ok(());
        }
        let response = context.response();
        if let Some(error) = error_inside(self.operation, response) {
            return Err(error.into());
        }
        if self.marks.is_genuine(self.operation, response.headers()) {
            return Ok(());
        }
        let text = "the answer has none of the service's headers".to_owned();
        Err(WireError::new(ErrorKind::MalformedResponse, Sent::Answered, text).into())
    }
}

/// Returns the refusal that a success is made of: an answer that takes long is begun with 200, and
/// may end in an error all the same.
///
/// See <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>.
fn error_inside(operation: Operation, response: &HttpResponse) -> Option<WireError> {
    let (evidence, page) = heard(response, Instant::now());
    let code = evidence.code.as_deref().filter(|_| !page)?;
    let message = evidence.message.as_deref().unwrap_or_default();
    let kind = classify::refused(&Answer {
        operation,
        status: response.status().as_u16(),
        code: Some(code),
        message,
        foreign: false,
        elsewhere: false,
    });
    let text = format!("the answer is a success with an error inside: {code}: {message}");
    Some(WireError::new(kind, Sent::Answered, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in all {
            headers.insert(*name, *value);
        }
        headers
    }

    #[test]
    fn the_headers_of_a_service_are_known() {
        let (put, delete) = (Operation::PutObject, Operation::DeleteObject);
        for (operation, given, genuine) in [
            (put, &[("etag", "\"e\"")][..], true),
            (put, &[("etag", "")], false),
            (put, &[("x-amz-request-id", "7")], true),
            (put, &[("server", "nginx"), ("x-request-id", "7")], false),
            (delete, &[("etag", "\"e\"")], false),
            (delete, &[("x-amz-id-2", "7")], true),
            (delete, &[("x-amz-delete-marker", "true")], true),
            (delete, &[("x-minio-deployment-id", "7")], true),
            (delete, &[("x-guploader-uploadid", "7")], true),
            (
                delete,
                &[("x-amz-cf-id", "7"), ("x-amz-apigw-id", "7")],
                false,
            ),
            (delete, &[("x-amzn-requestid", "7")], false),
        ] {
            let seen = Marks::default().is_genuine(operation, &headers(given));
            assert_eq!(seen, genuine, "{operation} {given:?}");
        }
    }

    #[test]
    fn a_bare_204_is_believed_of_a_service_without_request_ids_alone() {
        let bare = headers(&[]);
        for (before, genuine) in [
            (None, false),
            (Some(&[("etag", "\"e\"")][..]), true),
            (Some(&[("etag", "\"e\""), ("x-amz-request-id", "7")]), false),
        ] {
            let marks = Marks::default();
            if let Some(before) = before {
                assert!(marks.is_genuine(Operation::PutObject, &headers(before)));
            }
            for operation in [Operation::DeleteObject, Operation::AbortMultipart] {
                assert_eq!(marks.is_genuine(operation, &bare), genuine, "{before:?}");
            }
            assert!(!marks.is_genuine(Operation::PutObject, &bare));
        }
    }
}
