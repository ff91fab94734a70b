//! No false alarm: many runs beside somebody who writes, and a service that is overloaded for a moment.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use backstop::report::{CleanupState, Report, Verdict};
use backstop_testkit::{Bucket, Fault, Proxy, Response, Scratch, Seen, Servers};

use super::harness::{PASSED, Place, Told, root, text};

/// How many runs there are in a row.
const RUNS: usize = 200;

/// How many objects the writer keeps in turn under each prefix.
const TURN: usize = 8;

/// What the writer puts: it is never empty, and no probe.
const CONTENT: &[u8] = b"what somebody else has written, in the middle of a run";

/// Sends a request of the writer, and returns its status.
type Ask<'a> = &'a (dyn Fn(&str, &str) -> Result<u16, String> + Sync);

/// Puts and deletes objects, beside the runs' prefix and below it but for the sandbox, until told to
/// stop; returns how many requests were answered.
fn write(ask: Ask<'_>, stop: &AtomicBool) -> Result<usize, String> {
    let mut answered = 0;
    while !stop.load(Ordering::Relaxed) {
        for number in 0..TURN {
            for folder in ["beside", "pre", "pre/deeper"] {
                let key = format!("{folder}/object-{number}");
                for method in ["PUT", "PUT", "DELETE"] {
                    let status = ask(method, &key)?;
                    if !(200..300).contains(&status) {
                        return Err(format!("{method} {key}: http {status}"));
                    }
                    answered += 1;
                }
            }
        }
    }
    Ok(answered)
}

/// Verifies a place again and again beside the writer; every run has to pass and leave nothing.
fn soak(place: &Place, ask: Ask<'_>) -> Told {
    let stop = AtomicBool::new(false);
    let (runs, written) = thread::scope(|scope| {
        let writer = scope.spawn(|| write(ask, &stop));
        let runs = (0..RUNS).try_for_each(|number| {
            let run = place.verify(&["--access", "full"])?;
            let left = run.report.cleanup.state;
            if run.report.verdict != Verdict::Passed || left != CleanupState::Clean {
                return Err(format!("run {number} of {RUNS}: {}", run.told()));
            }
            Ok(())
        });
        stop.store(true, Ordering::Relaxed);
        (runs, writer.join())
    });
    runs?;
    let written = written.map_err(|_| "the writer panicked".to_owned())??;
    // A writer that hardly wrote has proven nothing.
    if written < RUNS {
        return Err(format!(
            "only {written} requests of the writer were answered"
        ));
    }
    Ok(())
}

pub(crate) fn full_runs_on_minio_pass_beside_a_writer() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::minio(server.host(), &format!("{bucket}/pre"), root(server));
    let ask = |method: &str, key: &str| {
        let body = if method == "PUT" { CONTENT } else { b"" };
        let answer = server.request(method, &format!("/{bucket}/{key}"), body);
        answer.map(|answer| answer.status).map_err(text)
    };
    soak(&place, &ask)
}

pub(crate) fn full_runs_on_azurite_pass_beside_a_writer() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let place = Place::azure_by_key(server, &format!("{container}/pre"));
    let ask = |method: &str, key: &str| {
        let (body, headers) = match method {
            "PUT" => {
                let kind = ("x-ms-blob-type".to_owned(), "BlockBlob".to_owned());
                (CONTENT, vec![kind])
            }
            _ => (&b""[..], Vec::new()),
        };
        let answer = server.request(method, &format!("{container}/{key}"), headers, body);
        answer.map(|answer| answer.status).map_err(text)
    };
    soak(&place, &ask)
}

/// What Amazon and `MinIO` answer when they are asked too much.
const SLOW_DOWN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>SlowDown</Code>\
                         <Message>Please reduce your request rate.</Message></Error>";
/// What Azure answers then.
const BUSY: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>ServerBusy</Code>\
                    <Message>The server is busy.</Message></Error>";

/// Whether a request is one of those that are refused.
type Which = fn(&Seen) -> bool;

/// Which two requests are refused, and in which words they are named here.
const REFUSED: [(&str, Which); 3] = [
    ("the first two", |_| true),
    // A stranger's requests are repeated too, and are no attempts of a check.
    ("the first two reads", |seen| {
        let signed = seen.header("authorization").is_some();
        signed && seen.method == "GET" && seen.target.contains("/object")
    }),
    ("the first two deletes", |seen| seen.method == "DELETE"),
];

/// Returns how often requests were repeated, by the report.
fn repeats(report: &Report) -> u32 {
    let records = report.checks.iter();
    records
        .map(|record| record.attempts.saturating_sub(1))
        .sum()
}

/// Runs on a service that refuses two requests for want of capacity, and then works.
fn in_haste(proxy: &Proxy, place: &Place, answer: &Response) -> Told {
    let folder = Scratch::new().map_err(text)?;
    let human = folder.path().join("told.txt");
    let output = format!("human={}", human.display());
    for (words, which) in REFUSED {
        let refused = AtomicUsize::new(0);
        proxy.inject(Fault::Answer(answer.clone()), move |seen| {
            which(seen) && refused.fetch_add(1, Ordering::SeqCst) < 2
        });
        let run = place.verify(&["--access", "full", "--output", &output])?;
        let run = run.ended(PASSED, Verdict::Passed);
        assert_eq!(repeats(&run.report), 2, "{words}: {}", run.told());
        let told = fs::read_to_string(&human).map_err(text)?;
        let line = "repeated: requests had to be sent again 2 times";
        assert!(told.contains(line), "{words}: {told}");
    }
    Ok(())
}

pub(crate) fn minio_that_refuses_twice_passes_and_it_is_said() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let place = Place::minio(proxy.address(), &format!("{bucket}/pre"), root(server));
    let answer = Response::new(503, SLOW_DOWN).with("Content-Type", "application/xml");
    in_haste(&proxy, &place, &answer)
}

pub(crate) fn azurite_that_refuses_twice_passes_and_it_is_said() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let account = server.account();
    let proxy = Proxy::start(server.address()).map_err(text)?;
    let place = Place::new(format!("azure://{account}/{container}/pre"))
        .flag("--endpoint-url", format!("{}/{account}", proxy.endpoint()))
        .set("AZURE_STORAGE_KEY", server.key());
    let answer = Response::new(503, BUSY)
        .with("Content-Type", "application/xml")
        .with("x-ms-error-code", "ServerBusy");
    in_haste(&proxy, &place, &answer)
}
