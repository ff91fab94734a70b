//! What a condition is, and how it is answered.

use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::facts::{Facts, Gap};

/// One condition: its id, its manual, and how it is judged.
#[derive(Debug)]
pub struct Condition {
    /// The stable, public id.
    pub id: &'static str,
    /// Whether it is asked only when the caller says something to compare with; every other one is
    /// always asked.
    pub on_request: bool,
    /// The manual: `## What it asks`, `## Why an upgrade depends on it`, `## How it blocks`,
    /// `## How to fix it`.
    pub docs: &'static str,
    /// Judges.
    pub judge: fn(&Asked, &Facts) -> Answer,
}

/// How a condition was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was asked and the answer is good.
    Holds,
    /// It was asked and the answer is bad.
    Fails,
    /// It was asked and there is no answer.
    Unanswered,
    /// Nobody wanted to know.
    NotAsked,
}

impl State {
    /// Returns the stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Unanswered => "unanswered",
            Self::NotAsked => "not-asked",
        }
    }
}

/// The answer of one condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// How it was answered.
    pub state: State,
    /// What was seen, in a sentence without a period.
    pub evidence: String,
    /// What to do, a step each; empty where it holds.
    pub remedies: Vec<String>,
    /// The condition that it echoes: it is answered once that one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depends_on: Option<String>,
}

impl Answer {
    /// It holds.
    #[must_use]
    pub fn holds(evidence: impl Into<String>) -> Self {
        Self::new(State::Holds, evidence, Vec::new())
    }

    /// It fails, and this helps.
    #[must_use]
    pub fn fails(evidence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(State::Fails, evidence, vec![remedy.into()])
    }

    /// It could not be answered, and this would answer it.
    #[must_use]
    pub fn unanswered(evidence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(State::Unanswered, evidence, vec![remedy.into()])
    }

    /// Nobody wanted to know; this would ask it.
    #[must_use]
    pub fn not_asked(evidence: impl Into<String>) -> Self {
        Self::new(State::NotAsked, evidence, Vec::new())
    }

    /// It could not be answered because of a gap.
    #[must_use]
    pub fn gap(gap: &Gap) -> Self {
        Self::new(State::Unanswered, gap.why.clone(), gap.remedies.clone())
    }

    /// It waits for a backup to ask about.
    #[must_use]
    pub fn no_backup() -> Self {
        Self::unanswered(
            "there is no backup to ask about",
            "Do what found says: it is asked of the backup that is found.",
        )
        .echoing("found")
    }

    /// Says which condition it echoes.
    #[must_use]
    pub fn echoing(mut self, id: &str) -> Self {
        self.depends_on = Some(id.to_owned());
        self
    }

    pub(super) fn new(state: State, evidence: impl Into<String>, remedies: Vec<String>) -> Self {
        Self {
            state,
            evidence: evidence.into(),
            remedies,
            depends_on: None,
        }
    }
}
