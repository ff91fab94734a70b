//! What a store makes of documented answers, byte for byte, from a scripted server.

mod answers;
mod bodies;
mod credentials;
mod fakes;
mod forms;
mod node;
mod posture;
mod principal;
mod proxies;
mod requests;
mod roles;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backstop_contract::{
    CompleteOptions, CreateOptions, DeleteOptions, Error, Exchange, GetOptions, HeadOptions,
    KeyPrefix, ListOptions, ObjectKey, ObjectStore, Operation, PartNumber, PartOptions, PutOptions,
    Secret, StoreLocation, UploadId, WireObserver,
};
use backstop_testkit::{Answer, Request, Response, Scripted};
use bytes::Bytes;

use crate::ambient::Ambient;
use crate::connect::{ConnectError, connect, connect_within};
use crate::policy;
use crate::proxy::Proxy;
use crate::store::{Flavor, S3Store};
use crate::{S3Config, S3Credentials};

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

/// Connects within surroundings of a test's own.
async fn within(
    variables: &[(&str, &str)],
    files: &[(&str, &str)],
    config: S3Config,
) -> Result<(S3Store, Arc<Log>), ConnectError> {
    let flavor = Flavor {
        info: &policy::S3,
        location: StoreLocation::new("s3", "acme"),
        more: &[],
        refuses: |_| None,
    };
    let log = Arc::new(Log::default());
    let ambient = Ambient::of_test(variables, files);
    let proxy = Proxy::of_environment();
    let store = connect_within(ambient, proxy, flavor, config, log.clone()).await?;
    Ok((store, log))
}

/// Returns a configuration whose credentials come on one way.
fn by(server: &Scripted, credentials: S3Credentials) -> S3Config {
    S3Config {
        credentials,
        ..config(server)
    }
}

/// Returns the access key id that a request was signed with.
fn signer(request: &Request) -> String {
    let header = request.header("authorization").unwrap_or_default();
    let id = header
        .split_once("Credential=")
        .and_then(|(_, rest)| rest.split('/').next());
    id.unwrap_or_default().to_owned()
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
        Operation::CreateMultipart => store
            .create_multipart(&key, CreateOptions::default())
            .await
            .err(),
        Operation::PutPart => {
            let part = store.put_part(&key, &upload, PartNumber(1), body, PartOptions::default());
            part.await.err()
        }
        Operation::CompleteMultipart => {
            let options = CompleteOptions::default();
            let complete = store.complete_multipart(&key, &upload, &[], options);
            complete.await.err()
        }
        Operation::AbortMultipart => store.abort_multipart(&key, &upload).await.err(),
        Operation::ListUploads => store.list_uploads("", None).await.err(),
        Operation::ListParts => store.list_parts(&key, &upload, None).await.err(),
        Operation::ListVersions => store.list_versions("", None).await.err(),
        Operation::Inspect => {
            let versioning = store.inspect(backstop_contract::Aspect::Versioning);
            versioning.await.err()
        }
        _ => None,
    }
}
