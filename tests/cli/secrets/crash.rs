//! What a panic, a kill and the list of processes give away.

use std::fs;

use super::planted::leaks;
use super::runs::{each, expect_none};
use super::services::{Mood, Services};
use super::stage::Stage;
use super::ways;
use crate::cli::harness::{Findings, Outcome, finish, read, until};

/// A panic in the middle of a run is one line, and none of its words is a value.
pub(crate) fn a_panic_shows_no_secret() -> Outcome {
    each(&ways::all(), |way, findings| {
        let services = Services::start(Mood::Grants)?;
        let way = way.clone().at(&services).set("BACKSTOP_FORCE_PANIC", "yes");
        for voice in [&["--quiet"][..], &["-v", "--format", "json"]] {
            let stage = Stage::of(&way)?;
            let cli = stage.command(&way, &["verify"])?.args(&way.target);
            let done = finish(cli.args(voice))?;
            let name = format!("{} with a panic", way.name);
            findings.expect_code(&name, &done, 1);
            findings.expect_words(&name, &done.stderr, &["has a bug, at src/"]);
            let one_line = done.stdout.is_empty() && done.stderr.lines().count() == 1;
            let is_quiet = voice.contains(&"--quiet");
            findings.expect(one_line || !is_quiet, || {
                format!("{name}: {}", done.output())
            });
            expect_none(&name, &done, &stage, findings)?;
        }
        Ok(())
    })
}

/// Nobody on the same machine reads a secret in the list of processes, nor in what a killed run
/// leaves behind.
pub(crate) fn a_killed_run_leaves_no_secret() -> Outcome {
    let ways: Vec<_> = ways::all().into_iter().filter(|way| !way.fails).collect();
    each(&ways, |way, findings| {
        // Then credentials were handed out, and the run waits for the store.
        let services = Services::start(Mood::Holds)?;
        let way = way.clone().at(&services);
        let stage = Stage::of(&way)?;
        let report = format!("json={}", stage.file("report.json"));
        let arguments = ["verify", "-v", "--output", &report];
        let mut running = stage
            .command(&way, &arguments)?
            .args(&way.target)
            .spawn()
            .map_err(|error| error.to_string())?;
        let asked = until(|| services.store_was_asked() || !running.is_running());
        let is_running = running.is_running();
        findings.expect(asked.is_ok() && is_running, || {
            format!("{}: it does not wait", way.name)
        });
        look_at_processes(way.name, &report, findings)?;
        if is_running {
            running.signal("KILL").map_err(|error| error.to_string())?;
        }
        let done = running.wait(std::time::Duration::from_secs(10));
        let done = done.map_err(|error| error.to_string())?;
        expect_none(
            &format!("{} when killed", way.name),
            &done,
            &stage,
            findings,
        )
    })
}

/// Looks at the command line of the process that was given an argument.
fn look_at_processes(name: &str, argument: &str, findings: &mut Findings) -> Outcome {
    let mut seen = 0;
    for entry in fs::read_dir("/proc")
        .map_err(|error| error.to_string())?
        .flatten()
    {
        let line = read(&entry.path().join("cmdline")).unwrap_or_default();
        if line.contains(argument) {
            seen += 1;
            let found = leaks(&line);
            findings.expect(found.is_empty(), || {
                format!("{name}: the command line shows {found:?}")
            });
        }
    }
    findings.expect(seen == 1, || {
        format!("{name}: the process was seen {seen} times")
    });
    Ok(())
}
