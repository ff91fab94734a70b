//! From cron: the bucket goes and comes back, and everybody who watches is told, in every format.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use backstop::report::Report;
use backstop_testkit::{
    Bucket, Cli, Finished, Readers, Response, Scratch, Scripted, Servers, assert_absent,
};
use serde_json::Value;

use super::harness::{FAILED, PASSED, Told, all_well, binary, root, text};

/// What makes the URL of the pings a secret.
const ID: &str = "planted-ping-5bf66975-d4c7-4bf5";
/// What the files are called.
const METRICS: &str = "backstop.prom";

/// A place that can be taken away and brought back.
trait Place {
    /// The configuration, where the target is `primary`.
    fn config(&self) -> String;
    /// Sets what the configuration names.
    fn with_keys(&self, cli: Cli) -> Cli;
    fn take_away(&self) -> Told;
    fn bring_back(&self) -> Told;
}

struct OnMinio<'a> {
    server: &'a backstop_testkit::Minio,
    bucket: String,
}

impl Place for OnMinio<'_> {
    fn config(&self) -> String {
        format!(
            "[targets.primary]\naccess = \"full\"\n[targets.primary.minio]\nendpoint_url = \"{}\"\n\
             bucket = \"{}\"\nprefix = \"production/\"\n[targets.primary.minio.credentials]\n\
             access_key_id_env = \"STORE_ID\"\nsecret_access_key_env = \"STORE_SECRET\"\n",
            self.server.endpoint(),
            self.bucket
        )
    }

    fn with_keys(&self, cli: Cli) -> Cli {
        let (id, secret) = root(self.server);
        cli.env("STORE_ID", id).env("STORE_SECRET", secret)
    }

    fn take_away(&self) -> Told {
        let bucket = format!("t/{}", self.bucket);
        self.server
            .mc(&["rb", "--force", &bucket])
            .map(drop)
            .map_err(text)
    }

    fn bring_back(&self) -> Told {
        let bucket = format!("t/{}", self.bucket);
        self.server.mc(&["mb", &bucket]).map(drop).map_err(text)
    }
}

struct OnAzurite<'a> {
    server: &'a backstop_testkit::Azurite,
    container: String,
}

impl Place for OnAzurite<'_> {
    fn config(&self) -> String {
        format!(
            "[targets.primary]\naccess = \"full\"\n[targets.primary.azure]\naccount = \"{}\"\n\
             endpoint_url = \"{}\"\ncontainer = \"{}\"\nprefix = \"production/\"\n\
             account_key_env = \"STORE_SECRET\"\n",
            self.server.account(),
            self.server.endpoint(),
            self.container
        )
    }

    fn with_keys(&self, cli: Cli) -> Cli {
        cli.env("STORE_SECRET", self.server.key())
    }

    fn take_away(&self) -> Told {
        let target = format!("{}?restype=container", self.container);
        let answer = self
            .server
            .request("DELETE", &target, Vec::new(), b"")
            .map_err(text)?;
        if answer.status == 202 {
            Ok(())
        } else {
            Err(format!("the container stays: http {}", answer.status))
        }
    }

    fn bring_back(&self) -> Told {
        self.server.create_container(&self.container).map_err(text)
    }
}

/// One turn of cron: what becomes of the place before it, and what everybody is told after it.
struct Turn {
    name: &'static str,
    before: Change,
    code: i32,
    plugin: (i32, &'static str),
    up: f64,
    failures: f64,
    ping: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Change {
    Nothing,
    Gone,
    Back,
}

#[rustfmt::skip]
const TURNS: [Turn; 6] = [
    Turn { name: "a good run", before: Change::Nothing, code: PASSED, plugin: (0, "OK - primary passed: "), up: 1.0, failures: 0.0, ping: "" },
    Turn { name: "another", before: Change::Nothing, code: PASSED, plugin: (0, "OK - primary passed: "), up: 1.0, failures: 0.0, ping: "" },
    Turn { name: "the bucket is gone", before: Change::Gone, code: PASSED, plugin: (0, "OK - primary failed: "), up: 0.0, failures: 1.0, ping: "" },
    Turn { name: "it is still gone", before: Change::Nothing, code: FAILED, plugin: (2, "CRITICAL - primary failed: "), up: 0.0, failures: 2.0, ping: "/fail" },
    Turn { name: "and still", before: Change::Nothing, code: FAILED, plugin: (2, "CRITICAL - primary failed: "), up: 0.0, failures: 3.0, ping: "/fail" },
    Turn { name: "it is back", before: Change::Back, code: PASSED, plugin: (0, "OK - primary passed: "), up: 1.0, failures: 0.0, ping: "" },
];

/// What cron runs, with files and a state that outlive the runs.
struct Cron<'a> {
    place: &'a dyn Place,
    folder: Scratch,
    service: Scripted,
    readers: Readers,
}

impl Cron<'_> {
    fn run(&self, format: &str) -> Result<Finished, String> {
        let output = |format: &str, name: &str| {
            format!("{format}={}", self.folder.path().join(name).display())
        };
        let cli = binary()?
            .args([
                "verify",
                "--config",
                "backstop.toml",
                "--consecutive",
                "2",
                "--quiet",
            ])
            .args(["--format", format])
            .args(["--output", &output("prometheus", METRICS)])
            .args(["--output", &output("junit", "report.xml")])
            .args(["--output", &output("json", "report.json")])
            .args(["--output", &output("human", "report.txt")])
            .env("BACKSTOP_STATE_DIR", self.folder.path().join("state"))
            .env(
                "BACKSTOP_PING_URL",
                format!("{}/{ID}", self.service.endpoint()),
            );
        fs::write(cli.home().join("backstop.toml"), self.place.config()).map_err(text)?;
        let done = self.place.with_keys(cli).run().map_err(text)?;
        assert_absent(&[ID], &done.output());
        Ok(done)
    }

    fn read(&self, name: &str) -> Result<String, String> {
        fs::read_to_string(self.folder.path().join(name)).map_err(text)
    }

    /// Makes one turn and returns what somebody was told wrongly.
    fn turn(
        &self,
        turn: &Turn,
        format: &str,
        success: &mut Option<f64>,
    ) -> Result<Vec<String>, String> {
        match turn.before {
            Change::Nothing => {}
            Change::Gone => self.place.take_away()?,
            Change::Back => self.place.bring_back()?,
        }
        let pings = self.service.requests().len();
        let done = self.run(format)?;
        let mut trouble = Vec::new();
        let mut expect = |holds: bool, words: &dyn std::fmt::Debug| {
            if !holds {
                let (code, out) = (done.code, done.output());
                trouble.push(format!(
                    "{format}, {}: {words:?}: {code:?} {out}",
                    turn.name
                ));
            }
        };
        if format == "nagios" {
            expect(done.code == Some(turn.plugin.0), &"the exit code");
            expect(done.stdout.starts_with(turn.plugin.1), &turn.plugin.1);
            let read = self.readers.nagios(&done.stdout).map_err(text)?;
            let data = read["data"].as_array().cloned().unwrap_or_default();
            let failures = data.iter().find(|it| it["label"] == "failures_in_a_row");
            let critical = failures.map(|it| it["critical"] == (turn.failures >= 2.0));
            expect(critical == Some(true), &read);
        } else {
            expect(done.code == Some(turn.code), &"the exit code");
            let quiet = turn.code == PASSED;
            expect(done.output().trim().is_empty() == quiet, &"quiet");
        }
        let metrics = self
            .readers
            .prometheus(&self.read(METRICS)?)
            .map_err(text)?;
        let of = |name| metric(&metrics, name);
        expect(of("backstop_up") == Some(turn.up), &metrics);
        expect(
            of("backstop_consecutive_failures") == Some(turn.failures),
            &metrics,
        );
        let at = of("backstop_last_success_timestamp_seconds");
        if turn.up > 0.0 {
            expect(at >= *success && at.is_some(), &at);
            *success = at;
        } else {
            expect(at == *success, &(at, *success));
        }
        let report: Report = serde_json::from_str(&self.read("report.json")?).map_err(text)?;
        let verdict = if turn.up > 0.0 { "passed" } else { "failed" };
        expect(report.verdict.name() == verdict, &report.verdict);
        expect(
            self.read("report.txt")?.contains(&format!("{verdict}: ")),
            &"report.txt",
        );
        let xml = self.read("report.xml")?;
        expect(xml.contains("failures=\"0\"") == (turn.up > 0.0), &xml);
        let seen = self.service.requests();
        let paths: Vec<_> = seen[pings..]
            .iter()
            .map(|it| it.target.split('?').next())
            .collect();
        let (start, end) = (format!("/{ID}/start"), format!("/{ID}{}", turn.ping));
        expect(paths == [Some(start.as_str()), Some(end.as_str())], &paths);
        Ok(trouble)
    }
}

/// Returns a metric of the target.
fn metric(metrics: &Value, name: &str) -> Option<f64> {
    let mut samples = metrics.as_array()?.iter();
    let is = |it: &&Value| it["name"] == name && it["labels"]["target"] == "primary";
    samples.find(is)?["value"].as_f64()
}

/// Reads a file again and again until it is told to stop, and returns everything that it saw.
fn watch(path: &Path, stop: &AtomicBool) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    while !stop.load(Ordering::SeqCst) {
        if let Ok(text) = fs::read_to_string(path) {
            seen.insert(text);
        }
        // A file is replaced in no time; others want to compute as well.
        thread::sleep(Duration::from_micros(300));
    }
    seen
}

fn story(place: &dyn Place) -> Told {
    let mut trouble = Vec::new();
    for format in ["nagios", "human"] {
        let service = Scripted::start(|_| Response::new(200, "OK").into()).map_err(text)?;
        let cron = Cron {
            place,
            folder: Scratch::new().map_err(text)?,
            service,
            readers: Readers::new().map_err(text)?,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let (path, stopped) = (cron.folder.path().join(METRICS), Arc::clone(&stop));
        let reader = thread::spawn(move || watch(&path, &stopped));
        let mut success = None;
        let turns: Result<Vec<_>, _> = TURNS
            .iter()
            .map(|turn| cron.turn(turn, format, &mut success))
            .collect();
        stop.store(true, Ordering::SeqCst);
        let seen = reader.join().map_err(|_| "the reader panicked")?;
        trouble.extend(turns?.into_iter().flatten());
        // As many whole files as there were runs, and never a part of one.
        if seen.len() > TURNS.len() || seen.is_empty() {
            trouble.push(format!(
                "{format}: {} different files were seen",
                seen.len()
            ));
        }
        for text in &seen {
            let read = cron.readers.prometheus(text).map_err(self::text)?;
            let whole = metric(&read, "backstop_left_bytes").is_some() && text.ends_with('\n');
            if !whole {
                trouble.push(format!("{format}: half a file was seen: {text}"));
            }
        }
    }
    all_well(&trouble)
}

pub(crate) fn a_bucket_of_minio_goes_and_comes_back() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    story(&OnMinio { server, bucket })
}

pub(crate) fn a_container_of_azurite_goes_and_comes_back() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    story(&OnAzurite { server, container })
}
