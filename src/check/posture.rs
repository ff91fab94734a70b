//! What the checks of the posture share: questions about the bucket, and who tells the time.

use std::fmt;
use std::sync::Arc;

use backstop_contract::{Aspect, ErrorKind, Inspected, ObjectStore};
use jiff::Timestamp;

use super::context::Context;
use super::stop::Stop;
use crate::report::Posture;

/// Tells the time by the server's clock.
pub trait ServerClock: fmt::Debug + Send + Sync + 'static {
    /// Returns the time: the host's own before the server has told any.
    fn now(&self) -> Timestamp;
}

impl Context<'_> {
    /// Asks the bucket about itself.
    ///
    /// # Errors
    ///
    /// [`Stop::Unsupported`] when it cannot be asked, and [`Stop::Inspection`] when it refuses or
    /// fails.
    pub(super) async fn inspect(&self, aspect: Aspect) -> Result<Inspected, Stop> {
        let answer = self.store.inspect(aspect).await;
        answer.map_err(|error| match error.kind() {
            ErrorKind::Unsupported => {
                let said = error.evidence().message.clone();
                Stop::Unsupported(said.unwrap_or_else(|| {
                    format!(
                        "{} cannot be asked for its {}",
                        self.store.provider().title,
                        aspect.name()
                    )
                }))
            }
            _ => Stop::Inspection(aspect, Arc::new(error)),
        })
    }

    /// Keeps for the report what the bucket says of itself.
    pub(super) fn learn(&self, learn: impl FnOnce(&mut Posture)) {
        learn(&mut self.facts().posture);
    }

    /// Ends a check whose answer is of another kind than the question.
    pub(super) fn off_the_point(aspect: Aspect) -> Stop {
        Stop::Unsupported(format!("the answer tells nothing of {}", aspect.name()))
    }
}

/// Writes a number of days.
pub(super) fn days(number: u32) -> String {
    match number {
        1 => "1 day".to_owned(),
        number => format!("{number} days"),
    }
}
