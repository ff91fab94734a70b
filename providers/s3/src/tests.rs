//! What a store makes of documented answers, byte for byte, from a scripted server.

mod answers;
mod bodies;
mod credentials;
mod proxies;
mod requests;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backstop_contract::{
    CompleteOptions, DeleteOptions, Error, Exchange, GetOptions, HeadOptions, KeyPrefix,
    ListOptions, ObjectKey, ObjectStore, Operation, PartNumber, PutOptions, Secret, UploadId,
    WireObserver,
};
use backstop_testkit::{Answer, Response, Scripted};
use bytes::Bytes;

use crate::{S3Config, S3Credentials, S3Store, connect};

/// Keeps every exchange.
#[derive(Debug, Default)]
struct Log(Mutex<Vec<Exchange>>);

impl WireObserver for Log {
    fn observe(&self, exchange: &Exchange) {
        self.0.lock().expect("no panic").push(exchange.clone());
    }
}

impl Log {
    fn all(&self) -> Vec<Exchange> {
        self.0.lock().expect("no panic").clone()
    }
}

fn config(server: &Scripted) -> S3Config {
    let mut config = S3Config::new(
        "acme",
        S3Credentials::AccessKey {
            id: "AKIDEXAMPLE".to_owned(),
            secret: Secret::new("planted-secret".to_owned()),
            session_token: None,
            source: "config file".to_owned(),
        },
    );
    config.endpoint = Some(server.endpoint());
    config.region = Some("us-east-1".to_owned());
    config.request_timeout = Duration::from_millis(400);
    config
}

async fn store(server: &Scripted) -> (S3Store, Arc<Log>) {
    with(config(server)).await
}

async fn with(config: S3Config) -> (S3Store, Arc<Log>) {
    let log = Arc::new(Log::default());
    let store = connect(config, log.clone()).await.expect("a store");
    (store, log)
}

fn always(response: Response) -> Scripted {
    Scripted::sequence(vec![Answer::Send(response)]).expect("a free port")
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).expect("a key")
}

fn refusal(status: u16, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>4442587FB7D0A2F9</RequestId><HostId>vZNrI</HostId></Error>"
    );
    Response::new(status, body)
        .with("Content-Type", "application/xml")
        .with("x-amz-request-id", "4442587FB7D0A2F9")
        .with("Date", "Sun, 22 Nov 2026 20:17:21 GMT")
}

/// Runs one operation and returns how it failed, if it did.
async fn fails(store: &S3Store, operation: Operation) -> Option<Error> {
    let key = key("k/x");
    let upload = UploadId::new("u");
    let body = Bytes::from_static(b"body");
    match operation {
        Operation::HeadBucket => store.head_bucket().await.err(),
        Operation::ListObjects => {
            let prefix = KeyPrefix::default();
            store.list(&prefix, ListOptions::default()).await.err()
        }
        Operation::HeadObject => store.head(&key, HeadOptions::default()).await.err(),
        Operation::GetObject => store.get(&key, GetOptions::default()).await.err(),
        Operation::PutObject => store.put(&key, body, PutOptions::default()).await.err(),
        Operation::DeleteObject => store.delete(&key, DeleteOptions::default()).await.err(),
        Operation::CreateMultipart => store.create_multipart(&key).await.err(),
        Operation::PutPart => {
            let part = store.put_part(&key, &upload, PartNumber(1), body);
            part.await.err()
        }
        Operation::CompleteMultipart => {
            let options = CompleteOptions::default();
            let complete = store.complete_multipart(&key, &upload, &[], options);
            complete.await.err()
        }
        Operation::AbortMultipart => store.abort_multipart(&key, &upload).await.err(),
        Operation::ListUploads => store.list_uploads("", None).await.err(),
        Operation::ListVersions => store.list_versions("", None).await.err(),
        Operation::Inspect => {
            let versioning = store.inspect(backstop_contract::Aspect::Versioning);
            versioning.await.err()
        }
        _ => None,
    }
}
