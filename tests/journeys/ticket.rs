//! What was refused becomes a ticket, and two runs are compared, on the real MinIO.

use backstop::report::{Report, Verdict};
use backstop_testkit::{Bucket, Cli, Finished, Minio, Servers, assert_absent};

use super::harness::{FAILED, PASSED, Place, Told, binary, policy, root, text};

const WRONG: &str = "planted-wrong-secret-0123456789abcdefghi";

/// Runs a command on a target with keys, in which the secret must never show.
fn run(arguments: &[&str], (id, secret): (&str, &str)) -> Result<Finished, String> {
    let done = cli(arguments)?
        .env("AWS_ACCESS_KEY_ID", id)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .run()
        .map_err(text)?;
    assert_absent(&[secret], &done.output());
    Ok(done)
}

fn cli(arguments: &[&str]) -> Result<Cli, String> {
    Ok(binary()?.args(arguments))
}

/// Returns a ticket as words, its lines joined.
fn words(done: &Finished) -> String {
    assert_eq!(done.code, Some(0), "{}", done.output());
    let lines = done.stdout.lines().map(str::trim);
    lines.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn holds(ticket: &str, expected: &[&str]) {
    for words in expected {
        assert!(ticket.contains(words), "{words}\n{ticket}");
    }
}

/// A user who may put and get alone.
fn user(server: &Minio) -> Result<(String, (String, String)), String> {
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let actions = ["s3:PutObject", "s3:GetObject"];
    let allowed = policy(&[("Allow", &actions, &format!("{bucket}/pre/*"))]);
    let user = server.fresh_user(&allowed).map_err(text)?;
    Ok((bucket, user))
}

pub(crate) fn a_denied_delete_becomes_a_ticket() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let (bucket, (id, secret)) = user(server)?;
    let url = format!("minio+http://{}/{bucket}/pre", server.host());
    let ticket = words(&run(&["ticket", &url, "--access", "full"], (&id, &secret))?);
    let location = format!("minio://{}/{bucket}/pre/", server.host());
    holds(
        &ticket,
        &[
            &format!("# Backup storage `{location}`"),
            "for the access full (put, get, list and delete)",
            "the verdict is **failed**",
            &id,
            "(`missing-permission`; checks ",
            "`delete_object` on `minio://",
            "by the service's clock)",
            "request id: `",
            "http 403, `AccessDenied`",
            &format!("needs `s3:DeleteObject` on `arn:aws:s3:::{bucket}/pre/*`"),
            &format!("needs `s3:ListBucket` on `arn:aws:s3:::{bucket}`"),
            "\"Effect\": \"Allow\"",
            "\"s3:DeleteObject\"",
            "| `127.0.0.1` |",
            &format!("backstop verify {url} --access full --wait 10m"),
        ],
    );
    let redacted = words(&run(
        &["ticket", &url, "--access", "full", "--redact"],
        (&id, &secret),
    )?);
    assert_absent(&[&bucket, &id], &redacted);
    holds(
        &redacted,
        &[
            "bucket-1",
            "prefix-1",
            "principal-1",
            "arn:aws:s3:::bucket-1/prefix-1/*",
            "/bucket-1/prefix-1 --access full --wait 10m",
            "request id: `",
        ],
    );
    Ok(())
}

pub(crate) fn a_wrong_secret_becomes_a_ticket_and_a_good_run_asks_for_nothing() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let url = format!("minio+http://{}/{bucket}", server.host());
    let wrong = words(&run(&["ticket", &url], (server.access_key(), WRONG))?);
    holds(
        &wrong,
        &["`wrong-secret`", "`SignatureDoesNotMatch`", "request id: `"],
    );
    assert!(
        !wrong.contains("What to grant"),
        "no right is missing: {wrong}"
    );
    let good = words(&run(&["ticket", &url, "--access", "full"], root(server))?);
    holds(&good, &["nothing to ask for", "the verdict is **passed**"]);
    assert!(!good.contains("## What is wrong"), "{good}");
    Ok(())
}

pub(crate) fn a_report_makes_the_same_ticket_without_the_service() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let (bucket, (id, secret)) = user(server)?;
    let place = Place::minio(server.host(), &format!("{bucket}/pre"), (&id, &secret));
    let failed = place.verify(&["--access", "full"])?;
    let failed = failed.ended(FAILED, Verdict::Failed);
    let other = Place::minio(server.host(), &bucket, root(server));
    let passed = other.verify(&["--access", "full"])?;
    let passed = passed.ended(PASSED, Verdict::Passed);
    let both = format!("{}{}", failed.done.stdout, passed.done.stdout);
    let from = |arguments: &[&str]| {
        let cli = cli(&[&["ticket", "--from", "-"][..], arguments].concat())?;
        cli.input(both.clone()).run().map_err(text)
    };
    let ticket = words(&from(&[&failed.report.target.name])?);
    holds(
        &ticket,
        &[
            &format!("needs `s3:DeleteObject` on `arn:aws:s3:::{bucket}/pre/*`"),
            &failed.report.run_id,
            &request_id(&failed.report),
            "--access full --wait 10m",
        ],
    );
    let well = words(&from(&[&passed.report.target.name])?);
    holds(&well, &["nothing to ask for", &passed.report.run_id]);
    let which = from(&[])?;
    assert_eq!(which.code, Some(2), "{}", which.output());
    assert!(
        which.stderr.contains("name one of them"),
        "{}",
        which.stderr
    );
    Ok(())
}

fn request_id(report: &Report) -> String {
    let mut checks = report.checks.iter().filter(|it| it.id == "delete-object");
    let finding = checks.next().and_then(|it| it.finding.as_ref());
    let error = finding.and_then(|it| it.error.as_ref());
    error
        .and_then(|it| it.request_id.clone())
        .unwrap_or_default()
}

pub(crate) fn two_runs_are_compared() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let (bucket, (id, secret)) = user(server)?;
    let owner = Place::minio(server.host(), &format!("{bucket}/pre"), root(server));
    let user = Place::minio(server.host(), &format!("{bucket}/pre"), (&id, &secret));
    let access = ["--access", "full"];
    let (one, two) = (owner.verify(&access)?, owner.verify(&access)?);
    let denied = user.verify(&access)?;
    let compared = |a: &str, b: &str| {
        let cli = cli(&["diff", "a.json", "-"])?;
        let path = cli.home().join("a.json");
        std::fs::write(path, a).map_err(text)?;
        cli.input(b).run().map_err(text)
    };
    let same = compared(&one.done.stdout, &two.done.stdout)?;
    assert_eq!(same.code, Some(0), "{}", same.output());
    assert!(same.stdout.contains("the same"), "{}", same.stdout);
    let other = compared(&one.done.stdout, &denied.done.stdout)?;
    assert_eq!(other.code, Some(3), "{}", other.output());
    for words in [
        "check delete-object",
        "passed, required",
        "http 403, AccessDenied",
        "cause missing-permission",
        "identity principal",
    ] {
        assert!(other.stdout.contains(words), "{words}: {}", other.stdout);
    }
    for line in other.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    Ok(())
}
