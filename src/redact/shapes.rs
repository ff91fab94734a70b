//! What is an address, an account or a path by its shape alone.

use std::net::{IpAddr, Ipv4Addr};

use super::names::{Kind, Names};

/// Hosts of everybody: nothing is given away by them.
const COMMON: [&str; 18] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "api.aws",
    "aws.amazon.com",
    "azure.com",
    "azure.net",
    "azure.us",
    "chinacloudapi.cn",
    "example.com",
    "localhost",
    "microsoft.com",
    "microsoftonline.cn",
    "microsoftonline.com",
    "microsoftonline.us",
    "min.io",
    "usgovcloudapi.net",
    "windows.net",
    "localhost.localdomain",
];

/// The ends of names with one dot that are hosts and no files.
const ENDS: [&str; 18] = [
    "cloud", "com", "corp", "de", "dev", "eu", "example", "home", "internal", "intra", "invalid",
    "io", "lan", "local", "net", "org", "svc", "test",
];

/// Services whose hosts begin with somebody's name.
const SERVICES: [(&str, Kind); 7] = [
    ("blob", Kind::Account),
    ("dfs", Kind::Account),
    ("file", Kind::Account),
    ("queue", Kind::Account),
    ("table", Kind::Account),
    ("web", Kind::Account),
    ("s3", Kind::Bucket),
];

/// Paths that are the same everywhere.
const USUAL_PATHS: [&str; 5] = [
    "/proc/",
    "/dev/",
    "/var/run/secrets/",
    "/subscriptions/",
    "/etc/ssl/",
];

/// Returns the length of what begins at a place and what stands for it.
pub(super) fn at(text: &str, at: usize, names: &mut Names) -> Option<(usize, String)> {
    let (before, rest) = (&text[..at], &text[at..]);
    let previous = before.chars().next_back();
    if let Some(length) = path(previous, rest) {
        return Some((length, names.learn(Kind::File, &rest[..length])));
    }
    if previous.is_some_and(|c| c.is_alphanumeric() || c == '_') && !before.ends_with("\\n") {
        return None;
    }
    address(previous, rest, names)
        .or_else(|| id(rest, names))
        .or_else(|| of_url(before, rest, names))
        .or_else(|| host(rest, names))
}

/// Returns whether a host or an address is the same for everybody.
pub(super) fn is_common(host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return is_common_address(address);
    }
    let host = host.to_ascii_lowercase();
    COMMON.iter().any(|common| {
        let before = host.strip_suffix(common);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// This machine itself, and where every machine in a cloud finds the cloud.
fn is_common_address(address: IpAddr) -> bool {
    const AZURE: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_loopback() || v4.is_unspecified() || v4.is_link_local() || v4 == AZURE
        }
        IpAddr::V6(v6) => {
            v6.is_loopback() || v6.is_unspecified() || v6.segments()[..2] == [0xfd00, 0x0ec2]
        }
    }
}

/// Learns a host or an address.
pub(super) fn learn_host(host: &str, names: &mut Names) -> String {
    let kind = match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => Kind::Address4,
        Ok(IpAddr::V6(_)) => Kind::Address6,
        Err(_) => Kind::Host,
    };
    names.learn(kind, host)
}

/// Returns whether it is the number of an account of Amazon.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn run(text: &str, part: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !part(c)).unwrap_or(text.len());
    &text[..end]
}

fn address(previous: Option<char>, rest: &str, names: &mut Names) -> Option<(usize, String)> {
    let written = run(rest, |c| c.is_ascii_hexdigit() || c == ':' || c == '.');
    let mut written = written.trim_end_matches('.');
    // The middle of an ARN looks like the begin of an address.
    if previous == Some(':') && written.starts_with(':') {
        written = "";
    }
    while !written.is_empty() {
        let ends = !rest[written.len()..].starts_with(char::is_alphanumeric);
        let address = written.parse::<IpAddr>().ok().filter(|_| ends);
        if let Some(address) = address {
            let replaced = if is_common_address(address) {
                written.to_owned()
            } else {
                learn_host(written, names)
            };
            return Some((written.len(), replaced));
        }
        // A port or the end of a sentence may follow.
        written = written.rfind(':').map_or("", |end| &written[..end]);
    }
    None
}

/// Accounts of Amazon, access key ids, GUIDs, addresses of mail.
fn id(rest: &str, names: &mut Names) -> Option<(usize, String)> {
    let word = run(rest, |c| c.is_ascii_alphanumeric());
    if is_account(word) {
        return Some((word.len(), names.learn(Kind::Account, word)));
    }
    let prefixes = ["AKIA", "ASIA", "AROA", "AIDA"];
    let is_key = word.len() >= 16 && prefixes.iter().any(|prefix| word.starts_with(prefix));
    if is_key {
        return Some((word.len(), names.learn(Kind::Principal, word)));
    }
    let guid = run(rest, |c| c.is_ascii_hexdigit() || c == '-');
    if is_guid(guid) {
        return Some((guid.len(), names.learn(Kind::Id, guid)));
    }
    let part = |c: char| c.is_ascii_alphanumeric() || "._+-@".contains(c);
    let mail = run(rest, part).trim_end_matches('.');
    let (user, domain) = mail.split_once('@')?;
    let is_mail = !user.is_empty() && domain.contains('.') && !domain.contains('@');
    is_mail.then(|| (mail.len(), names.learn(Kind::Principal, mail)))
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
}

/// The host of a URL, whatever it looks like; of our own schemes it is a bucket or an account.
fn of_url(before: &str, rest: &str, names: &mut Names) -> Option<(usize, String)> {
    let scheme = before.strip_suffix("://")?;
    let host = run(rest, |c| c.is_alphanumeric() || ".-_~%".contains(c));
    if host.is_empty() || is_common(host) {
        return None;
    }
    let kind = match scheme.rsplit(|c: char| !c.is_ascii_alphanumeric()).next() {
        Some("s3") => Kind::Bucket,
        Some("azure") => Kind::Account,
        _ => Kind::Host,
    };
    Some((host.len(), names.learn(kind, host)))
}

/// A name with dots that is a host's.
fn host(rest: &str, names: &mut Names) -> Option<(usize, String)> {
    let name = run(rest, |c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
    let name = name.trim_end_matches(['.', '-']);
    let labels: Vec<&str> = name.split('.').collect();
    let end = labels.last()?.to_ascii_lowercase();
    let is_host = labels.iter().all(|label| !label.is_empty())
        && end.len() > 1
        && end.bytes().all(|byte| byte.is_ascii_lowercase())
        && (labels.len() > 2 || (labels.len() == 2 && ENDS.contains(&end.as_str())));
    if !is_host {
        return None;
    }
    if !is_common(name) {
        return Some((name.len(), names.learn(Kind::Host, name)));
    }
    let (at, kind) = labels.iter().enumerate().skip(1).find_map(|(at, label)| {
        let service = |(service, _): &&(&str, Kind)| {
            label.eq_ignore_ascii_case(service) || label.starts_with(&format!("{service}-"))
        };
        Some((at, SERVICES.iter().find(service)?.1))
    })?;
    let owner = labels[..at].join(".");
    let rest = name.get(owner.len()..).unwrap_or_default();
    let owner = names.learn(kind, &owner);
    Some((name.len(), format!("{owner}{rest}")))
}

/// Returns the length of an absolute path of a file.
fn path(previous: Option<char>, rest: &str) -> Option<usize> {
    let begins = previous.is_none_or(|c| c.is_whitespace() || "\"'`(=,".contains(c));
    if !begins || !rest.starts_with('/') || USUAL_PATHS.iter().any(|usual| rest.starts_with(usual))
    {
        return None;
    }
    let path = run(rest, |c| c.is_alphanumeric() || "/._-+@~".contains(c));
    let path = path.trim_end_matches(['.', '/']);
    let segments = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .count();
    (segments > 1).then_some(path.len())
}
