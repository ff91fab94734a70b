//! `--consecutive`, and runs of one target that do not overlap.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use backstop_testkit::{BlackHole, Cli, Finished, Scratch};

use super::harness::{Findings, Outcome, Server, finish, told, until, with_keys, write};

fn config(server: &Server, targets: &[(&str, &str)]) -> String {
    let table = |(name, bucket): &(&str, &str)| {
        format!(
            "[targets.{name}.s3]\nbucket = \"{bucket}\"\nregion = \"us-east-1\"\n\
             endpoint_url = \"{}\"\n",
            server.endpoint()
        )
    };
    targets.iter().map(table).collect()
}

fn quick(config: &str, state: &Path, more: &[&str]) -> Result<Cli, String> {
    let cli = with_keys(&["verify", "--config", "b.toml", "--quick"])?.args(more);
    write(&cli, "b.toml", config)?;
    Ok(cli.env("BACKSTOP_STATE_DIR", state))
}

fn run(config: &str, state: &Path, more: &[&str]) -> Result<Finished, String> {
    finish(quick(config, state, more)?)
}

/// A server whose one bucket is there or not, under one name.
struct Flapping {
    server: Server,
}

impl Flapping {
    /// The configuration of a target that is well, or not: what is remembered is of the target, and
    /// the place is the same, so its credentials are what changes.
    fn run(&self, well: bool, state: &Path, more: &[&str]) -> Result<Finished, String> {
        let config = config(&self.server, &[("primary", "healthy")]);
        let cli = quick(&config, state, more)?;
        let cli = if well {
            cli
        } else {
            cli.env(
                "AWS_SECRET_ACCESS_KEY",
                "another/secret/of/forty/letters/0123456789",
            )
        };
        finish(cli)
    }
}

/// The N-th failure in a row counts; those before it say so and end well; a good run begins anew.
pub(crate) fn the_nth_failure_in_a_row_counts() -> Outcome {
    let flapping = Flapping {
        server: Server::demo()?,
    };
    let state = Scratch::new().map_err(|error| error.to_string())?;
    let three = ["--consecutive", "3"];
    let mut findings = Findings::default();
    for (turn, (well, code, words)) in [
        (true, 0, None),
        (
            false,
            0,
            Some("primary: failed, failure 1 in a row; 3 of them count as one"),
        ),
        (false, 0, Some("primary: failed, failure 2 in a row")),
        (false, 3, None),
        (false, 3, None),
        (true, 0, None),
        (false, 0, Some("failure 1 in a row")),
    ]
    .into_iter()
    .enumerate()
    {
        let done = flapping.run(well, state.path(), &three)?;
        let name = format!("turn {turn}");
        findings.expect_code(&name, &done, code);
        findings.expect(done.stderr.contains("in a row") == words.is_some(), || {
            format!("{name}: {}", told(&done))
        });
        findings.expect_words(&name, &done.stderr, words.as_slice());
        // The report says what was found.
        let verdict = if well { "passed: " } else { "failed: " };
        findings.expect_words(&name, &done.stdout, &[verdict]);
    }
    // A run that does not count failures does not touch those that are counted.
    findings.expect_code("without", &flapping.run(false, state.path(), &[])?, 3);
    let done = flapping.run(false, state.path(), &["--consecutive", "3", "--quiet"])?;
    findings.expect_code("quiet", &done, 0);
    findings.expect(done.output().trim().is_empty(), || told(&done));
    let done = flapping.run(false, state.path(), &["--consecutive", "3", "--quiet"])?;
    findings.expect_code("quiet, and it counts", &done, 3);
    findings.expect_words("quiet, and it counts", &done.stdout, &["failed: "]);
    let done = flapping.run(
        false,
        state.path(),
        &["--consecutive", "9", "--format", "nagios"],
    )?;
    findings.expect_code("a plugin", &done, 0);
    findings.expect_words(
        "a plugin",
        &done.stdout,
        &["OK - primary failed: ", "'failures_in_a_row'=4;;8;0"],
    );
    let done = flapping.run(false, state.path(), &["--consecutive", "1"])?;
    findings.expect_code("one", &done, 3);
    findings.end()
}

/// Each target is counted by itself, and what could not be decided is a failure too.
pub(crate) fn each_target_is_counted_by_itself() -> Outcome {
    let server = Server::demo()?;
    let silent = BlackHole::start().map_err(|error| error.to_string())?;
    let state = Scratch::new().map_err(|error| error.to_string())?;
    let config = config(&server, &[("good", "healthy"), ("gone", "not-there")])
        + &format!(
            "[targets.silent]\ntimeout = \"1s\"\n[targets.silent.s3]\nbucket = \"healthy\"\n\
             region = \"us-east-1\"\nendpoint_url = \"http://{}\"\n",
            silent.address()
        );
    let two = |targets: &[&str]| {
        run(
            &config,
            state.path(),
            &[targets, &["--consecutive", "2"]].concat(),
        )
    };
    let mut findings = Findings::default();
    for (targets, code, held) in [
        (
            &["good", "gone"][..],
            0,
            &["gone: failed, failure 1 in a row"][..],
        ),
        (&["silent"], 0, &["silent: unknown, failure 1 in a row"]),
        (&["good", "silent"], 4, &[]),
        (&[], 3, &[]),
    ] {
        let done = two(targets)?;
        let name = targets.join(" ");
        findings.expect_code(&name, &done, code);
        findings.expect_words(&name, &done.stderr, held);
    }
    findings.end()
}

/// Where nothing can be kept or read, each failure counts, and that is said.
pub(crate) fn a_state_that_cannot_be_kept_means_one() -> Outcome {
    let flapping = Flapping {
        server: Server::demo()?,
    };
    let folder = Scratch::new().map_err(|error| error.to_string())?;
    let (broken, file) = (folder.path().join("broken"), folder.path().join("file"));
    fs::write(&file, "").map_err(|error| error.to_string())?;
    let two = ["--consecutive", "2"];
    let mut findings = Findings::default();
    findings.expect_code("first", &flapping.run(true, &broken, &two)?, 0);
    let held: Vec<_> = fs::read_dir(&broken)
        .map_err(|error| error.to_string())?
        .flatten()
        .map(|it| it.path())
        .collect();
    for path in &held {
        let mode = fs::metadata(path)
            .map_err(|error| error.to_string())?
            .permissions()
            .mode();
        findings.expect(mode & 0o777 == 0o600, || {
            format!("{}: {mode:o}", path.display())
        });
        if path.extension().is_some_and(|it| it == "json") {
            fs::write(path, "{\"half").map_err(|error| error.to_string())?;
        }
    }
    findings.expect(held.len() == 2, || format!("{held:?}"));
    let words = ["warning: primary: --consecutive: ", "each failure counts"];
    for (name, state) in [
        ("not to be read", &broken),
        ("not a folder", &file),
        ("nowhere", &file.join("x")),
    ] {
        let done = flapping.run(false, state, &two)?;
        findings.expect_code(name, &done, 3);
        findings.expect_words(name, &done.stderr, &words);
    }
    // What was written in its place is right again: this is the second in a row.
    let done = flapping.run(false, &broken, &two)?;
    findings.expect_code("healed", &done, 3);
    findings.expect(!done.stderr.contains("--consecutive"), || told(&done));
    // A run that counts nothing needs no state.
    let done = flapping.run(true, &file, &[])?;
    findings.expect(
        done.code == Some(0) && !done.stderr.contains("file"),
        || told(&done),
    );
    let done = finish(with_keys(&["verify", "s3://b", "--consecutive", "0"])?)?;
    findings.expect_code("zero", &done, 2);
    findings.end()
}

/// The second run of a target says that another is running; a killed one leaves no lock.
pub(crate) fn runs_of_one_target_do_not_overlap() -> Outcome {
    let server = Server::demo()?;
    let silent = BlackHole::start().map_err(|error| error.to_string())?;
    let state = Scratch::new().map_err(|error| error.to_string())?;
    let config = config(&server, &[("other", "healthy")])
        + &format!(
            "[targets.slow.s3]\nbucket = \"healthy\"\nregion = \"us-east-1\"\n\
             endpoint_url = \"http://{}\"\n",
            silent.address()
        );
    let mut findings = Findings::default();
    let first = quick(&config, state.path(), &["slow"])?
        .spawn()
        .map_err(|error| error.to_string())?;
    until(|| silent.connections() > 0)?;
    let before = silent.connections();
    let busy = "slow: another run of it is running";
    let json = state.path().join("report.json");
    let output = format!("json={}", json.display());
    let done = run(&config, state.path(), &["slow", "--output", &output])?;
    findings.expect_code("busy", &done, 4);
    findings.expect_words("busy", &done.stderr, &["warning: ", busy]);
    findings.expect(done.stdout.is_empty() && !json.exists(), || told(&done));
    findings.expect(silent.connections() == before, || "it was asked".to_owned());
    let done = run(&config, state.path(), &["slow", "--format", "nagios"])?;
    findings.expect_code("a plugin", &done, 3);
    findings.expect(done.stdout == format!("UNKNOWN - {busy}\n"), || told(&done));
    let done = run(&config, state.path(), &["slow", "--format", "junit"])?;
    findings.expect_code("a pipeline", &done, 4);
    findings.expect_words("a pipeline", &done.stdout, &["errors=\"1\"", busy]);
    // A file of metrics has both, and stays as it is.
    let metrics = state.path().join("backstop.prom");
    fs::write(&metrics, "old").map_err(|error| error.to_string())?;
    let output = format!("prometheus={}", metrics.display());
    run(&config, state.path(), &["--output", &output])?;
    let kept = fs::read_to_string(&metrics).map_err(|error| error.to_string())?;
    findings.expect(kept == "old", || kept.clone());
    // Others are not held back by it.
    let done = run(&config, state.path(), &[])?;
    findings.expect_code("others", &done, 4);
    findings.expect_words("others", &done.stdout, &["passed: "]);
    findings.expect_words("others", &done.stderr, &[busy]);
    first.signal("KILL").map_err(|error| error.to_string())?;
    let killed = first
        .wait(Duration::from_secs(10))
        .map_err(|error| error.to_string())?;
    findings.expect(killed.code.is_none(), || told(&killed));
    let done = run(&config, state.path(), &["slow", "--timeout", "1s"])?;
    findings.expect_code("after a kill", &done, 4);
    findings.expect(!done.stderr.contains("another run"), || told(&done));
    findings.end()
}
