//! The report for people: its last line, its width, its colours, and what a service cannot do to a terminal.

use backstop::demo::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use backstop_testkit::{Cli, Finished, Response, Scripted};

use super::harness::{BINARY, Findings, Outcome, Server, finish, has_terminals, told, with_keys};

/// The variables that a shell command needs to run the binary on the servers here.
fn shell(command: &str) -> Result<Finished, String> {
    let cli = Cli::new("sh").map_err(|error| error.to_string())?;
    let cli = cli
        .args(["-c", command])
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        .env("AWS_REGION", "us-east-1")
        .env("TERM", "xterm-256color");
    finish(cli)
}

/// Runs a command on a terminal of 80 columns, its standard error elsewhere.
fn on_a_terminal(command: &str) -> Result<Option<String>, String> {
    if !has_terminals() {
        return Ok(None);
    }
    let line = format!("script -qec 'stty cols 80; {command} 2>/dev/null' /dev/null");
    Ok(Some(shell(&line)?.stdout.replace('\r', "")))
}

/// Returns a text without the sequences that set colours.
fn uncoloured(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('m').map_or(part, |(_, rest)| rest)
    })
}

/// The last line has the verdict, whichever it is, and every line fits a terminal of 80 columns.
pub(crate) fn the_last_line_has_the_verdict_and_every_line_fits() -> Outcome {
    let server = Server::demo()?;
    let mut findings = Findings::default();
    for (bucket, access, verdict) in [
        ("healthy", "full", "passed: "),
        ("not-there", "full", "failed: "),
        ("no-delete", "full", "failed: "),
        ("no-delete", "put-get", "passed: "),
        ("no-delete", "", "passed: "),
        ("loses-writes", "full", "failed: "),
        ("ignores-range", "append-only", "failed: "),
        ("healthy", "read-only", "unknown: "),
    ] {
        let url = format!("s3://{bucket}/backups");
        let mut cli = with_keys(&["verify", &url, "--endpoint-url", server.endpoint()])?;
        if !access.is_empty() {
            cli = cli.args(["--access", access]);
        }
        let done = finish(cli)?;
        let name = format!("{bucket} {access}");
        let last = done.stdout.lines().last().unwrap_or_default();
        findings.expect(last.starts_with(verdict), || {
            format!("{name}: {}", told(&done))
        });
        findings.expect_words(
            &name,
            &done.stdout,
            &[&url, "not proven here: ", "cleanup: ", server.endpoint()],
        );
        for line in done.stdout.lines().filter(|line| line.chars().count() > 80) {
            findings.expect(false, || format!("{name}: longer than 80: {line}"));
        }
        findings.expect(!done.output().contains('\u{1b}'), || {
            format!("{name}: {}", told(&done))
        });
    }
    let done = finish(with_keys(&[
        "verify",
        "s3://healthy/backups",
        "s3://not-there/backups",
        "--endpoint-url",
        server.endpoint(),
    ])?)?;
    let last = done.stdout.lines().last().unwrap_or_default();
    findings.expect(last.starts_with("failed: 1 of 2 targets"), || told(&done));
    findings.end()
}

/// A failure is told in three parts: what failed, what the service said, what to do.
pub(crate) fn a_failure_has_three_parts() -> Outcome {
    let server = Server::demo()?;
    let done = finish(with_keys(&[
        "verify",
        "s3://no-delete/backups",
        "--access",
        "full",
        "--endpoint-url",
        server.endpoint(),
    ])?)?;
    let mut findings = Findings::default();
    // The words may be on several lines.
    let words = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    findings.expect_words(
        "no-delete",
        &words,
        &[
            "failed: ",
            "[missing-permission]",
            "checks delete-object",
            "said delete_object on s3://no-delete/",
            "403 AccessDenied",
            "request id DEMO",
            "do 1. Grant s3:DeleteObject",
        ],
    );
    findings.expect(!done.stdout.contains("unknown"), || {
        format!(
            "what would leave litter is told as unknown: {}",
            done.stdout
        )
    });
    findings.end()
}

/// A terminal gets colours unless `NO_COLOR` is set; a pipe gets none.
pub(crate) fn colours_are_for_terminals() -> Outcome {
    let server = Server::demo()?;
    let endpoint = server.endpoint();
    let command =
        format!("{BINARY} verify s3://no-delete/backups --access full --endpoint-url {endpoint}");
    let mut findings = Findings::default();
    let piped = shell(&format!("{command} | cat"))?;
    findings.expect(!piped.output().contains('\u{1b}'), || told(&piped));
    let pipe_of_errors = shell(&format!("{BINARY} verify s3://X 2>&1 | cat"))?;
    findings.expect(!pipe_of_errors.output().contains('\u{1b}'), || {
        told(&pipe_of_errors)
    });
    if let Some(shown) = on_a_terminal(&command)? {
        findings.expect(shown.contains('\u{1b}'), || shown.clone());
        let plain = uncoloured(&shown);
        findings.expect(!plain.contains('\u{1b}'), || plain.clone());
        for line in plain.lines().filter(|line| line.chars().count() > 80) {
            findings.expect(false, || format!("longer than 80: {line}"));
        }
        let last = plain.lines().last().unwrap_or_default();
        findings.expect(last.starts_with("failed: "), || plain.clone());
    }
    if let Some(shown) = on_a_terminal(&format!("env NO_COLOR=1 {command}"))? {
        findings.expect(!shown.contains('\u{1b}'), || shown.clone());
        findings.expect_words("NO_COLOR", &shown, &["failed: "]);
    }
    findings.end()
}

/// A reader that goes away early is no error, and does not change the exit code.
pub(crate) fn a_reader_may_go_away() -> Outcome {
    let server = Server::demo()?;
    let endpoint = server.endpoint();
    let mut findings = Findings::default();
    for (format, bucket, code) in [
        ("human", "healthy", 0),
        ("human", "not-there", 3),
        ("json", "healthy", 0),
    ] {
        let command = format!(
            "{{ {BINARY} verify s3://{bucket}/backups --quick --format {format} --endpoint-url {endpoint}; \
             echo \"code $?\" >&2; }} | true"
        );
        let done = shell(&command)?;
        findings.expect(done.stderr.contains(&format!("code {code}")), || {
            told(&done)
        });
        findings.expect(!done.stderr.contains("error"), || told(&done));
    }
    for arguments in ["--help", "completions bash", "config init", "demo"] {
        let command = format!("{{ {BINARY} {arguments}; echo \"code $?\" >&2; }} | true");
        let done = shell(&command)?;
        findings.expect(done.stderr.contains("code 0"), || {
            format!("{arguments}: {}", told(&done))
        });
        findings.expect(
            !done.stderr.contains("panic") && !done.stderr.contains("bug"),
            || told(&done),
        );
    }
    let done = shell(&format!(
        "{BINARY} verify s3://healthy/backups --endpoint-url {endpoint} | head -1"
    ))?;
    findings.expect(
        done.stdout == "s3://healthy/backups/\n" && !done.stderr.contains("error"),
        || told(&done),
    );
    findings.end()
}

/// What a service says cannot command the terminal it is shown on.
pub(crate) fn a_service_cannot_command_the_terminal() -> Outcome {
    let body = "<?xml version=\"1.1\"?><Error><Code>Access\u{1b}[31mDenied</Code><Message>no\u{1b}[2J\u{7}\
                \u{9b}31m\u{202e}way</Message><RequestId>id\u{1b}]0;title\u{7}</RequestId></Error>";
    let server = Scripted::start(move |_| {
        let answer = Response::new(403, body).with("content-type", "application/xml");
        answer.with("x-amz-request-id", "id\u{1b}[31m").into()
    });
    let server = server.map_err(|error| error.to_string())?;
    let endpoint = server.endpoint();
    let mut findings = Findings::default();
    for arguments in [&["-v"][..], &["--format", "json"], &["--access", "put-get"]] {
        let cli = with_keys(&["verify", "s3://bucket/backups", "--endpoint-url", &endpoint])?;
        let done = finish(cli.args(arguments))?;
        findings.expect_code("hostile", &done, 3);
        let foreign = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        let held = done.output().chars().any(foreign);
        findings.expect(!held, || format!("{:?}", done.output()));
    }
    findings.end()
}
