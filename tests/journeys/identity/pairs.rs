//! Two targets with credentials of the same kind, in one configuration and one run.

use std::collections::BTreeMap;

use backstop::report::{Report, Verdict};
use backstop_testkit::{Claims, Oidc, Sts, StsRules};

use super::owner::Owner;
use super::scene::{HOME, Scene, target};
use crate::journeys::harness::{FAILED, PASSED, Told, text};

/// Writes a target for each of two owners, with the credentials of the first, second or nobody.
fn pair(
    owners: &[Owner; 2],
    credentials: impl Fn(usize) -> String,
    store: impl Fn(usize) -> String,
    provider: &str,
) -> Scene {
    let targets = [0, 1].map(|n| {
        let store = format!(
            "endpoint_url = \"{}\"\n{}",
            owners[n].server.endpoint(),
            store(n)
        );
        target(
            ["first", "second"][n],
            provider,
            &owners[n].bucket,
            &store,
            &credentials(n),
        )
    });
    let scene = Scene::configured(&targets.concat());
    owners
        .iter()
        .fold(scene, |scene, owner| scene.secret(&owner.secret))
}

/// Runs all targets and returns their verdicts by name.
fn verdicts(scene: &Scene, code: i32) -> Result<BTreeMap<String, Report>, String> {
    let done = scene.run(&[])?;
    assert_eq!(done.code, Some(code), "{}", done.output());
    let reports = done.stdout.lines().map(|line| {
        let report: Report = serde_json::from_str(line).map_err(text)?;
        Ok((report.target.name.clone(), report))
    });
    reports.collect()
}

#[track_caller]
fn assert_verdicts(found: &BTreeMap<String, Report>, first: Verdict, second: Verdict) {
    let verdict = |name: &str| found.get(name).map(|report| report.verdict);
    let told = |name: &str| found.get(name).map(|report| &report.diagnoses);
    assert_eq!(
        (verdict("first"), verdict("second")),
        (Some(first), Some(second)),
        "{:?} {:?}",
        told("first"),
        told("second")
    );
}

/// Runs three scenes: right, with both credentials exchanged, and with the second one broken.
fn keeps_apart(scene: impl Fn([&str; 2]) -> Scene) -> Told {
    let found = verdicts(&scene(["first", "second"]), PASSED)?;
    assert_verdicts(&found, Verdict::Passed, Verdict::Passed);
    let id = |name: &str| Some(found.get(name)?.credential.as_ref()?.id.clone());
    assert_ne!(id("first"), id("second"), "each has its own");
    let found = verdicts(&scene(["second", "first"]), FAILED)?;
    assert_verdicts(&found, Verdict::Failed, Verdict::Failed);
    let found = verdicts(&scene(["first", "broken"]), FAILED)?;
    assert_verdicts(&found, Verdict::Passed, Verdict::Failed);
    Ok(())
}

fn owners() -> Result<[Owner; 2], String> {
    Ok([Owner::new()?, Owner::new()?])
}

pub(crate) fn two_keys_in_files_are_kept_apart() -> Told {
    let owners = owners()?;
    keeps_apart(|names| {
        let lines = |n: usize| {
            format!(
                "access_key_id_file = \"{HOME}/{0}.id\"\nsecret_access_key_file = \"{HOME}/{0}.secret\"",
                names[n]
            )
        };
        with_files(pair(&owners, lines, |_| String::new(), "minio"), &owners)
    })
}

fn with_files(scene: Scene, owners: &[Owner; 2]) -> Scene {
    scene
        .file("first.id", &owners[0].id)
        .file("first.secret", &owners[0].secret)
        .file("second.id", &owners[1].id)
        .file("second.secret", &owners[1].secret)
        .file("broken.id", &owners[1].id)
        .file("broken.secret", "planted-wrong-secret-0123456789")
}

pub(crate) fn two_assumed_roles_are_kept_apart() -> Told {
    let owners = owners()?;
    keeps_apart(|names| {
        let lines = |n: usize| {
            format!(
                "kind = \"assume-role\"\naccess_key_id_file = \"{HOME}/{0}.id\"\n\
                 secret_access_key_file = \"{HOME}/{0}.secret\"",
                names[n]
            )
        };
        with_files(pair(&owners, lines, |_| String::new(), "minio"), &owners)
    })
}

pub(crate) fn two_profiles_are_kept_apart() -> Told {
    let owners = owners()?;
    let [one, two] = &owners;
    let profiles = format!(
        "[first]\naws_access_key_id = {}\naws_secret_access_key = {}\n\
         [second]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        one.id, one.secret, two.id, two.secret
    );
    keeps_apart(|names| {
        let lines = |n: usize| format!("kind = \"profile\"\nprofile = \"{}\"", names[n]);
        let scene = pair(&owners, lines, |_| String::new(), "minio");
        scene.file(".aws/credentials", profiles.as_str())
    })
}

pub(crate) fn two_web_identities_are_kept_apart() -> Told {
    let owners = owners()?;
    let oidc = Oidc::start().map_err(text)?;
    let subject = |name: &str| format!("system:serviceaccount:backup:{name}");
    let claims = |name: &str| Claims::of(&subject(name), "sts.amazonaws.com");
    // Each owner's role is in an account of its own.
    let account = |owner: &Owner, name: &str| {
        Sts::start(StsRules::new(owner.mint()).web_role("backup-pod", &oidc, &subject(name)))
    };
    let accounts = [
        account(&owners[0], "first").map_err(text)?,
        account(&owners[1], "second").map_err(text)?,
    ];
    let tokens = ["first", "second"].map(|name| oidc.token(&claims(name)).map_err(text));
    let [first, second] = tokens;
    let (first, second) = (first?, second?);
    keeps_apart(|names| {
        let lines = |n: usize| {
            format!(
                "kind = \"web-identity\"\nrole_arn = \"{}\"\ntoken_file = \"{HOME}/{}.token\"",
                accounts[n].role_arn("backup-pod"),
                names[n]
            )
        };
        let store = |n: usize| {
            format!(
                "region = \"us-east-1\"\nsts_endpoint_url = \"{}\"",
                accounts[n].endpoint()
            )
        };
        let scene = pair(&owners, lines, store, "s3");
        scene
            .file("first.token", first.as_str())
            .file("second.token", second.as_str())
            .file("broken.token", "planted.broken.token")
            .secret(&first)
            .secret(&second)
    })
}
