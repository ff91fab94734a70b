//! What threatens a backup that can be written and read.

use super::rule::Rule;

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[];
