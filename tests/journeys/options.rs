//! The options of `verify`, on real servers.

use std::collections::BTreeSet;

use backstop::report::{Left, Outcome, Verdict};
use backstop_testkit::{Bucket, Minio, Proxy, Residue, Seen, Servers};

use super::harness::{FAILED, PASSED, Place, Told, fixed_residue, left, root, text};

/// The most requests of a quick run.
const QUICK: usize = 8;

/// Counts the parts of a large upload among requests.
fn parts(asked: &[Seen]) -> usize {
    let is_part = |seen: &&Seen| {
        let path = seen.target.split('?').next().unwrap_or_default();
        let large = path.ends_with("/multipart") || path.ends_with("/probe-multipart");
        large
            && ["partNumber=", "comp=block&"]
                .iter()
                .any(|it| format!("{}&", seen.target).contains(it))
    };
    asked.iter().filter(is_part).count()
}

pub(crate) fn a_large_probe_goes_up_in_parts_on_minio() -> Told {
    let server = Minio::start_fresh().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(&server));
    let run = place.verify(&["--access", "full", "--size", "64MiB"])?;
    let run = run.ended(PASSED, Verdict::Passed);
    assert_eq!(
        run.outcome("multipart-upload"),
        Outcome::Passed,
        "{}",
        run.told()
    );
    assert_eq!(parts(&proxy.requests()), 8, "{}", run.told());
    assert_eq!(
        server.residue(&bucket, "").map_err(text)?,
        Residue::default()
    );

    // What cannot be removed is as large as was asked for, and no larger.
    let actions = ["s3:PutObject", "s3:GetObject"];
    let (id, secret) = server.fresh_user_for(&bucket, &actions).map_err(text)?;
    let keeper = Place::minio(server.host(), &bucket, (&id, &secret));
    for _ in 0..2 {
        let run = keeper.verify(&["--access", "put-get", "--size", "10MiB"])?;
        let run = run.ended(PASSED, Verdict::Passed);
        let found = left(&fixed_residue(&server, &bucket, "")?, false);
        assert_eq!(found, run.report.cleanup.left, "{}", run.told());
        assert!(found.bytes < 11 << 20, "{found:?}");
    }
    Ok(())
}

pub(crate) fn a_large_probe_goes_up_in_parts_on_azurite() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let account = server.account();
    let proxy = Proxy::start(server.address()).map_err(text)?;
    let place = Place::new(format!("azure://{account}/{container}"))
        .flag("--endpoint-url", format!("{}/{account}", proxy.endpoint()))
        .set("AZURE_STORAGE_KEY", server.key());
    let run = place.verify(&["--access", "full", "--size", "64MiB"])?;
    let run = run.ended(PASSED, Verdict::Passed);
    assert_eq!(parts(&proxy.requests()), 8, "{}", run.told());
    assert_eq!(
        server.residue(&container, "").map_err(text)?,
        Residue::default()
    );
    Ok(())
}

/// Makes a quick run through a proxy and asserts that it asks little, and of what.
fn is_quick(proxy: &Proxy, place: &Place, access: &str) -> Told {
    proxy.reset();
    let run = place
        .verify(&["--quick", "--access", access])?
        .ended(PASSED, Verdict::Passed);
    let asked = proxy.requests();
    assert!((1..=QUICK).contains(&asked.len()), "{access}: {asked:#?}");
    assert_eq!(run.outcome("put-object"), Outcome::Passed, "{}", run.told());
    assert!(
        asked.iter().all(|seen| !seen.target.contains("upload")),
        "{asked:#?}"
    );
    let multipart = run
        .report
        .checks
        .iter()
        .find(|it| it.id.starts_with("multipart"));
    assert_eq!(multipart, None);
    Ok(())
}

pub(crate) fn a_quick_run_makes_at_most_eight_requests() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    for kind in [Bucket::Plain, Bucket::Versioned] {
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        let full = Place::minio(proxy.address(), &bucket, root(server));
        is_quick(&proxy, &full, "full")?;
        let found = server.residue(&bucket, "").map_err(text)?;
        assert_eq!(
            (found.versions, found.delete_markers),
            (0, 0),
            "{kind:?}: {found:?}"
        );
        let actions = ["s3:PutObject", "s3:GetObject"];
        let (id, secret) = server.fresh_user_for(&bucket, &actions).map_err(text)?;
        let keeper = Place::minio(proxy.address(), &bucket, (&id, &secret));
        is_quick(&proxy, &keeper, "put-get")?;
        is_quick(&proxy, &keeper, "put-only")?;
    }
    let azurite = Servers::shared().azurite().map_err(text)?;
    let container = azurite.fresh_container().map_err(text)?;
    let account = azurite.account();
    let proxy = Proxy::start(azurite.address()).map_err(text)?;
    let place = Place::new(format!("azure://{account}/{container}"))
        .flag("--endpoint-url", format!("{}/{account}", proxy.endpoint()))
        .set("AZURE_STORAGE_KEY", azurite.key());
    is_quick(&proxy, &place, "full")?;
    assert_eq!(
        azurite.residue(&container, "").map_err(text)?,
        Residue::default()
    );
    Ok(())
}

pub(crate) fn only_the_checks_that_are_wanted_run() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(server));
    let run = place.verify(&["--access", "full", "--checks", "list-prefix"])?;
    let run = run.ended(PASSED, Verdict::Passed);
    let mut wanted = BTreeSet::from(["cleanup"]);
    let mut open = vec!["list-prefix"];
    while let Some(id) = open.pop() {
        let info = backstop::check::info(id).ok_or("there is no such check")?;
        wanted.insert(id);
        open.extend(info.needs);
    }
    // Over plain http there is no certificate to look at.
    wanted.remove("tls");
    let ran: BTreeSet<&str> = run.report.checks.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ran, wanted, "{}", run.told());
    assert_eq!(run.report.cleanup.left, Left::default());
    let asked = proxy.requests();
    for other in ["upload", "awkward", "if-absent", "checksum", "pages/"] {
        assert!(
            asked.iter().all(|seen| !seen.target.contains(other)),
            "{other}: {asked:#?}"
        );
    }
    let found = server.residue(&bucket, "").map_err(text)?;
    assert_eq!(found.versions, 0, "{found:?}");

    let refused = place
        .cli(&["--checks", "list-prefix,nonsense"])?
        .run()
        .map_err(text)?;
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""));
    assert!(refused.stderr.contains("nonsense"), "{}", refused.stderr);
    Ok(())
}

pub(crate) fn every_single_check_can_be_asked_for() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, root(server));
    for id in backstop::check::ids() {
        // A URL lets no object stay, and over plain http there is no certificate to look at.
        if ["preserved", "cleanup", "survivor", "tls"].contains(&id) {
            continue;
        }
        let run = place.verify(&["--access", "full", "--checks", id])?;
        let run = run.ended(PASSED, Verdict::Passed);
        let expected = match id {
            // MinIO has no call that tells who asks.
            "principal" => Outcome::Unsupported,
            _ => Outcome::Passed,
        };
        assert_eq!(run.outcome(id), expected, "{}", run.told());
    }
    let found = server.residue(&bucket, "").map_err(text)?;
    assert_eq!(found.versions, 0, "{found:?}");
    Ok(())
}

pub(crate) fn a_risk_to_an_optional_check_is_degraded() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(server));
    // Something on the way loses every write of an awkward name.
    proxy.on_request(|seen, _| {
        let lost = seen.method == "PUT" && seen.target.contains("/awkward/");
        if lost {
            backstop_testkit::Action::Drop
        } else {
            backstop_testkit::Action::Pass
        }
    });
    let run = place
        .verify(&["--access", "full"])?
        .ended(PASSED, Verdict::Degraded);
    assert_ne!(
        run.outcome("awkward-keys"),
        Outcome::Passed,
        "{}",
        run.told()
    );
    let strict = place.verify(&["--access", "full", "--strict"])?;
    strict.ended(5, Verdict::Degraded);
    let quiet = place.verify(&["--access", "full", "--quiet", "--checks", "get-range"]);
    assert!(
        quiet.is_err_and(|why| why.contains("not one report")),
        "it is quiet"
    );
    proxy.reset();
    let wrong = place.set("AWS_SECRET_ACCESS_KEY", "planted-wrong-secret-0123456789");
    wrong.verify(&["--quiet"])?.ended(FAILED, Verdict::Failed);
    Ok(())
}
