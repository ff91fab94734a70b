//! One request in the making: its place, its context, its failures, its success.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{ClientMethodOptions, Context, RawResponse};
use azure_storage_blob::BlobClient;
use backstop_contract::{
    Attributes, ETag, Error, ErrorKind, Evidence, ObjectKey, ObjectMeta, Operation, PutResult,
    Result, Sent, StoreLocation, VersionId,
};
use url::Url;

use crate::challenge;
use crate::classify::{self, Asked, Failure};
use crate::observe;
use crate::request::METADATA;
use crate::store::AzureStore;
use crate::tokens::Tokens;

const ETAG: HeaderName = HeaderName::from_static("etag");
const LAST_MODIFIED: HeaderName = HeaderName::from_static("last-modified");
const TIER: HeaderName = HeaderName::from_static("x-ms-access-tier");
const VERSION_ID: HeaderName = HeaderName::from_static("x-ms-version-id");
const PROTOCOL: HeaderName = HeaderName::from_static("x-ms-version");

/// How many path segments a name may have.
/// See <https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata>.
const SEGMENTS: usize = 254;

/// Where a request goes and what it was, for its errors.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    location: StoreLocation,
    key: Option<ObjectKey>,
    asked: Asked,
    surroundings: Arc<Surroundings>,
}

/// What is known of a store's requests besides themselves, to be told when one fails.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// The fact that they go through a proxy.
    pub(crate) proxy: Option<String>,
    /// The tokens that they carry.
    pub(crate) tokens: Option<Arc<Tokens>>,
}

impl Surroundings {
    /// Returns what there is to compare beside a failure.
    fn facts(&self, on_the_way: bool, account_tenant: Option<&str>) -> Vec<String> {
        let ours = self.tokens.as_ref().and_then(|tokens| tokens.tenant());
        let mut facts = challenge::facts(account_tenant, ours);
        facts.extend(self.proxy.clone().filter(|_| on_the_way));
        facts
    }
}

impl Place {
    /// Makes the error of a failure of the pipeline, or of a body.
    pub(crate) fn failed(&self, error: &azure_core::Error, begun: Instant) -> Error {
        self.understood(classify::failure(error, self.asked), begun)
    }

    fn understood(&self, failure: Failure, begun: Instant) -> Error {
        let Failure {
            kind,
            operation,
            sent,
            evidence,
            source,
            on_the_way,
            account_tenant,
        } = failure;
        let facts = self
            .surroundings
            .facts(on_the_way, account_tenant.as_deref());
        let evidence = Evidence {
            elapsed: Some(begun.elapsed()),
            ..evidence
        };
        let failed = self.error(kind, operation, sent);
        let failed = failed.with_evidence(evidence).with_facts(facts);
        match source {
            Some(source) => failed.with_source(source),
            None => failed,
        }
    }

    /// Makes an error of our own.
    pub(crate) fn error(&self, kind: ErrorKind, operation: Operation, sent: Sent) -> Error {
        match &self.key {
            // A token is not a matter of a key.
            Some(key) if operation != Operation::Authenticate => {
                Error::on_key(kind, operation, &self.location, key, sent)
            }
            _ => Error::new(kind, operation, &self.location, sent),
        }
    }

    /// Makes the error of an answer that is not one this service gives.
    pub(crate) fn malformed(&self, headers: &Headers, told: impl Into<String>) -> Error {
        self.nonsense(headers, told, false)
    }

    /// Makes the error of an answer that could be read and contradicts itself.
    pub(crate) fn contradiction(&self, headers: &Headers, told: impl Into<String>) -> Error {
        self.nonsense(headers, told, true)
    }

    fn nonsense(
        &self,
        headers: &Headers,
        told: impl Into<String>,
        contradicts_itself: bool,
    ) -> Error {
        self.error(
            ErrorKind::MalformedResponse,
            self.asked.operation,
            Sent::Answered,
        )
        .with_evidence(Evidence {
            message: Some(told.into()),
            request_id: observe::request_id(headers),
            date: observe::date(headers),
            contradicts_itself,
            ..Evidence::default()
        })
    }
}

/// One request in the making.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    store: &'a AzureStore,
    place: Place,
    begun: Instant,
}

impl<'a> Ask<'a> {
    /// Begins a request.
    pub(crate) fn new(
        store: &'a AzureStore,
        location: &StoreLocation,
        key: Option<&ObjectKey>,
        asked: Asked,
        surroundings: &Arc<Surroundings>,
    ) -> Self {
        Self {
            store,
            place: Place {
                location: location.clone(),
                key: key.cloned(),
                asked,
                surroundings: Arc::clone(surroundings),
            },
            begun: Instant::now(),
        }
    }

    /// Notes whether the write is to find the key absent.
    pub(crate) fn if_absent(mut self, if_absent: bool) -> Self {
        self.place.asked.if_absent = if_absent;
        self
    }

    /// Returns the place, for what outlives the request.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Returns what an SDK client hands to the policies: the operation.
    pub(crate) fn context(&self) -> ClientMethodOptions<'static> {
        ClientMethodOptions {
            context: Context::new().with_value(self.place.asked.operation),
        }
    }

    /// Makes the error of a failure of the pipeline.
    pub(crate) fn failed(&self, error: &azure_core::Error) -> Error {
        self.place.failed(error, self.begun)
    }

    /// Makes the error of a success that is made of a refusal; nothing where it is none.
    pub(crate) fn refused_within(&self, answer: &RawResponse) -> Option<Error> {
        let failure = classify::within(answer, self.place.asked)?;
        Some(self.place.understood(failure, self.begun))
    }

    /// Makes the error of a request that we do not send.
    pub(crate) fn not_sent(&self, kind: ErrorKind, told: impl Into<String>) -> Error {
        self.place
            .error(kind, self.place.asked.operation, Sent::No)
            .with_message(told)
    }

    /// Returns the URL of a blob.
    ///
    /// # Errors
    ///
    /// `InvalidKey` for a name that would arrive as another one, or could not be listed.
    pub(crate) fn blob_url(&self, key: &ObjectKey) -> Result<Url> {
        let name = key.as_str();
        let told = if name.contains('\\') {
            "azure and its emulator take a backslash for a slash"
        } else if name.contains(['\u{fffe}', '\u{ffff}']) {
            "it has a character that XML cannot hold"
        } else if name.split('/').count() > SEGMENTS {
            "it has more than 254 segments"
        } else {
            return Ok(self.store.requests().blob_url(name));
        };
        Err(self.not_sent(ErrorKind::InvalidKey, told))
    }

    /// Returns the SDK's client of a blob.
    pub(crate) fn blob(&self, url: Url) -> Result<BlobClient> {
        self.store.blob(url).map_err(|error| self.unbuilt(&error))
    }

    /// Makes the error of a request that the SDK could not build; it was never sent.
    pub(crate) fn unbuilt(&self, error: &azure_core::Error) -> Error {
        let told = format!("the request could not be built: {}", error.kind());
        self.not_sent(ErrorKind::Unexpected, told)
    }

    /// Holds a success to the marks of the service: a captive portal answers 200 to anything.
    pub(crate) fn genuine(&self, headers: &Headers) -> Result<()> {
        let marked =
            headers.get_optional_str(&PROTOCOL).is_some() || observe::request_id(headers).is_some();
        if marked {
            return Ok(());
        }
        let told = "the answer has none of the service's headers";
        Err(self.place.malformed(headers, told))
    }
}

/// Reads what a write returned.
pub(crate) fn written(headers: &Headers) -> PutResult {
    PutResult {
        etag: headers.get_optional_string(&ETAG).map(ETag::new),
        version: version(headers),
    }
}

/// Reads the version that an answer is about.
fn version(headers: &Headers) -> Option<VersionId> {
    headers.get_optional_string(&VERSION_ID).map(VersionId::new)
}

/// Reads the facts of a blob out of the headers of a HEAD or GET.
pub(crate) fn meta(key: &ObjectKey, size: u64, headers: &Headers) -> ObjectMeta {
    ObjectMeta {
        key: key.clone(),
        size,
        etag: headers.get_optional_string(&ETAG).map(ETag::new),
        last_modified: headers
            .get_optional_str(&LAST_MODIFIED)
            .and_then(observe::http_date),
        version: version(headers),
        storage_class: headers.get_optional_string(&TIER),
        metadata: headers.iter().filter_map(told).collect(),
    }
}

/// Returns the name and the value of a header that tells what the writer told.
fn told((name, value): (&HeaderName, &HeaderValue)) -> Option<(String, String)> {
    let name = name.as_str().strip_prefix(METADATA)?;
    Some((name.to_owned(), value.as_str().to_owned()))
}

/// Returns the metadata and the access tier of a new blob.
///
/// An encryption is none of them: a blob is encrypted with the account's key, or with the scope that
/// its container names.
pub(crate) fn given(
    ask: &Ask<'_>,
    attributes: Attributes,
) -> Result<(BTreeMap<String, String>, Option<String>)> {
    let Attributes {
        metadata,
        storage_class,
        encryption,
    } = attributes;
    if encryption.is_some() {
        let told = "azure encrypts with the account's key or the container's scope, and is told \
                    nothing with a write";
        return Err(ask.not_sent(ErrorKind::Unsupported, told));
    }
    Ok((metadata, storage_class))
}

#[cfg(test)]
mod tests {
    use backstop_contract::{Exchange, Secret, WireObserver};

    use super::*;
    use crate::{AzureConfig, AzureCredentials, connect};

    #[derive(Debug)]
    struct Blind;

    impl WireObserver for Blind {
        fn observe(&self, _exchange: &Exchange) {}
    }

    #[test]
    fn a_proxy_is_told_where_it_may_be_why() {
        let surroundings = Surroundings {
            proxy: Some("through the proxy http://p:1".to_owned()),
            tokens: None,
        };
        assert_eq!(
            surroundings.facts(true, None),
            ["through the proxy http://p:1"]
        );
        assert!(surroundings.facts(false, None).is_empty());
    }

    #[tokio::test]
    async fn a_request_that_cannot_be_built_was_not_sent() {
        let credentials = AzureCredentials::AccountKey {
            key: Secret::new("cGxhbnRlZC1zZWNyZXQ=".to_owned()),
            source: "environment".to_owned(),
        };
        let config = AzureConfig::new("acmebackups", "backups", credentials);
        let store = connect(config, Arc::new(Blind)).await.expect("a store");
        let ask = store.ask(Operation::HeadObject, None);
        let url = Url::parse("data:text,x").expect("a URL");
        let error = ask.blob(url).err().expect("no base URL");
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::Unexpected, Sent::No),
            "{error}"
        );
    }
}
