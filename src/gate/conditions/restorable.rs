//! `restorable`: can the version that is to be installed restore the backup?

use crate::gate::asked::Asked;
use crate::gate::condition::{Answer, Condition};
use crate::gate::facts::Facts;
use crate::gate::version::{Range, Version};

/// What is fixed about the condition.
pub(in crate::gate) static CONDITION: Condition = Condition {
    id: "restorable",
    on_request: true,
    docs: "\
## What it asks
Whether the version of `--restorable-by` lies in the range of versions that the manifest says can \
restore the backup. Without the flag it is not asked. A range is `1.4..2.9`, both ends included and \
either left out, or `>=1.4 <3`. Versions are compared number by number, so that 1.10 is later than 1.9; \
1.2 is 1.2.0, a leading v says nothing, 2.0.0-rc.1 is earlier than 2.0.0, and what follows a + orders \
nothing. A prerelease of 3 is not below 3: 3.0.0-rc.1 lies outside of `<3`.

## Why an upgrade depends on it
A new version may have dropped the format of old backups. The backup is intact then, and the version \
that is there when it is needed cannot read it.

## How it blocks
It fails where the version lies outside the range. It is unanswered where the manifest names no range, \
and where one of the versions cannot be compared, such as `latest`.

## How to fix it
Make the backup with `backstop backup push --restorable-by RANGE`, as the application documents it; \
where it lies outside, upgrade by way of a version that still restores it.
",
    judge,
};

fn judge(asked: &Asked, facts: &Facts) -> Answer {
    let Some(wanted) = &asked.restorable_by else {
        return Answer::not_asked("no --restorable-by is given");
    };
    let Some(found) = facts.candidate() else {
        return Answer::no_backup();
    };
    let Some(version) = Version::parse(wanted) else {
        return Answer::unanswered(
            format!("{wanted:?} is no version that can be compared"),
            "Give one of numbers between dots, such as --restorable-by 2.4.0.",
        );
    };
    let Some(written) = &found.restorable_by else {
        return Answer::unanswered(
            "the backup does not say which versions can restore it",
            "Make one with backstop backup push --restorable-by RANGE, as the application documents \
             it.",
        );
    };
    match Range::parse(written) {
        None => Answer::unanswered(
            format!("the backup says {written:?} of who can restore it, which is no range"),
            "Make one with backstop backup push and a range such as --restorable-by \">=1.4 <3\".",
        ),
        Some(range) if range.holds(&version) => Answer::holds(format!(
            "{wanted} can restore it: the backup says {written}"
        )),
        Some(_) => Answer::fails(
            format!("{wanted} cannot restore it: the backup says {written}"),
            "Upgrade by way of a version that still restores it, or make a backup that the new one \
             can restore.",
        ),
    }
}
