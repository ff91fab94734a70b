//! `prometheus`: read by Prometheus' own parser and linter, and kept across failures.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use backstop_testkit::{Readers, Scratch};
use serde_json::Value;

use super::harness::{Findings, Outcome, Server, finish, read, told, with_keys, write};

const LAST_SUCCESS: &str = "backstop_last_success_timestamp_seconds";

fn parsed(text: &str) -> Result<Value, String> {
    let readers = Readers::new().map_err(|error| error.to_string())?;
    readers.prometheus(text).map_err(|error| error.to_string())
}

/// The value of a metric with these labels.
fn value(metrics: &Value, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let is = |sample: &&Value| {
        let has = |(label, text): &(&str, &str)| sample["labels"][label] == *text;
        sample["name"] == name && labels.iter().all(has)
    };
    metrics.as_array()?.iter().find(is)?["value"].as_f64()
}

fn config(server: &Server, name: &str, bucket: &str) -> String {
    format!(
        "[targets.{name}.s3]\nbucket = \"{bucket}\"\nregion = \"us-east-1\"\nendpoint_url = \"{}\"\n",
        server.endpoint()
    )
}

/// Verdicts, checks and times of each target, with labels that do not change from run to run.
pub(crate) fn metrics_are_read_by_prometheus_itself() -> Outcome {
    let server = Server::demo()?;
    let odd = "a\\\"b\\\\c \\n{}";
    let config = [
        config(&server, "good", "healthy"),
        config(&server, "gone", "not-there"),
        config(&server, &format!("\"{odd}\""), "healthy"),
    ]
    .concat();
    let mut findings = Findings::default();
    let mut labels = Vec::new();
    for _ in 0..2 {
        let cli = with_keys(&["verify", "--config", "b.toml", "--format", "prometheus"])?;
        write(&cli, "b.toml", &config)?;
        let done = finish(cli)?;
        findings.expect_code("metrics", &done, 3);
        findings.expect(
            done.stdout.ends_with('\n') && !done.stdout.contains('\r'),
            || told(&done),
        );
        let metrics = parsed(&done.stdout)?;
        for (name, of, expected) in [
            ("backstop_up", &[("target", "good")][..], Some(1.0)),
            ("backstop_up", &[("target", "gone")], Some(0.0)),
            ("backstop_up", &[("target", "a\"b\\c \\n{}")], Some(1.0)),
            (
                "backstop_verdict",
                &[("target", "good"), ("verdict", "passed")],
                Some(1.0),
            ),
            (
                "backstop_verdict",
                &[("target", "good"), ("verdict", "failed")],
                Some(0.0),
            ),
            (
                "backstop_verdict",
                &[("target", "gone"), ("verdict", "failed")],
                Some(1.0),
            ),
            (
                "backstop_check_outcome",
                &[
                    ("target", "good"),
                    ("check", "get-object"),
                    ("stage", "read"),
                ],
                Some(0.0),
            ),
            (
                "backstop_check_outcome",
                &[("target", "gone"), ("check", "put-object")],
                Some(4.0),
            ),
            (
                "backstop_build_info",
                &[("version", env!("CARGO_PKG_VERSION"))],
                Some(1.0),
            ),
            (
                "backstop_run_timeout_seconds",
                &[("target", "good"), ("provider", "s3")],
                Some(60.0),
            ),
            (
                "backstop_consecutive_failures",
                &[("target", "gone")],
                Some(1.0),
            ),
            (LAST_SUCCESS, &[("target", "gone")], None),
        ] {
            let found = value(&metrics, name, of);
            findings.expect(found == expected, || {
                format!("{name} {of:?}: {found:?}\n{}", done.stdout)
            });
        }
        let took = value(
            &metrics,
            "backstop_run_duration_seconds",
            &[("target", "good")],
        );
        findings.expect(took.is_some_and(|took| took > 0.0 && took < 60.0), || {
            format!("{took:?}")
        });
        let success = value(&metrics, LAST_SUCCESS, &[("target", "good")]);
        findings.expect(success.is_some_and(|at| at > 1.7e9), || {
            format!("{success:?}")
        });
        let mut all: Vec<_> = metrics
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| format!("{}{}", it["name"], it["labels"]))
            .collect();
        all.sort();
        labels.push(all);
    }
    findings.expect(labels[0] == labels[1], || {
        "the series differ from run to run".to_owned()
    });
    findings.end()
}

/// Runs, well or not, with metrics in a file, and returns what Prometheus reads in it.
fn run(
    server: &Server,
    file: &Path,
    state: &str,
    code: i32,
    findings: &mut Findings,
) -> Result<Value, String> {
    let output = format!("prometheus={}", file.display());
    let cli = with_keys(&[
        "verify", "--config", "b.toml", "--quick", "--output", &output,
    ])?;
    let cli = cli.env("BACKSTOP_STATE_DIR", state);
    // What is remembered is of the place: it stays, and the secret is another one.
    let cli = match code {
        0 => cli,
        _ => cli.env(
            "AWS_SECRET_ACCESS_KEY",
            "another-secret-of-forty-letters-01234567",
        ),
    };
    write(&cli, "b.toml", &config(server, "primary", "healthy"))?;
    let done = finish(cli)?;
    findings.expect_code("primary", &done, code);
    findings.expect(!done.stderr.contains("state"), || told(&done));
    parsed(&read(file)?)
}

/// A failure does not take away when it last went well: the file or the state remembers.
pub(crate) fn the_last_success_outlives_failures() -> Outcome {
    let server = Server::demo()?;
    let folder = Scratch::new().map_err(|error| error.to_string())?;
    let mut findings = Findings::default();
    let state = folder.path().join("state").display().to_string();
    for (name, state, removed) in [
        ("by the file", "/dev/null/none", false),
        ("by the state", state.as_str(), true),
        ("by both", state.as_str(), false),
    ] {
        let file = folder
            .path()
            .join(format!("{}.prom", name.replace(' ', "-")));
        let of = [("target", "primary"), ("provider", "s3")];
        let before = run(&server, &file, state, 0, &mut findings)?;
        let success = value(&before, LAST_SUCCESS, &of);
        findings.expect(success.is_some(), || format!("{name}: {before}"));
        let mode = fs::metadata(&file)
            .map_err(|error| error.to_string())?
            .permissions()
            .mode();
        findings.expect(mode & 0o777 == 0o644, || format!("{mode:o}"));
        if removed {
            fs::remove_file(&file).map_err(|error| error.to_string())?;
        }
        for _ in 0..2 {
            let after = run(&server, &file, state, 3, &mut findings)?;
            let up = value(&after, "backstop_up", &of);
            let kept = value(&after, LAST_SUCCESS, &of);
            findings.expect(up == Some(0.0) && kept == success, || {
                format!("{name}: {up:?}, {kept:?} for {success:?}")
            });
        }
    }
    let names = fs::read_dir(folder.path()).map_err(|error| error.to_string())?;
    let names: Vec<_> = names.flatten().map(|it| it.file_name()).collect();
    findings.expect(names.len() == 4, || format!("{names:?}"));
    findings.end()
}

/// A file that the collector would not read is refused before anything is asked; a file of somebody
/// else is no trouble.
pub(crate) fn a_file_that_nobody_collects_is_refused() -> Outcome {
    let server = Server::demo()?;
    let mut findings = Findings::default();
    let flags = ["--quick", "--endpoint-url", server.endpoint(), "--output"];
    for (name, code) in [
        ("metrics.txt", 2),
        ("prom", 2),
        ("m.prom", 0),
        ("garbage.prom", 0),
    ] {
        let output = format!("prometheus={name}");
        let cli = with_keys(&["verify", "s3://healthy/x"])?
            .args(flags)
            .args([&output]);
        let garbage = format!("{LAST_SUCCESS}{{target=\"s3://healthy/x\"}} x\n\u{0}{{}}\n");
        write(&cli, "garbage.prom", &garbage)?;
        let done = finish(cli)?;
        findings.expect_code(name, &done, code);
        if code == 2 {
            findings.expect_words(name, &done.stderr, &["--output", name, ".prom"]);
            findings.expect(done.stdout.is_empty(), || told(&done));
        }
    }
    let cli = with_keys(&["verify", "s3://healthy/x"])?
        .args(flags)
        .args(["prometheus=/dev/null"]);
    findings.expect_code("a device", &finish(cli)?, 0);
    findings.end()
}
