//! A machine that is in no cloud: the usual chain says soon what was tried.

use std::thread;
use std::time::Duration;

use backstop_contract::ErrorKind;
use backstop_testkit::{BlackHole, Imds, refused_port};

use super::owner::Owner;
use super::scene::{Scene, each, no_credential};
use crate::journeys::harness::{Told, text};

/// How long the answer may take without a limit of the user's own.
const USUAL: Duration = Duration::from_secs(5);
/// What a busy machine may add to it.
const SLACK: Duration = Duration::from_secs(2);

const TRIED: [&str; 5] = [
    "environment: AWS_ACCESS_KEY_ID is not set",
    "profile: ",
    "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set",
    "container: AWS_CONTAINER_CREDENTIALS_* are not set",
    "node role: ",
];

/// Verifies without credentials, and asserts that it is said in time and in full.
fn ends_in_time(scene: &Scene, timeout: Option<Duration>) -> Told {
    let limit = timeout.unwrap_or(USUAL);
    let seconds = format!("{}s", limit.as_secs());
    let more: &[&str] = if timeout.is_some() {
        &["--timeout", &seconds]
    } else {
        &[]
    };
    let cause = no_credential(ErrorKind::Unauthenticated, "no-credentials", &TRIED);
    let run = scene.verify_with(more)?.fails_for(&cause)?;
    let elapsed = run.done.elapsed;
    run.expect(
        elapsed < limit + SLACK,
        &format!("{elapsed:?} of {limit:?}"),
    )
}

fn told_in_time(endpoint: &str) -> Told {
    let owner = Owner::new()?;
    let scene = owner
        .s3_url()
        .set("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)
        .set("AWS_EC2_METADATA_DISABLED", "false");
    let with_region = scene.clone().set("AWS_REGION", "us-east-1");
    let rows = [
        ("default", &scene, None),
        ("two seconds", &scene, Some(Duration::from_secs(2))),
        ("default, with a region", &with_region, None),
        (
            "two seconds, with a region",
            &with_region,
            Some(Duration::from_secs(2)),
        ),
    ];
    thread::scope(|scope| {
        let running = rows.map(|(name, scene, timeout)| {
            scope.spawn(move || ends_in_time(&scene.clone().called(name), timeout))
        });
        each(running, |run| run.join().map_err(|_| "it panicked")?)
    })
}

pub(crate) fn a_metadata_address_that_never_answers_is_no_cloud() -> Told {
    let hole = BlackHole::start().map_err(text)?;
    told_in_time(&format!("http://{}", hole.address()))?;
    assert!(hole.connections() > 0, "it was asked");
    Ok(())
}

pub(crate) fn a_metadata_address_that_refuses_is_no_cloud() -> Told {
    told_in_time(&format!("http://{}", refused_port().map_err(text)?))
}

/// A metadata service that keeps silent and a command that never ends, each asked for by name.
fn silent(owner: &Owner, imds: &Imds) -> [(Scene, &'static str, &'static [&'static str]); 2] {
    let node = owner
        .config("kind = \"node-role\"")
        .called("a silent service");
    let sleep = "kind = \"process\"\ncredential_process = \"sleep 60\"";
    [
        (
            node.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint())
                .set("AWS_EC2_METADATA_DISABLED", "false"),
            "metadata-out-of-reach",
            &["hop limit", "HttpPutResponseHopLimit"],
        ),
        (
            owner.config(sleep).called("a command that never ends"),
            "no-answer",
            &["sleep printed no credentials"],
        ),
    ]
}

fn stays_open(more: &[&str], limit: Duration) -> Told {
    let owner = Owner::new()?;
    let imds = Imds::start("backup-node", owner.mint()).map_err(text)?;
    let imds = imds.silent_token();
    let rows = silent(&owner, &imds);
    thread::scope(|scope| {
        let running = rows.map(|(run, code, words)| {
            scope.spawn(move || {
                let run = run.verify_with(more)?;
                let cause = no_credential(ErrorKind::TimedOut, code, words);
                let run = run.stays_open_for(&cause)?;
                let elapsed = run.done.elapsed;
                run.expect(elapsed < limit, &format!("{elapsed:?}"))
            })
        });
        each(running, |run| run.join().map_err(|_| "it panicked")?)
    })
}

pub(crate) fn a_way_that_keeps_silent_leaves_it_undecided() -> Told {
    stays_open(&[], Duration::from_secs(15))
}

pub(crate) fn a_short_time_is_enough_to_name_what_keeps_silent() -> Told {
    stays_open(&["--timeout", "3s"], Duration::from_secs(3) + SLACK)
}

pub(crate) fn a_link_that_is_configured_and_fails_ends_the_chain() -> Told {
    let owner = Owner::new()?;
    // Each would be passed over for the key of the profile, and the run would be somebody else's.
    let profile = format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        owner.id, owner.secret
    );
    let rows = [
        (
            "a profile that is not there",
            owner
                .url()
                .file(".aws/credentials", &*profile)
                .set("AWS_PROFILE", "backup"),
            "backup",
        ),
        (
            "a profile that is broken",
            owner
                .url()
                .file(".aws/credentials", "[default]\naws_access_key_id = ID\n"),
            "default",
        ),
        (
            "a token that is not there",
            owner
                .url()
                .set("AWS_ROLE_ARN", "arn:minio:iam:::role/x")
                .set("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token"),
            "/nowhere/token does not exist",
        ),
        (
            "a container endpoint elsewhere",
            owner
                .url()
                .set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/v1"),
            "192.0.2.1",
        ),
    ];
    each(rows, |(name, scene, word)| {
        let words = [word];
        let cause = no_credential(ErrorKind::Unauthenticated, "credentials-unknown", &words);
        scene
            .called(name)
            .secret(&owner.secret)
            .verify()?
            .fails_for(&cause)?;
        Ok(())
    })?;
    Ok(())
}
