//! Several targets at once, and roles that take time to arrive.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use backstop::report::{Access, Report, Verdict};
use backstop_testkit::{Bucket, Finished, Proxy, Servers};

use super::harness::{FAILED, PASSED, PATIENCE, Place, Told, UNKNOWN, binary, policy, root, text};

/// Runs `verify` on a configuration, with the administrator's keys in two variables.
fn with_config(config: &str, keys: (&str, &str), more: &[&str]) -> Result<Finished, String> {
    let cli = binary()?
        .args(["verify", "--config", "backstop.toml"])
        .args(more)
        .env("STORE_ID", keys.0)
        .env("STORE_SECRET", keys.1)
        .env("WRONG_SECRET", "planted-wrong-secret-0123456789");
    fs::write(cli.home().join("backstop.toml"), config).map_err(text)?;
    let done = cli.run().map_err(text)?;
    backstop_testkit::assert_absent(&[keys.1, "planted-wrong-secret-0123456789"], &done.output());
    Ok(done)
}

fn reports(done: &Finished) -> Result<Vec<Report>, String> {
    let lines = done.stdout.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().map_err(text)
}

/// Writes one target of a bucket of MinIO.
fn target(name: &str, access: &str, endpoint: &str, bucket: &str, secret: &str) -> String {
    format!(
        "[targets.{name}]\naccess = \"{access}\"\ntimeout = \"20s\"\n\
         [targets.{name}.minio]\nendpoint_url = \"{endpoint}\"\nbucket = \"{bucket}\"\n\
         prefix = \"{name}/\"\n\
         [targets.{name}.minio.credentials]\naccess_key_id_env = \"STORE_ID\"\n\
         secret_access_key_env = \"{secret}\"\n"
    )
}

pub(crate) fn of_two_targets_the_bad_one_decides() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let endpoint = server.endpoint();
    let config = target("good", "full", &endpoint, &bucket, "STORE_SECRET")
        + &target("bad", "full", &endpoint, &bucket, "WRONG_SECRET")
        + &target(
            "absent",
            "put-get",
            &endpoint,
            "no-such-bucket",
            "STORE_SECRET",
        );
    let done = with_config(&config, root(server), &["--format", "json"])?;
    assert_eq!(done.code, Some(FAILED), "{}", done.output());
    let found = reports(&done)?;
    let verdicts: Vec<_> = found
        .iter()
        .map(|report| (report.target.name.as_str(), report.access, report.verdict))
        .collect();
    let expected = [
        ("good", Access::Full, Verdict::Passed),
        ("bad", Access::Full, Verdict::Failed),
        ("absent", Access::PutGet, Verdict::Failed),
    ];
    assert_eq!(verdicts, expected, "{}", done.output());
    assert_eq!(found[1].diagnoses[0].code, "wrong-secret");
    assert_eq!(found[2].diagnoses[0].code, "bucket-not-found");

    // One by name is well by itself, and its report goes to a file as well.
    let more = ["good", "--quiet", "--format", "json"];
    let done = with_config(&config, root(server), &more)?;
    assert_eq!((done.code, done.output().trim()), (Some(PASSED), ""));
    let done = with_config(&config, root(server), &["good", "bad", "--quick"])?;
    assert_eq!(done.code, Some(FAILED), "{}", done.output());
    Ok(())
}

pub(crate) fn failed_outweighs_unknown_outweighs_passed() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let endpoint = server.endpoint();
    // A reader of an empty prefix proves nothing.
    let mut config = target("good", "full", &endpoint, &bucket, "STORE_SECRET")
        + &target("empty", "read-only", &endpoint, &bucket, "STORE_SECRET");
    let done = with_config(&config, root(server), &["--format", "json"])?;
    assert_eq!(done.code, Some(UNKNOWN), "{}", done.output());
    config += &target("bad", "full", &endpoint, &bucket, "WRONG_SECRET");
    let done = with_config(&config, root(server), &["--format", "json"])?;
    assert_eq!(done.code, Some(FAILED), "{}", done.output());
    assert_eq!(reports(&done)?.len(), 3);
    Ok(())
}

pub(crate) fn a_run_goes_to_several_outputs() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, root(server));
    let folder = backstop_testkit::Scratch::new().map_err(text)?;
    let (json, human) = (folder.path().join("r.json"), folder.path().join("r.txt"));
    let run = place.verify(&[
        "--access",
        "full",
        "--output",
        &format!("json={}", json.display()),
        "--output",
        &format!("human={}", human.display()),
    ])?;
    let run = run.ended(PASSED, Verdict::Passed);
    let written = fs::read_to_string(json).map_err(text)?;
    let written: Report = serde_json::from_str(&written).map_err(text)?;
    assert_eq!(written, run.report);
    let written = fs::read_to_string(human).map_err(text)?;
    assert!(
        written.contains("passed") && !written.contains('\u{1b}'),
        "{written}"
    );
    Ok(())
}

pub(crate) fn waiting_lasts_until_a_role_has_arrived() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    // It may do something elsewhere, so that it is known, and nothing here.
    let (id, secret) = server
        .fresh_user_for("another", &["s3:GetObject"])
        .map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, (&id, &secret));
    place
        .verify(&["--access", "put-get"])?
        .ended(FAILED, Verdict::Failed);
    proxy.reset();
    let running = place.start(&["--access", "put-get", "--wait", "60s"])?;
    let begun = Instant::now();
    while proxy.requests().len() < 2 && begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(5));
    }
    // The first round is over, or nearly so; the next one comes seconds later.
    thread::sleep(Duration::from_secs(1));
    let name = format!("later-{id}");
    let file = backstop_testkit::Scratch::new().map_err(text)?;
    let path = file.path().join("policy.json");
    let actions = ["s3:PutObject", "s3:GetObject"];
    let granted = policy(&[("Allow", &actions, &format!("{bucket}/*"))]);
    fs::write(&path, granted).map_err(text)?;
    server
        .mc(&[
            "admin",
            "policy",
            "create",
            "t",
            &name,
            &path.to_string_lossy(),
        ])
        .map_err(text)?;
    server
        .mc(&["admin", "policy", "attach", "t", &name, "--user", &id])
        .map_err(text)?;
    let run = place.end(running)?.ended(PASSED, Verdict::Passed);
    for words in ["failed (the credentials may not do this)", "again in 5 s"] {
        assert!(
            run.done.stderr.contains(words),
            "{words}: {}",
            run.done.stderr
        );
    }
    Ok(())
}

pub(crate) fn waiting_in_vain_ends_as_the_last_run_did() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let place = Place::minio(server.host(), "no-such-bucket", root(server));
    let run = place.verify(&["--access", "put-get", "--wait", "2s"])?;
    let run = run.ended(FAILED, Verdict::Failed);
    assert_eq!(run.codes(), ["bucket-not-found"]);
    assert_eq!(
        run.done.stderr.matches("again in").count(),
        1,
        "{}",
        run.done.stderr
    );
    Ok(())
}
