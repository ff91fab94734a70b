//! `verify`: whatever goes well or wrong, no output of it holds a secret.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use backstop_testkit::Finished;

use super::planted::{forms_of, leaks};
use super::services::{Mood, Services};
use super::stage::Stage;
use super::ways::{self, Way};
use crate::cli::harness::{Findings, Outcome, finish, told};

/// How a run is told: everything at once, and as little as can be.
pub(super) const VOICES: [&[&str]; 2] = [
    &[
        "-v",
        "--output",
        "json=report.json",
        "--output",
        "human=report.txt",
    ],
    &["--quiet", "--format", "json"],
];

/// How many runs there are at a time; most of them wait.
const AT_ONCE: usize = 6;

/// Does something with every item, several at a time, and tells all that was wrong.
pub(super) fn each<T: Sync>(
    items: &[T],
    work: impl Fn(&T, &mut Findings) -> Outcome + Sync,
) -> Outcome {
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Findings::default()));
    let worker = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::SeqCst)) {
            let mut findings = Findings::default();
            let done = work(item, &mut findings).and_then(|()| findings.end());
            let mut all = all
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            all.expect(done.is_ok(), || done.err().unwrap_or_default());
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(worker);
        }
    });
    all.into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .end()
}

/// Notes each secret that an output or a file of the run holds.
pub(super) fn expect_none(
    name: &str,
    done: &Finished,
    stage: &Stage,
    findings: &mut Findings,
) -> Outcome {
    let mut found = leaks(&done.output());
    found.extend(stage.leaks()?);
    findings.expect(found.is_empty(), || {
        format!("{name} shows {}", found.join("; "))
    });
    Ok(())
}

/// Verifies by one way, with the services in one mood.
fn verify(way: &Way, mood: Mood, voice: &[&str], findings: &mut Findings) -> Outcome {
    let services = Services::start(mood)?;
    let way = way.clone().at(&services);
    let stage = Stage::of(&way)?;
    let timeout = if mood == Mood::Silent { "1s" } else { "20s" };
    let cli = stage.command(&way, &["verify"])?.args(&way.target);
    let done = finish(cli.args(["--timeout", timeout]).args(voice))?;
    let name = format!("{} with services {mood:?}", way.name);
    findings.expect(matches!(done.code, Some(3 | 4)), || {
        format!("{name} {voice:?}: {}", told(&done))
    });
    expect_none(&name, &done, &stage, findings)?;
    let heard = services.heard();
    for secret in way.sends.iter().filter(|secret| mood.hears(secret)) {
        let sent = forms_of(secret).iter().any(|form| heard.contains(form));
        findings.expect(sent, || {
            format!("{name}: {secret:?} was not sent: {}", told(&done))
        });
    }
    Ok(())
}

/// Verifies by every way, in some moods.
fn verify_all(moods: &[Mood], voices: &[&'static [&'static str]]) -> Outcome {
    let mut runs = Vec::new();
    for way in ways::all() {
        for mood in moods {
            let is_of_use = match mood {
                // The store repeats what it is sent anyway.
                Mood::Echoes | Mood::Truncates | Mood::Confuses => way.asks,
                _ => true,
            };
            let voices = voices.iter().filter(|_| is_of_use);
            runs.extend(voices.map(|voice| (way.clone(), *mood, *voice)));
        }
    }
    each(&runs, |(way, mood, voice), findings| {
        verify(way, *mood, voice, findings)
    })
}

/// Neither a service that is not there nor one that never answers brings a secret out.
pub(crate) fn no_failure_brings_a_secret_out() -> Outcome {
    verify_all(&[Mood::Nobody, Mood::Silent], &VOICES[..1])
}

/// A service or a gateway that repeats the request in its answer repeats no secret through us.
pub(crate) fn an_echo_brings_no_secret_out() -> Outcome {
    verify_all(
        &[Mood::Echoes, Mood::Grants, Mood::Marks, Mood::Pages],
        &VOICES,
    )
}

/// What hands out credentials may garble them, and none is shown.
pub(crate) fn garbled_credentials_are_not_shown() -> Outcome {
    verify_all(&[Mood::Truncates, Mood::Confuses], &VOICES[..1])
}
