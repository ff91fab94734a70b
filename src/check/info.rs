//! What is fixed about a check.

use backstop_contract::Capability;
use futures::future::BoxFuture;

use super::context::Context;
use super::stop::Answer;
use crate::report::Stage;

/// What is fixed about a check: everything but the asking.
#[derive(Debug)]
pub struct CheckInfo {
    /// The stable, public kebab-case id.
    pub id: &'static str,
    /// The stage it belongs to.
    pub stage: Stage,
    /// What it does to the bucket.
    pub effect: Effect,
    /// The checks that must have passed: without them this one is skipped and says on what.
    pub needs: &'static [&'static str],
    /// The checks that must have ended, however they did.
    pub after: &'static [&'static str],
    /// How many requests it makes one after another: the longest chains are begun first.
    pub chain: u8,
    /// The behaviour of the store that it asks about; without it the check is `unsupported`.
    pub capability: Option<Capability>,
    /// Whether a quick run asks it too.
    pub quick: bool,
    /// The manual: `## What it asks`, `## Why a backup depends on it`, `## How it fails`,
    /// `## How to fix it`.
    pub docs: &'static str,
}

/// What a check does to the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It asks nothing of the bucket.
    Outside,
    /// It only reads.
    Reads,
    /// It writes or deletes the keys that every sandbox has.
    Writes,
    /// It writes more keys than can be left behind, so it is skipped where nothing can be removed.
    WritesMore,
}

/// One check: what is fixed about it, and how it asks.
#[derive(Debug)]
pub struct Check {
    /// What is fixed about it.
    pub info: &'static CheckInfo,
    /// Asks.
    pub run: for<'a> fn(&'a Context<'a>) -> BoxFuture<'a, Answer>,
}
