//! The signature of an account key, which the SDK does not offer.
//!
//! See <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::Secret;
use azure_core::hmac::hmac_sha256;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use azure_core::time::{OffsetDateTime, to_rfc7231};
use url::Url;

/// The standard headers of the string to sign, in its order, behind the method.
const SIGNED_HEADERS: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// Signs each request with an account key; the last policy, because nothing may change afterwards.
pub(crate) struct SharedKeyPolicy {
    account: String,
    key: Secret,
}

impl SharedKeyPolicy {
    /// Takes the account and its key, which was found to be base64.
    pub(crate) fn new(account: String, key: Secret) -> Self {
        Self { account, key }
    }
}

impl fmt::Debug for SharedKeyPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedKeyPolicy")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Policy for SharedKeyPolicy {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        request.insert_header("x-ms-date", to_rfc7231(&OffsetDateTime::now_utc()));
        // The transport would add the length after the signature, which covers it.
        if let Some(size) = request.body().len().filter(|size| *size > 0) {
            request.insert_header("content-length", size.to_string());
        }
        let signature = hmac_sha256(&string_to_sign(&self.account, request), &self.key)?;
        let authorization = format!("SharedKey {}:{signature}", self.account);
        request.insert_header("authorization", authorization);
        next[0].send(context, request, &next[1..]).await
    }
}

fn string_to_sign(account: &str, request: &Request) -> String {
    let headers: BTreeMap<&str, &str> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut text = request.method().as_str().to_owned();
    for name in SIGNED_HEADERS {
        let value = match (name, headers.get(name).copied().unwrap_or_default()) {
            // A length of zero is signed as nothing; the date is signed as x-ms-date.
            ("content-length", "0") | ("date", _) => "",
            (_, value) => value,
        };
        text.push('\n');
        text.push_str(value);
    }
    text.push('\n');
    for (name, value) in headers
        .range("x-ms-"..)
        .take_while(|(name, _)| name.starts_with("x-ms-"))
    {
        text.extend([name, ":", value.trim(), "\n"]);
    }
    text + &resource(account, request.url())
}

/// Returns the canonical resource: the path as it is sent, still encoded, and the decoded query.
fn resource(account: &str, url: &Url) -> String {
    let mut query: BTreeMap<String, Vec<Cow<'_, str>>> = BTreeMap::new();
    for (name, value) in url.query_pairs() {
        query.entry(name.to_lowercase()).or_default().push(value);
    }
    let mut text = format!("/{account}{}", url.path());
    for (name, mut values) in query {
        values.sort();
        text.extend(["\n", &name, ":", &values.join(",")]);
    }
    text
}

#[cfg(test)]
mod tests {
    use azure_core::http::Method;

    use super::*;

    fn request(method: Method, url: &str, headers: &[(&'static str, &'static str)]) -> Request {
        let mut request = Request::new(url.parse().expect("url"), method);
        for (name, value) in headers {
            request.insert_header(*name, *value);
        }
        request
    }

    /// The example "Get Container Metadata" of the service's own page.
    #[test]
    fn the_documented_example_is_built() {
        let request = request(
            Method::Get,
            "http://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&timeout=20",
            &[
                ("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"),
                ("x-ms-version", "2015-02-21"),
            ],
        );
        assert_eq!(
            string_to_sign("myaccount", &request),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
             /myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
        );
    }

    #[test]
    fn what_a_write_declares_is_signed() {
        let request = request(
            Method::Put,
            "http://127.0.0.1:10000/devstoreaccount1/c/a%20b%2525",
            &[
                ("content-length", "11"),
                ("content-md5", "XrY7u+Ae7tCTyyK7j1rNww=="),
                ("if-none-match", "*"),
                ("x-ms-blob-type", "BlockBlob"),
            ],
        );
        assert_eq!(
            string_to_sign("devstoreaccount1", &request),
            "PUT\n\n\n11\nXrY7u+Ae7tCTyyK7j1rNww==\n\n\n\n\n*\n\n\nx-ms-blob-type:BlockBlob\n\
             /devstoreaccount1/devstoreaccount1/c/a%20b%2525"
        );
    }

    #[test]
    fn an_empty_body_is_signed_as_nothing_and_a_query_is_decoded() {
        let request = request(
            Method::Put,
            "http://h/c/k?Comp=block&blockid=YQ%3D%3D",
            &[("content-length", "0")],
        );
        assert_eq!(
            string_to_sign("a", &request),
            "PUT\n\n\n\n\n\n\n\n\n\n\n\n/a/c/k\nblockid:YQ==\ncomp:block"
        );
    }

    #[test]
    fn the_signature_is_that_of_rfc_4231() {
        // Test case 2 of RFC 4231: the key "Jefe".
        let signed = hmac_sha256("what do ya want for nothing?", &Secret::new("SmVmZQ=="));
        assert_eq!(
            signed.expect("signature"),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
        );
    }
}
