//! `found`: is there a complete backup of the kind?

use crate::gate::asked::Asked;
use crate::gate::condition::{Answer, Condition};
use crate::gate::facts::{Candidate, Facts, Few, Found, Way};
use crate::gate::words::count;

/// What is fixed about the condition.
pub(in crate::gate) static CONDITION: Condition = Condition {
    id: "found",
    on_request: false,
    docs: "\
## What it asks
Whether there is a complete backup of the kind, `upgrade` unless `--kind` says otherwise: the newest by \
LIST, where that is denied the one that the pointer `latest.json` names, or the one of `--backup ID`. \
Where GET is denied too, the target's reader looks: credentials of its own in \
`[targets.NAME.reader]`. A backup is complete once its manifest is there, which is written last.

## Why an upgrade depends on it
Without a backup there is no way back. A push that was cut off looks like one until it is needed.

## How it blocks
It fails where the answer is that there is none, that it is not complete, or that it is of another \
kind. It is unanswered where nobody who was asked may look, or where storage did not answer.

## How to fix it
Make one, `backstop backup push FILE TARGET --kind upgrade`, and wait for it with `--wait 30m`. Where \
the credentials may not read, give the target a reader.
",
    judge,
};

fn judge(asked: &Asked, facts: &Facts) -> Answer {
    match &facts.search {
        Err(gap) if facts.is_refused() && !facts.has_reader() => {
            Answer::unanswered(gap.why.clone(), "Do what storage says.").echoing("storage")
        }
        Err(gap) => Answer::gap(gap),
        Ok(Found::Nothing { way, incomplete }) => nothing(asked, *way, incomplete),
        Ok(Found::Backup(found)) => backup(asked, found),
    }
}

fn nothing(asked: &Asked, way: Way, incomplete: &Few) -> Answer {
    let what = match &asked.backup {
        Some(id) => format!("there is no complete {} backup {id}", asked.kind),
        None => format!("there is no complete {} backup", asked.kind),
    };
    let looked = way.words();
    let rest = match incomplete.count {
        0 => String::new(),
        number => format!(
            "; {} not complete: {}",
            count(number, "is", "are"),
            incomplete.words()
        ),
    };
    Answer::fails(
        format!("{what}, looked for {looked}{rest}"),
        format!(
            "Make one: backstop backup push FILE TARGET --kind {}; --wait 30m waits for one that is \
             being made.",
            asked.kind
        ),
    )
}

fn backup(asked: &Asked, found: &Candidate) -> Answer {
    let Candidate { id, kind, .. } = found;
    if *kind != asked.kind {
        return Answer::fails(
            format!(
                "{id} is a backup of the kind {kind}, and {} is asked for",
                asked.kind
            ),
            format!("Name its kind with --kind {kind}, or a backup of the kind that is meant."),
        );
    }
    if let Some(meant) = asked.backup.as_ref().filter(|meant| *meant != id) {
        return Answer::fails(
            format!("{id} was found where {meant} was asked for"),
            "backstop backup list TARGET shows what is there.",
        );
    }
    let by = if found.by_reader {
        ", by the reader"
    } else {
        ""
    };
    let newer = match found.newer.count {
        0 => String::new(),
        number => format!(
            "; {} newer and not to be relied on: {}",
            count(number, "is", "are"),
            found.newer.words()
        ),
    };
    let unseen = found.unseen.as_ref();
    let unseen = unseen.map_or_else(String::new, |why| format!("; {why}"));
    Answer::holds(format!(
        "{id}, {}, found {}{by}{newer}{unseen}",
        count(found.objects, "object", "objects"),
        found.way.words()
    ))
}
