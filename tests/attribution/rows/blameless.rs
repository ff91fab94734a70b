//! Rows that are no failures: nobody is blamed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use backstop::report::{Outcome, Verdict};
use backstop_testkit::{Answer, Bucket, Request, Response, Scripted, Servers};

use crate::journeys::harness::{PASSED, Place, Run, root, text};

/// Verifies a place that is well, and asserts that nothing is said against it.
fn passes(place: &Place, access: &str) -> Result<Run, String> {
    let run = place.verify(&["--access", access])?;
    if run.done.code == Some(PASSED) && run.codes().is_empty() {
        return Ok(run);
    }
    Err(format!("blamed: {:?}\n{}", run.codes(), run.told()))
}

pub(super) fn an_empty_bucket() -> Result<(), String> {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    passes(&Place::minio(server.host(), &bucket, root(server)), "full")?;
    let azurite = Servers::shared().azurite().map_err(text)?;
    let container = azurite.fresh_container().map_err(text)?;
    passes(&Place::azure_by_key(azurite, &container), "full").map(drop)
}

/// Where Amazon answers 403, MinIO answers 404 also without the right to list.
pub(super) fn minio_tells_what_is_missing() -> Result<(), String> {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let actions = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"];
    let keys = server.fresh_user_for(&bucket, &actions).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, (&keys.0, &keys.1));
    let run = passes(&place, "put-get")?;
    match run.outcome("get-absent") {
        Outcome::Passed => Ok(()),
        _ => Err(run.told()),
    }
}

pub(super) fn a_policy_for_a_prefix() -> Result<(), String> {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let document = serde_json::json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
          "Resource": [format!("arn:aws:s3:::{bucket}")], "Condition": { "StringLike": { "s3:prefix": ["pre/*"] } } },
        { "Effect": "Allow", "Action": ["s3:ListBucketMultipartUploads"],
          "Resource": [format!("arn:aws:s3:::{bucket}")] },
        { "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
          "Resource": [format!("arn:aws:s3:::{bucket}/pre/*")] },
    ] });
    let keys = server.fresh_user(&document.to_string()).map_err(text)?;
    let place = Place::minio(server.host(), &format!("{bucket}/pre"), (&keys.0, &keys.1));
    passes(&place, "full").map(drop)
}

/// A run creates no bucket, asks no HEAD of one to decide, and deletes one key at a time.
pub(super) fn no_request_does_more_than_it_must() -> Result<(), String> {
    let minio = Servers::shared().native_minio().map_err(text)?;
    let bucket = minio.fresh_bucket(Bucket::Plain).map_err(text)?;
    let server = Scripted::before(minio.host().parse().map_err(text)?, |_| None).map_err(text)?;
    passes(
        &Place::minio(server.address(), &format!("{bucket}/pre"), root(minio)),
        "full",
    )?;
    let absent = Place::minio(server.address(), "no-such-bucket/pre", root(minio));
    absent.verify(&["--access", "full"])?;
    let requests = server.requests();
    if requests.len() < 20 {
        return Err(format!("only {} requests were seen", requests.len()));
    }
    for Request { method, target, .. } in requests {
        let path = target.split('?').next().unwrap_or_default();
        let of_bucket = !path.trim_matches('/').contains('/');
        let batch = method == "POST" && target.contains("?delete");
        if batch || (of_bucket && method != "GET") {
            return Err(format!("{method} {target} was sent"));
        }
    }
    Ok(())
}

pub(super) fn a_locked_bucket_with_append_only() -> Result<(), String> {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Compliance).map_err(text)?;
    let place = Place::minio(server.host(), &format!("{bucket}/pre"), root(server));
    passes(&place, "append-only").map(drop)
}

pub(super) fn versions_leave_nothing() -> Result<(), String> {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Versioned).map_err(text)?;
    let run = passes(&Place::minio(server.host(), &bucket, root(server)), "full")?;
    let left = server.residue(&bucket, "").map_err(text)?;
    match (left.versions, left.delete_markers, run.report.verdict) {
        (0, 0, Verdict::Passed) => Ok(()),
        _ => Err(format!("{left:?} is left\n{}", run.told())),
    }
}

/// A service that answers 503 twice and then works passes, and the attempts are told.
pub(super) fn a_service_that_wakes_up() -> Result<(), String> {
    let minio = Servers::shared().native_minio().map_err(text)?;
    let bucket = minio.fresh_bucket(Bucket::Plain).map_err(text)?;
    let seen = Arc::new(AtomicUsize::new(0));
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>ServiceUnavailable</Code><Message>Service is \
                unable to handle request.</Message><RequestId>7</RequestId></Error>";
    let answer = Response::new(503, body).with("x-amz-request-id", "7");
    let count = Arc::clone(&seen);
    let script = move |request: &Request| {
        // The sandbox's own first PUT belongs to no check.
        let asked = request.method == "PUT" && !request.target.contains("/probe");
        let first = asked && count.fetch_add(1, Ordering::SeqCst) < 2;
        first.then(|| Answer::Send(answer.clone()))
    };
    let server = Scripted::before(minio.host().parse().map_err(text)?, script).map_err(text)?;
    let place = Place::minio(server.address(), &bucket, root(minio));
    let run = passes(&place, "full")?;
    let told = run.report.checks.iter().any(|record| record.attempts > 1);
    if told && seen.load(Ordering::SeqCst) > 2 {
        Ok(())
    } else {
        Err(format!("nothing was repeated: {}", run.told()))
    }
}
