//! Where the requests for a bucket go, by the SDK's own rules.

use aws_sdk_s3::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_types::SdkConfig;
use backstop_contract::{Hop, Route};
use url::Url;

use super::bare_url;
use crate::config::Addressing;
use crate::wire::Wire;

/// What decides where a bucket is.
pub(super) struct Asked<'a> {
    pub(super) bucket: &'a str,
    pub(super) region: &'a str,
    pub(super) endpoint: Option<&'a Url>,
    pub(super) addressing: Addressing,
    pub(super) settings: Option<&'a SdkConfig>,
}

/// Returns where requests go; absent where the SDK has no rule for it, and will say so itself.
pub(super) async fn route(asked: &Asked<'_>, wire: &Wire) -> Option<Route> {
    let params = Params::builder()
        .bucket(asked.bucket)
        .region(asked.region)
        .set_endpoint(asked.endpoint.map(bare_url))
        .force_path_style(asked.addressing == Addressing::Path)
        .set_use_fips(asked.settings.and_then(SdkConfig::use_fips))
        .set_use_dual_stack(asked.settings.and_then(SdkConfig::use_dual_stack))
        .build()
        .ok()?;
    let found = DefaultResolver::new()
        .resolve_endpoint(&params)
        .await
        .ok()?;
    let url = Url::parse(found.url()).ok()?;
    let host = url.host_str()?;
    let before = format!("{}.", asked.bucket);
    let path = url.path().trim_end_matches('/');
    let (above, parent) = match asked.addressing {
        Addressing::Path => (path.strip_suffix(asked.bucket).unwrap_or(path), None),
        Addressing::Virtual => (path, host.strip_prefix(&before)),
    };
    Some(Route {
        target: Hop::new(host, url.port_or_known_default()?),
        parent: parent.map(str::to_owned),
        path: format!("{}/", above.trim_end_matches('/')),
        secure: url.scheme() == "https",
        proxy: wire.proxy_to(&url),
    })
}
