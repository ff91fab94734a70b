//! Where an address leads.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::report::Range;

/// Returns where an address leads; one of the fourth version in the form of the sixth is what it
/// stands for.
#[must_use]
pub fn range(ip: IpAddr) -> Range {
    match ip.to_canonical() {
        IpAddr::V4(ip) => range_of_v4(ip),
        IpAddr::V6(ip) => range_of_v6(ip),
    }
}

fn range_of_v4(ip: Ipv4Addr) -> Range {
    // RFC 6598: what carriers and some clouds use inside.
    let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
    if ip.is_loopback() || ip.is_unspecified() {
        Range::Loopback
    } else if ip.is_link_local() {
        Range::LinkLocal
    } else if ip.is_private() || shared {
        Range::Private
    } else {
        Range::Public
    }
}

fn range_of_v6(ip: Ipv6Addr) -> Range {
    if ip.is_loopback() || ip.is_unspecified() {
        Range::Loopback
    } else if ip.is_unicast_link_local() {
        Range::LinkLocal
    } else if ip.is_unique_local() {
        Range::Private
    } else {
        Range::Public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_address_is_told_apart() {
        use Range::{LinkLocal, Loopback, Private, Public};
        for (text, expected) in [
            ("127.0.0.1", Loopback),
            ("127.255.255.254", Loopback),
            ("0.0.0.0", Loopback),
            ("::1", Loopback),
            ("::ffff:127.0.0.1", Loopback),
            ("10.0.0.1", Private),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("172.32.0.1", Public),
            ("192.168.1.1", Private),
            ("::ffff:10.1.2.3", Private),
            ("100.64.0.1", Private),
            ("100.128.0.1", Public),
            ("fd00:ec2::23", Private),
            ("fc00::1", Private),
            ("169.254.169.254", LinkLocal),
            ("fe80::1", LinkLocal),
            ("8.8.8.8", Public),
            ("::ffff:8.8.8.8", Public),
            ("2001:4860:4860::8888", Public),
        ] {
            let ip: IpAddr = text.parse().expect("an address");
            assert_eq!(range(ip), expected, "{text}");
        }
    }
}
