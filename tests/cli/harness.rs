//! What the tests of the built binary share: the binary, a server to run it on, and a list of what went wrong.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use backstop::demo::{self, ACCESS_KEY_ID, DemoServer, SECRET_ACCESS_KEY};
use backstop::report::Report;
use backstop_contract::{ObjectStore, Secret};
use backstop_testkit::{Cli, Finished};
use tokio::sync::oneshot;

/// What a test returns; the error tells the reader everything.
pub(super) type Outcome = Result<(), String>;

/// The built binary.
pub(super) const BINARY: &str = env!("CARGO_BIN_EXE_backstop");

/// Prepares a run of the binary in a clean environment.
pub(super) fn backstop(arguments: &[&str]) -> Result<Cli, String> {
    let cli = Cli::new(BINARY).map_err(|error| error.to_string())?;
    Ok(cli.args(arguments))
}

/// Prepares a run of the binary with the keys that the servers here take.
pub(super) fn with_keys(arguments: &[&str]) -> Result<Cli, String> {
    let cli = backstop(arguments)?
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
    Ok(cli.env("AWS_REGION", "us-east-1"))
}

/// Runs it to its end.
pub(super) fn finish(cli: Cli) -> Result<Finished, String> {
    cli.run().map_err(|error| error.to_string())
}

/// Writes a file into the run's home, which is also its working folder.
pub(super) fn write(cli: &Cli, name: &str, content: &str) -> Outcome {
    put(&cli.home().join(name), content)
}

/// Writes a file.
pub(super) fn put(path: &Path, content: &str) -> Outcome {
    fs::write(path, content).map_err(|error| format!("{}: {error}", path.display()))
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Reads JSON Lines as reports.
pub(super) fn reports(text: &str) -> Result<Vec<Report>, String> {
    let report = |line: &str| serde_json::from_str(line).map_err(|e| format!("{e}: {line}"));
    text.lines().map(report).collect()
}

/// Returns whether there is a program that makes terminals; without it there is none to be had.
pub(super) fn has_terminals() -> bool {
    let mut script = Command::new("script");
    script
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok()
}

/// Waits until something holds, for ten seconds at most.
pub(super) fn until(mut holds: impl FnMut() -> bool) -> Outcome {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        if Instant::now() > deadline {
            return Err("it did not come about within ten seconds".to_owned());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Tells how a run ended, for a test that expected another end.
pub(super) fn told(done: &Finished) -> String {
    let head = |text: &str| text.chars().take(3_000).collect::<String>();
    let (stdout, stderr) = (head(&done.stdout), head(&done.stderr));
    format!(
        "exit code {:?}\nstdout:\n{stdout}\nstderr:\n{stderr}",
        done.code
    )
}

/// Everything that a table-driven test found wrong, so that one run shows all of it.
#[derive(Default)]
pub(super) struct Findings(Vec<String>);

impl Findings {
    /// Notes a failure unless the claim holds.
    pub(super) fn expect(&mut self, holds: bool, words: impl FnOnce() -> String) {
        if !holds {
            self.0.push(words());
        }
    }

    /// Notes the exit code when it is another one.
    pub(super) fn expect_code(&mut self, name: &str, done: &Finished, code: i32) {
        self.expect(done.code == Some(code), || {
            format!("{name}: expected exit code {code}, {}", told(done))
        });
    }

    /// Notes each of the words that a text does not hold.
    pub(super) fn expect_words(&mut self, name: &str, text: &str, words: &[&str]) {
        for word in words {
            self.expect(text.contains(word), || {
                format!("{name}: expected {word:?} in\n{text}")
            });
        }
    }

    /// Ends the test.
    pub(super) fn end(self) -> Outcome {
        match self.0.as_slice() {
            [] => Ok(()),
            wrong => Err(format!("{} wrong:\n{}", wrong.len(), wrong.join("\n---\n"))),
        }
    }
}

/// An S3 server in this process, gone when it is dropped.
pub(super) struct Server {
    endpoint: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts the server of the demo, with a bucket for each of its stores.
    pub(super) fn demo() -> Result<Self, String> {
        Self::start(|| async { demo::start().await.map_err(|error| error.to_string()) })
    }

    /// Starts a server with one bucket, `bucket`, and a secret of one's own.
    pub(super) fn with(store: Arc<dyn ObjectStore>, secret: &str) -> Result<Self, String> {
        let keys = (ACCESS_KEY_ID.to_owned(), Secret::new(secret.to_owned()));
        Self::start(|| async {
            let buckets = vec![("bucket".to_owned(), store)];
            let server = DemoServer::start(buckets, keys).await;
            server.map_err(|error| error.to_string())
        })
    }

    fn start<F>(make: impl FnOnce() -> F + Send + 'static) -> Result<Self, String>
    where
        F: Future<Output = Result<DemoServer, String>>,
    {
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(tell.send(Err(error.to_string()))),
            };
            runtime.block_on(async {
                let server = make().await;
                // Whoever waited for this has gone when it cannot be told.
                let _ = tell.send(
                    server
                        .as_ref()
                        .map(DemoServer::endpoint)
                        .map_err(Clone::clone),
                );
                let _ = stopped.await;
                drop(server);
            });
        });
        let endpoint = told.recv().map_err(|error| error.to_string())??;
        Ok(Self {
            endpoint,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns its URL, without a slash at its end.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed already.
            let _ = thread.join();
        }
    }
}
