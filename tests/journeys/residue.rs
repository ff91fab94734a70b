//! What a run leaves: counted by an independent reader, it is what the report says, and no more.

use std::collections::BTreeSet;

use backstop::report::{Access, CleanupState, Verdict};
use backstop_testkit::{Azurite, Bucket, Minio, Proxy, Residue, Servers};

use super::harness::{PASSED, Place, Run, Told, fixed_residue, left, root, text};

/// The accesses that leave something, and what a user of each may do.
const KEEPING: [(Access, &[&str]); 3] = [
    (Access::PutGet, &["s3:PutObject", "s3:GetObject"]),
    (Access::PutOnly, &["s3:PutObject"]),
    (
        Access::Undeclared,
        &["s3:PutObject", "s3:GetObject", "s3:ListBucket"],
    ),
];

/// Returns the flags that declare an access.
fn declared(access: Access) -> Vec<&'static str> {
    match access {
        Access::Undeclared => Vec::new(),
        access => vec!["--access", access.name()],
    }
}

fn keeper(server: &Minio, bucket: &str, actions: &[&str]) -> Result<Place, String> {
    let (id, secret) = server.fresh_user_for(bucket, actions).map_err(text)?;
    Ok(Place::minio(
        server.host(),
        &format!("{bucket}/pre"),
        (&id, &secret),
    ))
}

pub(crate) fn what_stays_is_what_the_report_says_and_does_not_grow() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for (access, actions) in KEEPING {
        let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
        let place = keeper(server, &bucket, actions)?;
        let mut sizes = BTreeSet::new();
        for _ in 0..3 {
            let run = place
                .verify(&declared(access))?
                .ended(PASSED, Verdict::Passed);
            assert_eq!(
                run.report.cleanup.state,
                CleanupState::Bounded,
                "{}",
                run.told()
            );
            let found = fixed_residue(server, &bucket, "pre/")?;
            assert_eq!(left(&found, false), run.report.cleanup.left, "{access:?}");
            assert_eq!(found.keys, run.report.cleanup.keys, "{access:?}");
            let fixed = ["pre/.backstop/probe", "pre/.backstop/probe-multipart"];
            assert_eq!(found.keys, fixed, "{access:?}");
            assert_eq!(found.uploads, 0, "{access:?}");
            sizes.insert(found.bytes);
        }
        assert_eq!(sizes.len(), 1, "{access:?} grows: {sizes:?}");
        let elsewhere = server.residue(&bucket, "").map_err(text)?;
        assert_eq!(elsewhere.keys.len(), 2, "{:?}", elsewhere.keys);
    }
    Ok(())
}

pub(crate) fn what_stays_on_a_versioned_bucket_is_the_sum_of_the_reports() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for (access, actions) in KEEPING {
        let bucket = server.fresh_bucket(Bucket::Versioned).map_err(text)?;
        let place = keeper(server, &bucket, actions)?;
        let mut sum = backstop::report::Left::default();
        for _ in 0..2 {
            let run = place
                .verify(&declared(access))?
                .ended(PASSED, Verdict::Passed);
            let said = run.report.cleanup.left;
            sum.objects = said.objects;
            sum.versions += said.versions;
            sum.markers += said.markers;
            sum.bytes += said.bytes;
            let found = fixed_residue(server, &bucket, "pre/")?;
            assert_eq!(left(&found, true), sum, "{access:?}: {}", run.told());
        }
    }
    Ok(())
}

pub(crate) fn a_user_who_hides_but_does_not_remove_leaves_what_the_report_says() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    // Delete by key works, and the lock keeps every version.
    let bucket = server.fresh_bucket(Bucket::Governance).map_err(text)?;
    let place = Place::minio(server.host(), &format!("{bucket}/pre"), root(server));
    let (mut versions, mut markers) = (0, 0);
    for access in [Access::AppendOnly, Access::PutGet] {
        let run = place
            .verify(&declared(access))?
            .ended(PASSED, Verdict::Passed);
        let said = run.report.cleanup.left;
        versions += said.versions;
        markers += said.markers;
        let found = left(&fixed_residue(server, &bucket, "pre/")?, true);
        assert_eq!(
            (found.versions, found.markers),
            (versions, markers),
            "{}",
            run.told()
        );
    }
    Ok(())
}

/// Begins two runs at the same moment and returns both.
fn at_once(place: &Place, more: &[&str]) -> Result<[Run; 2], String> {
    let (one, other) = (place.start(more)?, place.start(more)?);
    Ok([place.end(one)?, place.end(other)?])
}

pub(crate) fn two_full_runs_at_once_pass_and_leave_nothing() -> Told {
    let server = Minio::start_fresh().map_err(text)?;
    for kind in [Bucket::Plain, Bucket::Versioned] {
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        let place = Place::minio(server.host(), &bucket, root(&server));
        for round in 0..5 {
            for run in at_once(&place, &["--access", "full"])? {
                run.ended(PASSED, Verdict::Passed);
            }
            let found = server.residue(&bucket, "").map_err(text)?;
            assert_eq!(found, Residue::default(), "{kind:?}, round {round}");
        }
    }
    Ok(())
}

pub(crate) fn two_runs_at_once_on_fixed_keys_never_fail_each_other() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for (access, actions) in KEEPING {
        let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
        let place = keeper(server, &bucket, actions)?;
        let alone = place
            .verify(&declared(access))?
            .ended(PASSED, Verdict::Passed);
        for round in 0..5 {
            for run in at_once(&place, &declared(access))? {
                let verdict = run.report.verdict;
                assert_ne!(verdict, Verdict::Failed, "round {round}: {}", run.told());
            }
            let found = fixed_residue(server, &bucket, "pre/")?;
            assert_eq!(
                left(&found, false),
                alone.report.cleanup.left,
                "round {round}"
            );
        }
    }
    Ok(())
}

pub(crate) fn two_runs_at_once_on_azurite_never_fail_each_other() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let full = Place::azure_by_key(server, &format!("{container}/full"));
    let pusher = Place::azure_by_sas(server, &container, "push", "cw")?;
    for round in 0..3 {
        for run in at_once(&full, &["--access", "full"])? {
            run.ended(PASSED, Verdict::Passed);
        }
        let found = server.residue(&container, "full/").map_err(text)?;
        assert_eq!(found, Residue::default(), "round {round}");
        for run in at_once(&pusher, &["--access", "put-only"])? {
            assert_ne!(
                run.report.verdict,
                Verdict::Failed,
                "round {round}: {}",
                run.told()
            );
        }
    }
    Ok(())
}

/// What lies beside the sandbox, and in its folder, and is not ours.
const FOREIGN: [&str; 9] = [
    "pre/backup-1.bin",
    "pre/.backstop/decisions/x.json",
    "pre/.backstop/other",
    "pre/.backstop/fedcba987654321x/object",
    "pre/.backstop/0123456789abcde/object",
    "pre/.backstop-other/0123456789abcdef/object",
    "pre/.backstop2/probe",
    "prefix/.backstop/probe",
    ".backstop/probe",
];

/// Makes contents that differ from object to object.
fn content(key: &str) -> Vec<u8> {
    format!("foreign {key}\n").repeat(50).into_bytes()
}

/// A configuration that sweeps whatever is there, however young it is.
pub(super) const SWEEPING: &str = "[targets.t.sandbox]\nsweep_after = \"1ms\"\n";

/// Prepares a full run by a configuration file that sweeps at once.
pub(super) fn sweeping(place: &Place, store: &str) -> Result<Run, String> {
    let cli = place.cli_of(&["t"], &["--config", "sweeping.toml"])?;
    let file = format!("[targets.t]\naccess = \"full\"\n{store}{SWEEPING}");
    std::fs::write(cli.home().join("sweeping.toml"), file).map_err(text)?;
    place.read(cli.run().map_err(text)?)
}

/// Writes the table of a bucket of MinIO.
pub(super) fn minio_table(endpoint: &str, bucket: &str, prefix: &str) -> String {
    format!(
        "[targets.t.minio]\nendpoint_url = \"{endpoint}\"\nbucket = \"{bucket}\"\n\
         prefix = \"{prefix}\"\n"
    )
}

/// Writes the table of a container of Azurite.
pub(super) fn azure_table(server: &Azurite, container: &str, prefix: &str) -> String {
    format!(
        "[targets.t.azure]\naccount = \"{}\"\ncontainer = \"{container}\"\n\
         endpoint_url = \"{}\"\nprefix = \"{prefix}\"\n",
        server.account(),
        server.endpoint()
    )
}

pub(crate) fn foreign_objects_are_not_touched_on_minio() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for kind in [Bucket::Plain, Bucket::Versioned] {
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        for key in FOREIGN {
            server.put(&bucket, key, &content(key)).map_err(text)?;
        }
        let listed = || server.mc(&["ls", "--versions", "--recursive", &format!("t/{bucket}/")]);
        let look = || {
            Ok::<_, String>((
                listed().map_err(text)?,
                server.contents(&bucket).map_err(text)?,
            ))
        };
        let before = look()?;
        assert_eq!(before.1.len(), FOREIGN.len());
        let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
        let place = Place::minio(proxy.address(), &format!("{bucket}/pre"), root(server));
        place
            .verify(&["--access", "full"])?
            .ended(PASSED, Verdict::Passed);
        place.verify(&["--quick"])?.ended(PASSED, Verdict::Passed);
        let table = minio_table(&proxy.endpoint(), &bucket, "pre/");
        sweeping(&Place::new("t").keys(root(server)), &table)?.ended(PASSED, Verdict::Passed);
        assert_eq!(look()?, before, "{kind:?}");
        assert_only_ours_is_written(&proxy, &format!("/{bucket}/pre/.backstop/"));
    }
    Ok(())
}

/// Asserts that every request that writes or removes aims at a key of the sandbox.
#[track_caller]
fn assert_only_ours_is_written(proxy: &Proxy, folder: &str) {
    let asked = proxy.requests();
    let writes = asked
        .iter()
        .filter(|seen| !["GET", "HEAD"].contains(&seen.method.as_str()));
    let mut count = 0;
    for seen in writes {
        count += 1;
        let path = seen.target.split('?').next().unwrap_or_default();
        let rest = path.strip_prefix(folder);
        let ours = rest.is_some_and(|rest| match rest.split_once('/') {
            Some((run, _)) => run.len() == 16 && run.bytes().all(|byte| byte.is_ascii_hexdigit()),
            None => rest == "probe" || rest == "probe-multipart",
        });
        assert!(ours, "{seen:?}");
    }
    assert!(count > 20, "{count} requests that write");
}

pub(crate) fn foreign_objects_are_not_touched_on_azurite() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    for key in FOREIGN {
        server.put(&container, key, &content(key)).map_err(text)?;
    }
    let before = server.contents(&container).map_err(text)?;
    let place = Place::azure_by_key(server, &format!("{container}/pre"));
    place
        .verify(&["--access", "full"])?
        .ended(PASSED, Verdict::Passed);
    let keys = Place::new("t").set("AZURE_STORAGE_KEY", server.key());
    let table = azure_table(server, &container, "pre/");
    sweeping(&keys, &table)?.ended(PASSED, Verdict::Passed);
    assert_eq!(server.contents(&container).map_err(text)?, before);
    let found = server.residue(&container, "").map_err(text)?;
    assert_eq!((found.versions, found.uploads), (FOREIGN.len(), 0));
    Ok(())
}
