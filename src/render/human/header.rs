//! The place, the access, who asked and from where.

use std::io::{self, Write};

use crate::render::style;
use crate::render::text::Paragraph;
use crate::report::{Access, Address, Credential, Principal, Range, Reach, Report, Vantage};

/// The most addresses that are told.
const MOST_ADDRESSES: usize = 3;

/// Writes the header of one report.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let target = &report.target;
    let mut title = Paragraph::default();
    // A target without a name in a configuration is called by its URL.
    if target.name.contains("://") || target.name.starts_with("arn:") {
        title = title.add(style::STRONG, &target.location);
    } else {
        title = title
            .add(style::STRONG, &format!("{}:", target.name))
            .add(style::PLAIN, &target.location);
    }
    title.write(out, "")?;
    let mut facts = vec![match report.access {
        Access::Undeclared => "access undeclared".to_owned(),
        access => format!("access {}", access.name()),
    }];
    facts.extend(report.principal.as_ref().map(who));
    facts.extend(from(&report.vantage));
    let endpoint = target.endpoint.as_ref();
    facts.extend(endpoint.map(|endpoint| format!("endpoint {endpoint}")));
    let region = target.region.as_ref();
    facts.extend(region.map(|region| format!("region {region}")));
    Paragraph::default()
        .add(style::PLAIN, &facts.join(", "))
        .write(out, "  ")?;
    if let Some(credential) = report
        .credential
        .as_ref()
        .filter(|it| !it.passed_over.is_empty())
    {
        Paragraph::plain(&chosen(credential)).write_hanging(out, "  credential: ", 4)?;
    }
    if let Some(reach) = &report.reach {
        Paragraph::plain(&way(reach)).write_hanging(out, "  network: ", 4)?;
    }
    writeln!(out)
}

/// Tells what the way to the service showed: the addresses, TLS, the clock.
fn way(reach: &Reach) -> String {
    let mut told: Vec<String> = Vec::new();
    told.extend(reach.proxy.as_ref().map(|proxy| format!("through {proxy}")));
    let addresses = reach.addresses.iter().take(MOST_ADDRESSES).map(address);
    told.extend(addresses);
    if reach.addresses.len() > MOST_ADDRESSES {
        let more = reach.addresses.len() - MOST_ADDRESSES;
        told.push(format!("{more} more addresses"));
    }
    if reach.addresses.is_empty() {
        told.push(format!("no address of {}", reach.host));
    }
    if let Some(tls) = &reach.tls {
        let ends = tls.chain.first().map(|leaf| leaf.not_after);
        let ends = ends.map(|at| format!(" until {at}")).unwrap_or_default();
        told.push(format!("{}{ends}", tls.protocol));
    }
    told.extend(reach.clock_offset_s.map(clock));
    told.join(", ")
}

fn address(address: &Address) -> String {
    let range = match address.range {
        Range::Loopback => "this machine",
        Range::Private => "private",
        Range::LinkLocal => "link-local",
        Range::Public => "public",
    };
    let took = address.connect_ms;
    let took = took.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
    format!("{} ({range}){took}", address.ip)
}

fn clock(offset: i64) -> String {
    match offset {
        0 => "clocks agree".to_owned(),
        ahead @ 1.. => format!("this clock {ahead} s behind"),
        behind => format!("this clock {} s ahead", behind.unsigned_abs()),
    }
}

/// Tells which link of a chain answered, and why those before it did not.
fn chosen(credential: &Credential) -> String {
    let links = credential.passed_over.iter();
    let links: Vec<_> = links
        .map(|link| format!("{} ({})", link.link, link.reason))
        .collect();
    format!("{}; not {}", credential.source, links.join(", "))
}

fn who(principal: &Principal) -> String {
    let ends = match principal.expires_at {
        Some(at) => format!(", until {at}"),
        None => String::new(),
    };
    format!("as {} ({}{ends})", principal.id, principal.source)
}

fn from(vantage: &Vantage) -> Option<String> {
    let mut text = match (&vantage.host, vantage.addresses.as_slice()) {
        (None, []) => {
            return vantage
                .proxy
                .as_ref()
                .map(|proxy| format!("through {proxy}"));
        }
        (Some(host), []) => format!("from {host}"),
        (Some(host), addresses) => format!("from {host} ({})", addresses.join(", ")),
        (None, addresses) => format!("from {}", addresses.join(", ")),
    };
    if let Some(proxy) = &vantage.proxy {
        text = format!("{text} through {proxy}");
    }
    Some(text)
}
