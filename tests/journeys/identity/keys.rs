//! An access key, from everywhere a user keeps one.

use backstop::report::{FindingCode, Verdict};
use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{Answer, Minted, Response, Scripted};

use super::owner::Owner;
use super::scene::{HOME, Scene, each, no_credential, not_taken};
use crate::journeys::harness::{PASSED, Told, text};

const WRONG: &str = "planted-wrong-secret-0123456789abcdefghi";

/// A place that keys are kept in: its name, the scene, the way, and what names the source.
type Kept = (&'static str, Scene, Way, &'static str);

fn ini(profile: &str, (id, secret): (&str, &str)) -> String {
    format!("[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")
}

/// Keeps a key in every place that a configuration can name.
fn configured(owner: &Owner, (id, secret): (&str, &str)) -> Vec<Kept> {
    let files = format!(
        "kind = \"access-key\"\naccess_key_id_file = \"{HOME}/id\"\n\
         secret_access_key_file = \"{HOME}/secret\""
    );
    let folder = format!("kind = \"access-key\"\ndirectory = \"{HOME}/mounted\"");
    let variables = "access_key_id_env = \"STORE_ID\"\nsecret_access_key_env = \"STORE_SECRET\"";
    let profile = "kind = \"profile\"\nprofile = \"backup\"";
    vec![
        (
            "files",
            owner
                .config(&files)
                .file("id", id)
                .file("secret", format!("{secret}\n")),
            Way::AccessKey,
            "/secret",
        ),
        (
            "variables",
            owner
                .config(variables)
                .set("STORE_ID", id)
                .set("STORE_SECRET", secret),
            Way::AccessKey,
            "STORE_SECRET",
        ),
        (
            "a Secret of Kubernetes",
            owner
                .config(&folder)
                .file("mounted/..2026_11_22/access-key-id", id)
                .file("mounted/..2026_11_22/secret-access-key", secret)
                .link("mounted/..data", "..2026_11_22")
                .link("mounted/access-key-id", "..data/access-key-id")
                .link("mounted/secret-access-key", "..data/secret-access-key"),
            Way::AccessKey,
            "/mounted",
        ),
        (
            "a profile by its name",
            owner
                .config(profile)
                .file(".aws/credentials", ini("backup", (id, secret))),
            Way::Profile,
            "backup",
        ),
    ]
}

/// Keeps a key in every place that is looked into without a configuration.
fn usual(owner: &Owner, keys: (&str, &str)) -> Vec<Kept> {
    let (id, secret) = keys;
    let variables = format!(
        "# of the cloud team\nexport AWS_ACCESS_KEY_ID=\"{id}\"\nAWS_SECRET_ACCESS_KEY='{secret}'\n"
    );
    let json =
        format!("{{\"Version\": 1, \"AccessKeyId\": \"{id}\", \"SecretAccessKey\": \"{secret}\"}}");
    let given = |content: &str| {
        owner
            .url()
            .file("given", content)
            .flag("--credentials", "given")
    };
    vec![
        (
            "the environment",
            owner
                .url()
                .set("AWS_ACCESS_KEY_ID", id)
                .set("AWS_SECRET_ACCESS_KEY", secret),
            Way::AccessKey,
            "environment",
        ),
        (
            "the default profile",
            owner.url().file(".aws/credentials", ini("default", keys)),
            Way::Profile,
            "default",
        ),
        (
            "the profile of AWS_PROFILE",
            owner
                .url()
                .file(".aws/credentials", ini("backup", keys))
                .set("AWS_PROFILE", "backup"),
            Way::Profile,
            "backup",
        ),
        (
            "a profile with a command",
            owner
                .url()
                .file(
                    ".aws/config",
                    format!("[default]\ncredential_process = cat {HOME}/printed\n"),
                )
                .file("printed", json.as_str()),
            Way::Profile,
            "default",
        ),
        (
            "systemd's credentials",
            owner
                .url()
                .file("run/aws_access_key_id", id)
                .file("run/aws_secret_access_key", secret)
                .set("CREDENTIALS_DIRECTORY", format!("{HOME}/run")),
            Way::AccessKey,
            "systemd credential aws_secret_access_key",
        ),
        (
            "a credentials file of AWS",
            given(&ini("default", keys)),
            Way::AccessKey,
            "file given",
        ),
        (
            "an env-file",
            given(&variables),
            Way::AccessKey,
            "file given",
        ),
        ("JSON", given(&json), Way::AccessKey, "file given"),
        (
            "standard input",
            owner.url().input(variables).flag("--credentials", "-"),
            Way::AccessKey,
            "standard input",
        ),
    ]
}

fn everywhere(owner: &Owner, keys: (&str, &str)) -> Vec<Kept> {
    let mut kept = configured(owner, keys);
    kept.extend(usual(owner, keys));
    kept
}

pub(crate) fn a_key_is_found_wherever_it_is_kept() -> Told {
    let owner = Owner::new()?;
    each(
        everywhere(&owner, owner.keys()),
        |(name, scene, way, source)| {
            let scene = scene.called(name).secret(&owner.secret);
            let run = scene.verify()?.passes_by(way, source)?;
            let principal = run.report.principal.as_ref().map(|it| &it.id);
            run.expect(principal == Some(&owner.id), "somebody else")?;
            Ok(())
        },
    )?;
    Ok(())
}

pub(crate) fn a_wrong_secret_is_named_wherever_it_is_kept() -> Told {
    let owner = Owner::new()?;
    let words = ["SignatureDoesNotMatch", "http 403"];
    let cause = not_taken(ErrorKind::SignatureRejected, "wrong-secret", &words);
    each(
        everywhere(&owner, (&owner.id, WRONG)),
        |(name, scene, way, _)| {
            let run = scene.called(name).secret(WRONG).verify()?;
            let run = run.fails_for(&cause)?;
            let found = run.report.credential.as_ref().map(|found| found.way);
            run.expect(found == Some(way), "another way")?;
            Ok(())
        },
    )?;
    Ok(())
}

pub(crate) fn what_is_not_there_is_said_before_any_request() -> Told {
    let owner = Owner::new()?;
    let config = |lines: &str| owner.config(lines);
    let given = |content: &str| {
        owner
            .url()
            .file("given", content)
            .flag("--credentials", "given")
    };
    let rows: [(Scene, &[&str]); 8] = [
        (
            config(&format!(
                "access_key_id_file = \"{HOME}/id\"\nsecret_access_key_file = \"{HOME}/no\""
            )),
            &["backstop.toml:", "/no", "it does not exist"],
        ),
        (
            config("access_key_id_env = \"STORE_ID\"\nsecret_access_key_env = \"STORE_NO\""),
            &["backstop.toml:", "STORE_NO", "not set"],
        ),
        (
            config(&format!("directory = \"{HOME}/mounted\""))
                .file("mounted/username", &owner.id)
                .file("mounted/password", &owner.secret),
            &["backstop.toml:", "username", "password", "access_key_id"],
        ),
        (
            config(&format!("directory = \"{HOME}/nowhere\"")),
            &["backstop.toml:", "/nowhere"],
        ),
        (
            owner.url().flag("--credentials", "nowhere"),
            &["--credentials", "nowhere"],
        ),
        (given(""), &["given:1", "nothing in it"]),
        (given("{\"user\": \"planted-user\"}"), &["given"]),
        (
            owner.url().set("AWS_ACCESS_KEY_ID", &owner.id),
            &["AWS_SECRET_ACCESS_KEY"],
        ),
    ];
    each(rows, |(scene, words)| {
        let scene = scene.secret(&owner.secret).secret("planted-user");
        scene.is_refused(words)
    })
}

pub(crate) fn a_credential_that_looks_wrong_is_told_when_it_is_refused() -> Told {
    let owner = Owner::new()?;
    let encoded = owner.secret.replace('-', "%2F");
    let quoted = format!("\"{}\"", owner.secret);
    let rows = [
        (
            "URL-encoded",
            (owner.id.as_str(), encoded.as_str()),
            "URL-encoded",
        ),
        ("in quotes", (&owner.id, &quoted), "quot"),
        (
            "swapped",
            (
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                "AKIAIOSFODNN7EXAMPLE",
            ),
            "swapped",
        ),
    ];
    each(rows, |(name, (id, secret), word)| {
        let scene = owner.url().called(name).set("AWS_ACCESS_KEY_ID", id);
        let run = scene.set("AWS_SECRET_ACCESS_KEY", secret).verify()?;
        let run = run.fails_with("malformed-credential", &[word])?;
        let finding = run.check("credential").finding.as_ref();
        let said = finding.map(|it| it.code);
        run.expect(said == Some(FindingCode::Malformed), "another finding")
    })
}

fn with_token(owner: &Owner, minted: &Minted) -> [(&'static str, Scene); 4] {
    let Minted {
        access_key,
        secret_key,
        session_token,
        expires_at,
    } = minted;
    let files = format!(
        "access_key_id_file = \"{HOME}/id\"\nsecret_access_key_file = \"{HOME}/secret\"\n\
         session_token_file = \"{HOME}/token\""
    );
    let answer = format!(
        "{{\"Credentials\": {{\"AccessKeyId\": \"{access_key}\", \"SecretAccessKey\": \
         \"{secret_key}\", \"SessionToken\": \"{session_token}\", \"Expiration\": \
         \"{expires_at}\"}}, \"AssumedRoleUser\": {{\"Arn\": \"arn:aws:sts::1:assumed-role/a/b\"}}}}"
    );
    let profile = format!(
        "{}aws_session_token = {session_token}\n",
        ini("default", (access_key, secret_key))
    );
    [
        (
            "the environment",
            owner
                .url()
                .set("AWS_ACCESS_KEY_ID", access_key)
                .set("AWS_SECRET_ACCESS_KEY", secret_key)
                .set("AWS_SESSION_TOKEN", session_token),
        ),
        (
            "files",
            owner
                .config(&files)
                .file("id", access_key)
                .file("secret", secret_key)
                .file("token", session_token),
        ),
        (
            "the answer of aws sts assume-role",
            owner
                .url()
                .file("given", answer)
                .flag("--credentials", "given"),
        ),
        ("a profile", owner.url().file(".aws/credentials", profile)),
    ]
}

pub(crate) fn a_session_token_is_used_and_a_changed_one_is_not_taken() -> Told {
    let owner = Owner::new()?;
    let minted = owner.minted()?;
    let secrets = |scene: Scene, minted: &Minted| {
        scene
            .secret(&minted.secret_key)
            .secret(&minted.session_token)
    };
    each(with_token(&owner, &minted), |(name, scene)| {
        let run = secrets(scene.called(name), &minted).verify()?;
        let way = if name == "a profile" {
            Way::Profile
        } else {
            Way::AccessKey
        };
        // MinIO's token tells its end, and nobody fetches another one.
        run.expect_end(PASSED, Verdict::Degraded)?;
        run.expect(run.codes() == ["credential-ends-soon"], "another cause")?;
        let found = run.report.credential.as_ref();
        let found = found.map(|it| (it.way, it.expires_at));
        let expected = (way, Some(minted.expires_at));
        run.expect(found == Some(expected), "another way or end")
    })?;
    let mut changed = minted.clone();
    changed.session_token = minted.session_token.replace("eyJ", "eyK");
    assert_ne!(changed.session_token, minted.session_token);
    let cause = not_taken(
        ErrorKind::Unauthenticated,
        "credentials-unknown",
        &["InvalidTokenId"],
    );
    each(with_token(&owner, &changed), |(name, scene)| {
        let scene = scene.called(name);
        secrets(scene, &changed).verify()?.fails_for(&cause)?;
        Ok(())
    })?;
    Ok(())
}

pub(crate) fn a_session_that_has_ended_is_named() -> Told {
    // No server gives a session that ends within a test, so one says what Amazon says then.
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>ExpiredToken</Code><Message>The provided token has \
                expired.</Message><RequestId>PSV8</RequestId></Error>";
    let server = Scripted::start(move |_| {
        Answer::from(Response::new(400, body).with("Content-Type", "application/xml"))
    });
    let server = server.map_err(text)?;
    // Amazon's tokens tell nobody their end.
    let token = "IQoJb3JpZ2luX2VjEXAMPLE-planted-session-token";
    let store = format!("endpoint_url = \"{}\"", server.endpoint());
    let lines = "access_key_id_env = \"ID\"\nsecret_access_key_env = \"SECRET\"\nsession_token_env = \"TOKEN\"";
    let scene = Scene::s3("bucket", &store, lines)
        .set("ID", "ASIAIOSFODNN7EXAMPLE")
        .set("SECRET", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        .set("TOKEN", token);
    let cause = not_taken(
        ErrorKind::CredentialExpired,
        "credential-expired",
        &["ExpiredToken"],
    );
    scene.secret(token).verify()?.fails_for(&cause)?;
    Ok(())
}

/// Configures a command, which is a shell script.
fn process(owner: &Owner, script: &str) -> Scene {
    let credentials = format!(
        "kind = \"process\"\ncredential_process = \"sh {HOME}/print.sh --password planted-argument\""
    );
    let scene = owner.config(&credentials).file("print.sh", script);
    scene.secret("planted-argument").secret(&owner.secret)
}

pub(crate) fn a_command_prints_a_key_or_is_told_to_have_failed() -> Told {
    let owner = Owner::new()?;
    let (id, secret) = owner.keys();
    let json = |secret: &str| {
        format!(
            "echo '{{\"Version\": 1, \"AccessKeyId\": \"{id}\", \"SecretAccessKey\": \"{secret}\"}}'"
        )
    };
    process(&owner, &json(secret))
        .verify()?
        .passes_by(Way::Process, "sh")?;
    let cause = not_taken(ErrorKind::SignatureRejected, "wrong-secret", &[]);
    process(&owner, &json(WRONG)).verify()?.fails_for(&cause)?;

    let unusable = |words| no_credential(ErrorKind::Unauthenticated, "credentials-unknown", words);
    let failing = "echo planted-on-stderr >&2\necho planted-on-stdout\nexit 7";
    let run = process(&owner, failing).secret("planted-on-std").verify()?;
    run.fails_for(&unusable(&["7"]))?;
    let nonsense = process(&owner, "echo planted-nonsense").secret("planted-nonsense");
    nonsense.verify()?.fails_for(&unusable(&["JSON"]))?;
    let absent = "kind = \"process\"\ncredential_process = \"no-such-command-at-all\"";
    owner.config(absent).verify()?.fails_for(&unusable(&[]))?;
    Ok(())
}

pub(crate) fn a_persons_profile_does_not_prove_a_nodes_identity() -> Told {
    let owner = Owner::new()?;
    let scene = owner.url().secret(&owner.secret);
    let scene = scene.file(".aws/credentials", ini("default", owner.keys()));
    let done = scene.told(&[])?;
    assert_eq!(done.code, Some(PASSED), "{}", done.output());
    // Lines are broken at spaces.
    let told = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["not proven here", "a person's", "backstop job"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let scene = owner.url().secret(&owner.secret);
    let scene = scene.set("AWS_ACCESS_KEY_ID", &owner.id);
    let done = scene
        .set("AWS_SECRET_ACCESS_KEY", &owner.secret)
        .told(&[])?;
    assert_eq!(done.code, Some(PASSED), "{}", done.output());
    assert!(!done.stdout.contains("person"), "{}", done.stdout);
    Ok(())
}
