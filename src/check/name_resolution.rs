//! `name-resolution`: does the name lead anywhere, and where to?

use std::net::IpAddr;

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark, Stop};
use crate::reach::{Miss, Prober, Resolved, range};
use crate::report::{Range, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "name-resolution",
    stage: Stage::Reach,
    effect: Effect::Outside,
    needs: &["credential"],
    after: &[],
    chain: 0,
    capability: None,
    quick: true,
    docs: "\
## What it asks
What the host's name leads to: every address, whether each is of this machine, of a private network, \
of the link alone or of the internet, and how long the answer took. It is asked as the requests ask \
it, through the resolver of this host. Where a proxy is on the way, it is the proxy's name: the \
proxy resolves the other one itself.

## Why a backup depends on it
Without an address nothing is sent. A private endpoint whose name leads to a public address is \
refused by the account's firewall with a message that speaks of permissions.

## How it fails
`bucket-name-not-resolved` where only the name with the bucket before it has no address, \
`name-not-resolved` where the host has none, `no-answer` where the resolver keeps silent.

## How to fix it
Check the spelling of the endpoint, the account and the region, and the DNS of this host or pod. \
Where only the name with the bucket before it is missing, set the addressing to path, or let \
whoever runs the service create the wildcard record.
",
};

/// The most addresses that are told.
const MOST: usize = 4;

/// Asks: looks at what the resolver said.
///
/// # Errors
///
/// [`Stop::Unfit`] when there is no address, and [`Stop::Silent`] when the resolver kept silent.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let Some(prober) = &context.run.prober else {
        return Ok(None);
    };
    judge(prober, prober.resolved().await)
}

fn judge(prober: &Prober, resolved: &Resolved) -> Answer {
    let route = prober.route();
    let name = match &route.proxy {
        Some(proxy) => format!("{proxy} on the way to {}", route.target.host),
        None => route.target.host.clone(),
    };
    let Some(miss) = &resolved.miss else {
        return Ok(Some(Remark::Note(format!("{name}: {}", found(resolved)))));
    };
    let why = match miss {
        Miss::NotFound(text) => format!("{name} has no address ({text})"),
        Miss::Silent => format!(
            "{name}: the resolver did not answer within {} s",
            resolved.took.as_secs()
        ),
    };
    if prober.heard().is_answered() {
        // What the run's own requests reached has an address.
        return Ok(Some(Remark::Note(format!(
            "{why}, and requests reached it all the same"
        ))));
    }
    match (miss, &route.parent, resolved.parent) {
        (Miss::Silent, ..) => Err(Stop::Silent("no-answer", why)),
        (Miss::NotFound(_), Some(parent), Some(true)) => Err(Stop::Unfit(
            "bucket-name-not-resolved",
            format!("{why}, and {parent} has one"),
        )),
        (Miss::NotFound(_), ..) => Err(Stop::Unfit("name-not-resolved", why)),
    }
}

fn found(resolved: &Resolved) -> String {
    let told = resolved.addresses.iter().take(MOST).map(|&ip| told(ip));
    let mut told = told.collect::<Vec<_>>().join(", ");
    if resolved.addresses.len() > MOST {
        told = format!("{told} and {} more", resolved.addresses.len() - MOST);
    }
    format!("{told}, in {} ms", resolved.took.as_millis())
}

/// Returns an address with what it leads to.
fn told(ip: IpAddr) -> String {
    let range = match range(ip) {
        Range::Loopback => "this machine",
        Range::Private => "private",
        Range::LinkLocal => "link-local",
        Range::Public => "public",
    };
    format!("{ip} ({range})")
}
