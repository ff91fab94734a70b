//! A role that is assumed with other credentials: by MinIO's own STS, and by one as strict as Amazon's.

use backstop::report::{FindingCode, Outcome, Verdict};
use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{Imds, Sts, StsRules, refused_port};

use super::owner::Owner;
use super::scene::{Scene, each, no_credential};
use crate::journeys::harness::{FAILED, PASSED, Told, text};

const WRONG: &str = "planted-wrong-secret-0123456789abcdefghi";
const EXTERNAL_ID: &str = "planted-external-id-4711";
const ROLE: &str = "backup-writer";
const NODE: &str = "backup-node";

const BASE: &str = "kind = \"assume-role\"\naccess_key_id_env = \"BASE_ID\"\nsecret_access_key_env = \"BASE_SECRET\"";

fn with_base(scene: Scene, (id, secret): (&str, &str)) -> Scene {
    let scene = scene.set("BASE_ID", id).set("BASE_SECRET", secret);
    scene.secret(secret)
}

pub(crate) fn minios_own_service_gives_a_session_to_a_user() -> Told {
    let owner = Owner::new()?;
    let run = with_base(owner.config(BASE), owner.keys()).verify()?;
    let run = run.passes_by(Way::AssumeRole, &owner.id)?;
    let found = run.report.credential.as_ref().ok_or("no credential")?;
    assert!(found.refreshes && found.expires_at.is_some(), "{found:?}");
    assert_ne!(found.id, owner.id, "the session has a key of its own");
    assert_eq!(run.outcome("principal"), Outcome::Unsupported);

    let run = with_base(owner.config(BASE), (&owner.id, WRONG)).verify()?;
    let words = ["assumed by", owner.id.as_str()];
    run.fails_for(&no_credential(
        ErrorKind::SignatureRejected,
        "wrong-secret",
        &words,
    ))?;
    let run = with_base(owner.config(BASE), ("NOBODY-KNOWS-IT", WRONG)).verify()?;
    run.fails_for(&no_credential(
        ErrorKind::Unauthenticated,
        "credentials-unknown",
        &[],
    ))?;
    Ok(())
}

/// The account of a role, which a user may assume who knows an external id.
struct Account {
    owner: Owner,
    user: (String, String),
    sts: Sts,
}

impl Account {
    fn new() -> Result<Self, String> {
        let owner = Owner::new()?;
        let user = (
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        );
        let rules = StsRules::new(owner.mint())
            .user("ci", user)
            .role(ROLE, "ci", Some(EXTERNAL_ID))
            .role("of-somebody-else", "root", None)
            .role("of-the-node", NODE, None);
        let sts = Sts::start(rules).map_err(text)?;
        let user = (user.0.to_owned(), user.1.to_owned());
        Ok(Self { owner, user, sts })
    }

    fn scene(&self, role: &str, external_id: Option<&str>) -> Scene {
        let id = external_id.map_or_else(String::new, |id| format!("external_id = \"{id}\"\n"));
        let arn = self.sts.role_arn(role);
        let credentials = format!("{BASE}\nrole_arn = \"{arn}\"\nsession_name = \"web-1\"\n{id}");
        let (server, sts) = (self.owner.server.endpoint(), self.sts.endpoint());
        let store = format!("endpoint_url = \"{server}\"\nsts_endpoint_url = \"{sts}\"");
        let scene = Scene::s3(&self.owner.bucket, &store, &credentials);
        with_base(scene, (&self.user.0, &self.user.1)).secret(EXTERNAL_ID)
    }

    fn expecting(&self, pattern: &str) -> Scene {
        let scene = self.scene(ROLE, Some(EXTERNAL_ID));
        scene.edited(
            "[targets.it.s3]",
            &format!("expect_principal = \"{pattern}\"\n[targets.it.s3]"),
        )
    }
}

pub(crate) fn a_role_is_assumed_and_the_service_says_who_that_is() -> Told {
    let account = Account::new()?;
    let run = account.scene(ROLE, Some(EXTERNAL_ID)).verify()?;
    let run = run.passes_by(Way::AssumeRole, &account.sts.role_arn(ROLE))?;
    let principal = run.report.principal.as_ref().ok_or("nobody")?;
    let session = format!("arn:aws:sts::123456789012:assumed-role/{ROLE}/web-1");
    assert_eq!(principal.id, session);
    assert!(
        principal.known_as.contains(&account.sts.role_arn(ROLE)),
        "{principal:?}"
    );
    let number = principal.claims.get("account").map(String::as_str);
    assert_eq!(number, Some("123456789012"), "{principal:?}");
    assert_eq!(run.outcome("principal"), Outcome::Passed);
    Ok(())
}

/// Configures a role that is assumed with what some lines say.
fn based(account: &Account, role: &str, lines: &str) -> Scene {
    let arn = account.sts.role_arn(role);
    let credentials = format!(
        "kind = \"assume-role\"\nrole_arn = \"{arn}\"\nexternal_id = \"{EXTERNAL_ID}\"\n{lines}"
    );
    let (server, sts) = (account.owner.server.endpoint(), account.sts.endpoint());
    let store = format!("endpoint_url = \"{server}\"\nsts_endpoint_url = \"{sts}\"");
    let (id, secret) = (&account.user.0, &account.user.1);
    let profiles = format!(
        "[ci]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n\
         [writer]\nrole_arn = {}\nsource_profile = ci\nexternal_id = {EXTERNAL_ID}\n",
        account.sts.role_arn(ROLE)
    );
    Scene::s3(&account.owner.bucket, &store, &credentials)
        .file(".aws/credentials", profiles)
        .set("AWS_ACCESS_KEY_ID", id)
        .set("AWS_SECRET_ACCESS_KEY", secret)
        .secret(secret)
        .secret(EXTERNAL_ID)
}

pub(crate) fn a_role_may_be_assumed_with_any_other_way() -> Told {
    let account = Account::new()?;
    let minted = account.owner.minted()?;
    account.sts.knows(&minted, NODE, "i-0123456789abcdef0");
    let imds = Imds::start(NODE, move || minted.clone()).map_err(text)?;
    let node = based(&account, "of-the-node", "source = \"node-role\"")
        .set("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint())
        .set("AWS_EC2_METADATA_DISABLED", "false");
    let profile = based(&account, ROLE, "").edited("kind = \"assume-role\"", "kind = \"profile\"");
    let profile = profile
        .edited(
            &format!("role_arn = \"{}\"\n", account.sts.role_arn(ROLE)),
            "profile = \"writer\"\n",
        )
        .edited(&format!("external_id = \"{EXTERNAL_ID}\"\n"), "");
    let rows = [
        (
            "a profile",
            based(&account, ROLE, "source_profile = \"ci\""),
            Way::AssumeRole,
            ROLE,
        ),
        (
            "the environment",
            based(&account, ROLE, "source = \"environment\""),
            Way::AssumeRole,
            ROLE,
        ),
        ("a node", node, Way::AssumeRole, "of-the-node"),
        ("a profile that names a role", profile, Way::Profile, ROLE),
    ];
    each(rows, |(name, scene, way, role)| {
        let run = scene.called(name).verify()?;
        let run = run.passes_by(way, &account.sts.role_arn(role))?;
        let known = run.report.principal.iter().flat_map(|it| &it.known_as);
        let arn = account.sts.role_arn(role);
        run.expect(known.into_iter().any(|name| *name == arn), "somebody else")
    })?;

    let absent = based(&account, ROLE, "source_profile = \"nobody\"");
    let words = ["no profile nobody", ROLE];
    let cause = no_credential(ErrorKind::Unauthenticated, "credentials-unknown", &words);
    absent.verify()?.fails_for(&cause)?;
    Ok(())
}

pub(crate) fn a_role_that_may_not_be_assumed_is_named() -> Told {
    let account = Account::new()?;
    let arn = account.sts.role_arn(ROLE);
    let rows: [(&str, Scene, &[&str]); 4] = [
        (
            "a wrong external id",
            account.scene(ROLE, Some("planted-other-id")),
            &[&arn, "external id: given"],
        ),
        (
            "no external id",
            account.scene(ROLE, None),
            &[&arn, "external id: not given"],
        ),
        (
            "a role of others",
            account.scene("of-somebody-else", None),
            &["of-somebody-else"],
        ),
        (
            "a role that is not there",
            account.scene("of-nobody", None),
            &["of-nobody"],
        ),
    ];
    each(rows, |(name, scene, words)| {
        let scene = scene.called(name).secret("planted-other-id");
        let cause = no_credential(ErrorKind::PermissionDenied, "assume-role-denied", words);
        scene.verify()?.fails_for(&cause)?;
        Ok(())
    })?;
    let scene = account
        .scene(ROLE, Some(EXTERNAL_ID))
        .set("BASE_SECRET", WRONG);
    let cause = no_credential(
        ErrorKind::SignatureRejected,
        "wrong-secret",
        &["SignatureDoesNotMatch"],
    );
    scene.verify()?.fails_for(&cause)?;
    assert_eq!(account.sts.issued(), 0, "nothing was handed out");
    Ok(())
}

pub(crate) fn a_token_service_that_is_not_there_is_named() -> Told {
    let account = Account::new()?;
    let address = refused_port().map_err(text)?.to_string();
    let scene = account.scene(ROLE, Some(EXTERNAL_ID));
    let scene = scene.edited(&account.sts.endpoint(), &format!("http://{address}"));
    let words = [address.as_str(), ROLE];
    let cause = no_credential(ErrorKind::Unreachable, "unreachable", &words);
    scene.verify()?.fails_for(&cause)?;
    Ok(())
}

pub(crate) fn a_store_without_a_token_service_says_what_we_are_known_by() -> Told {
    let owner = Owner::new()?;
    let scene = owner.s3_url().set("AWS_ACCESS_KEY_ID", &owner.id);
    let scene = scene
        .set("AWS_SECRET_ACCESS_KEY", &owner.secret)
        .set("AWS_REGION", "us-east-1");
    let run = scene.verify()?.passes_by(Way::AccessKey, "environment")?;
    let finding = run.check("principal").finding.as_ref();
    let said = finding.map(|it| (it.code, it.summary.contains(&owner.id)));
    run.expect(
        said == Some((FindingCode::Unsupported, true)),
        "another finding",
    )
}

pub(crate) fn somebody_else_than_expected_fails() -> Told {
    let account = Account::new()?;
    let arn = account.sts.role_arn(ROLE);
    let ours = [
        arn.as_str(),
        "arn:aws:iam::*:role/backup-*",
        "arn:aws:sts::123456789012:assumed-role/backup-writer/web-1",
    ];
    each(ours, |pattern| {
        let run = account.expecting(pattern).called(pattern).verify()?;
        run.passes_by(Way::AssumeRole, &arn).map(drop)
    })?;
    let others = [
        "arn:aws:iam::*:role/restore-*",
        "arn:aws:iam::123456789012:role/backup",
    ];
    each(others, |pattern| {
        let run = account.expecting(pattern).called(pattern).verify()?;
        let run = run.fails_with("other-principal", &[pattern, &arn])?;
        let finding = run.finding("principal");
        run.expect(
            finding == Some(FindingCode::OtherPrincipal),
            "another finding",
        )
    })
}

pub(crate) fn who_is_expected_can_be_said_beside_a_url() -> Told {
    let account = Account::new()?;
    let owner = &account.owner;
    let minted = owner.minted()?;
    account.sts.knows(&minted, ROLE, "web-1");
    let scene = |pattern: &str| {
        owner
            .s3_url()
            .set("AWS_REGION", "us-east-1")
            .set("AWS_ENDPOINT_URL_STS", account.sts.endpoint())
            .set("AWS_ACCESS_KEY_ID", &minted.access_key)
            .set("AWS_SECRET_ACCESS_KEY", &minted.secret_key)
            .set("AWS_SESSION_TOKEN", &minted.session_token)
            .secret(&minted.session_token)
            .flag("--expect-principal", pattern)
    };
    let run = scene("arn:aws:iam::*:role/backup-*").verify()?;
    // The session is MinIO's, and its token tells that it ends soon.
    run.expect_end(PASSED, Verdict::Degraded)?;
    run.expect(run.codes() == ["credential-ends-soon"], "another cause")?;
    run.expect(run.outcome("principal") == Outcome::Passed, "somebody else")?;
    let run = scene("arn:aws:iam::*:role/restore-*").verify()?;
    run.expect_end(FAILED, Verdict::Failed)?;
    run.expect(run.codes().contains(&"other-principal"), "another cause")?;
    run.expect_words(&["role/restore-*"])?;

    // A service that cannot tell is no proof.
    let scene = owner.url().set("AWS_ACCESS_KEY_ID", &owner.id);
    let scene = scene.set("AWS_SECRET_ACCESS_KEY", &owner.secret);
    let run = scene.flag("--expect-principal", &owner.id).verify()?;
    run.expect_end(FAILED, Verdict::Failed)?;
    let outcome = run.outcome("principal");
    run.expect(outcome == Outcome::Unsupported, "it was told")
}
