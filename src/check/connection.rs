//! `connection`: does each address family take a connection?

use std::net::IpAddr;

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark, Stop};
use crate::reach::{Joined, Refusal, range};
use crate::report::{Range, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "connection",
    stage: Stage::Reach,
    effect: Effect::Outside,
    needs: &["name-resolution"],
    after: &[],
    chain: 0,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Whether the first address of each family, IPv4 and IPv6, takes a TCP connection, and how long that \
takes. Where a proxy is on the way, it is a connection to the proxy. Nothing is sent on it. It is a \
risk when one family answers and the other one refuses or keeps silent; that this host has no IPv6 \
is none.

## Why a backup depends on it
A firewall that drops packets looks like a slow service. Where only one family works, some programs \
find it at once, some after half a minute, and some never.

## How it fails
`unreachable` where nothing takes a connection, `no-answer` where a firewall drops it, \
`address-family-unreachable` where IPv4 works and IPv6 does not, or the other way round.

## How to fix it
Check host and port, the outbound rules of this host, and whether the service is up. Where one \
family does not work, let it through or take its record out of the DNS.
",
};

/// Asks: looks at what became of a connection to each family.
///
/// # Errors
///
/// [`Stop::Unfit`] when all were refused, and [`Stop::Silent`] when nobody answered.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let Some(prober) = &context.run.prober else {
        return Ok(None);
    };
    let joined = prober.joined().await;
    let port = match &prober.route().proxy {
        Some(proxy) => proxy.hop.port,
        None => prober.route().target.port,
    };
    judge(joined, port, prober.heard().is_answered())
}

fn judge(joined: &[Joined], port: u16, answered: bool) -> Answer {
    let told: Vec<_> = joined.iter().map(|it| told(it, port)).collect();
    let told = told.join("; ");
    if joined.iter().any(|it| it.refusal.is_none()) {
        return Ok(Some(if joined.iter().any(is_threat) {
            Remark::Threat("address-family-unreachable", told)
        } else {
            Remark::Note(told)
        }));
    }
    if answered {
        let text = format!("{told}; requests were answered all the same");
        return Ok(Some(Remark::Note(text)));
    }
    if joined.iter().any(|it| it.refusal == Some(Refusal::Silent)) {
        return Err(Stop::Silent("no-answer", told));
    }
    Err(Stop::Unfit("unreachable", told))
}

/// Returns whether other programs will stumble over what this one saw.
///
/// On this machine a refusal costs nothing: every program goes on to the next address at once, and
/// `localhost` has two where a server listens on one.
fn is_threat(joined: &Joined) -> bool {
    match joined.refusal {
        Some(Refusal::Silent) => true,
        Some(Refusal::Refused) => range(joined.ip) != Range::Loopback,
        Some(Refusal::NoWay(_) | Refusal::Other(_)) | None => false,
    }
}

fn told(joined: &Joined, port: u16) -> String {
    let family = match joined.ip {
        IpAddr::V4(_) => "IPv4",
        IpAddr::V6(_) => "IPv6",
    };
    let place = std::net::SocketAddr::new(joined.ip, port);
    match &joined.refusal {
        None => format!("{family} {place} in {} ms", joined.took.as_millis()),
        Some(Refusal::Silent) => format!(
            "{family} {place}: no answer within {} s",
            joined.took.as_secs()
        ),
        Some(refusal) => format!("{family} {place}: {}", refusal.words()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_family_is_judged_by_what_the_other_one_does() {
        let joined = |ip: &str, refusal: Option<Refusal>| Joined {
            ip: ip.parse().expect("an address"),
            took: Duration::from_secs(3),
            refusal,
        };
        let (v4, v6) = ("192.0.2.1", "2001:db8::1");
        let no_way = || Some(Refusal::NoWay("Network is unreachable".to_owned()));
        let (refused, silent) = (Some(Refusal::Refused), Some(Refusal::Silent));
        for (all, answered, expected) in [
            (vec![joined(v4, None)], false, "note"),
            (vec![joined(v6, None), joined(v4, None)], false, "note"),
            (vec![joined(v6, no_way()), joined(v4, None)], false, "note"),
            (
                vec![joined(v6, refused.clone()), joined(v4, None)],
                false,
                "threat",
            ),
            (
                vec![joined(v6, None), joined(v4, silent.clone())],
                false,
                "threat",
            ),
            // A server on this machine that listens on one family.
            (
                vec![joined("::1", refused.clone()), joined("127.0.0.1", None)],
                false,
                "note",
            ),
            (
                vec![joined("::1", silent.clone()), joined("127.0.0.1", None)],
                false,
                "threat",
            ),
            (vec![joined(v4, refused.clone())], false, "unreachable"),
            (
                vec![joined(v6, no_way()), joined(v4, refused.clone())],
                false,
                "unreachable",
            ),
            (
                vec![joined(v6, refused), joined(v4, silent.clone())],
                false,
                "no-answer",
            ),
            (vec![joined(v4, silent.clone())], false, "no-answer"),
            // What the requests reached is there.
            (vec![joined(v4, silent)], true, "note"),
        ] {
            let said = match judge(&all, 443, answered) {
                Ok(Some(Remark::Note(_))) => "note",
                Ok(Some(Remark::Threat("address-family-unreachable", _))) => "threat",
                Err(Stop::Unfit(cause, _) | Stop::Silent(cause, _)) => cause,
                other => panic!("{other:?}"),
            };
            assert_eq!(said, expected, "{all:?}");
        }
    }
}
