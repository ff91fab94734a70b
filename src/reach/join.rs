//! One connection to each address family.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::future::join_all;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// How long a connection may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// What became of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The address.
    pub ip: IpAddr,
    /// How long it took.
    pub took: Duration,
    /// Why there is none.
    pub refusal: Option<Refusal>,
}

/// Why no connection came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It was refused.
    Refused,
    /// Nobody answered in time.
    Silent,
    /// This host has no way to such addresses.
    NoWay(String),
    /// Something else.
    Other(String),
}

impl Refusal {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::TimedOut => Self::Silent,
            ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
            | ErrorKind::AddrNotAvailable
            | ErrorKind::Unsupported => Self::NoWay(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }

    /// Returns it in words.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Refused => "connection refused",
            Self::Silent => "no answer",
            Self::NoWay(text) | Self::Other(text) => text,
        }
    }
}

/// Connects to the first address of each family at the same time; the first connection that came
/// about, in the resolver's order, is handed on.
pub(super) async fn join(addresses: &[IpAddr], port: u16) -> (Vec<Joined>, Option<TcpStream>) {
    let first = |is: fn(&IpAddr) -> bool| addresses.iter().position(is);
    let mut chosen: Vec<usize> = [first(IpAddr::is_ipv4), first(IpAddr::is_ipv6)]
        .into_iter()
        .flatten()
        .collect();
    chosen.sort_unstable();
    let tried = chosen.into_iter().map(|index| to(addresses[index], port));
    let mut stream = None;
    let joined = join_all(tried).await.into_iter().map(|(joined, made)| {
        stream = stream.take().or(made);
        joined
    });
    (joined.collect(), stream)
}

async fn to(ip: IpAddr, port: u16) -> (Joined, Option<TcpStream>) {
    let begun = Instant::now();
    let made = timeout(PATIENCE, TcpStream::connect(SocketAddr::new(ip, port))).await;
    let took = begun.elapsed();
    let (refusal, stream) = match made {
        Ok(Ok(stream)) => (None, Some(stream)),
        Ok(Err(error)) => (Some(Refusal::of(&error)), None),
        Err(_) => (Some(Refusal::Silent), None),
    };
    (Joined { ip, took, refusal }, stream)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_first_address_of_each_family_is_tried() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
        let other = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
        let (joined, stream) = join(&[v6, v4, other], port).await;
        assert_eq!(joined.iter().map(|it| it.ip).collect::<Vec<_>>(), [v6, v4]);
        assert!(joined[0].refusal.is_some() && joined[1].refusal.is_none());
        assert!(stream.is_some());
        drop(listener);
        let (joined, stream) = join(&[v4], port).await;
        assert_eq!(joined[0].refusal, Some(Refusal::Refused));
        assert!(stream.is_none());
    }
}
