//! `ours`: is it the backup of this installation and of the version that runs now?

use crate::gate::asked::Asked;
use crate::gate::condition::{Answer, Condition};
use crate::gate::facts::{Candidate, Facts};
use crate::gate::version::Version;

/// What is fixed about the condition.
pub(in crate::gate) static CONDITION: Condition = Condition {
    id: "ours",
    on_request: true,
    docs: "\
## What it asks
Whether the backup is this installation's, by the name `installation` at the top of the configuration, \
and with `--from-version` whether it was made by the version that runs now. With neither it is not \
asked.

## Why an upgrade depends on it
Two installations that share a bucket, or a configuration that was copied, end in a restore of \
somebody else's data. A backup of an earlier version brings back an earlier version.

## How it blocks
It fails where the manifest names another installation, or another version or build of one. It is \
unanswered where the manifest names none, and where `--from-version` is a name that moves, such as \
`latest`.

## How to fix it
Give each installation a prefix of its own, and make a backup from this one: `backup push` writes the \
name of the configuration and the version of `--app-version` into the manifest.
",
    judge,
};

/// Names that lead to another version every time.
const MOVING: [&str; 6] = ["latest", "stable", "edge", "nightly", "main", "master"];

fn judge(asked: &Asked, facts: &Facts) -> Answer {
    if asked.installation.is_none() && asked.from_version.is_none() {
        return Answer::not_asked(
            "no installation is named in the configuration, and no --from-version is given",
        );
    }
    let Some(found) = facts.candidate() else {
        return Answer::no_backup();
    };
    let parts = [installation(asked, found), version(asked, found)];
    let mut told = Vec::new();
    for part in parts.into_iter().flatten() {
        match part {
            Ok(words) => told.push(words),
            Err(answer) => return answer,
        }
    }
    Answer::holds(told.join(", "))
}

fn installation(asked: &Asked, found: &Candidate) -> Option<Result<String, Answer>> {
    let wanted = asked.installation.as_ref()?;
    Some(match &found.installation {
        Some(named) if named == wanted => Ok(format!("of {named}")),
        Some(named) => Err(Answer::fails(
            format!("it is a backup of {named}, and this is {wanted}"),
            format!(
                "Give {wanted} a prefix of its own and make a backup from there; or correct \
                 installation in the configuration."
            ),
        )),
        None => Err(Answer::unanswered(
            format!("the backup does not say whose it is, and this is {wanted}"),
            "Make one with backstop backup push and this configuration, which names its \
             installation.",
        )),
    })
}

fn version(asked: &Asked, found: &Candidate) -> Option<Result<String, Answer>> {
    let wanted = asked.from_version.as_ref()?;
    let Some(made) = &found.app_version else {
        return Some(Err(Answer::unanswered(
            format!("the backup does not say which version made it, and {wanted} is running"),
            format!("Make one with backstop backup push --app-version {wanted}."),
        )));
    };
    if MOVING.contains(&wanted.as_str()) {
        return Some(Err(Answer::unanswered(
            format!("{wanted} is another version every time, and nothing can be compared with it"),
            "Name the version that runs, such as --from-version 2.3.1.",
        )));
    }
    let same = match (Version::parse(made), Version::parse(wanted)) {
        (Some(made), Some(wanted)) => made.is_same(&wanted),
        _ => made == wanted,
    };
    Some(if same {
        Ok(format!("made by {made}"))
    } else {
        Err(Answer::fails(
            format!("it was made by version {made}, and {wanted} is running"),
            format!(
                "Make a new one of the version that runs: backstop backup push FILE TARGET --kind \
                 {} --app-version {wanted}.",
                asked.kind
            ),
        ))
    })
}
