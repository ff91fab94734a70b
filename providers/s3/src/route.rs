//! How far away a host is: what needs no proxy, and where plain http may go unasked.

use std::net::IpAddr;

use url::{Host, Url};

/// Returns the address that is a URL's host; this machine's for the names that mean it.
fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            // RFC 6761: the name and everything under it mean this machine.
            let local = name == "localhost" || name.ends_with(".localhost");
            local.then_some(IpAddr::from([127, 0, 0, 1]))
        }
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address).to_canonical()),
    }
}

/// Returns whether a request goes to this machine or to its own link, where no proxy leads.
///
/// The metadata addresses of clouds are among them: a proxy would answer with its own host's
/// credentials, or with none.
pub(crate) fn is_direct(url: &Url) -> bool {
    match address(url) {
        Some(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Some(IpAddr::V6(address)) => {
            // The metadata addresses of Amazon.
            let metadata = matches!(address.segments(), [0xfd00, 0x0ec2, ..]);
            address.is_loopback() || address.is_unicast_link_local() || metadata
        }
        None => false,
    }
}

/// Returns whether a host is this machine, or the agent that hands credentials to containers: that
/// of ECS, and those of EKS.
pub(crate) fn is_container_host(url: &Url) -> bool {
    match address(url) {
        Some(IpAddr::V4(address)) => {
            let agents = [[169, 254, 170, 2], [169, 254, 170, 23]];
            address.is_loopback() || agents.contains(&address.octets())
        }
        Some(IpAddr::V6(address)) => {
            let agent = [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x23];
            address.is_loopback() || address.segments() == agent
        }
        None => false,
    }
}

/// Returns whether a host is this machine or in a private network, by its address or name.
pub(crate) fn is_near(url: &Url) -> bool {
    let private = match address(url) {
        Some(IpAddr::V4(address)) => address.is_private(),
        Some(IpAddr::V6(address)) => address.is_unique_local(),
        None => false,
    };
    private || is_direct(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_tells_its_token_to_an_agent_only() {
        for (url, agent) in [
            ("http://127.0.0.1:8080/v1", true),
            ("http://localhost/v1", true),
            ("http://169.254.170.2/v1", true),
            ("http://169.254.170.23/v1", true),
            ("http://[fd00:ec2::23]/v1", true),
            ("http://169.254.169.254/v1", false),
            ("http://[fd00:ec2::254]/v1", false),
            ("http://10.0.0.5/v1", false),
            ("http://agent.example.com/v1", false),
        ] {
            let parsed = Url::parse(url).expect("a URL");
            assert_eq!(is_container_host(&parsed), agent, "{url}");
        }
    }

    #[test]
    fn hosts_are_told_apart_by_their_address() {
        for (url, direct, near) in [
            ("http://127.0.0.1:9000", true, true),
            ("http://localhost/x", true, true),
            ("https://minio.localhost", true, true),
            ("http://localhost./x", true, true),
            ("http://[::1]:9000", true, true),
            ("http://[::ffff:127.0.0.1]:9000", true, true),
            ("http://169.254.169.254/latest", true, true),
            ("http://169.254.170.23/v1", true, true),
            ("http://[fd00:ec2::254]/latest", true, true),
            ("http://[fe80::1]", true, true),
            ("http://10.0.0.5:9000", false, true),
            ("http://192.168.1.2", false, true),
            ("http://[fd12::1]", false, true),
            ("http://8.8.8.8", false, false),
            ("http://minio.example.com", false, false),
            ("https://notlocalhost", false, false),
        ] {
            let parsed = Url::parse(url).expect("a URL");
            assert_eq!(
                (is_direct(&parsed), is_near(&parsed)),
                (direct, near),
                "{url}"
            );
        }
    }
}
