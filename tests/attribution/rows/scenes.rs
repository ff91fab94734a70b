//! Rows that the real servers show.

use backstop::report::Verdict;
use backstop_testkit::{Bucket, Servers};

use crate::journeys::harness::{FAILED, PASSED, Place, Run, policy, root, text};

fn told(run: &Run, codes: &[&str], words: &[&str]) -> Result<(), String> {
    let advice = run.advice();
    let missing = words.iter().find(|words| !advice.contains(**words));
    if run.codes() == codes && missing.is_none() {
        return Ok(());
    }
    Err(format!(
        "expected {codes:?} with {missing:?}, found {:?}\n{}",
        run.codes(),
        run.told()
    ))
}

pub(super) fn plain_http_on_a_tls_port() -> Result<(), String> {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let azurite = &both.azurite;
    let container = azurite.fresh_container().map_err(text)?;
    let url = format!("azure://{}/{container}", azurite.account());
    let plain = azurite.endpoint().replace("https://", "http://");
    let place = Place::new(url)
        .flag("--endpoint-url", plain)
        .set("AZURE_STORAGE_KEY", azurite.key());
    let run = place.verify(&["--access", "full"])?;
    told(&run, &[PLAIN_ON_TLS], &[])
}

const PLAIN_ON_TLS: &str = "wants-tls";

pub(super) fn tls_on_a_plain_port() -> Result<(), String> {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::new(format!("minio://{}/{bucket}", server.host())).keys(root(server));
    let run = place.verify(&["--access", "full"])?;
    told(
        &run.ended(FAILED, Verdict::Failed),
        &[TLS_ON_PLAIN],
        &["http"],
    )
}

const TLS_ON_PLAIN: &str = "wants-plain-http";

pub(super) fn a_private_authority() -> Result<(), String> {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let container = both.azurite.fresh_container().map_err(text)?;
    let run = Place::azure_by_key(&both.azurite, &container).verify(&["--access", "full"])?;
    told(
        &run.ended(FAILED, Verdict::Failed),
        &[PRIVATE_AUTHORITY],
        &["--ca-file"],
    )
}

const PRIVATE_AUTHORITY: &str = "certificate-untrusted";

/// A newline is seen before anything is sent.
pub(super) fn a_secret_with_a_newline() -> Result<(), String> {
    let server = Servers::shared().native_minio().map_err(text)?;
    let (id, secret) = root(server);
    let place = Place::minio(server.host(), "bucket", (id, &format!("{secret}\n")));
    let done = place.cli(&[])?.run().map_err(text)?;
    let told = ["line break", "printf instead of echo"];
    if done.code == Some(2) && told.iter().all(|words| done.stderr.contains(words)) {
        return Ok(());
    }
    Err(format!("{done:?}"))
}

/// A user of MinIO under a policy, and a bucket.
fn user(statements: fn(&str) -> String) -> Result<(Place, String), String> {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let keys = server.fresh_user(&statements(&bucket)).map_err(text)?;
    let place = Place::minio(server.host(), &format!("{bucket}/pre"), (&keys.0, &keys.1));
    Ok((place, bucket))
}

pub(super) fn a_policy_without_its_objects() -> Result<(), String> {
    let (place, bucket) = user(|bucket| policy(&[("Allow", &["s3:*"], bucket)]))?;
    let run = place
        .verify(&["--access", "full"])?
        .ended(FAILED, Verdict::Failed);
    let words = [
        format!("Grant s3:PutObject on arn:aws:s3:::{bucket}/pre/*"),
        format!("rights on objects need arn:aws:s3:::{bucket}/pre/*"),
    ];
    told(&run, &["missing-permission"], &[&words[0], &words[1]])
}

pub(super) fn no_right_to_delete() -> Result<(), String> {
    let (place, bucket) = user(|bucket| {
        let objects = format!("{bucket}/*");
        policy(&[
            (
                "Allow",
                &["s3:ListBucket", "s3:ListBucketMultipartUploads"],
                bucket,
            ),
            (
                "Allow",
                &["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
                &objects,
            ),
        ])
    })?;
    let run = place
        .verify(&["--access", "full"])?
        .ended(FAILED, Verdict::Failed);
    let grant = format!("Grant s3:DeleteObject on arn:aws:s3:::{bucket}/pre/*");
    told(&run, &["missing-permission"], &[&grant, "--access put-get"])?;
    let run = place
        .verify(&["--access", "put-get"])?
        .ended(PASSED, Verdict::Passed);
    told(&run, &[], &[])
}

pub(super) fn no_right_to_abort() -> Result<(), String> {
    let (place, _) = user(|bucket| {
        let objects = format!("{bucket}/*");
        policy(&[("Allow", &["s3:PutObject", "s3:GetObject"], &objects)])
    })?;
    let run = place
        .verify(&["--access", "put-get"])?
        .ended(PASSED, Verdict::Passed);
    told(
        &run,
        &["abort-denied"],
        &["stale_uploads_expiry", "Grant s3:AbortMultipartUpload"],
    )
}

pub(super) fn a_bucket_that_is_not_there() -> Result<(), String> {
    let server = Servers::shared().native_minio().map_err(text)?;
    let place = Place::minio(server.host(), "no-such-bucket/pre", root(server));
    let run = place
        .verify(&["--access", "full"])?
        .ended(FAILED, Verdict::Failed);
    told(
        &run,
        &["bucket-not-found"],
        &["mc ls ALIAS", "never creates"],
    )?;
    let (id, secret) = server
        .fresh_user_for("any-bucket", &["s3:*"])
        .map_err(text)?;
    server
        .mc(&["admin", "user", "disable", "t", &id])
        .map_err(text)?;
    let place = Place::minio(server.host(), "any-bucket/pre", (&id, &secret));
    let run = place
        .verify(&["--access", "full"])?
        .ended(FAILED, Verdict::Failed);
    told(&run, &["access-key-disabled"], &["mc admin user enable"])
}

pub(super) fn a_quota_that_is_reached() -> Result<(), String> {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    server.set_quota(&bucket, 1 << 20).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, root(server));
    let run = place.verify(&["--access", "full", "--size", "32MiB"])?;
    told(
        &run.ended(FAILED, Verdict::Failed),
        &["storage-full"],
        &["mc quota info ALIAS/", "quota exceeded"],
    )
}
