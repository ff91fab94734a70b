//! `whole`: is every object of the backup there, as it was written?

use crate::gate::asked::Asked;
use crate::gate::condition::{Answer, Condition};
use crate::gate::facts::{Candidate, Facts, Gap, Objects};
use crate::gate::words::{count, size};

/// What is fixed about the condition.
pub(in crate::gate) static CONDITION: Condition = Condition {
    id: "whole",
    on_request: false,
    docs: "\
## What it asks
Whether every object that the manifest names is in storage with its size, and with `--read` whether \
every byte of it hashes to what the manifest says. An object that shows another version than the one \
that was written was overwritten; a copy of a bucket has versions of its own, and `--read` proves it all \
the same. Of another tool's backup there is no manifest: what is listed is looked at, and its marker is \
believed to say that this is all.

## Why an upgrade depends on it
One missing part makes a backup worthless, and so does one flipped byte in an archive. Lifecycle rules, \
clean-ups and broken disks take single objects, not whole backups.

## How it blocks
It fails where an object is missing, has another size, version or bytes, and where the manifest \
contradicts itself. It is unanswered where an object could not be looked at.

## How to fix it
Make a new backup, and find out who removed or changed the objects of this one: `backstop backup verify \
latest TARGET --read` names each of them. Versions and Object Lock keep it from happening again.
",
    judge,
};

fn judge(asked: &Asked, facts: &Facts) -> Answer {
    let Some(found) = facts.candidate() else {
        return Answer::no_backup();
    };
    let objects = match &facts.objects {
        Ok(objects) => objects,
        Err(gap) => return Answer::gap(gap),
    };
    if objects.harmed.count > 0 {
        return harmed(asked, objects);
    }
    let open = objects
        .open
        .clone()
        .or_else(|| doubt(asked, found, objects));
    if let Some(gap) = open {
        return Answer::gap(&gap);
    }
    if asked.read && objects.archived.count > 0 {
        let evidence = format!(
            "not every byte was read: {} in archive storage",
            count(objects.archived.count, "object is", "objects are")
        );
        return Answer::unanswered(evidence, "Do what online says.").echoing("online");
    }
    let how = if objects.listed {
        "each that is listed is there, and nothing but its marker says that these are all"
    } else if objects.read {
        "every byte was read and hashes right"
    } else {
        "each is there with its size (--read hashes every byte)"
    };
    Answer::holds(format!(
        "{}, {}: {how}",
        count(objects.seen, "object", "objects"),
        size(objects.bytes)
    ))
}

fn harmed(asked: &Asked, objects: &Objects) -> Answer {
    Answer::fails(
        format!(
            "{} not as written: {}",
            count(objects.harmed.count, "object is", "objects are"),
            objects.harmed.words()
        ),
        format!(
            "Make a new backup, backstop backup push FILE TARGET --kind {}, and find out who \
             removed or changed these.",
            asked.kind
        ),
    )
}

/// Returns what was not looked at although nothing was said to stand in the way.
fn doubt(asked: &Asked, found: &Candidate, objects: &Objects) -> Option<Gap> {
    let remedy =
        "Ask again; when it stays, backstop backup verify latest TARGET shows each object.";
    if objects.seen != found.objects || objects.bytes != found.bytes {
        return Some(Gap::new(
            format!(
                "{} {} with {} bytes, and {} with {} bytes were looked at",
                if objects.listed {
                    "the search counted"
                } else {
                    "the manifest counts"
                },
                count(found.objects, "object", "objects"),
                found.bytes,
                objects.seen,
                objects.bytes
            ),
            remedy,
        ));
    }
    (asked.read && !objects.read)
        .then(|| Gap::new("not every byte was read, and --read asks for it", remedy))
}
