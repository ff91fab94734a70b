//! What is asked before something is removed, and what is not removed.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use backstop::demo::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use backstop_testkit::{Cli, Finished, Response, Running, Scratch, Scripted};
use serde_json::Value;

use super::harness::{
    BINARY, Findings, Outcome, Server, finish, has_terminals, put, read, told, until, with_keys,
};

/// A command on a terminal that has asked a question.
struct Terminal {
    running: Running,
    folder: Scratch,
}

impl Terminal {
    /// Starts a command whose arguments need no quotes, and waits for its question; nothing without
    /// the program that makes terminals.
    fn ask(arguments: &[&str]) -> Result<Option<Self>, String> {
        if !has_terminals() {
            return Ok(None);
        }
        let folder = Scratch::new().map_err(|error| error.to_string())?;
        let line = format!(
            "cd {} && mkfifo answers && exec 3<>answers && \
             script -qec 'echo $$ >pid; exec {BINARY} {}' /dev/null <&3 >shown",
            folder.path().display(),
            arguments.join(" ")
        );
        let cli = Cli::new("sh").map_err(|error| error.to_string())?;
        let cli = cli
            .args(["-c", &line])
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
            .env("AWS_REGION", "us-east-1");
        let running = cli.spawn().map_err(|error| error.to_string())?;
        let terminal = Self { running, folder };
        until(|| terminal.shown().contains("[y/N]"))
            .map_err(|error| format!("{error}: {}", terminal.shown()))?;
        Ok(Some(terminal))
    }

    /// Returns everything that it has shown.
    fn shown(&self) -> String {
        fs::read_to_string(self.folder.path().join("shown")).unwrap_or_default()
    }

    /// Sends a signal by its name to the command alone.
    fn signal(&self, name: &str) -> Outcome {
        let pid = read(&self.folder.path().join("pid"))?;
        let sent = Command::new("kill")
            .args([format!("-{name}").as_str(), pid.trim()])
            .stderr(Stdio::null())
            .status();
        sent.map(drop).map_err(|error| error.to_string())
    }

    /// Answers, whether or not anybody still reads it.
    fn answer(&self, text: &str) -> Outcome {
        let path = self.folder.path().join("answers");
        // Opened both ways, it waits for no reader.
        let answers = OpenOptions::new().read(true).write(true).open(path);
        let written = answers.and_then(|mut answers| answers.write_all(text.as_bytes()));
        written.map_err(|error| error.to_string())
    }

    /// Waits for its end, and returns how it ended and what it has shown.
    fn end(mut self) -> Result<(Option<i32>, String), String> {
        let ended = until(|| !self.running.is_running());
        if let Err(error) = ended {
            self.signal("KILL")?;
            return Err(format!("{error}: {}", self.shown()));
        }
        let shown = self.shown();
        let done = self.running.wait(Duration::from_secs(1));
        Ok((done.map_err(|error| error.to_string())?.code, shown))
    }
}

/// Ends with a code, or tells what was printed.
fn ends(arguments: &[&str], code: i32) -> Result<Finished, String> {
    let done = finish(with_keys(arguments)?)?;
    if done.code == Some(code) {
        return Ok(done);
    }
    Err(format!("{arguments:?}: expected {code}, {}", told(&done)))
}

const URL: &str = "s3://healthy/pre";

/// Two backups of one kind, and a plan to remove the older one.
struct Backups {
    server: Server,
    folder: Scratch,
    older: String,
    newer: String,
}

impl Backups {
    fn make() -> Result<Self, String> {
        let (server, folder) = (
            Server::demo()?,
            Scratch::new().map_err(|it| it.to_string())?,
        );
        let source = folder.path().join("source");
        put(&source, "content")?;
        let source = source.display().to_string();
        for name in ["a", "b"] {
            let named = [
                "backup", "push", &source, URL, "--kind", "upgrade", "--name", name,
            ];
            ends(
                &[&named[..], &["--endpoint-url", server.endpoint()]].concat(),
                0,
            )?;
        }
        let mut backups = Self {
            server,
            folder,
            older: String::new(),
            newer: String::new(),
        };
        let plan = backups.plan();
        ends(
            &backups.words(&["prune", URL, "--keep-last", "1", "--output", &plan]),
            0,
        )?;
        let plan: Value =
            serde_json::from_str(&read(plan.as_ref())?).map_err(|it| it.to_string())?;
        let older = plan["remove"][0]["id"].as_str().map(str::to_owned);
        backups.older = older.ok_or("nothing would go")?;
        let mut ids = backups.complete()?;
        ids.retain(|id| *id != backups.older);
        backups.newer = ids.pop().ok_or("no second backup")?;
        Ok(backups)
    }

    fn plan(&self) -> String {
        self.folder.path().join("plan").display().to_string()
    }

    /// Returns the arguments of a command on backups.
    fn words<'a>(&'a self, words: &[&'a str]) -> Vec<&'a str> {
        [
            &["backup"],
            words,
            &["--endpoint-url", self.server.endpoint()],
        ]
        .concat()
    }

    /// Returns the names of the complete backups.
    fn complete(&self) -> Result<Vec<String>, String> {
        let done = ends(&self.words(&["list", URL, "--format", "json"]), 0)?;
        let lines = done.stdout.lines().map(serde_json::from_str::<Value>);
        let all: Vec<_> = lines
            .collect::<Result<_, _>>()
            .map_err(|it| it.to_string())?;
        let complete = all.iter().filter(|it| it["state"] == "complete");
        Ok(complete
            .filter_map(|it| it["id"].as_str().map(str::to_owned))
            .collect())
    }
}

/// How a question is ended, and the exit code of that.
const STOPS: [(&str, i32); 3] = [("INT", 130), ("TERM", 143), ("", 4)];

/// Stops a command at its question by a signal, or by its time; what is answered then does nothing.
fn stop(arguments: &[&str], signal: &str, code: i32, findings: &mut Findings) -> Outcome {
    let timed = ["--timeout", "3s"];
    let more = if signal.is_empty() { &timed[..] } else { &[] };
    let Some(mut terminal) = Terminal::ask(&[arguments, more].concat())? else {
        return Ok(());
    };
    if signal.is_empty() {
        until(|| !terminal.running.is_running())?;
    } else {
        terminal.signal(signal)?;
        until(|| terminal.shown().contains("stopping"))?;
    }
    terminal.answer("y\n")?;
    let (ended, shown) = terminal.end()?;
    findings.expect(ended == Some(code), || {
        format!("{arguments:?} {signal}: {ended:?}: {shown}")
    });
    Ok(())
}

/// A signal or the end of the time ends a question, and nothing is removed whatever is answered then.
pub(crate) fn a_question_can_be_stopped() -> Outcome {
    let mut findings = Findings::default();
    let store = Scripted::start(|_| Response::new(204, "").with("x-amz-request-id", "1").into());
    let store = store.map_err(|error| error.to_string())?;
    let target = format!("minio+http://{}/bucket/pre", store.address());
    let backups = Backups::make()?;
    let plan = backups.plan();
    for (signal, code) in STOPS {
        stop(
            &["object", "delete", &target, "a", "b"],
            signal,
            code,
            &mut findings,
        )?;
        stop(
            &backups.words(&["prune", URL, "--plan", &plan]),
            signal,
            code,
            &mut findings,
        )?;
        let left = backups.complete()?;
        findings.expect(left.len() == 2, || format!("{signal}: left: {left:?}"));
        let asked = store.requests();
        findings.expect(asked.is_empty(), || format!("{signal}: it asks {asked:?}"));
    }
    findings.end()
}

/// An answer is heard: what is agreed to is removed, and nothing else.
pub(crate) fn an_answer_is_heard() -> Outcome {
    let mut findings = Findings::default();
    let backups = Backups::make()?;
    let plan = backups.plan();
    for (answer, left) in [("n\n", 2), ("\n", 2), ("y\n", 1)] {
        let Some(terminal) = Terminal::ask(&backups.words(&["prune", URL, "--plan", &plan]))?
        else {
            return Ok(());
        };
        terminal.answer(answer)?;
        let (code, shown) = terminal.end()?;
        let found = backups.complete()?;
        findings.expect(code == Some(0) && found.len() == left, || {
            format!("{answer:?}: {code:?}, {found:?}: {shown}")
        });
    }
    let target = [
        "object",
        "delete",
        URL,
        "a",
        "b",
        "--endpoint-url",
        backups.server.endpoint(),
    ];
    for (answer, word) in [("n\n", "nothing was deleted"), ("yes\n", "deleted: ")] {
        let Some(terminal) = Terminal::ask(&target)? else {
            return Ok(());
        };
        terminal.answer(answer)?;
        let (code, shown) = terminal.end()?;
        findings.expect(code == Some(0) && shown.contains(word), || {
            format!("{answer:?}: {code:?}: {shown}")
        });
    }
    findings.end()
}

/// What must be kept by the time of the answer is kept: a question may stand for hours.
pub(crate) fn what_changes_while_it_is_asked_stays() -> Outcome {
    let backups = Backups::make()?;
    let plan = backups.plan();
    let Some(terminal) = Terminal::ask(&backups.words(&["prune", URL, "--plan", &plan]))? else {
        return Ok(());
    };
    let manifest = format!("upgrade/{}/manifest.json", backups.newer);
    let endpoint = backups.server.endpoint();
    let delete = [
        "object",
        "delete",
        URL,
        &manifest,
        "--yes",
        "--endpoint-url",
        endpoint,
    ];
    ends(&delete, 0)?;
    terminal.answer("y\n")?;
    let (code, shown) = terminal.end()?;
    let left = backups.complete()?;
    let mut findings = Findings::default();
    findings.expect(code == Some(0), || format!("{code:?}: {shown}"));
    findings.expect(left == [backups.older.as_str()], || {
        format!("{left:?}: {shown}")
    });
    findings.expect_words("prune", &shown, &["stays: it would be kept now"]);
    findings.end()
}

/// A plan of one service is not carried out on another one with a bucket of the same name.
pub(crate) fn a_plan_is_for_one_service() -> Outcome {
    let (backups, other) = (Backups::make()?, Server::demo()?);
    let plan = backups.plan();
    let mut findings = Findings::default();
    let words = [
        "backup",
        "prune",
        URL,
        "--plan",
        &plan,
        "--yes",
        "--endpoint-url",
    ];
    let done = ends(&[&words[..], &[other.endpoint()]].concat(), 2)?;
    findings.expect_words(
        "another service",
        &done.stderr,
        &[
            backups.server.endpoint(),
            other.endpoint(),
            "--plan: it was made for",
        ],
    );
    let mut old: Value =
        serde_json::from_str(&read(plan.as_ref())?).map_err(|it| it.to_string())?;
    let fields = old.as_object_mut().ok_or("a plan is an object")?;
    findings.expect(fields.remove("endpoint").is_some(), || {
        "no endpoint is told".to_owned()
    });
    put(plan.as_ref(), &old.to_string())?;
    let words = backups.words(&["prune", URL, "--plan", &plan, "--yes"]);
    let done = ends(&words, 2)?;
    findings.expect_words(
        "no service",
        &done.stderr,
        &["names no endpoint", "make it anew"],
    );
    let left = backups.complete()?;
    findings.expect(left.len() == 2, || format!("left: {left:?}"));
    findings.end()
}
