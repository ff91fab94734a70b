//! The credentials that cloud teams hand out: put and get, put alone, append only, read only.

use backstop::report::{Access, CleanupState, FindingCode, Outcome, Verdict};
use backstop_testkit::{Bucket, Minio, Proxy, Servers};

use super::harness::{
    FAILED, PASSED, Place, Run, Told, UNKNOWN, fixed_residue, policy, root, text,
};

/// A bucket with a user who may do some actions on `bucket/pre/*`.
fn user(
    server: &Minio,
    kind: Bucket,
    actions: &[&str],
) -> Result<(String, (String, String)), String> {
    let bucket = server.fresh_bucket(kind).map_err(text)?;
    let allowed = policy(&[("Allow", actions, &format!("{bucket}/pre/*"))]);
    let user = server.fresh_user(&allowed).map_err(text)?;
    Ok((bucket, user))
}

fn place(server: &Minio, bucket: &str, (id, secret): &(String, String)) -> Place {
    Place::minio(server.host(), &format!("{bucket}/pre"), (id, secret))
}

/// Verifies a place under an access that is declared.
fn under(place: &Place, access: Access) -> Result<Run, String> {
    place.verify(&["--access", access.name()])
}

pub(crate) fn put_and_get_alone_pass_put_get() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let (bucket, keys) = user(server, Bucket::Plain, &["s3:PutObject", "s3:GetObject"])?;
    for place in [
        place(server, &bucket, &keys),
        Place::s3(server.host(), &format!("{bucket}/pre"), (&keys.0, &keys.1)),
    ] {
        let run = under(&place, Access::PutGet)?.ended(PASSED, Verdict::Passed);
        for id in [
            "put-object",
            "multipart-upload",
            "get-object",
            "get-range",
            "bucket",
        ] {
            assert_eq!(run.outcome(id), Outcome::Passed, "{id}: {}", run.told());
        }
        for id in ["list-prefix", "delete-object"] {
            assert_eq!(run.finding(id), Some(FindingCode::Denied), "{}", run.told());
        }
        assert_eq!(run.report.cleanup.state, CleanupState::Bounded);
        assert_eq!(run.report.fits, None, "only where nothing is declared");
    }
    Ok(())
}

pub(crate) fn put_and_get_alone_are_told_what_fits() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let (bucket, keys) = user(server, Bucket::Plain, &["s3:PutObject", "s3:GetObject"])?;
    let run = place(server, &bucket, &keys).verify(&[])?;
    let run = run.ended(PASSED, Verdict::Passed);
    let fits = run
        .report
        .fits
        .clone()
        .ok_or("nothing is said about fits")?;
    assert_eq!(fits.fits, [Access::PutGet, Access::PutOnly], "{fits:?}");
    let not: Vec<Access> = fits.not.iter().map(|misfit| misfit.access).collect();
    assert_eq!(not, [Access::Full], "{fits:?}");
    for denied in ["s3:DeleteObject denied", "s3:ListBucket denied"] {
        let because = &fits.not[0].because;
        assert!(
            because.iter().any(|why| why == denied),
            "{denied}: {because:?}"
        );
    }
    Ok(())
}

pub(crate) fn put_and_get_alone_fail_full_and_the_missing_rights_are_named() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let (bucket, keys) = user(server, Bucket::Plain, &["s3:PutObject", "s3:GetObject"])?;
    let run = under(&place(server, &bucket, &keys), Access::Full)?;
    let run = run.ended(FAILED, Verdict::Failed);
    assert_eq!(run.codes(), ["missing-permission"], "{}", run.told());
    let advice = run.advice();
    for words in [
        "Grant s3:ListBucket on arn:aws:s3:::",
        "Grant s3:DeleteObject and s3:AbortMultipartUpload on arn:aws:s3:::",
        &format!("arn:aws:s3:::{bucket}/pre/*"),
        "http 403 AccessDenied",
    ] {
        assert!(advice.contains(words), "{words}: {advice}");
    }
    for id in ["put-object", "get-object", "multipart-upload"] {
        assert_eq!(run.outcome(id), Outcome::Passed, "{id}: {}", run.told());
    }
    for id in ["list-prefix", "delete-object"] {
        assert_eq!(run.outcome(id), Outcome::Failed, "{id}: {}", run.told());
    }
    Ok(())
}

/// Asserts that a run proved writing, and says that it proved no reading.
#[track_caller]
fn assert_put_only(run: &Run) {
    for id in ["put-object", "multipart-upload"] {
        assert_eq!(run.outcome(id), Outcome::Passed, "{id}: {}", run.told());
    }
    assert_eq!(
        run.finding("get-object"),
        Some(FindingCode::Denied),
        "{}",
        run.told()
    );
    let open = &run.report.not_proven;
    assert!(
        open.contains(&"read-back (put-only)".to_owned()),
        "{open:?}"
    );
}

pub(crate) fn put_alone_passes_put_only() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let (bucket, keys) = user(server, Bucket::Plain, &["s3:PutObject"])?;
    let place = place(server, &bucket, &keys);
    let run = under(&place, Access::PutOnly)?.ended(PASSED, Verdict::Passed);
    assert_put_only(&run);
    let run = under(&place, Access::PutGet)?.ended(FAILED, Verdict::Failed);
    assert!(
        run.advice().contains("Grant s3:GetObject on"),
        "{}",
        run.told()
    );
    Ok(())
}

pub(crate) fn a_sas_that_creates_and_writes_passes_put_only() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let place = Place::azure_by_sas(server, &container, "pre", "cw")?;
    for _ in 0..2 {
        let run = under(&place, Access::PutOnly)?.ended(PASSED, Verdict::Passed);
        assert_put_only(&run);
        let found = server.residue(&container, "").map_err(text)?;
        assert_eq!(super::harness::left(&found, false), run.report.cleanup.left);
        assert!(
            found
                .keys
                .iter()
                .all(|key| key.starts_with("pre/.backstop/probe"))
        );
    }
    let run = under(&place, Access::Full)?.ended(FAILED, Verdict::Failed);
    assert!(
        run.codes().contains(&"missing-permission"),
        "{}",
        run.told()
    );
    Ok(())
}

/// Asserts that nothing can be destroyed, although the bucket takes overwrites.
#[track_caller]
fn assert_preserved(run: &Run) {
    assert_eq!(run.outcome("preserved"), Outcome::Passed, "{}", run.told());
    assert_eq!(run.outcome("overwrite"), Outcome::Passed, "{}", run.told());
}

pub(crate) fn a_locked_bucket_passes_append_only_even_for_its_administrator() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for kind in [Bucket::Governance, Bucket::Compliance] {
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        let place = Place::minio(server.host(), &format!("{bucket}/pre"), root(server));
        let run = under(&place, Access::AppendOnly)?.ended(PASSED, Verdict::Passed);
        assert_preserved(&run);
        assert_eq!(
            run.outcome("delete-object"),
            Outcome::Passed,
            "{}",
            run.told()
        );
        assert_eq!(
            run.finding("preserved"),
            Some(FindingCode::Note),
            "{}",
            run.told()
        );
        let found = fixed_residue(server, &bucket, "pre/")?;
        assert_eq!(
            super::harness::left(&found, true),
            run.report.cleanup.left,
            "{kind:?}"
        );
    }
    Ok(())
}

const APPENDER: [&str; 3] = ["s3:PutObject", "s3:GetObject", "s3:ListBucket"];

pub(crate) fn versions_that_may_not_be_deleted_pass_append_only() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Versioned).map_err(text)?;
    let keys = server.fresh_user_for(&bucket, &APPENDER).map_err(text)?;
    let run = under(&place(server, &bucket, &keys), Access::AppendOnly)?;
    let run = run.ended(PASSED, Verdict::Passed);
    assert_preserved(&run);
    assert_eq!(
        run.finding("delete-object"),
        Some(FindingCode::Denied),
        "{}",
        run.told()
    );

    // Delete by key is granted here, and only adds a marker.
    let (all, bucket_alone) = (format!("{bucket}/*"), bucket.as_str());
    let denied = policy(&[
        (
            "Allow",
            &["s3:PutObject", "s3:GetObject", "s3:DeleteObject"],
            &all,
        ),
        (
            "Allow",
            &["s3:ListBucket", "s3:GetBucketVersioning"],
            bucket_alone,
        ),
        (
            "Allow",
            &["s3:GetObjectVersion", "s3:ListBucketVersions"],
            &all,
        ),
        ("Deny", &["s3:DeleteObjectVersion"], &all),
    ]);
    let keys = server.fresh_user(&denied).map_err(text)?;
    let run = under(&place(server, &bucket, &keys), Access::AppendOnly)?;
    let run = run.ended(PASSED, Verdict::Passed);
    assert_preserved(&run);
    assert_eq!(
        run.outcome("delete-object"),
        Outcome::Passed,
        "{}",
        run.told()
    );
    assert_eq!(
        run.finding("preserved"),
        Some(FindingCode::Note),
        "{}",
        run.told()
    );
    Ok(())
}

pub(crate) fn append_only_fails_where_backups_can_be_destroyed() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let administrator = (
        server.access_key().to_owned(),
        server.secret_key().to_owned(),
    );
    let versioned = server.fresh_bucket(Bucket::Versioned).map_err(text)?;
    let plain = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let appender = server.fresh_user_for(&plain, &APPENDER).map_err(text)?;
    for (bucket, keys) in [
        (&versioned, &administrator),
        (&plain, &administrator),
        (&plain, &appender),
    ] {
        let run = under(&place(server, bucket, keys), Access::AppendOnly)?;
        let run = run.ended(FAILED, Verdict::Failed);
        assert_eq!(run.outcome("preserved"), Outcome::Failed, "{}", run.told());
        assert_eq!(
            run.finding("preserved"),
            Some(FindingCode::Allowed),
            "{}",
            run.told()
        );
        assert_eq!(run.codes(), ["not-append-only"], "{}", run.told());
        assert_eq!(run.with(Outcome::Failed), ["preserved"], "{}", run.told());
    }
    Ok(())
}

pub(crate) fn a_reader_passes_read_only_and_writes_nothing() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for kind in [Bucket::Plain, Bucket::Versioned] {
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        let actions = ["s3:GetObject", "s3:ListBucket"];
        let (id, secret) = server.fresh_user_for(&bucket, &actions).map_err(text)?;
        let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
        let at = |prefix: &str| {
            Place::minio(
                proxy.address(),
                &format!("{bucket}/{prefix}"),
                (&id, &secret),
            )
        };
        server
            .put(&bucket, "full/backup-1", b"the content of a backup")
            .map_err(text)?;
        let look = || server.residue(&bucket, "").map_err(text);
        let before = (look()?.keys, server.contents(&bucket).map_err(text)?);

        let run = under(&at("full"), Access::ReadOnly)?.ended(PASSED, Verdict::Passed);
        for id in [
            "get-object",
            "get-range",
            "head-object",
            "get-absent",
            "list-prefix",
        ] {
            assert_eq!(run.outcome(id), Outcome::Passed, "{id}: {}", run.told());
        }
        assert_eq!(run.report.cleanup.state, CleanupState::NothingWritten);

        let run = under(&at("empty"), Access::ReadOnly)?.ended(UNKNOWN, Verdict::Unknown);
        assert_eq!(
            run.finding("get-object"),
            Some(FindingCode::NothingThere),
            "{}",
            run.told()
        );
        assert!(run.codes().contains(&"nothing-to-ask"), "{}", run.told());

        assert_eq!(
            (look()?.keys, server.contents(&bucket).map_err(text)?),
            before
        );
        let asked = proxy.requests();
        let reads =
            |seen: &&backstop_testkit::Seen| ["GET", "HEAD"].contains(&seen.method.as_str());
        assert_eq!(asked.iter().filter(reads).count(), asked.len(), "{asked:?}");
    }
    Ok(())
}
