//! Reports for programs and files: JSON Lines, `--output`, `--quiet`, `-v`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use backstop::report::{Access, SCHEMA, Verdict};
use backstop_testkit::Scripted;

use super::harness::{
    Findings, Outcome, Server, finish, put, read, reports, told, with_keys, write,
};

/// The address of a bucket on a server, and the flags it needs.
fn on<'a>(server: &'a Server, bucket: &'a str) -> [&'a str; 3] {
    [bucket, "--endpoint-url", server.endpoint()]
}

/// One line a target, read back without a loss, with the fields that are promised.
pub(crate) fn json_is_a_line_a_target_and_round_trips() -> Outcome {
    let server = Server::demo()?;
    let [_, flag, endpoint] = on(&server, "");
    let done = finish(with_keys(&[
        "verify",
        "s3://healthy/backups",
        "s3://not-there/x",
        "s3://no-delete",
        flag,
        endpoint,
        "--format",
        "json",
    ])?)?;
    let mut findings = Findings::default();
    findings.expect_code("json", &done, 3);
    findings.expect(done.stdout.ends_with("}\n"), || told(&done));
    let found = reports(&done.stdout)?;
    let verdicts: Vec<_> = found.iter().map(|report| report.verdict).collect();
    findings.expect(
        verdicts == [Verdict::Passed, Verdict::Failed, Verdict::Passed],
        || format!("{verdicts:?}"),
    );
    for (line, report) in done.stdout.lines().zip(&found) {
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text);
        let again = serde_json::to_string(report).map_err(|error| error.to_string())?;
        let (line, again) = (value(line), value(&again));
        findings.expect(line.as_ref().ok() == again.as_ref().ok(), || {
            format!("{line:?}\n{again:?}")
        });
        let line = line.map_err(|error| error.to_string())?;
        for field in [
            "schema",
            "run_id",
            "started_at",
            "duration_ms",
            "target",
            "access",
            "principal",
            "vantage",
            "checks",
            "diagnoses",
            "fits",
            "not_proven",
            "cleanup",
            "verdict",
        ] {
            findings.expect(line.get(field).is_some(), || format!("{field} is missing"));
        }
        findings.expect(report.schema == SCHEMA, || report.schema.clone());
        findings.expect(report.target.endpoint.as_deref() == Some(endpoint), || {
            format!("{:?}", report.target)
        });
        findings.expect(
            report.access == Access::Undeclared
                && report.fits.is_some() == (report.verdict == Verdict::Passed),
            || format!("{:?} {:?}", report.access, report.fits),
        );
    }
    let names: Vec<_> = found
        .iter()
        .map(|report| report.target.name.as_str())
        .collect();
    findings.expect(
        names == ["s3://healthy/backups", "s3://not-there/x", "s3://no-delete"],
        || format!("{names:?}"),
    );
    findings.end()
}

/// One run feeds a person, a collector and a pipeline.
pub(crate) fn one_run_writes_many_outputs() -> Outcome {
    let server = Server::demo()?;
    let [url, flag, endpoint] = on(&server, "s3://healthy/backups");
    let cli = with_keys(&[
        "verify",
        url,
        flag,
        endpoint,
        "--output",
        "json=out/report.json",
        "--output",
        "human=out/report.txt",
        "--output",
        "json=/dev/null",
    ])?;
    let folder = cli.home().join("out");
    fs::create_dir(&folder).map_err(|error| error.to_string())?;
    put(&folder.join("report.json"), "old")?;
    let mode = fs::Permissions::from_mode(0o600);
    fs::set_permissions(folder.join("report.json"), mode).map_err(|error| error.to_string())?;
    let running = cli.spawn().map_err(|error| error.to_string())?;
    super::harness::until(|| {
        read(&folder.join("report.json")).is_ok_and(|text| text != "old")
            && folder.join("report.txt").exists()
    })?;
    let mut findings = Findings::default();
    let (json, text) = (
        read(&folder.join("report.json"))?,
        read(&folder.join("report.txt"))?,
    );
    findings.expect(reports(&json)?.len() == 1, || json.clone());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        names.push(entry.file_name().to_string_lossy().into_owned());
        let mode = entry
            .metadata()
            .map_err(|error| error.to_string())?
            .permissions()
            .mode();
        findings.expect(mode & 0o777 == 0o644, || {
            format!("{names:?} has mode {mode:o}")
        });
    }
    names.sort();
    findings.expect(names == ["report.json", "report.txt"], || {
        format!("{names:?}")
    });
    let done = running
        .wait(std::time::Duration::from_mins(1))
        .map_err(|error| error.to_string())?;
    findings.expect_code("outputs", &done, 0);
    findings.expect(done.stdout == text, || format!("{}\n{text}", done.stdout));
    findings.end()
}

/// A file that cannot be written is told by name, where possible before anything is sent.
pub(crate) fn a_file_that_cannot_be_written_is_named() -> Outcome {
    let server = Server::demo()?;
    let asked = Scripted::start(|_| backstop_testkit::Answer::Close);
    let asked = asked.map_err(|error| error.to_string())?;
    let mut findings = Findings::default();
    for (output, words) in [
        ("json=none/report.json", "none"),
        ("json=folder", "folder"),
        ("human=file/report.txt", "file"),
    ] {
        let endpoint = asked.endpoint();
        let cli = with_keys(&[
            "verify",
            "s3://healthy",
            "--endpoint-url",
            &endpoint,
            "--output",
            output,
        ])?;
        fs::create_dir(cli.home().join("folder")).map_err(|error| error.to_string())?;
        write(&cli, "file", "")?;
        let done = finish(cli)?;
        findings.expect_code(output, &done, 2);
        findings.expect(done.stdout.is_empty(), || told(&done));
        findings.expect_words(output, &done.stderr, &["error: --output: ", words]);
    }
    findings.expect(asked.requests().is_empty(), || {
        "something was sent".to_owned()
    });
    // A full disk shows at the end only: the report is printed all the same.
    let [url, flag, endpoint] = on(&server, "s3://healthy/backups");
    let cli = with_keys(&["verify", url, flag, endpoint, "--output", "json=/dev/full"])?;
    let done = finish(cli)?;
    findings.expect_code("/dev/full", &done, 2);
    findings.expect_words(
        "/dev/full",
        &done.stderr,
        &["--output: cannot write /dev/full"],
    );
    findings.expect_words("/dev/full", &done.stdout, &["passed:"]);
    let [url, flag, endpoint] = on(&server, "s3://not-there");
    let cli = with_keys(&["verify", url, flag, endpoint, "--output", "json=/dev/full"])?;
    findings.expect_code("/dev/full and failed", &finish(cli)?, 3);
    findings.end()
}

/// With `--quiet` nothing is said when all is well, and everything else is.
pub(crate) fn quiet_speaks_up_when_something_is_wrong() -> Outcome {
    let server = Server::demo()?;
    let mut findings = Findings::default();
    for (bucket, code, silent) in [
        ("s3://healthy/backups", 0, true),
        ("s3://not-there", 3, false),
    ] {
        let [url, flag, endpoint] = on(&server, bucket);
        let cli = with_keys(&["verify", url, flag, endpoint, "--quiet"])?;
        let cli = cli.args(["--output", "json=report.json"]);
        let report = cli.home().join("report.json");
        let running = cli.spawn().map_err(|error| error.to_string())?;
        super::harness::until(|| report.exists())?;
        let done = running
            .wait(std::time::Duration::from_mins(1))
            .map_err(|error| error.to_string())?;
        findings.expect_code(bucket, &done, code);
        findings.expect(done.stderr.is_empty(), || told(&done));
        findings.expect(done.stdout.is_empty() == silent, || told(&done));
    }
    let all = [
        "s3://healthy/a",
        "s3://not-there",
        "-q",
        "--endpoint-url",
        server.endpoint(),
    ];
    let done = finish(with_keys(&["verify"])?.args(all))?;
    findings.expect_code("both", &done, 3);
    findings.expect_words("both", &done.stdout, &["not-there", "failed:"]);
    findings.end()
}

/// With `-v` each request is told with its id on standard error, and the report stays as it is.
pub(crate) fn verbose_tells_every_request_with_its_id() -> Outcome {
    let server = Server::demo()?;
    let [url, flag, endpoint] = on(&server, "s3://healthy/backups");
    let done = finish(with_keys(&[
        "verify", url, flag, endpoint, "-v", "--format", "json",
    ])?)?;
    let mut findings = Findings::default();
    findings.expect_code("-v", &done, 0);
    findings.expect(reports(&done.stdout)?.len() == 1, || told(&done));
    let lines: Vec<_> = done
        .stderr
        .lines()
        .filter(|line| !line.starts_with("warning: "))
        .collect();
    findings.expect(lines.len() > 20, || told(&done));
    for line in lines {
        let told = line.starts_with("s3://healthy/backups: ") && line.contains(", request DEMO");
        findings.expect(told && line.contains(" ms, "), || line.to_owned());
    }
    findings.expect_words(
        "-v",
        &done.stderr,
        &["for put-object", "beside the checks", "put_object 200"],
    );
    findings.end()
}

/// Only the checks that were asked for run, with what they need, and `--quick` leaves most out.
pub(crate) fn fewer_checks_can_be_asked_for() -> Outcome {
    let server = Server::demo()?;
    let mut findings = Findings::default();
    for (arguments, there, absent) in [
        (
            &["--checks", "get-range"][..],
            &["put-object", "get-range"][..],
            &["multipart-upload", "list-pages"][..],
        ),
        (
            &["--checks", "put-if-absent,get-object"],
            &["put-if-absent", "get-object"],
            &["checksum"],
        ),
        (
            &["--quick"],
            &["put-object", "get-object"],
            &["multipart-upload", "awkward-keys"],
        ),
        (
            &["--size", "6MiB", "--checks", "multipart-upload"],
            &["multipart-upload"],
            &["get-range"],
        ),
    ] {
        let [url, flag, endpoint] = on(&server, "s3://healthy/backups");
        let cli = with_keys(&["verify", url, flag, endpoint, "--format", "json"])?;
        let done = finish(cli.args(arguments))?;
        let name = arguments.join(" ");
        findings.expect_code(&name, &done, 0);
        let found = reports(&done.stdout)?;
        let ids: Vec<_> = found
            .iter()
            .flat_map(|report| &report.checks)
            .map(|it| it.id.as_str())
            .collect();
        for id in there {
            findings.expect(ids.contains(id), || {
                format!("{name}: {id} is not in {ids:?}")
            });
        }
        for id in absent {
            findings.expect(!ids.contains(id), || format!("{name}: {id} is in {ids:?}"));
        }
    }
    findings.end()
}
