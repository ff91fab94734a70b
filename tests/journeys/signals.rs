//! SIGINT and SIGTERM: the report is printed, and nothing is left.

use std::thread;
use std::time::Duration;

use backstop::report::{FindingCode, Left, Verdict};
use backstop_testkit::{Action, Azurite, Bucket, Minio, Phase, Proxy, Residue};

use super::harness::{PASSED, PATIENCE, Place, Run, Told, all_well, root, text};

/// The signals, with the exit code of each.
const SIGNALS: [(&str, i32); 2] = [("INT", 130), ("TERM", 143)];
/// How many requests a run is interrupted at.
const TURNS: usize = 6;

/// Returns the requests at which runs are interrupted: the first few open the sandbox, and the last
/// few clean up.
fn turns(
    proxy: &Proxy,
    place: &Place,
) -> Result<impl Iterator<Item = (usize, &'static str, i32)>, String> {
    proxy.reset();
    place
        .verify(&["--access", "full"])?
        .ended(PASSED, Verdict::Passed);
    let count = proxy.requests().len();
    Ok((1..=TURNS).map(move |turn| {
        let (signal, code) = SIGNALS[turn % 2];
        (3 + (count / 2) * turn / TURNS, signal, code)
    }))
}

/// Interrupts a run while one request is held, which gets no answer any more.
fn interrupted_at(
    proxy: &Proxy,
    place: &Place,
    (number, phase): (usize, Phase),
    signal: &str,
) -> Result<Run, String> {
    proxy.reset();
    let pause = proxy.pause_at(number, phase);
    let running = place.start(&["--access", "full"])?;
    pause.wait(PATIENCE).map_err(text)?;
    running.signal(signal).map_err(text)?;
    let run = place.end(running)?;
    pause.release(Action::Drop);
    Ok(run)
}

/// Returns what is wrong with a run that was ended by a signal.
fn wrong(run: &Run, code: i32, found: &Residue) -> Option<String> {
    let interrupted = |id: &str| run.finding(id) == Some(FindingCode::Interrupted);
    let facts = [
        ("the exit code", run.done.code == Some(code)),
        ("the verdict", run.report.verdict == Verdict::Unknown),
        ("standard error", run.done.stderr.contains("stopping: ")),
        (
            "the findings",
            run.report.checks.iter().any(|it| interrupted(&it.id)),
        ),
        ("the diagnoses", run.codes().contains(&"interrupted")),
        (
            "what is said to be left",
            run.report.cleanup.left == Left::default(),
        ),
        ("what is left", *found == Residue::default()),
    ];
    let bad: Vec<_> = facts
        .iter()
        .filter(|(_, well)| !well)
        .map(|(what, _)| *what)
        .collect();
    let told = || {
        let (cleanup, code) = (run.check("cleanup"), run.done.code);
        format!(
            "{bad:?}: {code:?} {:?}, {found:?}, {cleanup:?}",
            run.report.verdict
        )
    };
    (!bad.is_empty()).then(told)
}

/// Interrupts runs at several requests, before and after the server has done them.
fn interrupt_all(
    proxy: &Proxy,
    place: &Place,
    residue: impl Fn(&Run) -> Result<Residue, String>,
) -> Result<Vec<String>, String> {
    let mut trouble = Vec::new();
    for (number, signal, code) in turns(proxy, place)? {
        for phase in [Phase::Before, Phase::After] {
            let run = interrupted_at(proxy, place, (number, phase), signal)?;
            let wrong = wrong(&run, code, &residue(&run)?);
            trouble.extend(wrong.map(|why| format!("SIG{signal} at {number} {phase:?}: {why}")));
        }
    }
    Ok(trouble)
}

pub(crate) fn a_signal_ends_a_run_in_order_on_minio() -> Told {
    let server = Minio::start_fresh().map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let mut trouble = Vec::new();
    for kind in [Bucket::Plain, Bucket::Versioned] {
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        let place = Place::minio(proxy.address(), &bucket, root(&server));
        let residue = |_: &Run| server.residue(&bucket, "").map_err(text);
        trouble.extend(interrupt_all(&proxy, &place, residue)?);
    }
    all_well(&trouble)
}

pub(crate) fn a_signal_while_the_sandbox_opens_is_reported() -> Told {
    let server = Minio::start_fresh().map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(&server));
    let mut trouble = Vec::new();
    for number in 1..=3 {
        for phase in [Phase::Before, Phase::After] {
            let run = interrupted_at(&proxy, &place, (number, phase), "TERM")?;
            assert_eq!(run.done.code, Some(143), "{}", run.told());
            let found = server.residue(&bucket, "").map_err(text)?;
            // A write without an answer may be there, and then it is said.
            let said = format!("{:?}", run.check("cleanup"));
            let maybe = said.contains("a write without an answer may have left");
            assert!(found == Residue::default() || maybe, "{found:?}: {said}");
            assert!(found.keys.len() <= 1, "{found:?}");
            if run.report.verdict != Verdict::Unknown {
                let verdict = run.report.verdict;
                trouble.push(format!("at {number} {phase:?}: {verdict:?}, {said}"));
            }
        }
    }
    all_well(&trouble)
}

pub(crate) fn a_signal_ends_a_run_in_order_on_azurite() -> Told {
    let server = Azurite::start_fresh().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let account = server.account();
    let proxy = Proxy::start(server.address()).map_err(text)?;
    let place = Place::new(format!("azure://{account}/{container}"))
        .flag("--endpoint-url", format!("{}/{account}", proxy.endpoint()))
        .set("AZURE_STORAGE_KEY", server.key());
    // What one run left must not be taken for what the next one leaves.
    let residue = |run: &Run| {
        let own = format!(".backstop/{}/", run.report.run_id);
        server.residue(&container, &own).map_err(text)
    };
    all_well(&interrupt_all(&proxy, &place, residue)?)
}

pub(crate) fn a_signal_on_a_slow_line_leaves_nothing() -> Told {
    let server = Minio::start_fresh().map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(&server));
    let turns = turns(&proxy, &place)?;
    proxy.set_latency(Duration::from_millis(25), Duration::from_millis(25));
    let mut trouble = Vec::new();
    for (number, signal, code) in turns {
        proxy.reset();
        let mut running = place.start(&["--access", "full"])?;
        while proxy.requests().len() < number && running.is_running() {
            thread::sleep(Duration::from_millis(1));
        }
        running.signal(signal).map_err(text)?;
        let run = place.end(running)?;
        let found = server.residue(&bucket, "").map_err(text)?;
        let wrong = wrong(&run, code, &found);
        trouble.extend(wrong.map(|why| format!("SIG{signal} at {number}: {why}")));
    }
    all_well(&trouble)
}

pub(crate) fn a_second_signal_ends_at_once() -> Told {
    let server = Minio::start_fresh().map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(&server));
    proxy.black_hole_from(20);
    let mut running = place.start(&["--access", "full"])?;
    while proxy.requests().len() < 20 && running.is_running() {
        thread::sleep(Duration::from_millis(1));
    }
    running.signal("INT").map_err(text)?;
    // Nothing is answered any more, so that the clean-up lasts until the second signal.
    thread::sleep(Duration::from_millis(500));
    running.signal("TERM").map_err(text)?;
    let done = running.wait(PATIENCE).map_err(text)?;
    assert_eq!(done.code, Some(143), "{done:?}");
    assert!(
        done.stderr.contains("a second signal ends at once"),
        "{done:?}"
    );
    Ok(())
}
