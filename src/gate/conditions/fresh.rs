//! `fresh`: is the backup young enough, by the server's clock?

use jiff::Timestamp;

use crate::backup::is_ahead;
use crate::gate::asked::{Asked, LimitSource};
use crate::gate::condition::{Answer, Condition};
use crate::gate::facts::{Candidate, Facts};
use crate::gate::words::{duration, seconds};

/// What is fixed about the condition.
pub(in crate::gate) static CONDITION: Condition = Condition {
    id: "fresh",
    on_request: false,
    docs: "\
## What it asks
Whether the backup is younger than `--max-age`, else than `max_age` of its kind in the configuration, \
else than a day. Its age counts from its start and from the time at which storage says its manifest was \
last written, whichever is older, against the server's clock. This host's clock has no say.

## Why an upgrade depends on it
Whatever was done since the backup began is lost with a restore. A backup that was copied or touched \
yesterday and begun last month is a month old; one that took ten hours misses those ten hours.

## How it blocks
It fails where the age is over the limit, and where a time lies more than a minute in the server's \
future: then one of the clocks is wrong, and no age can be told. It is unanswered where no answer told \
the server's clock or when the manifest was written.

## How to fix it
Make a backup now, or wait for the one that is being made with `--wait 30m`. Set the limit that you \
can live with in `[targets.NAME.kinds.upgrade]`, `max_age = \"2h\"`.
",
    judge,
};

fn judge(asked: &Asked, facts: &Facts) -> Answer {
    let Some(found) = facts.candidate() else {
        return Answer::no_backup();
    };
    let Some(now) = facts.now else {
        return Answer::unanswered(
            "no answer of the service told its clock, and this host's has no say",
            "Find out who removes the header Date from its answers: a proxy on the way does.",
        );
    };
    let Some(modified) = found.manifest_modified else {
        return Answer::unanswered(
            "storage does not say when the manifest was written, and what it says of itself is not \
             enough",
            "Find out who removes the header Last-Modified from answers: a proxy on the way does.",
        );
    };
    match future(found, modified, now) {
        Some(answer) => answer,
        None => aged(asked, found, modified, now),
    }
}

/// Returns the answer for a time that has not come yet.
fn future(found: &Candidate, modified: Timestamp, now: Timestamp) -> Option<Answer> {
    let times = [
        (found.started_at, "began"),
        (modified, "had its manifest written"),
    ];
    let (time, what) = times.into_iter().find(|(time, _)| is_ahead(*time, now))?;
    Some(Answer::fails(
        format!(
            "it {what} at {time}, {} in the future by the server's clock",
            duration(time.duration_since(now))
        ),
        "Set the clock of the machine that made the backup, or of the server, and make a new one.",
    ))
}

fn aged(asked: &Asked, found: &Candidate, modified: Timestamp, now: Timestamp) -> Answer {
    let (since, what) = if modified < found.started_at {
        (modified, "its manifest was written")
    } else {
        (found.started_at, "it was begun")
    };
    let age = now.duration_since(since);
    let age_s = u64::try_from(age.as_secs()).unwrap_or(0);
    let told = duration(age);
    let limit = limit(asked);
    if age_s >= asked.max_age_s {
        return Answer::fails(
            format!("it is {told} old, since {what} at {since}; {limit}"),
            format!(
                "Make a new one: backstop backup push FILE TARGET --kind {}.",
                asked.kind
            ),
        );
    }
    Answer::holds(format!("{told} old, since {what}; {limit}"))
}

fn limit(asked: &Asked) -> String {
    let told = seconds(asked.max_age_s);
    match asked.max_age_source {
        LimitSource::Default => format!("the limit is {told}, since none is set"),
        LimitSource::Config => format!("the limit is {told} by the configuration"),
        LimitSource::Flag => format!("the limit is {told}"),
    }
}
