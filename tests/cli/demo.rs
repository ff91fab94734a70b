//! `backstop demo`: nine stores, the gate, thirteen right answers, and a server to play with.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use backstop_testkit::{Cli, Scratch};

use super::harness::{BINARY, Findings, Outcome, backstop, finish, told, until};

/// The port in the first line of the demo.
fn port(text: &str) -> Result<u16, String> {
    let (_, rest) = text
        .split_once("http://127.0.0.1:")
        .ok_or("no endpoint is printed")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().map_err(|error| format!("{digits}: {error}"))
}

fn is_up(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// Every verdict comes out right, and nothing is left running.
pub(crate) fn every_verdict_comes_out_right() -> Outcome {
    let done = finish(backstop(&["demo"])?)?;
    let mut findings = Findings::default();
    findings.expect_code("demo", &done, 0);
    findings.expect(done.stderr.is_empty(), || told(&done));
    let lines: Vec<_> = done.stdout.lines().collect();
    let right = lines
        .iter()
        .filter(|line| line.starts_with("right  "))
        .count();
    findings.expect(right == 13 && lines.len() == 15, || told(&done));
    findings.expect(
        lines.last() == Some(&"every verdict came out as expected"),
        || told(&done),
    );
    let gate: Vec<_> = lines.iter().rev().skip(1).take(4).rev().collect();
    for (line, saw) in gate
        .iter()
        .zip(["block (found)", "1 object", "allow", "block (whole)"])
    {
        findings.expect(line.ends_with(&format!(", saw {saw}")), || {
            (**line).to_owned()
        });
    }
    for line in lines.iter().filter(|line| line.starts_with("right  ")) {
        findings.expect(
            line.contains(": expected ") && line.contains(", saw "),
            || (*line).to_owned(),
        );
    }
    findings.expect(!is_up(port(&done.stdout)?), || {
        "the server is still up".to_owned()
    });
    findings.end()
}

/// `demo --keep`, running, with what it printed; it is killed when it is dropped.
struct Kept {
    child: Child,
    text: String,
    _home: Scratch,
}

impl Kept {
    /// Starts it and reads until it has printed its last command.
    fn start() -> Result<Self, String> {
        let home = Scratch::new().map_err(|error| error.to_string())?;
        let mut child = Command::new(BINARY)
            .args(["demo", "--keep"])
            .env_clear()
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let stdout = child.stdout.take();
        let mut kept = Self {
            child,
            text: String::new(),
            _home: home,
        };
        let mut lines = BufReader::new(stdout.ok_or("no standard output")?).lines();
        while !kept.text.contains("s3://gate/") {
            let line = lines.next().ok_or("the demo ended early")?;
            kept.text += &line.map_err(|error| error.to_string())?;
            kept.text.push('\n');
        }
        Ok(kept)
    }

    /// The variables it tells the reader to export.
    fn variables(&self) -> BTreeMap<&str, &str> {
        let lines = self.text.lines();
        lines
            .filter_map(|line| line.trim().strip_prefix("export ")?.split_once('='))
            .collect()
    }

    /// The commands it offers, without the name of the binary.
    fn commands(&self) -> Vec<Vec<&str>> {
        let lines = self.text.lines();
        let commands = lines.filter_map(|line| line.trim().strip_prefix("backstop "));
        commands.map(|line| line.split(' ').collect()).collect()
    }

    fn end(&mut self, signal: &str) -> Result<Option<i32>, String> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &id])
            .status();
        sent.map_err(|error| error.to_string())?;
        let child = &mut self.child;
        until(|| matches!(child.try_wait(), Ok(Some(_))))?;
        let status = self.child.wait().map_err(|error| error.to_string())?;
        Ok(status.code())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `demo --keep` offers works when it is copied, and a signal ends it.
pub(crate) fn what_the_kept_server_offers_works() -> Outcome {
    let mut findings = Findings::default();
    let mut kept = Kept::start()?;
    let variables = kept.variables();
    for name in [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "AWS_ENDPOINT_URL_S3",
    ] {
        findings.expect(variables.contains_key(name), || {
            format!("{name} is not printed")
        });
    }
    let commands = kept.commands();
    findings.expect(commands.len() == 9, || format!("{commands:?}"));
    for command in &commands {
        let mut cli = Cli::new(BINARY)
            .map_err(|error| error.to_string())?
            .args(command);
        for (name, value) in &variables {
            cli = cli.env(name, value);
        }
        let done = finish(cli)?;
        let name = command.join(" ");
        let well = name.contains("s3://healthy/") || name.ends_with("--access put-get");
        findings.expect(
            !name.starts_with("gate") || done.stdout.contains("fails: whole"),
            || told(&done),
        );
        findings.expect_code(&name, &done, if well { 0 } else { 3 });
    }
    let port = port(&kept.text)?;
    findings.expect(is_up(port), || "the server is not up".to_owned());
    let code = kept.end("INT")?;
    findings.expect(code == Some(0), || format!("after SIGINT: {code:?}"));
    findings.expect(!is_up(port), || "the server is still up".to_owned());
    let mut kept = Kept::start()?;
    let code = kept.end("TERM")?;
    findings.expect(code == Some(0), || format!("after SIGTERM: {code:?}"));
    findings.end()
}

/// The first signal ends the tour as well, before the server is kept.
pub(crate) fn a_signal_ends_the_tour() -> Outcome {
    let running = backstop(&["demo"])?
        .spawn()
        .map_err(|error| error.to_string())?;
    std::thread::sleep(Duration::from_millis(20));
    running.signal("INT").map_err(|error| error.to_string())?;
    running
        .wait(Duration::from_secs(10))
        .map_err(|error| error.to_string())?;
    Ok(())
}
