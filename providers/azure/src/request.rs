//! The requests that the SDK's clients have no knob for, through the same pipeline.
//!
//! - a listing: the client has no delimiter, and its names are trimmed by the XML reader;
//! - a read: the client splits it into parallel requests;
//! - a write: the client computes its own checksums, and cannot be told a wrong one.

use std::collections::BTreeMap;

use azure_core::error::CheckSuccessOptions;
use azure_core::http::{
    AsyncRawResponse, Context, Method, Pipeline, PipelineSendOptions, PipelineStreamOptions,
    RawResponse, Request,
};
use azure_storage_blob::BlobClientOptions;
use backstop_contract::{ByteRange, Operation};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use url::Url;

/// The pipeline with what every request of ours needs.
#[derive(Debug)]
pub(crate) struct Requests {
    pipeline: Pipeline,
    container: Url,
    version: String,
}

/// How the headers begin that tell what the writer tells of a blob.
pub(crate) const METADATA: &str = "x-ms-meta-";

/// What a write declares.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) if_absent: bool,
    pub(crate) md5: Option<[u8; 16]>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) tier: Option<String>,
}

/// What a listing asks for.
#[derive(Debug, Default)]
pub(crate) struct Listing<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) marker: Option<&'a str>,
    pub(crate) page_size: Option<u32>,
    pub(crate) delimited: bool,
    pub(crate) versions: bool,
}

impl Requests {
    /// Creates the requests of one container, in the SDK's version of the protocol.
    pub(crate) fn new(pipeline: Pipeline, container: Url) -> Self {
        Self {
            pipeline,
            container,
            version: BlobClientOptions::default().version,
        }
    }

    /// Returns the URL of the container.
    pub(crate) fn container_url(&self) -> &Url {
        &self.container
    }

    /// Returns the URL of a blob, each byte of its name encoded that could mean something else.
    ///
    /// The SDK leaves this to URL building, which folds segments and drops characters.
    pub(crate) fn blob_url(&self, name: &str) -> Url {
        let mut url = self.container.clone();
        url.set_path(&format!("{}/{}", self.container.path(), encoded(name)));
        url
    }

    /// Sends List Blobs.
    ///
    /// See <https://learn.microsoft.com/rest/api/storageservices/list-blobs>.
    pub(crate) async fn list(
        &self,
        operation: Operation,
        listing: &Listing<'_>,
    ) -> azure_core::Result<RawResponse> {
        let Listing {
            prefix,
            marker,
            page_size,
            delimited,
            versions,
        } = listing;
        let mut url = self.container.clone();
        url.query_pairs_mut()
            .append_pair("restype", "container")
            .append_pair("comp", "list");
        let mut add = |name: &str, value: &str| {
            url.query_pairs_mut().append_pair(name, value);
        };
        if !prefix.is_empty() {
            add("prefix", prefix);
        }
        if let Some(marker) = marker {
            add("marker", marker);
        }
        if let Some(size) = page_size {
            add("maxresults", &size.to_string());
        }
        if *delimited {
            add("delimiter", "/");
        }
        if *versions {
            add("include", "versions");
        }
        let mut request = self.request(url, Method::Get);
        request.insert_header("accept", "application/xml");
        self.send(operation, request, &[200]).await
    }

    /// Sends Get Blob Service Properties, which is a request to the account.
    ///
    /// See <https://learn.microsoft.com/rest/api/storageservices/get-blob-service-properties>.
    pub(crate) async fn service_properties(&self) -> azure_core::Result<RawResponse> {
        let mut url = self.container.clone();
        let path = self.container.path();
        url.set_path(
            path.rsplit_once('/')
                .map_or("", |(of_account, _)| of_account),
        );
        url.query_pairs_mut()
            .append_pair("restype", "service")
            .append_pair("comp", "properties");
        let mut request = self.request(url, Method::Get);
        request.insert_header("accept", "application/xml");
        self.send(Operation::Inspect, request, &[200]).await
    }

    /// Sends Get Blob and returns the head of the answer, with its body still to come.
    ///
    /// See <https://learn.microsoft.com/rest/api/storageservices/get-blob>.
    pub(crate) async fn get(
        &self,
        url: Url,
        range: Option<ByteRange>,
    ) -> azure_core::Result<AsyncRawResponse> {
        let mut request = self.request(url, Method::Get);
        if let Some(ByteRange { start, end }) = range {
            let last = end.saturating_sub(1);
            request.insert_header("range", format!("bytes={start}-{last}"));
        }
        let context = Context::new().with_value(Operation::GetObject);
        let options = PipelineStreamOptions {
            check_success: CheckSuccessOptions {
                success_codes: &[200, 206],
            },
            ..PipelineStreamOptions::default()
        };
        self.pipeline
            .stream(&context, &mut request, Some(options))
            .await
    }

    /// Sends Put Blob.
    ///
    /// See <https://learn.microsoft.com/rest/api/storageservices/put-blob>.
    pub(crate) async fn put(
        &self,
        url: Url,
        body: Bytes,
        write: Write,
    ) -> azure_core::Result<RawResponse> {
        let Write {
            if_absent,
            md5,
            metadata,
            tier,
        } = write;
        let mut request = self.request(url, Method::Put);
        request.insert_header("x-ms-blob-type", "BlockBlob");
        if if_absent {
            request.insert_header("if-none-match", "*");
        }
        if let Some(md5) = md5 {
            request.insert_header("content-md5", BASE64_STANDARD.encode(md5));
        }
        if let Some(tier) = tier {
            request.insert_header("x-ms-access-tier", tier);
        }
        for (name, value) in metadata {
            request.insert_header(format!("{METADATA}{name}"), value);
        }
        request.set_body(body);
        self.send(Operation::PutObject, request, &[201]).await
    }

    fn request(&self, url: Url, method: Method) -> Request {
        let mut request = Request::new(url, method);
        request.insert_header("x-ms-version", self.version.clone());
        request
    }

    async fn send(
        &self,
        operation: Operation,
        mut request: Request,
        success_codes: &'static [u16],
    ) -> azure_core::Result<RawResponse> {
        let context = Context::new().with_value(operation);
        let options = PipelineSendOptions {
            check_success: CheckSuccessOptions { success_codes },
            ..PipelineSendOptions::default()
        };
        self.pipeline
            .send(&context, &mut request, Some(options))
            .await
    }
}

/// Encodes each byte of a name but the unreserved ones and `/`.
fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                text.push(char::from(byte));
            }
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                text.push('%');
                text.push(char::from(DIGITS[usize::from(byte >> 4)]));
                text.push(char::from(DIGITS[usize::from(byte & 0x0f)]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_encoded_byte_by_byte_and_survives_the_url() {
        let name = "a b+c%2F?#&=;'\"/e\u{301}/\u{1f980}/dot.";
        let text = encoded(name);
        assert_eq!(
            text,
            "a%20b%2Bc%252F%3F%23%26%3D%3B%27%22/e%CC%81/%F0%9F%A6%80/dot."
        );
        let mut url = Url::parse("http://h/acc/c").expect("url");
        url.set_path(&format!("/acc/c/{text}"));
        assert_eq!(url.path(), format!("/acc/c/{text}"));
    }
}
