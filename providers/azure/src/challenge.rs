//! The account's own challenge: a 401 of the blob service names the tenant that the account is of.
//!
//! See <https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#bearer-challenge>.

use std::time::Duration;

use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::{Method, Request};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use url::Url;

use crate::client::Plain;
use crate::shape;

const CHALLENGE: HeaderName = HeaderName::from_static("www-authenticate");
const URI: &str = "authorization_uri=";
/// How long the question may take; it is only asked on the way to a failure.
const PATIENCE: Duration = Duration::from_secs(3);

/// Returns the tenant that an answer's challenge names:
/// `Bearer authorization_uri=https://login.microsoftonline.com/TENANT/oauth2/authorize ...`.
pub(crate) fn tenant(headers: &Headers) -> Option<String> {
    let (_, rest) = headers.get_optional_str(&CHALLENGE)?.split_once(URI)?;
    let uri = rest.trim_start_matches('"');
    let end = uri.find(|c: char| c == '"' || c == ',' || c.is_whitespace());
    let uri = Url::parse(&uri[..end.unwrap_or(uri.len())]).ok()?;
    let tenant = uri.path_segments()?.next()?;
    shape::is_guid(tenant).then(|| tenant.to_owned())
}

/// Returns the facts that tell two tenants apart, if they are two.
pub(crate) fn facts(of_account: Option<&str>, ours: Option<&str>) -> Vec<String> {
    match (of_account, ours) {
        // A tenant that is named by a domain cannot be compared.
        (Some(account), Some(ours))
            if shape::is_guid(ours) && !account.eq_ignore_ascii_case(ours) =>
        {
            vec![
                format!("the account belongs to the tenant {account}"),
                format!("the token is of the tenant {ours}"),
            ]
        }
        _ => Vec::new(),
    }
}

/// The question to the account, without credentials, for the tenant that it is of.
#[derive(Debug)]
pub(crate) struct Challenge {
    plain: Plain,
    url: Url,
    version: String,
    tenant: OnceCell<Option<String>>,
}

impl Challenge {
    /// Takes the way to the container; nothing is asked.
    pub(crate) fn new(plain: Plain, container: &Url, version: String) -> Self {
        let mut url = container.clone();
        url.query_pairs_mut()
            .append_pair("restype", "container")
            .append_pair("comp", "list")
            .append_pair("maxresults", "1");
        Self {
            plain,
            url,
            version,
            tenant: OnceCell::new(),
        }
    }

    /// Returns the tenant of the account; it is asked once.
    pub(crate) async fn tenant(&self) -> Option<&str> {
        let asked = || async {
            let mut request = Request::new(self.url.clone(), Method::Get);
            request.insert_header("x-ms-version", self.version.clone());
            let answer = timeout(PATIENCE, self.plain.send(request)).await;
            tenant(answer.ok()?.ok()?.headers())
        };
        self.tenant.get_or_init(asked).await.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    const B: &str = "33e01921-4d64-4f8c-a055-5bdaffd5e33d";

    #[test]
    fn a_challenge_names_its_tenant() {
        let uri = format!("https://login.microsoftonline.com/{A}/oauth2/authorize");
        for (header, expected) in [
            // The blob service.
            (
                format!("Bearer authorization_uri={uri} resource_id=https://storage.azure.com"),
                Some(A),
            ),
            // The management plane.
            (
                format!("Bearer authorization_uri=\"{uri}\", error=\"invalid_token\""),
                Some(A),
            ),
            (
                "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize"
                    .to_owned(),
                None,
            ),
            ("Bearer realm=\"x\"".to_owned(), None),
            ("Basic".to_owned(), None),
        ] {
            let mut headers = Headers::new();
            headers.insert(CHALLENGE, header.clone());
            assert_eq!(tenant(&headers).as_deref(), expected, "{header}");
        }
        assert_eq!(tenant(&Headers::new()), None);
    }

    #[test]
    fn only_two_tenants_are_told_apart() {
        assert_eq!(
            facts(Some(A), Some(B)),
            [
                format!("the account belongs to the tenant {A}"),
                format!("the token is of the tenant {B}"),
            ]
        );
        for (of_account, ours) in [
            (Some(A), Some(A)),
            (Some(A), Some("72F988BF-86F1-41AF-91AB-2D7CD011DB47")),
            (Some(A), Some("contoso.onmicrosoft.com")),
            (Some(A), None),
            (None, Some(B)),
        ] {
            assert!(
                facts(of_account, ours).is_empty(),
                "{of_account:?} {ours:?}"
            );
        }
    }
}
