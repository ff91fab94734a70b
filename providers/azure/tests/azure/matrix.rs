//! Every operation meets every refusal, in the service's documented bytes.

use crate::common::{account_key, key, store};
use backstop_azure::AzureStore;
use backstop_contract::{
    CompleteOptions, Condition, CreateOptions, DeleteOptions, ErrorKind, GetOptions, HeadOptions,
    KeyPrefix, ListOptions, ObjectStore, Operation, PartNumber, PartOptions, PutOptions, Result,
    Sent,
};
use backstop_testkit::{Answer, Response, Scripted};
use bytes::Bytes;

const OPERATIONS: [Operation; 9] = [
    Operation::HeadBucket,
    Operation::ListObjects,
    Operation::ListVersions,
    Operation::HeadObject,
    Operation::GetObject,
    Operation::PutObject,
    Operation::DeleteObject,
    Operation::PutPart,
    Operation::CompleteMultipart,
];

struct Case {
    status: u16,
    code: &'static str,
    message: &'static str,
    kind: fn(Operation) -> ErrorKind,
}

const CASES: &[Case] = &[
    Case {
        status: 403,
        code: "AuthenticationFailed",
        message: "Server failed to authenticate the request. Make sure the value of Authorization header is formed \
            correctly including the signature.",
        kind: |_| ErrorKind::SignatureRejected,
    },
    Case {
        status: 403,
        code: "AuthorizationPermissionMismatch",
        message: "This request is not authorized to perform this operation using this permission.",
        kind: |_| ErrorKind::PermissionDenied,
    },
    Case {
        status: 403,
        code: "KeyBasedAuthenticationNotPermitted",
        message: "Key based authentication is not permitted on this storage account.",
        kind: |_| ErrorKind::PermissionDenied,
    },
    Case {
        status: 401,
        code: "NoAuthenticationInformation",
        message: "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
        kind: |_| ErrorKind::Unauthenticated,
    },
    Case {
        status: 404,
        code: "ContainerNotFound",
        message: "The specified container does not exist.",
        kind: |_| ErrorKind::BucketNotFound,
    },
    Case {
        status: 404,
        code: "ResourceNotFound",
        message: "The specified resource does not exist.",
        kind: |operation| match operation {
            Operation::HeadObject | Operation::GetObject | Operation::DeleteObject => {
                ErrorKind::ObjectNotFound
            }
            _ => ErrorKind::BucketNotFound,
        },
    },
    Case {
        status: 409,
        code: "BlobImmutableDueToPolicy",
        message: "This operation is not permitted as the blob is immutable due to a policy.",
        kind: |_| ErrorKind::Immutable,
    },
    Case {
        status: 412,
        code: "ConditionNotMet",
        message: "The condition specified using HTTP conditional header(s) is not met.",
        kind: |operation| match operation {
            Operation::PutObject | Operation::CompleteMultipart => ErrorKind::AlreadyExists,
            _ => ErrorKind::PreconditionFailed,
        },
    },
    Case {
        status: 503,
        code: "ServerBusy",
        message: "The server is currently unable to receive requests. Please retry your request.",
        kind: |_| ErrorKind::Throttled,
    },
    Case {
        status: 500,
        code: "InternalError",
        message: "Server encountered an internal error. Please try again after some time.",
        kind: |_| ErrorKind::ServiceFailed,
    },
];

/// The service's own form of a refusal:
/// <https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2>.
fn refusal(case: &Case) -> Response {
    let Case {
        status,
        code,
        message,
        ..
    } = case;
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}\n\
         RequestId:00000000-001e-0000-0000-000000000000\nTime:2026-11-22T10:00:00.0000000Z</Message></Error>"
    );
    Response::new(*status, body)
        .with("Content-Type", "application/xml")
        .with("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")
        .with("x-ms-request-id", "00000000-001e-0000-0000-000000000000")
        .with("x-ms-version", "2026-04-06")
        .with("x-ms-error-code", code)
        .with("Date", "Sun, 22 Nov 2026 10:00:00 GMT")
}

async fn send(store: &AzureStore, operation: Operation) -> Result<()> {
    let (key, body) = (key(), Bytes::from_static(b"content"));
    match operation {
        Operation::HeadBucket => store.head_bucket().await.map(drop),
        Operation::ListObjects => {
            let prefix = KeyPrefix::new("backups/").expect("prefix");
            store.list(&prefix, ListOptions::default()).await.map(drop)
        }
        Operation::ListVersions => store.list_versions("backups/", None).await.map(drop),
        Operation::HeadObject => store.head(&key, HeadOptions::default()).await.map(drop),
        Operation::GetObject => store.get(&key, GetOptions::default()).await.map(drop),
        Operation::PutObject => {
            let options = PutOptions {
                condition: Condition::IfAbsent,
                ..PutOptions::default()
            };
            store.put(&key, body, options).await.map(drop)
        }
        Operation::DeleteObject => store.delete(&key, DeleteOptions::default()).await.map(drop),
        Operation::PutPart => {
            let upload = store
                .create_multipart(&key, CreateOptions::default())
                .await?;
            let sent = store
                .put_part(&key, &upload, PartNumber(1), body, PartOptions::default())
                .await;
            sent.map(drop)
        }
        Operation::CompleteMultipart => complete(store).await,
        other => unreachable!("{other} sends nothing"),
    }
}

/// Completes an upload whose part was taken.
async fn complete(store: &AzureStore) -> Result<()> {
    let key = key();
    let upload = store
        .create_multipart(&key, CreateOptions::default())
        .await?;
    let body = Bytes::from_static(b"content");
    let part = store
        .put_part(&key, &upload, PartNumber(1), body, PartOptions::default())
        .await?;
    let options = CompleteOptions {
        condition: Condition::IfAbsent,
        ..CompleteOptions::default()
    };
    store
        .complete_multipart(&key, &upload, &[part], options)
        .await
        .map(drop)
}

#[tokio::test]
async fn every_operation_names_every_refusal() {
    for case in CASES {
        for operation in OPERATIONS {
            let mut answers: Vec<Answer> = Vec::new();
            if operation == Operation::CompleteMultipart {
                let taken = Response::new(201, "").with("x-ms-version", "2026-04-06");
                answers.push(taken.into());
            }
            let before = answers.len();
            answers.push(refusal(case).into());
            let server = Scripted::sequence(answers).expect("server");
            let (store, log) = store(&server.endpoint(), account_key()).await;

            let error = send(&store, operation).await.expect_err("refused");
            let what = format!("{operation}, {}: {error}", case.code);
            assert_eq!(error.kind(), (case.kind)(operation), "{what}");
            assert_eq!(error.operation(), operation, "{what}");
            assert_eq!(error.sent(), Sent::Answered, "{what}");
            let evidence = error.evidence();
            assert_eq!(evidence.status, Some(case.status), "{what}");
            assert_eq!(evidence.code.as_deref(), Some(case.code), "{what}");
            assert!(
                evidence.date.is_some() && evidence.elapsed.is_some(),
                "{what}"
            );
            let id = "00000000-001e-0000-0000-000000000000";
            assert_eq!(evidence.request_id.as_deref(), Some(id), "{what}");
            if operation != Operation::HeadObject {
                let message = evidence.message.as_deref().expect("message");
                assert!(case.message.starts_with(message), "{what}: {message}");
            }
            // One method, one request, one exchange: nothing is repeated.
            assert_eq!(server.requests().len(), before + 1, "{what}");
            let seen = log.take();
            assert_eq!(seen.len(), before + 1, "{what}");
            assert_eq!(seen[before].operation, operation, "{what}");
            assert_eq!(seen[before].status, Some(case.status), "{what}");
            assert_eq!(seen[before].attempt, 1, "{what}");
        }
    }
}

#[tokio::test]
async fn a_page_of_somebody_else_is_malformed_for_every_operation() {
    for status in [200, 201, 202, 302, 403, 404, 407] {
        for operation in OPERATIONS {
            let page = Response::new(status, "<html><body>Please sign in</body></html>")
                .with("Content-Type", "text/html")
                .with("Location", "http://portal.invalid/");
            let server = Scripted::sequence(vec![page.into()]).expect("server");
            let (store, _log) = store(&server.endpoint(), account_key()).await;
            let error = send(&store, operation).await.expect_err("no success");
            let kind = error.kind();
            // A HEAD has no body to tell a page by.
            let bare = operation == Operation::HeadObject && matches!(status, 403 | 404);
            let expected = match status {
                407 => ErrorKind::Unauthenticated,
                _ => ErrorKind::MalformedResponse,
            };
            assert!(kind == expected || bare, "{operation} {status}: {error}");
            assert_eq!(server.requests().len(), 1, "{operation} {status}");
        }
    }
}
