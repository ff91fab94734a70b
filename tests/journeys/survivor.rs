//! `keep_probe`: one small object stays, and its loss is noticed by the next run, on real servers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use backstop::report::{Access, CleanupState, FindingCode, Outcome, Verdict};
use backstop_testkit::{Bucket, Proxy, Scratch, Servers};

use super::harness::{FAILED, PASSED, Place, Run, Told, root, text};
use super::residue::{azure_table, minio_table};

const KEY: &str = "pre/.backstop/survivor";
/// The most requests of a quick run.
const QUICK: usize = 8;

/// A target whose object stays, and the host that remembers it.
struct Host<'a> {
    place: Place,
    table: String,
    state: &'a Path,
}

impl Host<'_> {
    fn verify(&self, access: Access, more: &[&str]) -> Result<Run, String> {
        let flags = [&["--config", "keeping.toml"], more].concat();
        let place = &self.place;
        let state = self.state.display().to_string();
        let cli = place.clone().set("BACKSTOP_STATE_DIR", state);
        let cli = cli.cli_of(&["t"], &flags)?;
        // What is old enough to be swept is, at once.
        let file = format!(
            "[targets.t]\naccess = \"{}\"\n{}[targets.t.sandbox]\nsweep_after = \"1ms\"\n\
             keep_probe = true\n",
            access.name(),
            self.table
        );
        fs::write(cli.home().join("keeping.toml"), file).map_err(text)?;
        place.read(cli.run().map_err(text)?)
    }

    fn passes(&self, words: &str) -> Result<Run, String> {
        self.passes_as(Access::Full, words)
    }

    fn passes_as(&self, access: Access, words: &str) -> Result<Run, String> {
        let run = self.verify(access, &[])?.ended(PASSED, Verdict::Passed);
        assert!(said(&run).contains(words), "{words}: {}", run.told());
        Ok(run)
    }

    fn has_lost(&self, more: &[&str]) -> Result<Run, String> {
        let run = self.verify(Access::Full, more)?;
        let run = run.ended(FAILED, Verdict::Failed);
        assert_eq!(run.codes(), ["survivor-lost"], "{}", run.told());
        assert_eq!(run.with(Outcome::Failed), ["survivor"], "{}", run.told());
        let advice = run.advice();
        for words in ["lifecycle rule", "wiped or replaced"] {
            assert!(advice.contains(words), "{words}: {advice}");
        }
        Ok(run)
    }
}

/// What the check has to say.
fn said(run: &Run) -> &str {
    let finding = run.check("survivor").finding.as_ref();
    finding.map_or("", |finding| &finding.summary)
}

pub(crate) fn a_minio_that_forgets_is_told() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let scratch = Scratch::new().map_err(text)?;
    for kind in [Bucket::Plain, Bucket::Versioned] {
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        let host = Host {
            place: Place::new("t").keys(root(server)),
            table: minio_table(&server.endpoint(), &bucket, "pre/"),
            state: &scratch.path().join("state"),
        };
        let first = host.passes("none was there; one is left now")?;
        assert_eq!(first.report.cleanup.state, CleanupState::Clean);
        assert_eq!(first.report.cleanup.kept, [KEY]);
        let left = first.report.survivor.clone().ok_or("one is left")?;
        assert_eq!(left.run_id, first.report.run_id);
        for _ in 0..2 {
            let next = host.passes(&format!("left by run {}", left.run_id))?;
            assert_eq!(next.report.survivor.as_ref(), Some(&left));
            let found = server.residue(&bucket, "").map_err(text)?;
            assert_eq!(
                (found.keys.as_slice(), found.versions),
                (&[KEY.to_owned()][..], 1)
            );
        }
        let version = format!("t/{bucket}/{KEY}");
        server.mc(&["rm", "--force", &version]).map_err(text)?;
        // Waiting does not bring it back, and would find the next one.
        let run = host.has_lost(&["--wait", "8s"])?;
        assert!(run.advice().contains("persistent volume"), "{}", run.told());
        host.passes("an earlier one was found lost at")?;
    }
    let files = fs::read_dir(scratch.path().join("state")).map_err(text)?;
    let mut files: Vec<_> = files.flatten().map(|file| file.path()).collect();
    // Beside each lies the lock that keeps a second run of the target out.
    files.retain(|file| file.extension().is_none_or(|kind| kind != "lock"));
    assert_eq!(files.len(), 2, "one for each place: {files:?}");
    for file in files {
        let mode = fs::metadata(&file).map_err(text)?.permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    Ok(())
}

pub(crate) fn a_bucket_that_is_gone_is_told_as_usual() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let scratch = Scratch::new().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let host = Host {
        place: Place::new("t").keys(root(server)),
        table: minio_table(&server.endpoint(), &bucket, "pre/"),
        state: scratch.path(),
    };
    host.passes("one is left now")?;
    let all = format!("t/{bucket}");
    server.mc(&["rb", "--force", &all]).map_err(text)?;
    let run = host
        .verify(Access::Full, &[])?
        .ended(FAILED, Verdict::Failed);
    assert_eq!(run.codes(), ["bucket-not-found"], "{}", run.told());
    // The bucket that is made anew is empty: that is when it is known.
    server.create_bucket(&bucket, Bucket::Plain).map_err(text)?;
    host.has_lost(&[])?;
    Ok(())
}

pub(crate) fn what_stays_is_read_by_whoever_may_put_and_get() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let scratch = Scratch::new().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Versioned).map_err(text)?;
    let actions = ["s3:PutObject", "s3:GetObject"];
    let (id, secret) = server.fresh_user_for(&bucket, &actions).map_err(text)?;
    let host = Host {
        place: Place::new("t").keys((&id, &secret)),
        table: minio_table(&server.endpoint(), &bucket, "pre/"),
        state: scratch.path(),
    };
    let first = host.passes_as(Access::PutGet, "one is left now")?;
    assert_eq!(first.report.cleanup.state, CleanupState::Bounded);
    assert!(!first.report.cleanup.keys.contains(&KEY.to_owned()));
    host.passes_as(Access::PutGet, "intact since")?;
    let versions = server.residue(&bucket, KEY).map_err(text)?;
    assert_eq!(versions.versions, 1, "{versions:?}");
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    for (keys, access) in [
        (root(server), Access::Full),
        ((&id, &secret), Access::PutGet),
    ] {
        let quick = Host {
            place: Place::new("t").keys(keys),
            table: minio_table(&proxy.endpoint(), &bucket, "pre/"),
            state: scratch.path(),
        };
        proxy.reset();
        let run = quick.verify(access, &["--quick"])?;
        let run = run.ended(PASSED, Verdict::Passed);
        assert!(said(&run).contains("intact since"), "{}", run.told());
        let asked = proxy.requests();
        assert!((1..=QUICK).contains(&asked.len()), "{asked:#?}");
    }
    Ok(())
}

pub(crate) fn a_container_that_forgets_is_told() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let scratch = Scratch::new().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let host = Host {
        place: Place::new("t").set("AZURE_STORAGE_KEY", server.key()),
        table: azure_table(server, &container, "pre/"),
        state: scratch.path(),
    };
    host.passes("one is left now")?;
    host.passes("intact since")?;
    let found = server.residue(&container, "").map_err(text)?;
    assert_eq!(
        (found.keys.as_slice(), found.uploads),
        (&[KEY.to_owned()][..], 0)
    );
    let blob = format!("{container}/{KEY}");
    let gone = server.request("DELETE", &blob, vec![], b"").map_err(text)?;
    assert_eq!(gone.status, 202);
    host.has_lost(&[])?;
    let mut harmed = server.get(&container, KEY).map_err(text)?;
    harmed[2_000] ^= 1;
    server.put(&container, KEY, &harmed).map_err(text)?;
    for _ in 0..2 {
        let run = host
            .verify(Access::Full, &[])?
            .ended(FAILED, Verdict::Failed);
        assert_eq!(run.codes(), ["contract-violated"], "{}", run.told());
        assert_eq!(run.finding("survivor"), Some(FindingCode::Violated));
        assert_eq!(server.get(&container, KEY).map_err(text)?, harmed);
    }
    Ok(())
}

pub(crate) fn a_host_that_cannot_remember_says_so_and_fails_nothing() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let scratch = Scratch::new().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let in_the_way = scratch.path().join("state");
    fs::write(&in_the_way, "a file").map_err(text)?;
    let host = Host {
        place: Place::new("t").keys(root(server)),
        table: minio_table(&server.endpoint(), &bucket, "pre/"),
        state: &in_the_way,
    };
    for words in ["one is left now", "intact since"] {
        let run = host.passes(words)?;
        assert!(said(&run).contains("nothing is remembered on this host"));
        assert!(said(&run).contains("state"), "{}", run.told());
    }
    let url = Place::minio(server.host(), &bucket, root(server));
    let refused = url.cli(&["--checks", "survivor"])?.run().map_err(text)?;
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""));
    assert!(
        refused.stderr.contains("keep_probe = true"),
        "{}",
        refused.stderr
    );
    Ok(())
}
