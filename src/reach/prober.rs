//! Walks the way to the service step by step, each step once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::handshake::{self, Obstacle, Shaken};
use super::heard::Heard;
use super::join::{self, Joined};
use super::resolve::{self, Resolved};
use super::speaker::{self, Question, Service, Speech};
use super::{Route, ask, range, tunnel};
use crate::report::{Address, Reach, Speaker, SpeakerKind};

/// How long a handshake may take, the tunnel through a proxy included.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long is waited to say good-bye.
const FAREWELL: Duration = Duration::from_millis(100);

/// Walks the way to the service: resolves, connects, shakes hands, and asks where nobody proved to
/// be the service. Each step is made once, by whoever wants to know it first.
#[derive(Debug)]
pub struct Prober {
    route: Route,
    service: Service,
    heard: Arc<Heard>,
    resolved: OnceCell<Resolved>,
    joined: OnceCell<Vec<Joined>>,
    /// The connection that the handshake goes on with.
    stream: Mutex<Option<TcpStream>>,
    shaken: OnceCell<Shaken>,
    speech: OnceCell<Option<Speech>>,
}

impl Prober {
    /// Takes the way to a provider's service, and what the run's answers tell; nothing is sent yet.
    #[must_use]
    pub fn new(route: Route, provider: &str, heard: Arc<Heard>) -> Self {
        Self {
            route,
            service: Service::of(provider),
            heard,
            resolved: OnceCell::new(),
            joined: OnceCell::new(),
            stream: Mutex::default(),
            shaken: OnceCell::new(),
            speech: OnceCell::new(),
        }
    }

    /// Returns the way.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Returns what the run's answers tell of the way.
    #[must_use]
    pub fn heard(&self) -> &Heard {
        &self.heard
    }

    /// Walks as far as a healthy way needs: nothing is asked of the service.
    pub async fn walk(&self) {
        if self.route.secure {
            self.shaken().await;
        } else {
            self.joined().await;
        }
    }

    /// Returns what the name leads to.
    pub async fn resolved(&self) -> &Resolved {
        let resolving = || resolve::resolve(&self.route);
        self.resolved.get_or_init(resolving).await
    }

    /// Returns what became of one connection to each address family; none where the name leads
    /// nowhere.
    pub async fn joined(&self) -> &[Joined] {
        let joining = || async {
            let addresses = &self.resolved().await.addresses;
            let port = resolve::first_hop(&self.route).port;
            let (joined, stream) = join::join(addresses, port).await;
            *self.stream.lock().unwrap_or_else(PoisonError::into_inner) =
                stream.filter(|_| self.route.secure);
            joined
        };
        self.joined.get_or_init(joining).await
    }

    /// Returns what TLS showed.
    pub async fn shaken(&self) -> &Shaken {
        let shaking = || async {
            match timeout(PATIENCE, self.shake()).await {
                Ok(Ok(shaken)) => shaken,
                Ok(Err(obstacle)) => Shaken::not(obstacle),
                Err(_) => Shaken::not(Obstacle::Silent),
            }
        };
        self.shaken.get_or_init(shaking).await
    }

    async fn shake(&self) -> Result<Shaken, Obstacle> {
        let mut stream = self.connection().await?;
        let Route { target, proxy, .. } = &self.route;
        if let Some(proxy) = proxy {
            tunnel::open(&mut stream, proxy, target).await?;
        }
        let (mut stream, took) = handshake::shake(stream, &target.host).await?;
        let shaken = Shaken::done(&stream, &target.host, took);
        // A server would note it as an error if nobody said good-bye.
        drop(timeout(FAREWELL, stream.shutdown()).await);
        Ok(shaken)
    }

    /// Returns who answers, asked once; nothing where nobody could be asked.
    pub async fn speech(&self) -> Option<&Speech> {
        let asking = || async { self.ask().await };
        self.speech.get_or_init(asking).await.as_ref()
    }

    async fn ask(&self) -> Option<Speech> {
        // What TLS protects is only said to whom the run's own client trusts.
        if self.route.secure && !self.heard.is_answered() {
            return None;
        }
        let stream = self.connection().await.ok()?;
        let answer = timeout(PATIENCE, ask::ask(stream, &self.route)).await;
        let bytes = answer.ok()??;
        let question = Question {
            service: self.service,
            host: &self.route.target.host,
            secure: self.route.secure,
        };
        let speech = speaker::in_an_answer(&bytes, &question);
        if bytes.is_empty() && !self.route.secure && self.speaks_tls().await {
            return Some(Speech::Another(Speaker {
                kind: SpeakerKind::WantsTls,
                mark: "it ends a plain connection without a word and answers a TLS handshake"
                    .to_owned(),
            }));
        }
        Some(speech)
    }

    /// Returns whether whoever ends a plain connection without a word speaks TLS.
    async fn speaks_tls(&self) -> bool {
        if self.route.proxy.is_some() {
            return false;
        }
        let shaking = async {
            let stream = self.connection().await.ok()?;
            handshake::shake(stream, &self.route.target.host).await.ok()
        };
        matches!(timeout(PATIENCE, shaking).await, Ok(Some(_)))
    }

    /// Returns a connection to the first address that took one.
    async fn connection(&self) -> Result<TcpStream, Obstacle> {
        let joined = self.joined().await;
        let held = self
            .stream
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(stream) = held {
            return Ok(stream);
        }
        let Some(ip) = joined
            .iter()
            .find(|it| it.refusal.is_none())
            .map(|it| it.ip)
        else {
            return Err(Obstacle::Unseen("no connection came about".to_owned()));
        };
        let port = resolve::first_hop(&self.route).port;
        match timeout(join::PATIENCE, TcpStream::connect((ip, port))).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(Obstacle::Broken(error.to_string())),
            Err(_) => Err(Obstacle::Silent),
        }
    }

    /// Returns what is known by now, as data.
    #[must_use]
    pub fn report(&self) -> Reach {
        let resolved = self.resolved.get();
        let joined = self.joined.get().map_or(&[][..], Vec::as_slice);
        let shaken = self.shaken.get();
        let obstacle = shaken.and_then(|shaken| shaken.obstacle.as_ref());
        Reach {
            host: self.route.target.host.clone(),
            port: self.route.target.port,
            secure: self.route.secure,
            proxy: self.route.proxy.as_ref().map(super::Proxy::url),
            addresses: resolved.map_or_else(Vec::new, |it| addresses(it, joined)),
            resolve_ms: resolved.map(|it| millis(it.took)),
            parent_resolves: resolved.and_then(|it| it.parent),
            tls: shaken.and_then(|shaken| shaken.tls.clone()),
            tls_failure: obstacle.map(Obstacle::words),
            speaker: self.speaker(obstacle),
            clock_offset_s: self.heard.clock_offset(),
        }
    }

    fn speaker(&self, obstacle: Option<&Obstacle>) -> Option<Speaker> {
        match (self.speech.get(), obstacle) {
            (Some(Some(Speech::Another(speaker))), _) | (_, Some(Obstacle::NotTls(speaker))) => {
                Some(speaker.clone())
            }
            _ => None,
        }
    }
}

fn addresses(resolved: &Resolved, joined: &[Joined]) -> Vec<Address> {
    let known = |ip| joined.iter().find(|it| it.ip == ip);
    let addresses = resolved.addresses.iter().map(|&ip| {
        let refusal = known(ip).and_then(|it| it.refusal.as_ref());
        Address {
            ip,
            range: range(ip),
            connect_ms: known(ip)
                .filter(|it| it.refusal.is_none())
                .map(|it| millis(it.took)),
            failure: refusal.map(|refusal| refusal.words().to_owned()),
        }
    });
    addresses.collect()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
