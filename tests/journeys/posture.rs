//! What a real bucket says of itself, what strangers can really do, and which right is missing.

use std::fs;
use std::sync::Arc;

use backstop::report::{CheckRecord, FindingCode, Outcome, Posture, Verdict};
use backstop_contract::{
    CreateOptions, Exchange, ObjectKey, ObjectStore, PartNumber, PartOptions, Secret, WireObserver,
};
use backstop_minio::{MinioConfig, S3Credentials};
use backstop_testkit::{Azurite, Bucket, Minio, Scratch, Servers};

use super::harness::{PASSED, Place, Run, Told, policy, root, text};

/// Asserts what a check says, and that it only says it.
#[track_caller]
fn assert_told(run: &Run, id: &str, words: &str) {
    let finding = run.check(id).finding.as_ref();
    let told = finding.is_some_and(|finding| {
        finding.code == FindingCode::Note && finding.summary.contains(words)
    });
    assert!(told, "{id} does not say {words:?}: {}", run.told());
}

/// Asserts the one risk of a run: the check, and the cause that it names.
#[track_caller]
fn assert_risk(run: &Run, id: &str, cause: &str) {
    let risk = |record: &&CheckRecord| {
        let finding = record.finding.as_ref();
        finding.is_some_and(|finding| finding.code == FindingCode::Risk)
    };
    let risks: Vec<_> = run.report.checks.iter().filter(risk).collect();
    let named = |record: &CheckRecord| record.finding.as_ref()?.cause.clone();
    let found = risks
        .iter()
        .map(|record| (record.id.as_str(), named(record)));
    let found: Vec<_> = found.collect();
    assert_eq!(found, [(id, Some(cause.to_owned()))], "{}", run.told());
}

fn posture(run: &Run) -> Posture {
    run.report.posture.clone().unwrap_or_default()
}

pub(crate) fn minio_says_what_protects_and_what_threatens() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for (kind, kept, lock) in [
        (
            Bucket::Plain,
            "no earlier versions are kept",
            "nothing locks objects",
        ),
        (
            Bucket::Versioned,
            "stays as an earlier version",
            "nothing locks objects",
        ),
        (
            Bucket::Locked,
            "stays as an earlier version",
            "nothing locks a new one by itself",
        ),
        (
            Bucket::Governance,
            "stays as an earlier version",
            "locked for 1 day (governance mode)",
        ),
        (
            Bucket::Compliance,
            "stays as an earlier version",
            "locked for 1 day (compliance mode)",
        ),
    ] {
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        for place in [
            Place::minio(server.host(), &format!("{bucket}/pre"), root(server)),
            Place::s3(server.host(), &format!("{bucket}/pre"), root(server)),
        ] {
            let run = place.verify(&[])?.ended(PASSED, Verdict::Passed);
            assert_told(&run, "versioning", kept);
            assert_told(&run, "immutability", lock);
            assert_told(&run, "encryption", "encrypts nothing");
            assert_told(
                &run,
                "lifecycle",
                "no rule acts on backups by age; no rule ends uploads",
            );
            assert_told(&run, "public-access", "neither list nor read");
            assert_told(&run, "open-uploads", "no upload is open");
            let told = posture(&run);
            assert_eq!(told.versioning, Some(!matches!(kind, Bucket::Plain)));
            assert_eq!(
                (told.public_list, told.public_read),
                (Some(false), Some(false))
            );
        }
    }
    let bucket = server.fresh_bucket(Bucket::Versioned).map_err(text)?;
    let path = format!("t/{bucket}");
    server.mc(&["version", "suspend", &path]).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, root(server));
    let run = place.verify(&["--access", "full"])?;
    let run = run.ended(PASSED, Verdict::Passed);
    assert_told(&run, "versioning", "versioning is suspended");
    Ok(())
}

/// A configuration that declares how long backups are kept, and the place that it names.
fn declaring(server: &Minio, bucket: &str, folder: &Scratch) -> Result<Place, String> {
    let (id, secret) = root(server);
    let file = folder.path().join("backstop.toml");
    let text_of = format!(
        "[targets.it]\naccess = \"full\"\nretention = \"30d\"\n[targets.it.minio]\n\
         endpoint_url = \"http://{}\"\nbucket = \"{bucket}\"\nprefix = \"pre\"\n",
        server.host()
    );
    fs::write(&file, text_of).map_err(text)?;
    let place = Place::new("it").keys((id, secret));
    Ok(place.flag("--config", file.display().to_string()))
}

pub(crate) fn a_rule_that_is_shorter_than_the_retention_degrades() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let folder = Scratch::new().map_err(text)?;
    for (prefix, days, expires) in [
        ("pre/", "7", true),
        ("", "29", true),
        ("pre/", "30", false),
        ("logs/", "1", false),
    ] {
        let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
        let path = format!("t/{bucket}");
        let rule = [
            "ilm",
            "rule",
            "add",
            "--prefix",
            prefix,
            "--expire-days",
            days,
            &path,
        ];
        server.mc(&rule).map_err(text)?;
        let run = declaring(server, &bucket, &folder)?.verify(&[])?;
        if expires {
            let run = run.ended(PASSED, Verdict::Degraded);
            assert_risk(&run, "lifecycle", "lifecycle-expires-backups");
            let told = posture(&run).lifecycle.unwrap_or_default().join(" ");
            assert!(told.contains(&format!("after {days} days")), "{told}");
        } else {
            let run = run.ended(PASSED, Verdict::Passed);
            assert_eq!(run.outcome("lifecycle"), Outcome::Passed, "{}", run.told());
        }
        let open = run_words(&declaring(server, &bucket, &folder)?)?;
        assert!(!open.contains("lifecycle rules"), "it was answered: {open}");
    }
    Ok(())
}

/// Returns what a run says that it could not prove.
fn run_words(place: &Place) -> Result<String, String> {
    Ok(place.verify(&[])?.report.not_proven.join("; "))
}

pub(crate) fn what_strangers_can_do_on_minio_is_really_tried() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for (access, list, read) in [
        ("download", true, true),
        ("public", true, true),
        ("upload", false, false),
    ] {
        let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
        let path = format!("t/{bucket}");
        server
            .mc(&["anonymous", "set", access, &path])
            .map_err(text)?;
        let place = Place::minio(server.host(), &format!("{bucket}/pre"), root(server));
        let run = place.verify(&["--access", "full"])?;
        let told = posture(&run);
        // MinIO's own words for these: "upload" lets strangers put.
        assert_eq!(
            (told.public_list, told.public_read),
            (Some(list), Some(read)),
            "{access}: {}",
            run.told()
        );
        if list || read {
            let run = run.ended(PASSED, Verdict::Degraded);
            assert_risk(&run, "public-access", "public-access");
        }
    }
    Ok(())
}

/// Rights to ask a bucket about itself, and the check that asks.
const RIGHTS: [(&str, &str); 5] = [
    ("s3:GetBucketVersioning", "versioning"),
    ("s3:GetBucketObjectLockConfiguration", "immutability"),
    ("s3:GetEncryptionConfiguration", "encryption"),
    ("s3:GetLifecycleConfiguration", "lifecycle"),
    ("s3:ListBucketMultipartUploads", "open-uploads"),
];

pub(crate) fn each_right_that_is_missing_is_named() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let all = [
        ("Allow", &["s3:*"][..], bucket.as_str()),
        ("Allow", &["s3:*"][..], &format!("{bucket}/*")),
    ];
    for (right, id) in RIGHTS {
        let denied = [right];
        let mut statements = all.to_vec();
        statements.push(("Deny", &denied, &bucket));
        let keys = server.fresh_user(&policy(&statements)).map_err(text)?;
        let place = Place::minio(server.host(), &bucket, (&keys.0, &keys.1));
        let run = place
            .verify(&["--access", "full"])?
            .ended(PASSED, Verdict::Passed);
        assert_eq!(run.finding(id), Some(FindingCode::Denied), "{}", run.told());
        assert_eq!(run.with(Outcome::Skipped), [id], "{}", run.told());
        let error = run
            .check(id)
            .finding
            .as_ref()
            .and_then(|it| it.error.clone());
        assert_eq!(
            error.map(|error| error.permissions),
            Some(vec![right.to_owned()])
        );
    }
    let denied = ["s3:GetBucketPolicyStatus"];
    let mut statements = all.to_vec();
    statements.push(("Deny", &denied, &bucket));
    let keys = server.fresh_user(&policy(&statements)).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, (&keys.0, &keys.1));
    let run = place
        .verify(&["--access", "full"])?
        .ended(PASSED, Verdict::Passed);
    assert_told(
        &run,
        "public-access",
        "what the settings say could not be asked",
    );
    Ok(())
}

#[derive(Debug)]
struct Blind;

impl WireObserver for Blind {
    fn observe(&self, _exchange: &Exchange) {}
}

/// Begins uploads that nobody will end.
fn begin(server: &Minio, bucket: &str, keys: &[&str]) -> Told {
    let (id, secret) = root(server);
    let credentials = S3Credentials::AccessKey {
        id: id.to_owned(),
        secret: Secret::new(secret.to_owned()),
        session_token: None,
        source: "a test".to_owned(),
    };
    let config = MinioConfig::new(server.endpoint(), bucket, credentials);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(text)?.block_on(async {
        let store = backstop_minio::connect(config, Arc::new(Blind))
            .await
            .map_err(text)?;
        for key in keys {
            let key = ObjectKey::new(*key).map_err(text)?;
            let upload = store
                .create_multipart(&key, CreateOptions::default())
                .await
                .map_err(text)?;
            for (number, size) in [(1, 5 << 20), (2, 1 << 20)] {
                let body = vec![7; size].into();
                let number = PartNumber(number);
                let part = store.put_part(&key, &upload, number, body, PartOptions::default());
                part.await.map_err(text)?;
            }
        }
        Ok(())
    })
}

pub(crate) fn uploads_that_nobody_ended_are_counted_on_minio() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    begin(
        server,
        &bucket,
        &["pre/one", "pre/two", "beside", "pre/.backstop/x"],
    )?;
    let place = Place::minio(server.host(), &format!("{bucket}/pre"), root(server));
    let run = place
        .verify(&["--access", "full"])?
        .ended(PASSED, Verdict::Passed);
    assert_told(
        &run,
        "open-uploads",
        "2 uploads were begun and never ended, the oldest on 20",
    );
    assert_told(&run, "open-uploads", "; their parts take 12 MiB");
    let told = posture(&run).open_uploads.unwrap_or_default();
    assert_eq!((told.count, told.oldest.is_some()), (2, true));
    assert_eq!(told.bytes, Some(12 << 20));
    Ok(())
}

pub(crate) fn who_reaches_beyond_the_prefix_is_told() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    server
        .put(&bucket, "other/secret", b"not ours")
        .map_err(text)?;
    let path = format!("{bucket}/pre");
    let place = Place::minio(server.host(), &path, root(server));
    for access in ["full", "undeclared"] {
        let flags = ["--access", access];
        let flags = if access == "full" { &flags[..] } else { &[] };
        let run = place.verify(flags)?.ended(PASSED, Verdict::Passed);
        assert_told(&run, "other-prefix", "such as other/secret");
    }
    let run = place
        .verify(&["--access", "put-get"])?
        .ended(PASSED, Verdict::Degraded);
    assert_risk(&run, "other-prefix", "reaches-beyond-prefix");
    let scoped = policy(&[(
        "Allow",
        &["s3:PutObject", "s3:GetObject"],
        &format!("{path}/*"),
    )]);
    let keys = server.fresh_user(&scoped).map_err(text)?;
    let place = Place::minio(server.host(), &path, (&keys.0, &keys.1));
    let run = place
        .verify(&["--access", "put-get"])?
        .ended(PASSED, Verdict::Passed);
    assert_told(&run, "other-prefix", "cannot list beside");
    let there = server.contents(&bucket).map_err(text)?;
    assert!(there.contains_key("other/secret"), "{there:?}");
    Ok(())
}

/// A container that strangers may use to a degree.
fn container(server: &Azurite, access: Option<&str>) -> Result<String, String> {
    let name = server.fresh_container().map_err(text)?;
    if let Some(access) = access {
        let header = ("x-ms-blob-public-access".to_owned(), access.to_owned());
        let target = format!("{name}?restype=container&comp=acl");
        let answer = server
            .request("PUT", &target, vec![header], b"")
            .map_err(text)?;
        if answer.status != 200 {
            return Err(format!("{access}: {answer:?}"));
        }
    }
    Ok(name)
}

pub(crate) fn what_strangers_can_do_on_azurite_is_really_tried() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    for (access, list, read) in [
        (None, false, false),
        (Some("blob"), false, true),
        (Some("container"), true, true),
    ] {
        let name = container(server, access)?;
        let place = Place::azure_by_key(server, &format!("{name}/pre"));
        let run = place.verify(&["--access", "full"])?;
        let told = posture(&run);
        assert_eq!(
            (told.public_list, told.public_read),
            (Some(list), Some(read)),
            "{access:?}: {}",
            run.told()
        );
        let run = if list || read {
            let run = run.ended(PASSED, Verdict::Degraded);
            assert_risk(&run, "public-access", "public-access");
            run
        } else {
            run.ended(PASSED, Verdict::Passed)
        };
        assert_told(&run, "versioning", "no earlier versions are kept");
        assert_told(&run, "immutability", "nothing locks objects");
        for id in ["lifecycle", "open-uploads"] {
            assert_eq!(run.outcome(id), Outcome::Unsupported, "{}", run.told());
        }
        let command = format!(
            "az storage account management-policy show --account-name {}",
            server.account()
        );
        let told = run.check("lifecycle").finding.as_ref();
        assert!(
            told.is_some_and(|it| it.summary.contains(&command)),
            "{}",
            run.told()
        );
    }
    Ok(())
}

pub(crate) fn a_sas_is_told_what_it_may_not_ask() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let name = server.fresh_container().map_err(text)?;
    let place = Place::azure_by_sas(server, &name, "pre", "racwdl")?;
    let run = place
        .verify(&["--access", "full"])?
        .ended(PASSED, Verdict::Passed);
    let right = "Microsoft.Storage/storageAccounts/blobServices/containers/read";
    assert_eq!(
        run.finding("immutability"),
        Some(FindingCode::Denied),
        "{}",
        run.told()
    );
    let error = run
        .check("immutability")
        .finding
        .as_ref()
        .and_then(|it| it.error.clone());
    assert_eq!(
        error.map(|error| error.permissions),
        Some(vec![right.to_owned()])
    );
    assert_told(
        &run,
        "public-access",
        "what the settings say could not be asked",
    );
    Ok(())
}
