//! What `policy` prints is proven by use: a user with each policy is verified under every access.

use std::sync::Mutex;
use std::thread;

use backstop::report::{Access, Outcome, Verdict};
use backstop_testkit::{Azurite, Bucket, Minio, Scratch, Servers};
use serde_json::Value;

use super::harness::{Place, Run, Told, all_well, binary, text};

use Verdict::{Failed as F, Passed as P};

/// What a run ends as, and the checks that fail in it.
type Cell = (Verdict, &'static [&'static str]);

/// What the runs end as: a row a policy, a column an access, both in the order of
/// [`Access::DECLARABLE`].
type Table = [[Cell; 5]; 5];

const GOOD: Cell = (P, &[]);

/// Without the right to put, nothing else is asked but for listing.
const NO_PUT: &[&str] = &["put-object"];
/// Without the right to list, a reader has nothing to read.
const NO_LIST: &[&str] = &["head-object", "get-object", "get-range", "list-prefix"];
/// Without the right to read, what is absent is denied too.
const NO_READ: &[&str] = &[
    "head-object",
    "get-object",
    "get-range",
    "get-absent",
    "list-prefix",
];
/// The same, for whoever has to delete as well.
const PUT_ALONE: &[&str] = &[
    "head-object",
    "get-object",
    "get-range",
    "get-absent",
    "list-prefix",
    "delete-object",
];
/// The same, for whoever must not be able to destroy, which nobody can tell then.
const PUT_KEEPS: &[&str] = &[
    "head-object",
    "get-object",
    "get-range",
    "get-absent",
    "list-prefix",
    "preserved",
];

/// On a bucket without versions, who may write may destroy.
#[rustfmt::skip]
const PLAIN: Table = [
    // under full                            put-get                              put-only     append-only                          read-only
    [GOOD,                                   GOOD,                                GOOD,        (F, &["preserved"]),                 GOOD],
    [(F, &["list-prefix", "delete-object"]), GOOD,                                GOOD,        (F, &["list-prefix", "preserved"]),  (F, NO_LIST)],
    [(F, PUT_ALONE),                         (F, &["get-object", "get-range"]),   GOOD,        (F, PUT_KEEPS),                      (F, NO_READ)],
    [(F, &["delete-object"]),                GOOD,                                GOOD,        (F, &["preserved"]),                 GOOD],
    [(F, NO_PUT),                            (F, NO_PUT),                         (F, NO_PUT), (F, NO_PUT),                         GOOD],
];

/// On one with versions, only who may delete them may destroy.
#[rustfmt::skip]
const VERSIONED: Table = [
    [GOOD,                                   GOOD,                                GOOD,        (F, &["preserved"]),                 GOOD],
    [(F, &["list-prefix", "delete-object"]), GOOD,                                GOOD,        (F, &["list-prefix"]),               (F, NO_LIST)],
    [(F, PUT_ALONE),                         (F, &["get-object", "get-range"]),   GOOD,        (F, PUT_KEEPS),                      (F, NO_READ)],
    [(F, &["delete-object"]),                GOOD,                                GOOD,        GOOD,                                GOOD],
    [(F, NO_PUT),                            (F, NO_PUT),                         (F, NO_PUT), (F, NO_PUT),                         GOOD],
];

/// A bucket with an object below the place that policies are for.
struct Scene<'a> {
    server: &'a Minio,
    bucket: String,
    prefix: &'static str,
    versioned: bool,
}

impl<'a> Scene<'a> {
    fn new(server: &'a Minio, prefix: &'static str, versioned: bool) -> Result<Self, String> {
        let kind = if versioned {
            Bucket::Versioned
        } else {
            Bucket::Plain
        };
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        let key = format!("{prefix}backup-1");
        let content = b"the content of a backup";
        server.put(&bucket, &key, content).map_err(text)?;
        Ok(Self {
            server,
            bucket,
            prefix,
            versioned,
        })
    }

    fn path(&self) -> String {
        let prefix = self.prefix.trim_end_matches('/');
        format!("{}/{prefix}", self.bucket)
            .trim_end_matches('/')
            .to_owned()
    }

    /// Returns the policy that is printed for an access, by a binary without any credentials.
    fn policy(&self, access: Access) -> Result<String, String> {
        self.policy_with(access, &[])
    }

    /// Returns the policy that is printed for an access with more flags.
    fn policy_with(&self, access: Access, more: &[&str]) -> Result<String, String> {
        let target = format!("minio+http://{}/{}", self.server.host(), self.path());
        let flags = ["--access", access.name(), "--format", "json"];
        let versioned = self.versioned.then_some("--versioned");
        let cli = binary()?.args(["policy", &target]).args(flags);
        let done = cli.args(versioned).args(more).run().map_err(text)?;
        match done.code {
            Some(0) => Ok(done.stdout),
            _ => Err(format!("{done:?}")),
        }
    }

    /// Makes a user with a policy, who is then verified.
    fn user(&self, policy: &str) -> Result<Place, String> {
        let (id, secret) = self.server.fresh_user(policy).map_err(text)?;
        Ok(Place::minio(
            self.server.host(),
            &self.path(),
            (&id, &secret),
        ))
    }
}

fn under(place: &Place, access: Access) -> Result<Run, String> {
    place.verify(&["--access", access.name()])
}

/// Holds a table against users with the printed policies.
fn hold(scene: &Scene<'_>, table: &Table) -> Told {
    let mut trouble = Vec::new();
    for (given, row) in Access::DECLARABLE.into_iter().zip(table) {
        let place = scene.user(&scene.policy(given)?)?;
        for (access, cell) in Access::DECLARABLE.into_iter().zip(row) {
            let run = under(&place, access)?;
            let seen = (run.report.verdict, run.with(Outcome::Failed));
            if (seen.0, seen.1.as_slice()) != *cell {
                trouble.push(format!(
                    "{} with the policy of {} under {}: {seen:?}, expected {cell:?}\n{}",
                    scene.path(),
                    given.name(),
                    access.name(),
                    run.told()
                ));
            }
        }
    }
    all_well(&trouble)
}

pub(crate) fn every_policy_is_judged_under_every_access() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for prefix in ["pre/", ""] {
        hold(&Scene::new(server, prefix, false)?, &PLAIN)?;
    }
    Ok(())
}

pub(crate) fn every_policy_is_judged_where_versions_are_kept() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for prefix in ["pre/", ""] {
        hold(&Scene::new(server, prefix, true)?, &VERSIONED)?;
    }
    Ok(())
}

/// What is granted although a run passes without it, and why.
const JUSTIFIED: [(&str, &str); 3] = [
    (
        "s3:AbortMultipartUpload",
        "what a backup that broke off has sent could not be given up",
    ),
    (
        "s3:ListBucketMultipartUploads",
        "an upload whose beginning was not answered could not be found",
    ),
    (
        "s3:ListBucketVersions",
        "what a killed run left in versions could not be swept",
    ),
];

/// Returns a policy without one of its actions.
fn without(policy: &Value, action: &str) -> String {
    let mut less = policy.clone();
    let statements = less["Statement"].as_array_mut();
    if let Some(statements) = statements {
        for statement in statements.iter_mut() {
            let actions = statement["Action"].as_array_mut();
            if let Some(held) = actions {
                held.retain(|it| it != action);
            }
        }
        statements.retain(|it| it["Action"] != serde_json::json!([]));
    }
    if less["Statement"] == serde_json::json!([]) {
        // The server takes no empty policy, so this one allows what is of no use here.
        less["Statement"] = serde_json::json!([{
            "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::nowhere/*"
        }]);
    }
    less.to_string()
}

fn actions(policy: &Value) -> Vec<&str> {
    let statements = policy["Statement"].as_array().map(Vec::as_slice);
    let lists = statements.unwrap_or_default().iter();
    let lists = lists.filter_map(|it| it["Action"].as_array());
    lists.flatten().filter_map(Value::as_str).collect()
}

pub(crate) fn no_policy_grants_more_than_is_needed() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let scene = Scene::new(server, "pre/", true)?;
    let mut trouble = Vec::new();
    let mut spared = Vec::new();
    for access in Access::DECLARABLE {
        let printed = scene.policy(access)?;
        let policy: Value = serde_json::from_str(&printed).map_err(text)?;
        for action in actions(&policy) {
            let place = scene.user(&without(&policy, action))?;
            let run = under(&place, access)?;
            let passed = run.report.verdict == Verdict::Passed;
            let justified = JUSTIFIED.iter().any(|(it, _)| *it == action);
            if passed {
                spared.push(action.to_owned());
            }
            if passed != justified {
                let (name, told) = (access.name(), run.told());
                trouble.push(format!("{name} without {action}, passed: {passed}\n{told}"));
            }
        }
    }
    for (action, why) in JUSTIFIED {
        if !spared.iter().any(|it| it == action) {
            trouble.push(format!("{action} ({why}) is granted to nobody"));
        }
    }
    all_well(&trouble)
}

/// The questions about the bucket, and what is granted for each.
const QUESTIONS: [(&str, &str); 5] = [
    ("versioning", "s3:GetBucketVersioning"),
    ("immutability", "s3:GetBucketObjectLockConfiguration"),
    ("encryption", "s3:GetEncryptionConfiguration"),
    ("lifecycle", "s3:GetLifecycleConfiguration"),
    ("open-uploads", "s3:ListBucketMultipartUploads"),
];

pub(crate) fn questions_are_answered_to_whom_may_ask() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let scene = Scene::new(server, "pre/", true)?;
    let printed = scene.policy_with(Access::PutGet, &["--posture"])?;
    let policy: Value = serde_json::from_str(&printed).map_err(text)?;
    let run = under(&scene.user(&printed)?, Access::PutGet)?;
    for (id, _) in QUESTIONS {
        assert_ne!(run.outcome(id), Outcome::Skipped, "{id}: {}", run.told());
    }
    for (id, action) in QUESTIONS {
        let run = under(&scene.user(&without(&policy, action))?, Access::PutGet)?;
        assert_eq!(run.outcome(id), Outcome::Skipped, "{id}: {}", run.told());
    }
    Ok(())
}

pub(crate) fn a_policy_ends_at_its_prefix() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let scene = Scene::new(server, "pre/", false)?;
    let place = scene.user(&scene.policy(Access::Full)?)?;
    assert_eq!(under(&place, Access::Full)?.report.verdict, P);
    let beyond = Scene {
        prefix: "prefix/",
        bucket: scene.bucket.clone(),
        ..scene
    };
    server
        .put(&beyond.bucket, "prefix/backup-1", b"another's")
        .map_err(text)?;
    let (id, secret) = server
        .fresh_user(&scene.policy(Access::Full)?)
        .map_err(text)?;
    for prefix in ["prefix", ""] {
        let path = format!("{}/{prefix}", beyond.bucket);
        let elsewhere = Place::minio(server.host(), path.trim_end_matches('/'), (&id, &secret));
        for access in [Access::PutOnly, Access::ReadOnly] {
            let run = under(&elsewhere, access)?;
            assert_eq!(run.report.verdict, F, "{prefix:?}: {}", run.told());
        }
    }
    Ok(())
}

/// Compares a run on a scene with what an access needs, and returns the table.
fn compared(scene: &Scene<'_>, place: &Place, access: Access) -> Result<String, String> {
    let run = under(place, access)?;
    let folder = Scratch::new().map_err(text)?;
    let path = folder.path().join("report.json");
    std::fs::write(&path, &run.done.stdout).map_err(text)?;
    let target = format!("minio+http://{}/{}", scene.server.host(), scene.path());
    let cli = binary()?.args(["policy", &target, "--access", access.name(), "--compare"]);
    let done = cli.args([&path]).run().map_err(text)?;
    assert_eq!(done.code, Some(0), "{done:?}");
    for line in done.stdout.lines().skip(1) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    Ok(done.stdout)
}

pub(crate) fn a_run_tells_what_was_missing_and_what_was_too_much() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let scene = Scene::new(server, "pre/", false)?;
    let reader = scene.user(&scene.policy(Access::PutGet)?)?;
    let told = compared(&scene, &reader, Access::Full)?;
    let missing = told.split("missing:\n").nth(1).ok_or(told.clone())?;
    let missing = missing.split("too much").next().unwrap_or_default();
    for action in ["s3:ListBucket (", "s3:DeleteObject ("] {
        assert!(missing.contains(action), "{told}");
    }
    for action in ["s3:PutObject", "s3:GetObject"] {
        assert!(!missing.contains(action), "{told}");
    }
    let master = scene.user(&scene.policy(Access::Full)?)?;
    let told = compared(&scene, &master, Access::PutGet)?;
    assert!(told.contains("missing: nothing"), "{told}");
    let much = told.split("too much:\n").nth(1).ok_or(told.clone())?;
    for action in [
        "s3:ListBucket (",
        "s3:DeleteObject (",
        "s3:AbortMultipartUpload (",
    ] {
        assert!(much.contains(action), "{told}");
    }
    let told = compared(&scene, &master, Access::Full)?;
    assert!(
        told.contains("missing: nothing\ntoo much: nothing\n"),
        "{told}"
    );
    Ok(())
}

/// Returns the permissions of the signature that is printed for an access.
fn letters(server: &Azurite, container: &str, access: Access) -> Result<String, String> {
    let target = format!("azure://{}/{container}/pre", server.account());
    let cli = binary()?.args(["policy", &target, "--access", access.name()]);
    let done = cli.run().map_err(text)?;
    let words = done.stdout.split_once("--permissions ");
    let letters = words.and_then(|(_, rest)| rest.split_whitespace().next());
    letters
        .map(str::to_owned)
        .ok_or_else(|| format!("{done:?}"))
}

pub(crate) fn the_printed_signature_is_enough_and_no_letter_is_too_much() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    server
        .put(&container, "pre/backup-1", b"the content of a backup")
        .map_err(text)?;
    let trouble = Mutex::new(Vec::new());
    // Azurite keeps no versions, so append-only cannot pass there.
    let accesses = [
        Access::Full,
        Access::PutGet,
        Access::PutOnly,
        Access::ReadOnly,
    ];
    thread::scope(|scope| {
        for access in accesses {
            let (trouble, container) = (&trouble, &container);
            scope.spawn(move || {
                if let Err(told) = fits(server, container, access) {
                    trouble.lock().expect("no panic").push(told);
                }
            });
        }
    });
    all_well(&trouble.into_inner().map_err(text)?)
}

fn fits(server: &Azurite, container: &str, access: Access) -> Told {
    let letters = letters(server, container, access)?;
    let run = under(
        &Place::azure_by_sas(server, container, "pre", &letters)?,
        access,
    )?;
    if run.report.verdict != P {
        return Err(format!("{} with {letters}: {}", access.name(), run.told()));
    }
    for letter in letters.chars().filter(|_| letters.len() > 1) {
        let less: String = letters.chars().filter(|it| *it != letter).collect();
        let run = under(
            &Place::azure_by_sas(server, container, "pre", &less)?,
            access,
        )?;
        if run.report.verdict == P {
            return Err(format!(
                "{} passes with {less}: {}",
                access.name(),
                run.told()
            ));
        }
    }
    Ok(())
}
