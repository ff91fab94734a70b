//! `storage`: does the place work now, as it is declared to?

use crate::gate::asked::Asked;
use crate::gate::condition::{Answer, Condition, State};
use crate::gate::facts::Facts;
use crate::report::{Access, Diagnosis, Report, Verdict, verdict};

/// The most steps of a cause that are repeated.
const STEPS: usize = 3;

/// What is fixed about the condition.
pub(in crate::gate) static CONDITION: Condition = Condition {
    id: "storage",
    on_request: false,
    docs: "\
## What it asks
Whether the target passes its verification now, made for this decision under the access that is \
declared for it. Degraded is good enough, and what degrades it is said.

## Why an upgrade depends on it
A way back that cannot be read is none, and an upgrade that ends in a restore has to read and often to \
write where the backups are. What worked yesterday says nothing of a secret that ended in the night.

## How it blocks
It fails where the verification fails, and where the access is not declared: then nothing says what \
must work. It is unanswered where the verification is unknown, as behind a network that swallows \
everything.

## How to fix it
Do what the cause says; `backstop verify TARGET` shows the whole report. Declare the access in the \
target's table, `access = \"put-get\"`, or beside a URL with `--access`.
",
    judge,
};

fn judge(_: &Asked, facts: &Facts) -> Answer {
    let report = &facts.storage;
    if report.access == Access::Undeclared {
        return undeclared(report);
    }
    let access = report.access.name();
    // The records are judged again, so that no verdict is taken on trust.
    let found = verdict(&report.checks);
    let name = found.name();
    match found {
        Verdict::Passed => Answer::holds(format!("verified as {access}: {name}")),
        Verdict::Degraded => {
            let titles = report.diagnoses.iter().map(|cause| cause.title.as_str());
            let titles: Vec<_> = titles.take(STEPS).collect();
            Answer::holds(match titles.as_slice() {
                [] => format!("verified as {access}: {name}"),
                titles => format!("verified as {access}: {name} ({})", titles.join("; ")),
            })
        }
        Verdict::Failed => bad(report, State::Fails, name),
        Verdict::Unknown => bad(report, State::Unanswered, name),
    }
}

fn undeclared(report: &Report) -> Answer {
    let fits = report.fits.as_ref().map(|found| {
        let names: Vec<_> = found.fits.iter().map(|access| access.name()).collect();
        format!("; what these credentials did fits {}", names.join(", "))
    });
    Answer::fails(
        format!(
            "no access is declared, so nothing says what must work{}",
            fits.unwrap_or_default()
        ),
        "Declare what the credentials are for: access = \"put-get\" in the target's table, or \
         --access put-get beside a URL.",
    )
}

fn bad(report: &Report, state: State, name: &str) -> Answer {
    let cause = report.diagnoses.first();
    let because = cause.map_or_else(String::new, |cause| {
        format!(": {} [{}]", cause.title, cause.code)
    });
    let access = report.access.name();
    let evidence = format!("verified as {access}: {name}{because}");
    Answer::new(state, evidence, steps(report, cause))
}

fn steps(report: &Report, cause: Option<&Diagnosis>) -> Vec<String> {
    let told = cause.into_iter().flat_map(|cause| cause.remedies.iter());
    let mut steps: Vec<_> = told.take(STEPS).cloned().collect();
    steps.push(format!(
        "backstop verify {} shows the whole report.",
        report.target.name
    ));
    steps
}
