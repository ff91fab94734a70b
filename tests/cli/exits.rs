//! The exit codes, each from a run that really ends that way.

use backstop::demo::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use backstop_testkit::{Action, Answer, BlackHole, Phase, Proxy, Response, Scripted, refused_port};

use super::harness::{Findings, Outcome, Server, backstop, finish, reports, with_keys, write};

/// A refusal as Amazon words it.
fn refusal() -> Answer {
    let body = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access \
                Denied</Message><RequestId>7</RequestId></Error>";
    Response::new(403, body)
        .with("content-type", "application/xml")
        .into()
}

/// Help, version and completions are no mistakes.
pub(crate) fn what_is_asked_for_ends_well() -> Outcome {
    let mut findings = Findings::default();
    for (arguments, words) in [
        (
            &["--help"][..],
            &[
                "Usage: backstop",
                "Exit codes:",
                "a bug in backstop",
                "130 143",
            ][..],
        ),
        (&["-h"], &["Usage: backstop", "Exit codes:"]),
        (&["help"], &["Usage: backstop"]),
        (&["--version"], &[env!("CARGO_PKG_VERSION")]),
        (&["-V"], &["backstop "]),
        (
            &["verify", "--help"],
            &[
                "--strict",
                "--quick",
                "--checks",
                "Exit codes:",
                "azure://account/container",
            ],
        ),
        (&["verify", "-h"], &["--timeout"]),
        (&["config", "--help"], &["init", "check", "show"]),
        (&["config", "init", "--help"], &["--output"]),
        (&["demo", "--help"], &["--keep"]),
        (&["completions", "--help"], &["bash"]),
        (
            &["completions", "bash"],
            &["verify", "complete", "--checks"],
        ),
        (&["completions", "zsh"], &["#compdef backstop", "verify"]),
        (
            &["completions", "fish"],
            &["complete -c backstop", "verify"],
        ),
    ] {
        let done = finish(backstop(arguments)?)?;
        let name = arguments.join(" ");
        findings.expect_code(&name, &done, 0);
        findings.expect_words(&name, &done.stdout, words);
        findings.expect(done.stderr.is_empty(), || {
            format!("{name}: {}", done.stderr)
        });
    }
    findings.end()
}

/// Places that end each in one way, and a configuration file that names them.
struct Places {
    demo: Server,
    broken: Scripted,
    silent: BlackHole,
}

impl Places {
    fn start() -> Result<Self, String> {
        let text = |error: backstop_testkit::Error| error.to_string();
        Ok(Self {
            demo: Server::demo()?,
            broken: Scripted::start(|_| refusal()).map_err(text)?,
            silent: BlackHole::start().map_err(text)?,
        })
    }

    /// The file: `good`, `gone`, `denied`, `refused`, `silent`.
    fn config(&self) -> Result<String, String> {
        let refused = refused_port().map_err(|error| error.to_string())?;
        let demo = self.demo.endpoint();
        let silent = self.silent.address();
        let table = |name: &str, head: &str, endpoint: &str, bucket: &str| {
            format!(
                "[targets.{name}]\n{head}[targets.{name}.s3]\nbucket = \"{bucket}\"\n\
                 prefix = \"backups\"\nregion = \"us-east-1\"\nendpoint_url = \"{endpoint}\"\n"
            )
        };
        Ok([
            table("good", "access = \"full\"\n", demo, "healthy"),
            table("gone", "", demo, "not-there"),
            table("denied", "", &self.broken.endpoint(), "healthy"),
            table("refused", "", &format!("http://{refused}"), "healthy"),
            table(
                "silent",
                "timeout = \"1s\"\n",
                &format!("http://{silent}"),
                "healthy",
            ),
        ]
        .concat())
    }
}

/// Of several targets the first of 3, 4, 5, 0 that occurs decides.
pub(crate) fn of_several_targets_the_gravest_decides() -> Outcome {
    let places = Places::start()?;
    let config = places.config()?;
    let mut findings = Findings::default();
    for (targets, code, verdicts) in [
        (&["good"][..], 0, &["passed"][..]),
        (&["gone"], 3, &["failed"]),
        (&["denied"], 3, &["failed"]),
        (&["refused"], 3, &["failed"]),
        (&["silent"], 4, &["unknown"]),
        (&["good", "good"], 0, &["passed"]),
        (&["silent", "good"], 4, &["unknown", "passed"]),
        (
            &["good", "silent", "gone"],
            3,
            &["passed", "unknown", "failed"],
        ),
        (&["refused", "good"], 3, &["failed", "passed"]),
        (&[], 3, &["passed", "failed", "failed", "failed", "unknown"]),
    ] {
        let cli = with_keys(&["verify", "--config", "b.toml", "--format", "json"])?.args(targets);
        write(&cli, "b.toml", &config)?;
        let done = finish(cli)?;
        let name = targets.join(" ");
        findings.expect_code(&name, &done, code);
        let found: Vec<_> = reports(&done.stdout)?
            .iter()
            .map(|report| report.verdict.name())
            .collect();
        findings.expect(found == verdicts, || format!("{name}: {found:?}"));
    }
    findings.end()
}

/// Degraded is well unless `--strict` says otherwise, and never outweighs what is worse.
pub(crate) fn degraded_counts_with_strict_only() -> Outcome {
    let server = Server::demo()?;
    let address = server.endpoint().trim_start_matches("http://").parse();
    let address = address.map_err(|error| format!("{error}"))?;
    let proxy = Proxy::start(address).map_err(|error| error.to_string())?;
    // An emoji in a key is asked for by the optional check `awkward-keys` alone.
    proxy.on_request(|seen, phase| {
        let lost = phase == Phase::Before && seen.method == "PUT" && seen.target.contains("%F0%9F");
        if lost { Action::Drop } else { Action::Pass }
    });
    let odd = format!("minio+http://{}/healthy/backups", proxy.address());
    let gone = format!("minio+http://{}/not-there", proxy.address());
    let mut findings = Findings::default();
    for (arguments, code) in [
        (&[odd.as_str()][..], 0),
        (&[&odd, "--strict"], 5),
        (&[&odd, &gone, "--strict"], 3),
    ] {
        let done = finish(with_keys(&["verify"])?.args(arguments))?;
        findings.expect_words("degraded", &done.stdout, &["degraded:", "awkward-keys"]);
        findings.expect_code(&arguments.join(" "), &done, code);
    }
    findings.end()
}

/// A signal ends a run in order and shows in the exit code; what was found until then is reported.
pub(crate) fn a_signal_ends_a_run_in_order() -> Outcome {
    let silent = BlackHole::start().map_err(|error| error.to_string())?;
    let url = format!("minio+http://{}/bucket", silent.address());
    let mut findings = Findings::default();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let before = silent.connections();
        let cli = with_keys(&["verify", &url, "--format", "json", "--wait", "1m"])?;
        let running = cli.spawn().map_err(|error| error.to_string())?;
        super::harness::until(|| silent.connections() > before)?;
        running.signal(signal).map_err(|error| error.to_string())?;
        let done = running
            .wait(std::time::Duration::from_secs(20))
            .map_err(|error| error.to_string())?;
        findings.expect_code(signal, &done, code);
        findings.expect_words(signal, &done.stderr, &["stopping"]);
        findings.expect(reports(&done.stdout)?.len() == 1, || done.stdout.clone());
    }
    findings.end()
}

/// Keys from a file of one's own are as good as those of the environment.
pub(crate) fn keys_may_come_from_files_and_variables() -> Outcome {
    let server = Server::demo()?;
    let config = format!(
        "[targets.own.s3]\nbucket = \"healthy\"\nregion = \"us-east-1\"\nendpoint_url = \"{}\"\n\
         [targets.own.s3.credentials]\naccess_key_id_env = \"ID_OF_MINE\"\n\
         secret_access_key_file = \"key\"\n",
        server.endpoint()
    );
    let cli = backstop(&["verify", "own", "--config", "b.toml", "--quick"])?;
    let cli = cli.env("ID_OF_MINE", ACCESS_KEY_ID);
    write(&cli, "b.toml", &config)?;
    write(&cli, "key", &format!("{SECRET_ACCESS_KEY}\n"))?;
    let done = finish(cli)?;
    let mut findings = Findings::default();
    findings.expect_code("own keys", &done, 0);
    findings.expect_words("own keys", &done.stdout, &["passed:", ACCESS_KEY_ID]);
    findings.end()
}
