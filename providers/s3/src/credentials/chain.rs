//! The usual order of ways, each link heard about.
//!
//! # Why
//!
//! The order is that of the SDKs. Unlike there, a link that is configured and fails ends the
//! chain: if the next one answered, requests would be made as somebody else, and all would look
//! well until a permission is missing.

use backstop_contract::PassedOver;

use super::held::{Failure, Held, Missing};
use super::node::Patience;
use super::source::Source;
use super::{container, environment, profile, roles};
use crate::ambient::Ambient;
use crate::config::S3Credentials;

/// The links in their order.
#[derive(Debug, Clone, Copy)]
enum Link {
    Environment,
    Profile,
    WebIdentity,
    Container,
    NodeRole,
}

impl Link {
    const ALL: [Self; 5] = [
        Self::Environment,
        Self::Profile,
        Self::WebIdentity,
        Self::Container,
        Self::NodeRole,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Profile => "profile",
            Self::WebIdentity => "web identity",
            Self::Container => "container",
            Self::NodeRole => "node role",
        }
    }

    async fn credentials(self, source: &Source) -> Result<Held, Missing> {
        let around = &source.around;
        match self {
            Self::Environment => environment::keys(&around.ambient),
            Self::Profile => profile::credentials(source, None).await,
            Self::WebIdentity => {
                let identity = roles::of_environment(&around.ambient)?;
                Ok(roles::exchange(source, &identity).await?)
            }
            Self::Container => container::credentials(&around.http, &around.ambient).await,
            Self::NodeRole => around.node.credentials(Patience::Guess).await,
        }
    }
}

/// Asks each link in turn, until one has credentials or fails.
pub(super) async fn credentials(source: &Source) -> Result<Held, Failure> {
    let mut passed_over = Vec::new();
    let mut facts = Vec::new();
    for link in Link::ALL {
        match link.credentials(source).await {
            Ok(mut held) => {
                held.passed_over = passed_over;
                return Ok(held);
            }
            Err(Missing::Absent {
                reason,
                facts: more,
            }) => {
                facts.extend(more);
                passed_over.push(PassedOver {
                    link: link.name().to_owned(),
                    reason,
                });
            }
            Err(Missing::Failed(failure)) => {
                let link = format!("failed link: {}", link.name());
                return Err(failure.with_facts([link]).with_facts(told(&passed_over)));
            }
        }
    }
    let none = Failure::unusable("no credentials were found");
    Err(none.with_facts(told(&passed_over)).with_facts(facts))
}

fn told(passed_over: &[PassedOver]) -> impl Iterator<Item = String> {
    passed_over.iter().map(ToString::to_string)
}

/// Returns whether it is certain before any request that credentials come from the token service.
pub(crate) async fn needs_tokens(credentials: &S3Credentials, ambient: &Ambient) -> bool {
    match credentials {
        S3Credentials::AssumeRole(_) | S3Credentials::WebIdentity(_) => true,
        S3Credentials::Chain => {
            let earlier = !matches!(environment::keys(ambient), Err(Missing::Absent { .. }))
                || profile::is_configured(ambient).await;
            !earlier && roles::of_environment(ambient).is_ok()
        }
        _ => false,
    }
}
