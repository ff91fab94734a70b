//! The one ordered table of conditions.

use super::condition::Condition;
use super::conditions::{
    credentials, found, fresh, online, ours, restorable, size, storage, whole,
};

/// Every condition, in the order in which it is told.
static CONDITIONS: [&Condition; 9] = [
    &storage::CONDITION,
    &found::CONDITION,
    &fresh::CONDITION,
    &ours::CONDITION,
    &whole::CONDITION,
    &size::CONDITION,
    &online::CONDITION,
    &restorable::CONDITION,
    &credentials::CONDITION,
];

/// Returns every condition, in the order in which it is told.
pub fn conditions() -> impl Iterator<Item = &'static Condition> {
    CONDITIONS.iter().copied()
}

/// Returns the ids of all conditions, in their order.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    conditions().map(|condition| condition.id).collect()
}

/// Returns the condition of an id.
#[must_use]
pub fn condition(id: &str) -> Option<&'static Condition> {
    conditions().find(|condition| condition.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_are_a_promise() {
        let expected = [
            "storage",
            "found",
            "fresh",
            "ours",
            "whole",
            "size",
            "online",
            "restorable",
            "credentials",
        ];
        assert_eq!(ids(), expected);
        let on_request: Vec<_> = conditions()
            .filter(|condition| condition.on_request)
            .map(|condition| condition.id)
            .collect();
        assert_eq!(on_request, ["ours", "restorable"]);
    }

    #[test]
    fn every_manual_has_its_four_parts() {
        for condition in conditions() {
            let headings: Vec<_> = condition
                .docs
                .lines()
                .filter(|line| line.starts_with('#'))
                .collect();
            let expected = [
                "## What it asks",
                "## Why an upgrade depends on it",
                "## How it blocks",
                "## How to fix it",
            ];
            assert_eq!(headings, expected, "{}", condition.id);
            assert!(condition.docs.ends_with(".\n"), "{}", condition.id);
        }
    }
}
