//! The names that a report says are names.

use url::Url;

use super::names::{Kind, Names};
use super::shapes;
use crate::report::{Certificate, Reach, Report, TargetInfo, Vantage};

/// Parts of an ARN that name nobody.
const NOBODY: [&str; 10] = [
    "arn",
    "assumed-role",
    "backstop",
    "federated-user",
    "instance-profile",
    "role",
    "root",
    "service-role",
    "user",
    "group",
];

/// Learns every name of a report.
pub(super) fn learn(report: &Report, names: &mut Names) {
    learn_target(&report.target, names);
    learn_vantage(&report.vantage, names);
    if let Some(principal) = &report.principal {
        for name in std::iter::once(&principal.id).chain(&principal.known_as) {
            learn_principal(name, names);
        }
        for value in principal.claims.values() {
            learn_principal(value, names);
        }
        learn_source(&principal.source, names);
    }
    if let Some(credential) = &report.credential {
        learn_principal(&credential.id, names);
        learn_source(&credential.source, names);
    }
    if let Some(reach) = &report.reach {
        learn_reach(reach, names);
    }
    for error in errors(report) {
        if let Some(region) = &error.region {
            learn_region(region, names);
        }
        learn_key(&error.place, &report.target, names);
    }
}

/// Returns the ids of requests, by which the service's own people find them.
pub(super) fn request_ids(report: &Report) -> impl Iterator<Item = String> {
    let ids = errors(report).filter_map(|error| error.request_id.clone());
    ids.filter(|id| !id.trim().is_empty())
}

fn errors(report: &Report) -> impl Iterator<Item = &crate::report::ErrorRecord> {
    let findings = report.checks.iter();
    let found = findings.filter_map(|record| record.finding.as_ref()?.error.as_ref());
    let tried = report.variants.iter();
    found.chain(tried.filter_map(|trial| trial.error.as_ref()))
}

/// Learns the names of a place.
pub(super) fn learn_target(target: &TargetInfo, names: &mut Names) {
    let (_, path) = target.location.split_once("://").unwrap_or_default();
    let mut parts = path.splitn(if target.provider == "s3" { 2 } else { 3 }, '/');
    let kinds: &[Kind] = match target.provider.as_str() {
        "azure" => &[Kind::Account, Kind::Container, Kind::Prefix],
        "minio" => &[Kind::Host, Kind::Bucket, Kind::Prefix],
        _ => &[Kind::Bucket, Kind::Prefix],
    };
    for (kind, part) in kinds.iter().zip(&mut parts) {
        match kind {
            Kind::Host => learn_host(part, names),
            Kind::Prefix => {
                names.learn(Kind::Prefix, part.trim_end_matches('/'));
            }
            kind => {
                names.learn(*kind, part);
            }
        }
    }
    let is_url = target.name.contains("://") || target.name.starts_with("arn:");
    if !is_url {
        names.learn(Kind::Target, &target.name);
    }
    if let Some(endpoint) = &target.endpoint {
        learn_host(endpoint, names);
    }
    if let Some(region) = &target.region {
        learn_region(region, names);
    }
}

/// Learns from where the storage is reached.
pub(super) fn learn_vantage(vantage: &Vantage, names: &mut Names) {
    let hosts = vantage.host.iter().chain(&vantage.addresses);
    for host in hosts.chain(&vantage.proxy) {
        learn_host(host, names);
    }
}

/// Learns a host, which may be a URL or have a port.
fn learn_host(host: &str, names: &mut Names) {
    let url = Url::parse(host).ok().filter(Url::has_host);
    let bare = match &url {
        Some(url) => url.host_str().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, port)| {
            let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            if is_port && !name.contains(':') {
                name
            } else {
                host
            }
        }),
    };
    let bare = bare.trim_matches(['[', ']']);
    if !shapes::is_common(bare) {
        shapes::learn_host(bare, names);
    }
}

/// Learns a region, unless it is one of Amazon's.
fn learn_region(region: &str, names: &mut Names) {
    let parts: Vec<&str> = region.split('-').collect();
    let letters = |part: &&str| part.bytes().all(|byte| byte.is_ascii_lowercase());
    let of_amazon = match parts.as_slice() {
        [area, middle @ .., number] if !middle.is_empty() => {
            area.len() == 2 && middle.iter().all(letters) && number.parse::<u8>().is_ok()
        }
        _ => false,
    };
    if !of_amazon {
        names.learn(Kind::Region, region);
    }
}

/// Learns somebody: the names in an ARN, or the whole where it is one word.
fn learn_principal(id: &str, names: &mut Names) {
    if id.contains("://") {
        return;
    }
    if !id.starts_with("arn:") {
        let own = id.contains(' ') || shapes::is_common(id);
        if !own && !shapes::is_account(id) {
            names.learn(Kind::Principal, id);
        }
        return;
    }
    let parts = id.splitn(6, ':').last().unwrap_or_default();
    for part in parts.split(['/', ':']).filter(|part| part.len() > 2) {
        if !NOBODY.contains(&part) {
            names.learn(Kind::Principal, part);
        }
    }
}

/// Learns where a credential was found: files and profiles bear names.
fn learn_source(source: &str, names: &mut Names) {
    for (mark, kind) in [
        ("file ", Kind::File),
        ("profile ", Kind::Principal),
        ("systemd credential ", Kind::File),
    ] {
        if let Some(name) = source.strip_prefix(mark) {
            names.learn(kind, name);
        }
    }
}

fn learn_reach(reach: &Reach, names: &mut Names) {
    learn_host(&reach.host, names);
    if let Some(proxy) = &reach.proxy {
        learn_host(proxy, names);
    }
    let chain = reach.tls.iter().flat_map(|tls| &tls.chain);
    chain.for_each(|certificate| learn_certificate(certificate, names));
}

fn learn_certificate(certificate: &Certificate, names: &mut Names) {
    for name in &certificate.names {
        learn_host(name.trim_start_matches("*."), names);
    }
    for written in [&certificate.subject, &certificate.issuer] {
        for part in written.split([',', '+']) {
            let value = part.split_once('=').map_or(part, |(_, value)| value).trim();
            // A country or a state is nobody's name.
            if value.len() > 2 {
                names.learn(Kind::Certificate, value.trim_start_matches("*."));
            }
        }
    }
}

/// Learns the key in a place, unless it is one of the sandbox.
fn learn_key(place: &str, target: &TargetInfo, names: &mut Names) {
    let location = target.location.trim_end_matches('/');
    let rest = place.strip_prefix(location).unwrap_or_default();
    let key = rest.trim_start_matches('/');
    if !key.is_empty() && !key.starts_with(".backstop") {
        names.learn(Kind::Key, key);
    }
}
