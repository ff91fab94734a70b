//! The store: each operation is one wire request.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::http::policies::Policy;
use azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use azure_core::http::{ClientOptions, Pipeline};
use azure_storage_blob::models::{BlobClientDeleteOptions, BlobClientGetPropertiesOptions};
use azure_storage_blob::{
    BlobClient, BlobClientOptions, BlobContainerClient, BlobContainerClientOptions,
};
use backstop_contract::{
    Aspect, BucketInfo, Capabilities, Capability, CompleteOptions, Condition, CreateOptions,
    Credential, DeclaredChecksum, DeleteOptions, DeleteResult, ErrorKind, GetOptions, GetResult,
    HeadOptions, Hop, Identity, Inspected, KeyPrefix, Limits, ListOptions, ListPage, ObjectKey,
    ObjectMeta, ObjectStore, Operation, PageToken, Part, PartNumber, PartOptions, PartPage,
    Principal, ProviderInfo, Proxy, PutOptions, PutResult, Result, Route, StoreLocation, UploadId,
    UploadPage, VersionPage,
};
use bytes::Bytes;
use url::Url;

use crate::ask::{self, Ask, Surroundings};
use crate::classify::Asked;
use crate::connect::ConnectError;
use crate::credentials::CredentialKind;
use crate::management::Management;
use crate::request::{Listing, Requests, Write};
use crate::tokens::Tokens;
use crate::who::{self, Who};
use crate::{body, inspect, list, multipart, policy, proxy};

/// What Azure is called and what its operations need.
pub static PROVIDER: ProviderInfo = ProviderInfo {
    scheme: "azure",
    title: "Azure Blob Storage",
    bucket_word: "container",
    permissions: policy::permissions,
};

/// The service's limits.
/// See <https://learn.microsoft.com/azure/storage/blobs/scalability-targets>.
const LIMITS: Limits = Limits {
    smallest_part: 1,
    largest_part: 4_000 * 1_024 * 1_024,
    parts: multipart::PARTS,
    largest_put: 5_000 * 1_024 * 1_024,
    longest_key: 1_024,
};

/// One container of Azure Blob Storage, with credentials.
pub struct AzureStore {
    account: String,
    container: String,
    location: StoreLocation,
    capabilities: Capabilities,
    kind: CredentialKind,
    who: Arc<Who>,
    surroundings: Arc<Surroundings>,
    clients: Clients,
    unsigned_options: ClientOptions,
    route: Option<Route>,
}

/// What a store is made of.
pub(crate) struct Parts {
    pub(crate) account: String,
    pub(crate) container: String,
    pub(crate) container_url: Url,
    pub(crate) kind: CredentialKind,
    pub(crate) who: Who,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) client_options: ClientOptions,
    /// The same without a signature.
    pub(crate) unsigned_options: ClientOptions,
}

/// Returns where the requests for a container go.
fn route(url: &Url, proxy: Option<&Proxy>) -> Option<Route> {
    // The container is the last segment; what is before it is the emulator's account.
    let (above, _) = url.path().trim_end_matches('/').rsplit_once('/')?;
    Some(Route {
        target: Hop::new(url.host_str()?, url.port_or_known_default()?),
        parent: None,
        path: format!("{above}/"),
        secure: url.scheme() == "https",
        proxy: proxy.cloned(),
    })
}

impl fmt::Debug for AzureStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureStore")
            .field("location", &self.location)
            .field("who", &self.who)
            .finish_non_exhaustive()
    }
}

impl AzureStore {
    /// Puts a store together.
    pub(crate) fn new(parts: Parts) -> Result<Self, ConnectError> {
        let Parts {
            account,
            container,
            container_url,
            kind,
            who,
            proxy,
            client_options,
            unsigned_options,
        } = parts;
        Ok(Self {
            location: StoreLocation::new(PROVIDER.scheme, &format!("{account}/{container}")),
            account,
            container,
            capabilities: capabilities(),
            kind,
            route: route(&container_url, proxy.as_ref()),
            surroundings: Arc::new(Surroundings {
                proxy: proxy.as_ref().map(proxy::fact),
                tokens: who.tokens.clone(),
            }),
            clients: Clients::new(container_url, who.token_credential(), client_options)?,
            who: Arc::new(who),
            unsigned_options,
        })
    }

    /// Returns the same container as strangers ask for it: its requests carry no credentials, and
    /// share everything else.
    ///
    /// # Errors
    ///
    /// None in practice: the SDK took the same endpoint before.
    pub fn unsigned(&self) -> Result<Self, ConnectError> {
        let url = self.clients.requests.container_url().clone();
        Ok(Self {
            account: self.account.clone(),
            container: self.container.clone(),
            location: self.location.clone(),
            capabilities: self.capabilities.clone(),
            kind: CredentialKind::Nothing,
            surroundings: Arc::new(Surroundings {
                proxy: self.surroundings.proxy.clone(),
                tokens: None,
            }),
            clients: Clients::new(url, None, self.unsigned_options.clone())?,
            who: Arc::clone(&self.who),
            unsigned_options: self.unsigned_options.clone(),
            route: self.route.clone(),
        })
    }

    /// Returns where requests go.
    #[must_use]
    pub fn route(&self) -> Option<&Route> {
        self.route.as_ref()
    }

    /// Begins a request.
    pub(crate) fn ask(&self, operation: Operation, key: Option<&ObjectKey>) -> Ask<'_> {
        let asked = Asked {
            operation,
            credential: self.kind,
            if_absent: false,
        };
        Ask::new(self, &self.location, key, asked, &self.surroundings)
    }

    /// Returns the requests that the SDK's clients have no knob for.
    pub(crate) fn requests(&self) -> &Requests {
        &self.clients.requests
    }

    /// Returns the name of the account.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    /// Returns the name of the container.
    pub(crate) fn container_name(&self) -> &str {
        &self.container
    }

    /// Returns where the store is, for errors.
    pub(crate) fn place(&self) -> &StoreLocation {
        &self.location
    }

    /// Returns the management plane and the tokens for it, where it may be asked.
    pub(crate) fn management(&self) -> Option<(&Management, &Tokens)> {
        Some((self.who.management.as_ref()?, self.who.tokens.as_deref()?))
    }

    /// Returns the SDK's client of the container.
    pub(crate) fn container(&self) -> &BlobContainerClient {
        &self.clients.container
    }

    /// Returns the SDK's client of a blob, whose URL it takes as it is.
    pub(crate) fn blob(&self, url: Url) -> azure_core::Result<BlobClient> {
        let options = BlobClientOptions {
            client_options: self.clients.options.clone(),
            ..BlobClientOptions::default()
        };
        BlobClient::new(url, self.clients.token.clone(), Some(options))
    }
}

/// The SDK's clients and our own requests over the same policies.
struct Clients {
    requests: Requests,
    container: BlobContainerClient,
    token: Option<Arc<dyn TokenCredential>>,
    options: ClientOptions,
}

impl Clients {
    fn new(
        container_url: Url,
        token: Option<Arc<dyn TokenCredential>>,
        options: ClientOptions,
    ) -> Result<Self, ConnectError> {
        let per_try: Vec<Arc<dyn Policy>> = token.clone().map(bearer).into_iter().collect();
        let pipeline = Pipeline::new(
            option_env!("CARGO_PKG_NAME"),
            option_env!("CARGO_PKG_VERSION"),
            options.clone(),
            Vec::new(),
            per_try,
            None,
        );
        let container_options = BlobContainerClientOptions {
            client_options: options.clone(),
            ..BlobContainerClientOptions::default()
        };
        let container = BlobContainerClient::new(
            container_url.clone(),
            token.clone(),
            Some(container_options),
        )
        .map_err(|_| ConnectError::Client)?;
        Ok(Self {
            requests: Requests::new(pipeline, container_url),
            container,
            token,
            options,
        })
    }
}

fn bearer(credential: Arc<dyn TokenCredential>) -> Arc<dyn Policy> {
    Arc::new(BearerTokenAuthorizationPolicy::new(
        credential,
        [who::SCOPE],
    ))
}

fn capabilities() -> Capabilities {
    let behaviours = [
        Capability::PutIfAbsent,
        Capability::Versions,
        Capability::ContentMd5,
        Capability::Delimiter,
    ];
    Capabilities::new(behaviours, LIMITS)
}

#[async_trait]
impl Identity for AzureStore {
    async fn credential(&self) -> Result<Credential> {
        self.who.credential(&self.location).await
    }

    async fn principal(&self) -> Result<Principal> {
        self.who.principal(&self.location).await
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl ObjectStore for AzureStore {
    fn location(&self) -> &StoreLocation {
        &self.location
    }

    fn provider(&self) -> &'static ProviderInfo {
        &PROVIDER
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn head_bucket(&self) -> Result<BucketInfo> {
        inspect::head_bucket(self).await
    }

    async fn list(&self, prefix: &KeyPrefix, options: ListOptions) -> Result<ListPage> {
        let ListOptions {
            page,
            page_size,
            delimited,
        } = options;
        let listing = Listing {
            prefix: prefix.as_str(),
            marker: page.as_ref().map(PageToken::as_str),
            page_size,
            delimited,
            versions: false,
        };
        list::objects(self, &listing).await
    }

    async fn head(&self, key: &ObjectKey, options: HeadOptions) -> Result<ObjectMeta> {
        let HeadOptions { version } = options;
        let ask = self.ask(Operation::HeadObject, Some(key));
        let url = ask.blob_url(key)?;
        let options = BlobClientGetPropertiesOptions {
            version_id: version.map(|version| version.to_string()),
            method_options: ask.context(),
            ..BlobClientGetPropertiesOptions::default()
        };
        let answer = ask
            .blob(url)?
            .get_properties(Some(options))
            .await
            .map_err(|error| ask.failed(&error))?;
        let headers = answer.headers();
        ask.genuine(headers)?;
        match body::content_length(headers) {
            Some(size) => Ok(ask::meta(key, size, headers)),
            None => Err(ask.place().malformed(headers, "the answer tells no size")),
        }
    }

    async fn get(&self, key: &ObjectKey, options: GetOptions) -> Result<GetResult> {
        let GetOptions { range, version } = options;
        let ask = self.ask(Operation::GetObject, Some(key));
        let mut url = ask.blob_url(key)?;
        if let Some(version) = version {
            url.query_pairs_mut()
                .append_pair("versionid", version.as_str());
        }
        let answer = self
            .requests()
            .get(url, range)
            .await
            .map_err(|error| ask.failed(&error))?;
        ask.genuine(answer.headers())?;
        body::open(key, ask.place(), answer)
    }

    /// A Put Blob on a key discards the blocks that wait there, so it ends every upload to it.
    async fn put(&self, key: &ObjectKey, body: Bytes, options: PutOptions) -> Result<PutResult> {
        // The service compares no SHA-256.
        let PutOptions {
            condition,
            checksum,
            sha256: _,
            attributes,
        } = options;
        let if_absent = condition == Condition::IfAbsent;
        let ask = self
            .ask(Operation::PutObject, Some(key))
            .if_absent(if_absent);
        let url = ask.blob_url(key)?;
        let (metadata, tier) = ask::given(&ask, attributes)?;
        let md5 = match checksum {
            None => None,
            Some(DeclaredChecksum::Md5(digest)) => Some(digest),
            Some(_) => {
                let told = "azure compares an MD5 or a CRC64, and no other checksum";
                return Err(ask.not_sent(ErrorKind::Unsupported, told));
            }
        };
        let answer = self
            .requests()
            .put(
                url,
                body,
                Write {
                    if_absent,
                    md5,
                    metadata,
                    tier,
                },
            )
            .await
            .map_err(|error| ask.failed(&error))?;
        ask.genuine(answer.headers())?;
        Ok(ask::written(answer.headers()))
    }

    /// A version must be one that a put returned: Azurite ignores it and deletes the live blob, and
    /// Azure refuses the current one, which a delete without a version makes an earlier one first.
    async fn delete(&self, key: &ObjectKey, options: DeleteOptions) -> Result<DeleteResult> {
        let DeleteOptions { version } = options;
        let ask = self.ask(Operation::DeleteObject, Some(key));
        let url = ask.blob_url(key)?;
        let options = BlobClientDeleteOptions {
            version_id: version.as_ref().map(ToString::to_string),
            method_options: ask.context(),
            ..BlobClientDeleteOptions::default()
        };
        let answer = ask
            .blob(url)?
            .delete(Some(options))
            .await
            .map_err(|error| ask.failed(&error))?;
        ask.genuine(answer.headers())?;
        // Azure leaves no markers: the last version simply stops being the current one.
        Ok(DeleteResult {
            version,
            delete_marker: false,
        })
    }

    /// Sends nothing: an upload is a name for blocks that we make up.
    async fn create_multipart(&self, key: &ObjectKey, options: CreateOptions) -> Result<UploadId> {
        // What the blob is given is sent with the list of blocks; what cannot be sent is said now.
        let CreateOptions {
            hashed: _,
            attributes,
        } = options;
        let ask = self.ask(Operation::CreateMultipart, Some(key));
        ask.blob_url(key)?;
        ask::given(&ask, attributes)?;
        Ok(multipart::new_upload())
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: PartNumber,
        body: Bytes,
        options: PartOptions,
    ) -> Result<Part> {
        multipart::put_part(self, key, upload, number, body, options).await
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        options: CompleteOptions,
    ) -> Result<PutResult> {
        multipart::complete(self, key, upload, parts, options).await
    }

    async fn abort_multipart(&self, key: &ObjectKey, _upload: &UploadId) -> Result<()> {
        let told = "azure has no abort: blocks vanish after a week, or with the blob";
        Err(self
            .ask(Operation::AbortMultipart, Some(key))
            .not_sent(ErrorKind::Unsupported, told))
    }

    async fn list_uploads(&self, _prefix: &str, _page: Option<PageToken>) -> Result<UploadPage> {
        let told = "azure has no uploads, only blocks that wait beside a key";
        Err(self
            .ask(Operation::ListUploads, None)
            .not_sent(ErrorKind::Unsupported, told))
    }

    async fn list_parts(
        &self,
        key: &ObjectKey,
        _upload: &UploadId,
        _page: Option<PageToken>,
    ) -> Result<PartPage> {
        let told = "azure has no uploads, only blocks that wait beside a key";
        Err(self
            .ask(Operation::ListParts, Some(key))
            .not_sent(ErrorKind::Unsupported, told))
    }

    async fn list_versions(&self, prefix: &str, page: Option<PageToken>) -> Result<VersionPage> {
        let listing = Listing {
            prefix,
            marker: page.as_ref().map(PageToken::as_str),
            versions: true,
            ..Listing::default()
        };
        list::versions(self, &listing).await
    }

    async fn inspect(&self, aspect: Aspect) -> Result<Inspected> {
        inspect::inspect(self, aspect).await
    }
}
