//! From where a verdict is made.

use std::net::IpAddr;

use url::Url;

use crate::config::{Environment, StoreConfig, Target};
use crate::report::Vantage;

/// Returns from where a target is verified: this host, and the proxy that the environment puts in
/// between.
pub(super) fn vantage(target: &Target, environment: &Environment) -> Vantage {
    Vantage {
        host: host_name(environment),
        addresses: Vec::new(),
        proxy: proxy(target, environment),
    }
}

fn host_name(environment: &Environment) -> Option<String> {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let read = files
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok());
    let name = read.or_else(|| environment.get("HOSTNAME").map(str::to_owned))?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Returns the proxy that HTTP clients take from the environment, without its credentials.
///
/// It follows `hyper_util::client::proxy::matcher`, which the providers' clients use: the variable
/// in capitals goes before the other, be it empty, and a CGI script has no proxy.
fn proxy(target: &Target, environment: &Environment) -> Option<String> {
    let (plain, host) = destination(target);
    if is_direct(&host, target) || environment.has("REQUEST_METHOD") {
        return None;
    }
    let either = |name: &str| {
        let lower = name.to_ascii_lowercase();
        let used = if environment.has(name) { name } else { &lower };
        environment.get(used)
    };
    let name = if plain { "HTTP_PROXY" } else { "HTTPS_PROXY" };
    let usable = |name: &str| either(name).and_then(without_credentials);
    let proxy = usable(name).or_else(|| usable("ALL_PROXY"))?;
    if either("NO_PROXY").is_some_and(|list| is_exempt(&host, list)) {
        return None;
    }
    Some(proxy)
}

fn without_credentials(proxy: &str) -> Option<String> {
    // Without a scheme the clients take it for http.
    let url = Url::parse(proxy)
        .ok()
        .filter(Url::has_host)
        .or_else(|| Url::parse(&format!("http://{proxy}")).ok())?;
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    Some(format!("{}://{}{port}", url.scheme(), url.host_str()?))
}

/// Returns the address that a host is written as, in a URL or in a list.
fn address(host: &str) -> Option<IpAddr> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok()
}

/// Returns whether the provider's client asks no proxy for a host: all of them for this machine,
/// and that of S3 for its own link.
fn is_direct(host: &str, target: &Target) -> bool {
    let of_s3 = !matches!(target.store, StoreConfig::Azure(_));
    let name = host.trim_end_matches('.');
    match address(host) {
        None => name == "localhost" || name.ends_with(".localhost"),
        Some(address) if address.to_canonical().is_loopback() => true,
        Some(IpAddr::V4(v4)) => of_s3 && v4.is_link_local(),
        Some(IpAddr::V6(v6)) => {
            let metadata = matches!(v6.segments(), [0xfd00, 0x0ec2, ..]);
            of_s3 && (v6.is_unicast_link_local() || metadata)
        }
    }
}

/// Returns whether requests are plain, and the host they go to.
fn destination(target: &Target) -> (bool, String) {
    let endpoint = match &target.store {
        StoreConfig::S3(store) | StoreConfig::Minio(store) => store.endpoint.as_ref(),
        StoreConfig::Azure(store) => store.endpoint.as_ref(),
    };
    match (endpoint, &target.store) {
        (Some(endpoint), _) => (endpoint.is_plain(), endpoint.host().to_owned()),
        (None, StoreConfig::Azure(store)) => (false, store.host()),
        (None, StoreConfig::S3(_) | StoreConfig::Minio(_)) => {
            (false, "s3.amazonaws.com".to_owned())
        }
    }
}

/// Returns whether a list names a host: an address by itself or its network, a name by itself or by
/// what it ends in. `*` stands alone and for names.
fn is_exempt(host: &str, list: &str) -> bool {
    let mut entries = list.split(',').map(str::trim);
    if let Some(address) = address(host) {
        return entries.any(|entry| holds(entry, address));
    }
    let host = host.to_ascii_lowercase();
    entries.any(|entry| {
        let entry = entry.to_ascii_lowercase();
        let name = entry.strip_prefix('.').unwrap_or(&entry);
        let under = |rest: &str| rest.is_empty() || rest.ends_with('.');
        entry == "*" || (!name.is_empty() && host.strip_suffix(name).is_some_and(under))
    })
}

/// Returns whether an entry is an address, or a network such as `10.0.0.0/8` that holds it.
fn holds(entry: &str, address: IpAddr) -> bool {
    let Some((network, length)) = entry.split_once('/') else {
        return entry.parse() == Ok(address);
    };
    let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u32>()) else {
        return false;
    };
    let (differs, width) = match (network, address) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (u128::from(one.to_bits() ^ other.to_bits()), u32::BITS)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits(), u128::BITS),
        _ => return false,
    };
    // What differs may only lie behind the network's part.
    length <= width && differs.checked_shr(width - length).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{UrlFlags, url_target};

    fn through(variables: &[(&str, &str)]) -> Option<String> {
        to("s3://acme-backups", variables)
    }

    fn to(url: &str, variables: &[(&str, &str)]) -> Option<String> {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
        ];
        let environment: Environment = keys.iter().chain(variables).copied().collect();
        let target = url_target(url, &UrlFlags::default(), &environment);
        vantage(&target.expect("target"), &environment).proxy
    }

    #[test]
    fn a_proxy_is_named_without_its_credentials() {
        let proxy = through(&[("https_proxy", "http://user:hunter2@proxy.acme.com:3128/")]);
        assert_eq!(proxy.as_deref(), Some("http://proxy.acme.com:3128"));
        let bare = through(&[("ALL_PROXY", "proxy.acme.com:3128")]);
        assert_eq!(bare.as_deref(), Some("http://proxy.acme.com:3128"));
        assert_eq!(through(&[("HTTP_PROXY", "http://proxy.acme.com")]), None);
        assert_eq!(through(&[]), None);
    }

    #[test]
    fn capitals_go_before_small_letters_as_in_the_clients() {
        let both = [
            ("https_proxy", "http://small:1"),
            ("HTTPS_PROXY", "http://capital:1"),
        ];
        assert_eq!(through(&both).as_deref(), Some("http://capital:1"));
        let emptied = [("https_proxy", "http://small:1"), ("HTTPS_PROXY", "")];
        assert_eq!(through(&emptied), None);
        let script = [("https_proxy", "http://small:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(through(&script), None);
    }

    #[test]
    fn this_machine_is_reached_directly_and_networks_by_the_list() {
        let proxied = |host: &str, list| {
            let url = format!("minio+http://{host}:9000/acme");
            let variables = [("HTTP_PROXY", "http://p:1"), ("NO_PROXY", list)];
            to(&url, &variables).is_some()
        };
        for direct in ["127.0.0.1", "localhost", "[::1]", "169.254.1.1"] {
            assert!(!proxied(direct, ""), "{direct}");
        }
        for (list, expected) in [
            ("", true),
            ("*", true),
            ("10.1.2.3", false),
            ("10.0.0.0/8", false),
            ("0.0.0.0/0", false),
            ("10.1.2.2/32", true),
            ("192.168.0.0/16", true),
            ("fd00::/8", true),
        ] {
            assert_eq!(proxied("10.1.2.3", list), expected, "{list}");
        }
    }

    #[test]
    fn an_account_is_reached_where_its_cloud_is() {
        let own = |variables: &[(&str, &str)]| {
            let proxy = ("HTTPS_PROXY", "http://p:1");
            let list = ("NO_PROXY", "acme.blob.core.usgovcloudapi.net");
            let all = [&[proxy, list], variables].concat();
            to("azure://acme/backups", &all)
        };
        assert!(own(&[("AZURE_STORAGE_KEY", "a2V5")]).is_some());
        let gov = [
            ("AZURE_CLOUD_NAME", "AzureUSGovernment"),
            ("AZURE_STORAGE_KEY", "a2V5"),
        ];
        assert_eq!(own(&gov), None);
        let authority = [("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us")];
        assert_eq!(own(&authority), None);
    }

    #[test]
    fn exempt_hosts_are_reached_directly() {
        for (list, exempt) in [
            ("amazonaws.com", true),
            (".amazonaws.com", true),
            ("localhost, .AmazonAWS.com", true),
            // curl's rule, which the clients follow, knows no other star than one that is alone.
            ("*.amazonaws.com", false),
            ("*", true),
            ("naws.com", false),
            ("", false),
        ] {
            let proxy = through(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)]);
            assert_eq!(proxy.is_none(), exempt, "{list}");
        }
    }
}
