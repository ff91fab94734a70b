//! What a name leads to.

use std::net::IpAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::{Instant, timeout};

use super::{Hop, Route};

/// How long a name may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The addresses, in the resolver's order.
    pub addresses: Vec<IpAddr>,
    /// How long it took.
    pub took: Duration,
    /// Why there are none.
    pub miss: Option<Miss>,
    /// Whether the name without the bucket before it leads anywhere; asked only where the one with
    /// it does not.
    pub parent: Option<bool>,
}

/// Why a name leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// The resolver says that there is no address.
    NotFound(String),
    /// The resolver does not answer.
    Silent,
}

/// Resolves the name that a connection is made to: the proxy's, where there is one.
pub(super) async fn resolve(route: &Route) -> Resolved {
    let begun = Instant::now();
    let found = look_up(first_hop(route)).await;
    let took = begun.elapsed();
    let parent = match (&found, &route.parent, &route.proxy) {
        (Err(Miss::NotFound(_)), Some(parent), None) => {
            let parent = Hop::new(parent, route.target.port);
            Some(look_up(&parent).await.is_ok())
        }
        _ => None,
    };
    let (addresses, miss) = match found {
        Ok(addresses) => (addresses, None),
        Err(miss) => (Vec::new(), Some(miss)),
    };
    Resolved {
        addresses,
        took,
        miss,
        parent,
    }
}

/// Returns where connections are made to.
pub(super) fn first_hop(route: &Route) -> &Hop {
    route
        .proxy
        .as_ref()
        .map_or(&route.target, |proxy| &proxy.hop)
}

async fn look_up(hop: &Hop) -> Result<Vec<IpAddr>, Miss> {
    match timeout(PATIENCE, lookup_host((hop.host.as_str(), hop.port))).await {
        Err(_) => Err(Miss::Silent),
        Ok(Err(error)) => Err(Miss::NotFound(error.to_string())),
        Ok(Ok(found)) => {
            let mut addresses: Vec<IpAddr> = Vec::new();
            for ip in found.map(|address| address.ip()) {
                if !addresses.contains(&ip) {
                    addresses.push(ip);
                }
            }
            if addresses.is_empty() {
                return Err(Miss::NotFound("it has no address".to_owned()));
            }
            Ok(addresses)
        }
    }
}
