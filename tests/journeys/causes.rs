//! Before an install, all is not well: the cause is named, and the secret is not.

use backstop::report::{FindingCode, Verdict};
use backstop_testkit::{BlackHole, Bucket, Finished, Servers, refused_port};

use super::harness::{FAILED, PASSED, Place, Run, Told, UNKNOWN, binary, root, text};

const WRONG: &str = "planted-wrong-secret-0123456789abcdefghi";
/// "wrong" in base64, as long as an account's key.
const WRONG_KEY: &str =
    "d3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbg==";

/// Verifies a place that is not well under every way to ask, and asserts its one cause.
fn fails_for(place: &Place, code: &str, words: &[&str]) -> Result<Run, String> {
    place.verify(&["--quick"])?.ended(FAILED, Verdict::Failed);
    place
        .verify(&["--access", "put-get"])?
        .ended(FAILED, Verdict::Failed);
    let run = place
        .verify(&["--access", "full"])?
        .ended(FAILED, Verdict::Failed);
    assert_eq!(run.codes(), [code], "{}", run.told());
    let advice = run.advice();
    for word in words {
        assert!(advice.contains(word), "{word}: {advice}");
    }
    assert!(run.report.cleanup.left.is_nothing(), "{}", run.told());
    Ok(run)
}

pub(crate) fn a_wrong_secret_is_named() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    for place in [
        Place::minio(server.host(), &bucket, (server.access_key(), WRONG)),
        Place::s3(server.host(), &bucket, (server.access_key(), WRONG)),
    ] {
        fails_for(
            &place,
            "wrong-secret",
            &["SignatureDoesNotMatch", "http 403"],
        )?;
    }
    Ok(())
}

pub(crate) fn an_unknown_access_key_is_named() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, ("NOBODY-KNOWS-IT", WRONG));
    fails_for(&place, "credentials-unknown", &["InvalidAccessKeyId"])?;
    Ok(())
}

pub(crate) fn a_wrong_account_key_is_named() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let place = Place::azure(server, &container).set("AZURE_STORAGE_KEY", WRONG_KEY);
    let run = place
        .verify(&["--access", "full"])?
        .ended(FAILED, Verdict::Failed);
    // Azurite answers AuthorizationFailure where Microsoft documents AuthenticationFailed.
    let code = run.codes().join(" ");
    assert!(
        ["wrong-secret", "missing-permission"].contains(&code.as_str()),
        "{}",
        run.told()
    );
    assert!(run.advice().contains("http 403"), "{}", run.told());
    Ok(())
}

pub(crate) fn a_bucket_that_is_not_there_is_named() -> Told {
    let minio = Servers::shared().native_minio().map_err(text)?;
    let (absent, keys) = ("no-such-bucket", root(minio));
    for place in [
        Place::minio(minio.host(), absent, keys),
        Place::s3(minio.host(), &format!("{absent}/deep"), keys),
    ] {
        fails_for(
            &place,
            "bucket-not-found",
            &["there is no such bucket", "NoSuchBucket", absent],
        )?;
    }
    let azurite = Servers::shared().azurite().map_err(text)?;
    let place = Place::azure_by_key(azurite, "no-such-container");
    let words = [
        "there is no such container",
        "ContainerNotFound",
        "no-such-container",
    ];
    fails_for(&place, "bucket-not-found", &words)?;
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let place = Place::azure_by_token(both, "no-such-container");
    fails_for(&place, "bucket-not-found", &words)?;
    Ok(())
}

pub(crate) fn a_wrong_client_secret_is_named_in_entras_words() -> Told {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let container = both.azurite.fresh_container().map_err(text)?;
    let place = Place::azure_by_token(both, &container).set("AZURE_CLIENT_SECRET", WRONG);
    let run = fails_for(
        &place,
        "wrong-client-secret",
        &["AADSTS7000215", "Invalid client secret"],
    )?;
    assert_no_backtrace(&run.done);
    // The same with -v, for a person.
    let mut cli = binary()?
        .args([
            "verify",
            "-v",
            &format!("azure://{}/{container}", both.azurite.account()),
        ])
        .args(["--endpoint-url", &both.azurite.endpoint(), "--ca-file"])
        .args([both.entra.ca_file()])
        .env("AZURE_CLIENT_SECRET", WRONG);
    for (name, value) in [
        ("AZURE_TENANT_ID", both.entra.tenant_id().to_owned()),
        ("AZURE_CLIENT_ID", both.entra.client_id().to_owned()),
        ("AZURE_AUTHORITY_HOST", both.entra.authority()),
    ] {
        cli = cli.env(name, value);
    }
    let told = cli.run().map_err(text)?;
    assert_eq!(told.code, Some(FAILED), "{}", told.output());
    assert!(told.stdout.contains("AADSTS7000215"), "{}", told.output());
    backstop_testkit::assert_absent(&[WRONG], &told.output());
    assert_no_backtrace(&told);
    Ok(())
}

/// Asserts that none of the SDK's own page of an error is shown.
#[track_caller]
fn assert_no_backtrace(done: &Finished) {
    let output = done.output();
    for page in [
        "backtrace",
        "stack",
        ".rs:",
        "azure_core",
        "azure_identity",
        "  0: ",
    ] {
        assert!(!output.contains(page), "{page}: {output}");
    }
}

pub(crate) fn a_certificate_that_nobody_trusts_is_named() -> Told {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let container = both.azurite.fresh_container().map_err(text)?;
    let place = Place::azure_by_key(&both.azurite, &container);
    let words = ["--ca-file", "CN=Backstop test authority", "not trusted"];
    fails_for(&place, "certificate-untrusted", &words)?;
    Ok(())
}

pub(crate) fn a_name_without_an_address_is_named() -> Told {
    for place in [
        Place::new("minio://store.invalid:9000/bucket").keys(("id", WRONG)),
        Place::new("s3://bucket/deep")
            .keys(("id", WRONG))
            .set("AWS_REGION", "us-east-1")
            .flag("--endpoint-url", "https://store.invalid"),
        Place::new("azure://account1/container")
            .flag("--endpoint-url", "https://account1.blob.invalid")
            .set("AZURE_STORAGE_KEY", WRONG_KEY),
    ] {
        fails_for(&place, "name-not-resolved", &[".invalid"])?;
    }
    Ok(())
}

pub(crate) fn a_port_that_refuses_is_named() -> Told {
    let address = refused_port().map_err(text)?;
    fails_for(
        &Place::minio(address, "bucket", ("id", WRONG)),
        "unreachable",
        &[],
    )?;
    fails_for(
        &Place::s3(address, "bucket", ("id", WRONG)),
        "unreachable",
        &[],
    )?;
    let place = Place::new("azure://account1/container")
        .flag("--endpoint-url", format!("http://{address}/account1"))
        .set("AZURE_STORAGE_KEY", WRONG_KEY);
    fails_for(&place, "unreachable", &[])?;
    Ok(())
}

pub(crate) fn a_host_that_never_answers_leaves_it_undecided() -> Told {
    let hole = BlackHole::start().map_err(text)?;
    let azure = Place::new("azure://account1/container")
        .flag(
            "--endpoint-url",
            format!("http://{}/account1", hole.address()),
        )
        .set("AZURE_STORAGE_KEY", WRONG_KEY);
    for place in [Place::minio(hole.address(), "bucket", ("id", WRONG)), azure] {
        let run = place.verify(&["--access", "full", "--timeout", "2s"])?;
        let run = run.ended(UNKNOWN, Verdict::Unknown);
        assert!(run.codes().contains(&"no-answer"), "{}", run.told());
        assert!(run.advice().contains("no answer"), "{}", run.told());
        let unanswered = run
            .report
            .checks
            .iter()
            .filter(|record| run.finding(&record.id) == Some(FindingCode::NoAnswer));
        assert!(unanswered.count() > 0, "{}", run.told());
        // It is given up after the time that was asked for, and not after the default of a minute.
        assert!(run.done.elapsed.as_secs() < 20, "{:?}", run.done.elapsed);
    }
    Ok(())
}

pub(crate) fn a_server_that_stops_answering_leaves_it_undecided() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let address = server.host().parse().map_err(text)?;
    let proxy = backstop_testkit::Proxy::start(address).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(server));
    for number in [2, 10, 30] {
        proxy.reset();
        proxy.black_hole_from(number);
        let run = place.verify(&["--access", "full", "--timeout", "3s"])?;
        let run = run.ended(UNKNOWN, Verdict::Unknown);
        assert!(
            run.codes().contains(&"no-answer"),
            "{number}: {}",
            run.told()
        );
    }
    proxy.reset();
    place
        .verify(&["--access", "full"])?
        .ended(PASSED, Verdict::Passed);
    Ok(())
}
