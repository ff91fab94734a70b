//! The place, the access, who asked and from where.

use std::io::{self, Write};

use crate::render::style;
use crate::render::text::Paragraph;
use crate::report::{Access, Credential, Principal, Report, Vantage};

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
    writeln!(out)
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
