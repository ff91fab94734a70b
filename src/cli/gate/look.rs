//! Who looks for the backup of a target, and where.

use std::sync::Arc;
use std::time::Duration;

use backstop_contract::{RetryPolicy, Retrying};
use tokio::time::timeout;

use super::super::run::Mistake;
use super::super::verify::{Session, Sink};
use crate::backup::{Kind, KindRule, Layout};
use crate::config::Target;
use crate::connect::connect_reader;
use crate::engine::{RunRequest, WireTap};
use crate::gate::ask::{Eyes, Place, Seen, look};
use crate::gate::{Asked, Held};
use crate::subject::Subject;

/// Returns the limits that the configuration sets to a kind.
pub(super) fn limits(target: &Target, kind: &str) -> KindRule {
    let kind = Kind::from_name(kind);
    let rule = kind.and_then(|kind| target.kinds.get(&kind));
    rule.copied().unwrap_or_default()
}

/// Who looks for the backup of a target, and where.
pub(super) struct Lookout {
    place: Place,
    /// The target's own credentials.
    pub(super) target: Eyes,
    reader: Option<Eyes>,
}

impl Lookout {
    /// Connects the reader, where the target has one; of the target's own connection nothing is asked.
    pub(super) async fn open(
        target: &Target,
        session: &Session<'_>,
        limit: Option<Duration>,
        sink: Sink,
    ) -> Result<Self, Mistake> {
        let limit = limit.or(target.timeout).unwrap_or(RunRequest::TIMEOUT);
        let tap = WireTap::new(sink);
        let connected = timeout(limit, connect_reader(target, limit, tap.clone())).await;
        let reader = match connected {
            Ok(Ok(reader)) => reader,
            Ok(Err(error)) => return Err(Mistake::new(format!("the reader of {error}"))),
            Err(_) => {
                return Err(Mistake::new(format!(
                    "{}: the reader was not connected in time",
                    target.name
                )));
            }
        };
        Ok(Self {
            place: Place {
                layout: Layout::new(target.prefix.clone()),
                layouts: target.layouts.clone(),
                limit,
            },
            target: eyes(Held::TARGET, session.subject(), session.tap()),
            reader: reader.map(|reader| eyes("reader", &reader.subject, tap)),
        })
    }

    /// Looks once.
    pub(super) async fn look(&self, asked: &Asked) -> Seen {
        look(asked, &self.place, &self.target, self.reader.as_ref()).await
    }
}

fn eyes(whose: &'static str, subject: &Subject, tap: Arc<WireTap>) -> Eyes {
    Eyes {
        whose,
        store: Arc::new(Retrying::new(
            Arc::clone(&subject.store),
            RetryPolicy::default(),
        )),
        identity: Arc::clone(&subject.identity),
        tap,
    }
}
