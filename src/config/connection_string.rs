//! The connection string that Azure's portal and tools hand out.

use backstop_contract::Secret;
use url::Url;

use super::environment::Environment;
use super::origin::{Located, Origin};

/// The variable that holds it.
pub(super) const VARIABLE: &str = "AZURE_STORAGE_CONNECTION_STRING";

/// What a connection string says of the blob service.
pub(super) struct ConnectionString {
    /// Where it was written.
    pub(super) origin: Origin,
    /// Where it was read, in printable words.
    pub(super) source: String,
    pub(super) account: Option<String>,
    pub(super) key: Option<Located<Secret>>,
    pub(super) sas: Option<Located<Secret>>,
    pub(super) endpoint: Option<Located<String>>,
    /// The end of the services' host names, which tells the cloud.
    pub(super) suffix: Option<Located<String>>,
}

impl ConnectionString {
    /// Reads the one in the environment, where there is one.
    pub(super) fn of(environment: &Environment) -> Option<Self> {
        let text = environment.get(VARIABLE)?;
        let origin = environment.located(VARIABLE)?.origin;
        let source = environment.variable(VARIABLE)?.source();
        Some(Self::parse(text, origin, source))
    }

    /// Reads a connection string.
    ///
    /// See <https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string>.
    pub(super) fn parse(text: &str, origin: Origin, source: String) -> Self {
        let field = |name: &str| {
            text.split(';').find_map(|pair| {
                let (key, value) = pair.split_once('=')?;
                let named = key.trim().eq_ignore_ascii_case(name);
                (named && !value.trim().is_empty()).then(|| value.trim().to_owned())
            })
        };
        let secret = |text: String| Located::new(Secret::new(text), origin.clone());
        let blob = field("BlobEndpoint");
        let account = field("AccountName").or_else(|| account_of(blob.as_deref()?));
        let suffix = field("EndpointSuffix");
        let endpoint = blob.or_else(|| {
            let suffix = suffix
                .as_deref()
                .filter(|suffix| *suffix != "core.windows.net")?;
            let scheme = field("DefaultEndpointsProtocol").unwrap_or_else(|| "https".to_owned());
            Some(format!("{scheme}://{}.blob.{suffix}", account.as_ref()?))
        });
        Self {
            account,
            key: field("AccountKey").map(secret),
            sas: field("SharedAccessSignature").map(secret),
            endpoint: endpoint.map(|url| Located::new(url, origin.clone())),
            suffix: suffix.map(|suffix| Located::new(suffix, origin.clone())),
            origin,
            source,
        }
    }
}

/// Returns the account in a blob endpoint: the path of an emulator's, else the first host label.
fn account_of(endpoint: &str) -> Option<String> {
    let url = Url::parse(endpoint).ok()?;
    let path = url.path().trim_matches('/');
    let first = url.host_str()?.split('.').next()?;
    Some(if path.is_empty() { first } else { path }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> ConnectionString {
        let environment: Environment = [(VARIABLE, text)].into_iter().collect();
        ConnectionString::of(&environment).expect("a connection string")
    }

    #[test]
    fn the_portals_string_is_read() {
        let parsed = parse(
            "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=a2V5==;EndpointSuffix=core.windows.net",
        );
        assert_eq!(parsed.account.as_deref(), Some("acme"));
        assert_eq!(parsed.key.expect("key").value.expose(), "a2V5==");
        assert!(parsed.endpoint.is_none() && parsed.sas.is_none());
    }

    #[test]
    fn an_emulators_string_is_read() {
        let parsed = parse(
            "AccountName=devstoreaccount1;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;",
        );
        let endpoint = parsed.endpoint.expect("endpoint").value;
        assert_eq!(endpoint, "http://127.0.0.1:10000/devstoreaccount1");
    }

    #[test]
    fn a_string_with_a_signature_names_the_account_by_its_host() {
        let parsed = parse(
            "BlobEndpoint=https://acme.blob.core.windows.net/;SharedAccessSignature=sv=2024&sig=x%3D",
        );
        assert_eq!(parsed.account.as_deref(), Some("acme"));
        assert_eq!(parsed.sas.expect("sas").value.expose(), "sv=2024&sig=x%3D");
    }

    #[test]
    fn other_clouds_have_other_suffixes() {
        let parsed =
            parse("AccountName=acme;AccountKey=a2V5;EndpointSuffix=core.usgovcloudapi.net");
        let endpoint = parsed.endpoint.expect("endpoint").value;
        assert_eq!(endpoint, "https://acme.blob.core.usgovcloudapi.net");
    }
}
