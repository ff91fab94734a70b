//! `ticket` before there is anything to verify, and `diff`: no service, mistakes, foreign words.

use backstop::report::Report;
use backstop_testkit::{Response, Scripted};
use serde_json::json;

use super::harness::{
    Findings, Outcome, Server, backstop, finish, read, reports, told, with_keys, write,
};

/// A configuration whose secrets are not there yet.
const UNARMED: &str = "\
installation = \"acme-eu\"
[targets.primary]
access = \"append-only\"
[targets.primary.s3]
bucket = \"acme-backups\"
prefix = \"production/\"
region = \"eu-west-1\"
[targets.primary.s3.credentials]
access_key_id = \"AKIDEXAMPLE\"
secret_access_key_file = \"/nowhere/secret\"
[targets.azure.azure]
account = \"acmebackups\"
container = \"backups\"
";

/// Before there are credentials no service is asked, and the ticket asks for what is needed.
pub(crate) fn nobody_is_asked_before_there_are_credentials() -> Outcome {
    let server = Scripted::start(|_| Response::new(403, "").into());
    let server = server.map_err(|error| error.to_string())?;
    let host = server.address().to_string();
    let here = format!("minio+http://{host}/bucket/pre");
    let mut findings = Findings::default();
    for (name, arguments, words) in [
        (
            "minio",
            &[here.as_str(), "--access", "put-get"][..],
            &[
                "Access to backup storage",
                "put-get",
                "s3:PutObject",
                "s3:GetObject",
                "| `127.0.0.1` |",
                "a user with an access key",
            ][..],
        ),
        (
            "amazon",
            &["s3://acme/x", "--access", "full", "--region", "eu-west-1"],
            &[
                "`acme.s3.eu-west-1.amazonaws.com`",
                "`sts.eu-west-1.amazonaws.com`",
                "| 443 |",
                "backstop verify s3://acme/x --access full --region eu-west-1 --wait 10m",
            ],
        ),
        (
            "azure",
            &["azure://acmebackups/backups", "--access", "put-only"],
            &[
                "`acmebackups.blob.core.windows.net`",
                "`login.microsoftonline.com`",
                "`169.254.169.254`",
                "service principal",
            ],
        ),
        (
            "a name",
            &["primary", "--config", "b.toml", "--unverified"],
            &[
                "installation: `acme-eu`",
                "append-only",
                "--config b.toml --wait 10m",
            ],
        ),
        (
            "redacted",
            &["primary", "--config", "b.toml", "--unverified", "--redact"],
            &[
                "`installation-1`",
                "`s3://bucket-1/prefix-1/`",
                "`bucket-1.s3.eu-west-1.amazonaws.com`",
                "backstop verify target-1",
            ],
        ),
    ] {
        let cli = backstop(&[&["ticket"][..], arguments].concat())?;
        write(&cli, "b.toml", UNARMED)?;
        let proxy = server.endpoint();
        let done = finish(cli.env("HTTPS_PROXY", &proxy).env("HTTP_PROXY", &proxy))?;
        findings.expect_code(name, &done, 0);
        let all = done
            .stdout
            .lines()
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(" ");
        findings.expect_words(name, &all, words);
        findings.expect_words(name, &all, &["Nothing was verified yet"]);
        if name == "redacted" {
            for gone in ["acme", "production", "primary"] {
                findings.expect(!done.stdout.contains(gone), || {
                    format!("{gone}: {}", done.stdout)
                });
            }
        }
        // What is to be copied stays whole: text between fences, rows and quotes.
        let mut copied = false;
        for line in done.stdout.lines() {
            copied ^= line.starts_with("```");
            let text = !copied && !line.starts_with(['|', '#']) && !line.contains('`');
            findings.expect(!text || line.chars().count() <= 80, || line.to_owned());
        }
    }
    findings.expect(server.requests().is_empty(), || {
        format!("somebody was asked: {:?}", server.requests())
    });
    // With credentials the service is asked, unless nothing must be.
    for (more, asked) in [(&["--unverified"][..], false), (&[], true)] {
        let cli = with_keys(&[&["ticket", here.as_str(), "--timeout", "5s"][..], more].concat())?;
        let done = finish(cli)?;
        findings.expect_code("with keys", &done, 0);
        findings.expect(server.requests().is_empty() != asked, || told(&done));
    }
    findings.end()
}

/// Every mistake is answered with what was expected, and nothing is written.
pub(crate) fn mistakes_are_named() -> Outcome {
    let newer = "{\"schema\":\"backstop.report/2\"}";
    let broken = "\n\n{\"schema\": \"backstop.report/1\",";
    let mut findings = Findings::default();
    for (arguments, words) in [
        (&["ticket"][..], "TARGET"),
        (&["ticket", "--from", "none.json"], "cannot read none.json"),
        (
            &["ticket", "--from", "newer.json"],
            "newer.json, line 1: a report of schema backstop.report/2",
        ),
        (
            &["ticket", "--from", "broken.json"],
            "broken.json, line 3: not JSON",
        ),
        (
            &["ticket", "--from", "-"],
            "standard input, line 1: there is no report in it",
        ),
        (
            &["ticket", "--from", "a.json", "--access", "full"],
            "--access is of no use with --from",
        ),
        (
            &["ticket", "--from", "a.json", "--unverified"],
            "--unverified",
        ),
        (&["ticket", "--from", "bytes.json"], "not text in UTF-8"),
        (
            &["ticket", "nowhere", "--unverified", "--config", "b.toml"],
            "primary, azure",
        ),
        (
            &["ticket", "primary", "--config", "b.toml"],
            "/nowhere/secret",
        ),
        (&["ticket", "s3://"], "bucket"),
        (&["diff", "a.json"], "B.json"),
        (&["diff", "-", "-"], "one of the two reports only"),
        (
            &["diff", "none.json", "newer.json"],
            "cannot read none.json",
        ),
        (
            &["diff", "newer.json", "newer.json"],
            "and this version of backstop reads backstop.report/1",
        ),
        (&["diff", "broken.json", "broken.json"], "line 3"),
        (
            &["diff", "broken.json", "broken.json", "--format", "xml"],
            "human or json",
        ),
    ] {
        let cli = backstop(arguments)?;
        write(&cli, "b.toml", UNARMED)?;
        write(&cli, "newer.json", newer)?;
        write(&cli, "broken.json", broken)?;
        write(&cli, "a.json", "")?;
        std::fs::write(cli.home().join("bytes.json"), [0xff, 0xfe]).map_err(|e| e.to_string())?;
        let done = finish(cli)?;
        let name = arguments.join(" ");
        findings.expect_code(&name, &done, 2);
        findings.expect(done.stdout.is_empty(), || {
            format!("{name}: {}", told(&done))
        });
        findings.expect_words(&name, &done.stderr, &[words]);
    }
    findings.end()
}

/// Returns reports of a good and a bad target.
fn two_reports() -> Result<String, String> {
    let server = Server::demo()?;
    let done = finish(with_keys(&[
        "verify",
        "s3://healthy/backups",
        "s3://no-delete/backups",
        "--access",
        "full",
        "--format",
        "json",
        "--endpoint-url",
        server.endpoint(),
    ])?)?;
    Ok(done.stdout)
}

/// Reports of several targets are compared by name, in words and in JSON.
pub(crate) fn targets_are_compared_by_name() -> Outcome {
    let both = two_reports()?;
    let mut reversed: Vec<&str> = both.lines().collect();
    reversed.reverse();
    let first = both.lines().next().unwrap_or_default();
    let mut findings = Findings::default();
    for (name, b, code, words) in [
        (
            "the same",
            reversed.join("\n"),
            0,
            &[
                "s3://healthy/backups: the same",
                "s3://no-delete/backups: the same",
            ][..],
        ),
        (
            "one less",
            first.to_owned(),
            3,
            &["a failed, b not there", "the same"],
        ),
        (
            "another",
            both.replace("\"failed\"", "\"passed\""),
            3,
            &["verdict", "a  failed", "b  passed"],
        ),
    ] {
        for format in ["human", "json"] {
            let cli = backstop(&["diff", "a.json", "b.json", "--format", format])?;
            write(&cli, "a.json", &both)?;
            write(&cli, "b.json", &b)?;
            let done = finish(cli)?;
            findings.expect_code(name, &done, code);
            if format == "human" {
                findings.expect_words(name, &done.stdout, words);
                continue;
            }
            for line in done.stdout.lines() {
                let value: Result<serde_json::Value, _> = serde_json::from_str(line);
                let differs = value.is_ok_and(|value| value["differences"].is_array());
                findings.expect(differs, || line.to_owned());
            }
        }
    }
    findings.end()
}

/// What a service said cannot command whoever reads a ticket or a comparison.
pub(crate) fn foreign_words_stay_words() -> Outcome {
    let hostile = "\u{1b}[2J\u{9b}31m\u{7}\u{202e}` ![x](http://evil.invalid) <script> | **b**\n# head\n- item";
    let both = two_reports()?;
    let mut report: Report = reports(&both)?.pop().ok_or("no report")?;
    for record in &mut report.checks {
        if let Some(error) = record.finding.as_mut().and_then(|it| it.error.as_mut()) {
            error.code = Some(hostile.to_owned());
            error.message = Some(hostile.to_owned());
            error.request_id = Some(hostile.to_owned());
        }
    }
    for cause in &mut report.diagnoses {
        cause.evidence = vec![hostile.to_owned()];
        hostile.clone_into(&mut cause.title);
        cause.remedies = vec![hostile.to_owned()];
    }
    hostile.clone_into(&mut report.target.name);
    report.target.region = Some(hostile.to_owned());
    report.vantage.host = Some(hostile.to_owned());
    let text = serde_json::to_string(&json!(report)).map_err(|error| error.to_string())?;
    let mut findings = Findings::default();
    for arguments in [
        &["ticket", "--from", "a.json"][..],
        &["ticket", "--from", "a.json", "--redact"],
        &["diff", "a.json", "b.json"],
        &["diff", "a.json", "b.json", "--format", "json"],
        &["diff", "a.json", "b.json", "--redact"],
    ] {
        let cli = backstop(arguments)?;
        write(&cli, "a.json", &text)?;
        write(&cli, "b.json", both.lines().next().unwrap_or_default())?;
        let kept = read(&cli.home().join("b.json"))?;
        let done = finish(cli)?;
        let name = arguments.join(" ");
        let code = if arguments[0] == "diff" { 3 } else { 0 };
        findings.expect_code(&name, &done, code);
        findings.expect(!kept.is_empty(), || name.clone());
        let foreign = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        let shown = done.output();
        findings.expect(!shown.contains(foreign), || format!("{name}: {shown:?}"));
        let head = shown.lines().any(|line| line.starts_with("# head"));
        findings.expect(!head, || format!("{name}: {shown}"));
    }
    findings.end()
}
