//! `--format nagios`: one line, its performance data, and the exit codes of a plugin, whatever happens.

use backstop_testkit::{Action, BlackHole, Finished, Phase, Proxy, Readers};
use serde_json::Value;

use super::harness::{Findings, Outcome, Server, backstop, finish, told, until, with_keys, write};

/// A table of a target.
fn table(name: &str, head: &str, endpoint: &str, bucket: &str) -> String {
    format!(
        "[targets.{name}]\n{head}[targets.{name}.s3]\nbucket = \"{bucket}\"\nprefix = \"backups\"\n\
         region = \"us-east-1\"\nendpoint_url = \"{endpoint}\"\n"
    )
}

/// Notes what is not the one line of a plugin, and returns what its parser understood.
fn read(findings: &mut Findings, name: &str, done: &Finished) -> Result<Value, String> {
    let lines = done.stdout.lines().count();
    findings.expect(lines == 1 && done.stdout.ends_with('\n'), || {
        format!("{name}: {}", told(done))
    });
    let readers = Readers::new().map_err(|error| error.to_string())?;
    readers
        .nagios(&done.stdout)
        .map_err(|error| error.to_string())
}

/// The value of a label, with whether it is beyond a threshold.
fn value<'a>(read: &'a Value, label: &str) -> Option<(&'a str, &'a str, bool, bool)> {
    let data = read["data"].as_array()?;
    let found = data.iter().find(|it| it["label"] == label)?;
    Some((
        found["value"].as_str()?,
        found["unit"].as_str()?,
        found["warning"].as_bool()?,
        found["critical"].as_bool()?,
    ))
}

/// A proxy before a server that loses what one optional check sends, so that a run is degraded.
fn degrading(server: &Server) -> Result<Proxy, String> {
    let address = server.endpoint().trim_start_matches("http://").parse();
    let proxy = Proxy::start(address.map_err(|error| format!("{error}"))?);
    let proxy = proxy.map_err(|error| error.to_string())?;
    proxy.on_request(|seen, phase| {
        let lost = phase == Phase::Before && seen.method == "PUT" && seen.target.contains("%F0%9F");
        if lost { Action::Drop } else { Action::Pass }
    });
    Ok(proxy)
}

/// Each verdict has its word and its code, and of several targets the gravest counts.
pub(crate) fn every_verdict_is_told_in_one_line() -> Outcome {
    let server = Server::demo()?;
    let proxy = degrading(&server)?;
    let silent = BlackHole::start().map_err(|error| error.to_string())?;
    let config = [
        table("good", "access = \"full\"\n", server.endpoint(), "healthy"),
        table("gone", "", server.endpoint(), "not-there"),
        table("odd", "", &format!("http://{}", proxy.address()), "healthy"),
        table(
            "silent",
            "timeout = \"1s\"\n",
            &format!("http://{}", silent.address()),
            "healthy",
        ),
    ]
    .concat();
    let mut findings = Findings::default();
    for (targets, code, text) in [
        (&["good"][..], 0, "OK - good passed: "),
        (&["odd"], 1, "WARNING - odd degraded: "),
        (
            &["gone"],
            2,
            "CRITICAL - gone failed: there is no such bucket [bucket-not-found] | ",
        ),
        (&["silent"], 3, "UNKNOWN - silent unknown: "),
        (&["good", "odd"], 1, "WARNING - 1 of 2 OK; odd degraded: "),
        (
            &["good", "silent"],
            3,
            "UNKNOWN - 1 of 2 OK; silent unknown: ",
        ),
        (&[], 2, "CRITICAL - 1 of 4 OK; gone failed: "),
    ] {
        let arguments = [
            "verify", "--config", "b.toml", "--format", "nagios", "--quiet",
        ];
        let cli = with_keys(&arguments)?.args(targets);
        write(&cli, "b.toml", &config)?;
        let done = finish(cli)?;
        let name = targets.join(" ");
        findings.expect_code(&name, &done, code);
        findings.expect(done.stdout.starts_with(text), || {
            format!("{name}: {}", told(&done))
        });
        let read = read(&mut findings, &name, &done)?;
        let label = if targets.len() == 1 {
            "duration"
        } else {
            "good.duration"
        };
        let duration = value(&read, label);
        let right = targets.len() == 1 && targets != ["good"]
            || duration.is_some_and(|it| it.1 == "s" && !it.3);
        findings.expect(right, || format!("{name}: {read}"));
        if targets == ["good"] {
            let of = |label| value(&read, label).map(|it| (it.1, it.2, it.3));
            for (label, unit) in [
                ("passed", ""),
                ("failed", ""),
                ("left", "B"),
                ("clock_offset", "s"),
            ] {
                findings.expect(of(label) == Some((unit, false, false)), || {
                    format!("{label}: {read}")
                });
            }
        }
    }
    findings.end()
}

/// A mistake is no outage: it is UNKNOWN in one line, be it in the arguments themselves.
pub(crate) fn a_mistake_is_unknown() -> Outcome {
    let mut findings = Findings::default();
    let url = "s3://healthy/backups";
    for (arguments, words) in [
        (
            &["verify", url, "--frobnicate", "--format", "nagios"][..],
            "--frobnicate",
        ),
        (
            &["verify", "--format=nagios", "--timeout", "0s", url],
            "--timeout",
        ),
        (
            &["verify", "--format", "nagios", "--timeout", url],
            "--timeout",
        ),
        (&["--format", "nagios"], "--format"),
        (&["frobnicate", "--format", "nagios"], "frobnicate"),
        (
            &["verify", "--format", "nagios"],
            "there is no configuration file",
        ),
        (&["verify", "--format", "nagios", "nobody"], "nobody"),
        (
            &["verify", "--format", "nagios", "--config", "none.toml"],
            "none.toml",
        ),
        (
            &["verify", "--format", "nagios", "--config", "bad.toml"],
            "bad.toml:1",
        ),
        (
            &[
                "verify",
                "--format",
                "nagios",
                url,
                "--output",
                "json=none/x",
            ],
            "none",
        ),
        (
            &["verify", "--format", "nagios", url, "--checks", "nothing"],
            "nothing",
        ),
        (
            &[
                "verify",
                "--format",
                "nagios",
                "azure://acme/backups",
                "--ca-file",
                "none",
            ],
            "none",
        ),
    ] {
        let cli = with_keys(arguments)?;
        write(&cli, "bad.toml", "targets = 7\nx = \"|\"\n")?;
        let done = finish(cli)?;
        let name = arguments.join(" ");
        findings.expect_code(&name, &done, 3);
        findings.expect_words(&name, &done.stdout, &["UNKNOWN - ", words]);
        let read = read(&mut findings, &name, &done)?;
        findings.expect(read["data"].as_array().is_some_and(Vec::is_empty), || {
            format!("{name}: {read}")
        });
    }
    // The last format holds, as it does where nothing is wrong.
    let done = finish(with_keys(&[
        "verify", url, "-x", "--format", "nagios", "--format", "json",
    ])?)?;
    findings.expect_code("another format", &done, 2);
    findings.expect(done.stdout.is_empty(), || told(&done));
    findings.end()
}

/// Help and version are no answer for a plugin, and nowhere else a mistake.
pub(crate) fn help_is_no_answer_of_a_plugin() -> Outcome {
    let mut findings = Findings::default();
    for (arguments, code, words) in [
        (
            &["verify", "--format", "nagios", "--help"][..],
            3,
            "Usage: backstop verify",
        ),
        (
            &["verify", "--help", "--format", "nagios"],
            3,
            "Usage: backstop verify",
        ),
        (
            &["--version", "--format", "nagios"],
            3,
            env!("CARGO_PKG_VERSION"),
        ),
        (
            &["verify", "--format", "json", "--help"],
            0,
            "Usage: backstop verify",
        ),
        (&["--version"], 0, env!("CARGO_PKG_VERSION")),
    ] {
        let done = finish(backstop(arguments)?)?;
        let name = arguments.join(" ");
        findings.expect_code(&name, &done, code);
        findings.expect_words(&name, &done.stdout, &[words]);
        findings.expect(done.stderr.is_empty(), || {
            format!("{name}: {}", told(&done))
        });
    }
    findings.end()
}

/// What `backup status` finds is told whatever becomes of its files, and its end by a signal is UNKNOWN.
pub(crate) fn a_status_is_told_whatever_happens() -> Outcome {
    let mut findings = Findings::default();
    let server = Server::demo()?;
    let silent = BlackHole::start().map_err(|error| error.to_string())?;
    let at = |endpoint: &str, more: &[&str]| {
        let words = ["backup", "status", "s3://healthy/none", "--kind", "upgrade"];
        let limits = ["--max-age", "1h", "--endpoint-url", endpoint];
        with_keys(&[&words[..], &limits, more].concat())
    };
    // A folder that takes no file, whoever asks.
    let nowhere = ["--output", "prometheus=/proc/backstop.prom"];
    for (format, code, words) in [
        ("nagios", 2, "CRITICAL - "),
        ("human", 3, "there is no backup of this kind"),
    ] {
        let more = [&nowhere[..], &["--format", format]].concat();
        let done = finish(at(server.endpoint(), &more)?)?;
        findings.expect_code(format, &done, code);
        findings.expect_words(format, &done.stdout, &[words]);
        findings.expect_words(format, &done.stderr, &["--output: cannot write /proc"]);
    }
    let endpoint = format!("http://{}", silent.address());
    let running = at(&endpoint, &["--format", "nagios"])?
        .spawn()
        .map_err(|error| error.to_string())?;
    until(|| silent.connections() > 0)?;
    running.signal("TERM").map_err(|error| error.to_string())?;
    let done = running
        .wait(std::time::Duration::from_secs(10))
        .map_err(|error| error.to_string())?;
    findings.expect_code("a signal", &done, 3);
    let line = "UNKNOWN - a signal ended the run\n";
    findings.expect(done.stdout == line, || told(&done));
    findings.end()
}

/// A bug, a signal and a disk that is full are UNKNOWN as well, in one line.
pub(crate) fn no_end_is_taken_for_an_outage() -> Outcome {
    let server = Server::demo()?;
    let mut findings = Findings::default();
    let flags = ["--endpoint-url", server.endpoint(), "--format", "nagios"];
    let cli = with_keys(&["verify", "s3://healthy/backups"])?.args(flags);
    let done = finish(cli.env("BACKSTOP_FORCE_PANIC", "1"))?;
    findings.expect_code("a bug", &done, 3);
    findings.expect_words("a bug", &done.stdout, &["UNKNOWN - ", "has a bug, at "]);
    read(&mut findings, "a bug", &done)?;

    let cli = with_keys(&["verify", "s3://healthy/backups"])?.args(flags);
    let done = finish(cli.args(["--output", "json=/dev/full"]))?;
    findings.expect_code("a full disk", &done, 3);
    findings.expect_words("a full disk", &done.stdout, &["UNKNOWN - ", "/dev/full"]);
    read(&mut findings, "a full disk", &done)?;

    let silent = BlackHole::start().map_err(|error| error.to_string())?;
    let url = format!("minio+http://{}/bucket", silent.address());
    let cli = with_keys(&["verify", &url, "--format", "nagios"])?;
    let running = cli.spawn().map_err(|error| error.to_string())?;
    until(|| silent.connections() > 0)?;
    running.signal("TERM").map_err(|error| error.to_string())?;
    let done = running.wait(std::time::Duration::from_secs(20));
    let done = done.map_err(|error| error.to_string())?;
    findings.expect_code("a signal", &done, 3);
    findings.expect_words(
        "a signal",
        &done.stdout,
        &["UNKNOWN - ", "a signal ended the run"],
    );
    read(&mut findings, "a signal", &done)?;
    findings.end()
}

/// Names that would break the line are harmless in it.
pub(crate) fn foreign_words_do_not_break_the_line() -> Outcome {
    let server = Server::demo()?;
    let odd = "a|'=b \\u001b[31m\\nOK - c";
    let config = [
        table(&format!("\"{odd}\""), "", server.endpoint(), "not-there"),
        table("\"=\"", "", server.endpoint(), "healthy"),
    ]
    .concat();
    let cli = with_keys(&["verify", "--config", "b.toml", "--format", "nagios"])?;
    write(&cli, "b.toml", &config)?;
    let done = finish(cli)?;
    let mut findings = Findings::default();
    findings.expect_code("odd names", &done, 2);
    let read = read(&mut findings, "odd names", &done)?;
    findings.expect(done.stdout.matches('|').count() == 1, || told(&done));
    findings.expect(!done.stdout.contains('\u{1b}'), || told(&done));
    findings.expect(value(&read, "_.duration").is_some(), || read.to_string());
    findings.end()
}
