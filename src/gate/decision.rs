//! Answers to a decision.

use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::condition::{Answer, State};
use super::facts::Facts;
use super::table::conditions;

/// The decision in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ruling {
    /// There is a way back.
    Allow,
    /// There is none, or it is not known.
    Block,
    /// It was blocked, and somebody said in writing that it goes on.
    Overridden,
}

impl Ruling {
    /// Returns the stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Block => "block",
            Self::Overridden => "overridden",
        }
    }
}

/// One condition and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The condition's id.
    pub id: String,
    /// Its answer.
    #[serde(flatten)]
    pub answer: Answer,
}

/// What is to be done, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The decision in one word.
    pub decision: Ruling,
    /// Whether the answers alone decide it: a block that rests on unanswered questions alone is not
    /// settled.
    pub settled: bool,
    /// Every condition, in the table's order.
    pub conditions: Vec<Answered>,
    /// Why somebody wanted it to go on; kept where it was not needed too.
    #[serde(rename = "override")]
    pub reason: Option<String>,
}

/// Decides; whatever is not known to be good blocks.
#[must_use]
pub fn decide(asked: &Asked, facts: &Facts, reason: Option<&str>) -> Decision {
    let conditions = conditions().map(|condition| {
        let mut answer = (condition.judge)(asked, facts);
        if answer.state == State::NotAsked && !condition.on_request {
            answer.state = State::Unanswered;
        }
        Answered {
            id: condition.id.to_owned(),
            answer,
        }
    });
    let conditions: Vec<_> = conditions.collect();
    let is = |state: State| conditions.iter().any(|it| it.answer.state == state);
    let bad = is(State::Fails) || is(State::Unanswered);
    Decision {
        decision: match (bad, reason) {
            (false, _) => Ruling::Allow,
            (true, None) => Ruling::Block,
            (true, Some(_)) => Ruling::Overridden,
        },
        settled: !bad || is(State::Fails),
        conditions,
        reason: reason.map(str::to_owned),
    }
}

impl Decision {
    /// Returns the ids of the conditions in a state.
    #[must_use]
    pub fn with(&self, state: State) -> Vec<&str> {
        let all = self.conditions.iter();
        all.filter(|it| it.answer.state == state)
            .map(|it| it.id.as_str())
            .collect()
    }

    /// Returns the answer of a condition.
    #[must_use]
    pub fn answer(&self, id: &str) -> Option<&Answer> {
        let mut all = self.conditions.iter();
        all.find(|it| it.id == id).map(|it| &it.answer)
    }

    /// Returns the decision in a line, with what does not hold and what was not asked.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!(
            "{}: {} of {} conditions",
            self.decision.name(),
            self.with(State::Holds).len(),
            self.conditions.len()
        );
        for (state, word) in [
            (State::Fails, "fails"),
            (State::Unanswered, "unanswered"),
            (State::NotAsked, "not asked"),
        ] {
            let ids = self.with(state);
            if !ids.is_empty() {
                line = format!("{line}; {word}: {}", ids.join(", "));
            }
        }
        line
    }
}
