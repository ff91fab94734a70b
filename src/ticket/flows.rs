//! The outbound connections that a target needs: for those who open firewalls.

use backstop_contract::Way;

use crate::config::{
    Addressing, AzureCredentials, AzureStore, Cloud, Endpoint, S3Credentials, S3Store, StoreConfig,
    Target,
};
use crate::report::Report;

/// One outbound connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The host, or an address that is always the same.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The protocol: `https` or `http`, both over TCP.
    pub protocol: &'static str,
    /// What it is for, in a few words.
    pub purpose: String,
    /// Whether it leaves through the proxy.
    pub through_proxy: bool,
}

/// Where the metadata service of every cloud is; no proxy is ever asked for it.
const METADATA: &str = "169.254.169.254";
/// Where pods and tasks on Amazon get credentials.
const CONTAINER: [(&str, &str); 2] = [
    (
        "169.254.170.23",
        "credentials of the pod (EKS Pod Identity)",
    ),
    ("169.254.170.2", "credentials of the task (ECS)"),
];
/// What is for some ways to be somebody only.
const PERHAPS: &str = "if the identity is";

/// Returns the connections that a target needs, by its configuration alone.
#[must_use]
pub fn flows(target: &Target, proxy: Option<&str>) -> Vec<Flow> {
    let mut flows = match &target.store {
        StoreConfig::S3(store) => of_s3(store, true),
        StoreConfig::Minio(store) => of_s3(store, false),
        StoreConfig::Azure(store) => of_azure(store),
    };
    behind(proxy, &mut flows);
    flows
}

/// Returns the connections that a run needed, by its report alone.
#[must_use]
pub fn flows_of(report: &Report) -> Vec<Flow> {
    let target = &report.target;
    let path = target
        .location
        .split_once("://")
        .map_or("", |(_, path)| path);
    let first = path.split('/').next().unwrap_or_default();
    let way = report.credential.as_ref().map(|credential| credential.way);
    let mut flows = Vec::new();
    if target.provider == "azure" {
        let host = format!("{first}.{}", Cloud::Public.blob_suffix());
        flows.push(storage(target.endpoint.as_deref(), &host));
        tokens_of_azure(way, &mut flows);
    } else {
        let region = target.region.as_deref();
        flows.push(storage(target.endpoint.as_deref(), &amazon(first, region)));
        if target.endpoint.is_none() {
            tokens_of_amazon(way, region, &mut flows);
        }
        metadata_of_amazon(way, &mut flows);
    }
    behind(report.vantage.proxy.as_deref(), &mut flows);
    flows
}

fn of_s3(store: &S3Store, amazon_itself: bool) -> Vec<Flow> {
    let region = store.region.as_deref();
    let host = match store.addressing {
        Some(Addressing::Path) => regional("s3", region),
        _ => amazon(&store.bucket, region),
    };
    let endpoint = store.endpoint.as_ref().map(Endpoint::as_str);
    let mut flows = vec![storage(endpoint, &host)];
    let way = way_of(&store.credentials);
    match &store.sts_endpoint {
        Some(sts) => flows.push(at(sts.as_str(), "tokens (STS)")),
        None if amazon_itself && endpoint.is_none() => tokens_of_amazon(way, region, &mut flows),
        // Without one of its own, the token service is the storage itself.
        None => {}
    }
    metadata_of_amazon(way, &mut flows);
    flows
}

/// Returns the way that is configured; absent where the usual ones are tried in turn.
fn way_of(credentials: &S3Credentials) -> Option<Way> {
    match credentials {
        S3Credentials::AccessKey { .. } => Some(Way::AccessKey),
        S3Credentials::Profile { .. } => Some(Way::Profile),
        S3Credentials::Process { .. } => Some(Way::Process),
        S3Credentials::AssumeRole(_) => Some(Way::AssumeRole),
        S3Credentials::NodeRole => Some(Way::NodeRole),
        S3Credentials::WebIdentity(_) => Some(Way::WebIdentity),
        S3Credentials::Container => Some(Way::Container),
        S3Credentials::Chain => None,
    }
}

fn of_azure(store: &AzureStore) -> Vec<Flow> {
    let endpoint = store.endpoint.as_ref().map(Endpoint::as_str);
    let mut flows = vec![storage(endpoint, &store.host())];
    let authority = store.authority.as_ref().map_or_else(
        || format!("https://{}", store.cloud.authority_host()),
        |authority| authority.as_str().to_owned(),
    );
    match &store.credentials {
        AzureCredentials::Application(_) => flows.push(at(&authority, "tokens (Entra)")),
        AzureCredentials::ManagedIdentity(identity) => {
            if !identity.passed_over.is_empty() {
                // Nothing is set yet, so it may become any of them.
                let purpose = format!("tokens (Entra), {PERHAPS} a service principal");
                flows.push(at(&authority, &purpose));
            }
            flows.push(metadata("tokens of the managed identity"));
        }
        AzureCredentials::AccountKey(_) | AzureCredentials::Sas(_) => {}
    }
    if store.management {
        let management = store.management_endpoint.as_ref().map_or_else(
            || format!("https://{}", store.cloud.management_host()),
            |endpoint| endpoint.as_str().to_owned(),
        );
        flows.push(at(
            &management,
            "the management plane (Azure Resource Manager)",
        ));
    }
    flows
}

fn tokens_of_azure(way: Option<Way>, flows: &mut Vec<Flow>) {
    let authority = format!("https://{}", Cloud::Public.authority_host());
    match way {
        Some(Way::ClientSecret | Way::ClientCertificate | Way::WorkloadIdentity) => {
            flows.push(at(&authority, "tokens (Entra)"));
        }
        Some(Way::ManagedIdentity) => flows.push(metadata("tokens of the managed identity")),
        Some(_) => {}
        None => {
            let purpose = format!("tokens (Entra), {PERHAPS} a service principal");
            flows.push(at(&authority, &purpose));
            flows.push(metadata("tokens of a managed identity, if it is one"));
        }
    }
}

fn tokens_of_amazon(way: Option<Way>, region: Option<&str>, flows: &mut Vec<Flow>) {
    let purpose = match way {
        Some(Way::AssumeRole | Way::WebIdentity) => "tokens (STS)".to_owned(),
        Some(_) => "who asks (STS); backups do without".to_owned(),
        None => format!("tokens (STS), {PERHAPS} a role"),
    };
    flows.push(at(
        &format!("https://{}", regional("sts", region)),
        &purpose,
    ));
}

fn metadata_of_amazon(way: Option<Way>, flows: &mut Vec<Flow>) {
    match way {
        Some(Way::NodeRole) => flows.push(metadata("credentials of the machine (node role)")),
        Some(Way::Container) => {
            let links = CONTAINER.into_iter();
            flows.extend(links.map(|(host, purpose)| at(&format!("http://{host}"), purpose)));
        }
        Some(_) => {}
        None => flows.push(metadata(
            "credentials of the machine, if it has a node role",
        )),
    }
}

/// Returns the host of a bucket on Amazon.
fn amazon(bucket: &str, region: Option<&str>) -> String {
    // A name with dots fits no certificate before the service's own name.
    if bucket.contains('.') {
        regional("s3", region)
    } else {
        format!("{bucket}.{}", regional("s3", region))
    }
}

fn regional(service: &str, region: Option<&str>) -> String {
    let region = region.unwrap_or("REGION");
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("{service}.{region}.amazonaws.com{china}")
}

fn storage(endpoint: Option<&str>, host: &str) -> Flow {
    let own = format!("https://{host}");
    at(endpoint.unwrap_or(&own), "the storage itself")
}

fn metadata(purpose: &str) -> Flow {
    at(&format!("http://{METADATA}"), purpose)
}

/// Makes a flow to where a URL leads.
fn at(url: &str, purpose: &str) -> Flow {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let authority = rest.split('/').next().unwrap_or(rest);
    let (protocol, usual) = if scheme == "http" {
        ("http", 80)
    } else {
        ("https", 443)
    };
    let port = authority
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (host, port) = port.unwrap_or((authority, usual));
    Flow {
        host: host.to_owned(),
        port,
        protocol,
        purpose: purpose.to_owned(),
        through_proxy: false,
    }
}

/// Puts a proxy before all that is not this machine's own link.
fn behind(proxy: Option<&str>, flows: &mut Vec<Flow>) {
    let Some(proxy) = proxy else {
        return;
    };
    for flow in &mut *flows {
        flow.through_proxy = !flow.host.starts_with("169.254.");
    }
    flows.insert(0, at(proxy, "the proxy, which must let the others pass"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, UrlFlags, url_target};

    fn told(
        url: &str,
        region: Option<&str>,
        variables: &[(&str, &str)],
        proxy: Option<&str>,
    ) -> Vec<String> {
        let environment: Environment = variables.iter().copied().collect();
        let flags = UrlFlags {
            region: region.map(str::to_owned),
            ..UrlFlags::default()
        };
        let target = url_target(url, &flags, &environment).expect("target");
        let flows = flows(&target, proxy).into_iter();
        flows
            .map(|flow| {
                let mark = if flow.through_proxy { " by proxy" } else { "" };
                format!("{} {} {}{mark}", flow.protocol, flow.host, flow.port)
            })
            .collect()
    }

    #[test]
    fn every_kind_of_target_names_its_hosts() {
        let key = [
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
        ];
        let guid = "11111111-2222-3333-4444-555555555555";
        let principal = [
            ("AZURE_TENANT_ID", "acme.com"),
            ("AZURE_CLIENT_ID", guid),
            ("AZURE_CLIENT_SECRET", "x"),
        ];
        let gov = [&principal[..], &[("AZURE_CLOUD_NAME", "AzureUSGovernment")]].concat();
        for (url, region, variables, expected) in [
            (
                "s3://acme/x",
                Some("eu-west-1"),
                &key[..],
                &[
                    "https acme.s3.eu-west-1.amazonaws.com 443",
                    "https sts.eu-west-1.amazonaws.com 443",
                ][..],
            ),
            (
                "s3://acme.dots",
                Some("cn-north-1"),
                &key,
                &[
                    "https s3.cn-north-1.amazonaws.com.cn 443",
                    "https sts.cn-north-1.amazonaws.com.cn 443",
                ],
            ),
            (
                "s3://acme",
                None,
                &[],
                &[
                    "https acme.s3.REGION.amazonaws.com 443",
                    "https sts.REGION.amazonaws.com 443",
                    "http 169.254.169.254 80",
                ],
            ),
            (
                "minio://store.acme.com:9000/acme",
                None,
                &key,
                &["https store.acme.com 9000"],
            ),
            (
                "minio+http://10.0.0.5:9000/acme",
                None,
                &key,
                &["http 10.0.0.5 9000"],
            ),
            (
                "azure://acme/backups",
                None,
                &principal,
                &[
                    "https acme.blob.core.windows.net 443",
                    "https login.microsoftonline.com 443",
                ],
            ),
            (
                "azure://acme/backups",
                None,
                &gov,
                &[
                    "https acme.blob.core.usgovcloudapi.net 443",
                    "https login.microsoftonline.us 443",
                ],
            ),
            (
                "azure://acme/backups",
                None,
                &[("AZURE_STORAGE_KEY", "a2V5")],
                &["https acme.blob.core.windows.net 443"],
            ),
            (
                "azure://acme/backups",
                None,
                &[],
                &[
                    "https acme.blob.core.windows.net 443",
                    "https login.microsoftonline.com 443",
                    "http 169.254.169.254 80",
                ],
            ),
        ] {
            assert_eq!(told(url, region, variables, None), expected, "{url}");
        }
    }

    #[test]
    fn the_proxy_comes_first_and_is_never_asked_for_the_machines_own_link() {
        let flows = told(
            "s3://acme",
            Some("eu-west-1"),
            &[],
            Some("http://proxy.acme.com:3128"),
        );
        assert_eq!(
            flows,
            [
                "http proxy.acme.com 3128",
                "https acme.s3.eu-west-1.amazonaws.com 443 by proxy",
                "https sts.eu-west-1.amazonaws.com 443 by proxy",
                "http 169.254.169.254 80",
            ]
        );
    }
}
