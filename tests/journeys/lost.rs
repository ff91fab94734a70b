//! A reply that is lost on the way is settled, and never taken for a store that lied.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use backstop::report::{Left, Outcome, Verdict};
use backstop_testkit::{Action, Bucket, Minio, Proxy, Residue, Seen, Servers};

use super::harness::{PASSED, Place, Run, Told, all_well, root, text};

/// Says which requests are meant.
type Which = fn(&Seen) -> bool;

/// Returns whether a request is aimed at a key that ends so.
fn on(seen: &Seen, name: &str) -> bool {
    let path = seen.target.split('?').next().unwrap_or_default();
    path.ends_with(name)
}

fn is_conditional_put(seen: &Seen) -> bool {
    let is_whole = !["partNumber=", "uploads", "comp="]
        .iter()
        .any(|part| seen.target.contains(part));
    seen.method == "PUT" && on(seen, "/if-absent") && is_whole
}

fn is_completion(seen: &Seen) -> bool {
    let completes = match seen.method.as_str() {
        "POST" => seen.target.contains("uploadId="),
        "PUT" => seen.target.contains("comp=blocklist"),
        _ => false,
    };
    completes && on(seen, "/multipart")
}

/// Replies that get lost: what it is, which of the requests that match, and the check it is for.
const LOST: [(Which, usize, &str); 3] = [
    (is_conditional_put, 1, "put-if-absent"),
    (is_conditional_put, 2, "put-if-absent"),
    (is_completion, 1, "multipart-upload"),
];

/// How long a server is away that nobody notices: less than a request rests before it is repeated.
const AWAY: Duration = Duration::from_millis(100);

/// Runs through a proxy that loses one reply, and returns whether it was lost, and the run.
fn losing(proxy: &Proxy, place: &Place, nth: usize, which: Which) -> Result<(bool, Run), String> {
    proxy.reset();
    proxy.lose_reply(nth, which);
    let run = place.verify(&["--access", "full"])?;
    let asked = proxy.requests();
    Ok((asked.iter().filter(|seen| which(seen)).count() >= nth, run))
}

#[track_caller]
fn assert_settled(lost: bool, run: Run, check: &str) {
    let run = run.ended(PASSED, Verdict::Passed);
    assert!(lost, "no such request: {}", run.told());
    assert_eq!(run.outcome(check), Outcome::Passed, "{}", run.told());
    assert_eq!(run.report.cleanup.left, Left::default(), "{}", run.told());
}

pub(crate) fn a_lost_reply_is_settled_on_minio() -> Told {
    let server = Minio::start_fresh().map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    for kind in [Bucket::Plain, Bucket::Versioned] {
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        let place = Place::minio(proxy.address(), &bucket, root(&server));
        for (which, nth, check) in LOST {
            let (lost, run) = losing(&proxy, &place, nth, which)?;
            assert_settled(lost, run, check);
            let found = server.residue(&bucket, "").map_err(text)?;
            assert_eq!(found, Residue::default(), "{kind:?} {check} {nth}");
        }
    }
    Ok(())
}

pub(crate) fn a_lost_reply_is_settled_on_azurite() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let account = server.account();
    let proxy = Proxy::start(server.address()).map_err(text)?;
    let place = Place::new(format!("azure://{account}/{container}"))
        .flag("--endpoint-url", format!("{}/{account}", proxy.endpoint()))
        .set("AZURE_STORAGE_KEY", server.key());
    for (which, nth, check) in LOST {
        let (lost, run) = losing(&proxy, &place, nth, which)?;
        assert_settled(lost, run, check);
        let found = server.residue(&container, "").map_err(text)?;
        assert_eq!(found, Residue::default(), "{check} {nth}");
    }
    Ok(())
}

/// A server that goes away takes every connection with it, and is back before anybody has noticed.
pub(crate) fn nothing_is_repeated_into_a_server_that_is_just_gone() -> Told {
    let server = Minio::start_fresh().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(&server));
    // An upload is begun by the first POST on its key.
    for (method, name) in [
        ("DELETE", "/object"),
        ("DELETE", "/absent"),
        ("POST", "/multipart"),
    ] {
        let gone: OnceLock<Instant> = OnceLock::new();
        proxy.on_request(move |seen, _| {
            let is_meant = seen.method == method && on(seen, name);
            if is_meant && gone.get_or_init(Instant::now).elapsed() < AWAY {
                return Action::Drop;
            }
            Action::Pass
        });
        place
            .verify(&["--access", "full"])?
            .ended(PASSED, Verdict::Passed);
    }
    Ok(())
}

pub(crate) fn a_lost_reply_to_a_put_is_settled_with_put_and_get_alone() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let actions = ["s3:PutObject", "s3:GetObject"];
    let (id, secret) = server.fresh_user_for(&bucket, &actions).map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, (&id, &secret));
    let writes = |seen: &Seen| seen.method != "GET" && seen.method != "HEAD";
    place
        .verify(&["--access", "put-get"])?
        .ended(PASSED, Verdict::Passed);
    let count = proxy.requests().iter().filter(|seen| writes(seen)).count();
    let mut trouble = Vec::new();
    for nth in 1..=count {
        proxy.reset();
        proxy.lose_reply(nth, writes);
        let run = place.verify(&["--access", "put-get"])?;
        if run.report.verdict == Verdict::Failed {
            let lost = proxy.requests().into_iter().filter(writes).nth(nth - 1);
            trouble.push(format!("{lost:?}: {}", failed(&run)));
        }
    }
    all_well(&trouble)
}

/// Returns the checks of a run that failed.
fn failed(run: &Run) -> String {
    let records = run
        .with(Outcome::Failed)
        .into_iter()
        .map(|id| run.check(id));
    format!("{:?}", records.collect::<Vec<_>>())
}

pub(crate) fn no_lost_reply_fails_a_run() -> Told {
    let server = Minio::start_fresh().map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Versioned).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(&server));
    place
        .verify(&["--access", "full"])?
        .ended(PASSED, Verdict::Passed);
    let count = proxy.requests().len();
    let mut trouble = Vec::new();
    for number in (1..=count).step_by(3) {
        proxy.reset();
        proxy.lose_reply(1, move |seen| seen.number == number);
        let run = place.verify(&["--access", "full"])?;
        let lost = proxy.requests().into_iter().nth(number - 1);
        let found = server.residue(&bucket, "").map_err(text)?;
        if run.report.verdict == Verdict::Failed {
            trouble.push(format!("{lost:?}: {}", failed(&run)));
        } else if found != Residue::default() {
            trouble.push(format!("{lost:?}: {found:?}, {:?}", run.report.cleanup));
        }
        // What a run left must not be taken for what the next one leaves.
        server
            .mc(&[
                "rm",
                "--recursive",
                "--force",
                "--versions",
                &format!("t/{bucket}/"),
            ])
            .map_err(text)?;
        server
            .mc(&[
                "rm",
                "--recursive",
                "--force",
                "--incomplete",
                &format!("t/{bucket}/"),
            ])
            .map_err(text)?;
    }
    all_well(&trouble)
}
