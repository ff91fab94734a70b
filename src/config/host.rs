//! How far away a host is, by its name alone.

use std::net::IpAddr;

use url::Host;

/// How far away a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// This machine.
    Loopback,
    /// A private network, by its address.
    Private,
    /// Anything else, names included: what they resolve to can change.
    Public,
}

/// Tells how far away a host is; nothing is resolved.
pub(super) fn reach(host: &Host<&str>) -> Reach {
    let address = match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            // RFC 6761: the name and everything under it mean this machine.
            return if name == "localhost" || name.ends_with(".localhost") {
                Reach::Loopback
            } else {
                Reach::Public
            };
        }
        Host::Ipv4(address) => IpAddr::V4(*address),
        Host::Ipv6(address) => IpAddr::V6(*address).to_canonical(),
    };
    let private = match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    match (address.is_loopback(), private) {
        (true, _) => Reach::Loopback,
        (false, true) => Reach::Private,
        (false, false) => Reach::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_tell_and_names_do_not() {
        for (host, expected) in [
            ("127.0.0.1", Reach::Loopback),
            ("[::1]", Reach::Loopback),
            ("[::ffff:127.0.0.1]", Reach::Loopback),
            ("localhost", Reach::Loopback),
            ("s3.localhost", Reach::Loopback),
            ("10.1.2.3", Reach::Private),
            ("172.31.0.1", Reach::Private),
            ("192.168.0.9", Reach::Private),
            ("[fd00::1]", Reach::Private),
            ("172.32.0.1", Reach::Public),
            ("8.8.8.8", Reach::Public),
            ("minio", Reach::Public),
            ("localhost.example.com", Reach::Public),
            ("10.0.0.1.example.com", Reach::Public),
        ] {
            let parsed = Host::parse(host).expect(host);
            let borrowed = match &parsed {
                Host::Domain(name) => Host::Domain(name.as_str()),
                Host::Ipv4(address) => Host::Ipv4(*address),
                Host::Ipv6(address) => Host::Ipv6(*address),
            };
            assert_eq!(reach(&borrowed), expected, "{host}");
        }
    }
}
