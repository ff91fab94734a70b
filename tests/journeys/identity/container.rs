//! What the agent of EKS Pod Identity hands out, made by MinIO's own STS.

use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{ContainerAgent, Minted};

use super::owner::Owner;
use super::scene::{HOME, Scene, each, no_credential, not_taken};
use crate::journeys::harness::{Told, text};

/// What the kubelet would mount.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.cGxhbnRlZC1wb2Q.planted-signature-of-a-pod";
const CONTAINER: &str = "kind = \"container\"";

/// Lets a run find an agent, and the token in a file.
fn at(scene: Scene, agent: &ContainerAgent, token: &str) -> Scene {
    let scene = scene
        .file("token", token)
        .set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.full_uri())
        .set(
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            format!("{HOME}/token"),
        );
    scene.secret(TOKEN).secret("planted-signature")
}

pub(crate) fn a_pods_credentials_are_taken() -> Told {
    let owner = Owner::new()?;
    let agent = ContainerAgent::start(TOKEN, owner.mint()).map_err(text)?;
    for scene in [
        at(owner.config(CONTAINER), &agent, TOKEN),
        at(owner.url(), &agent, TOKEN),
        owner
            .config(CONTAINER)
            .set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.full_uri())
            .set("AWS_CONTAINER_AUTHORIZATION_TOKEN", TOKEN),
    ] {
        let run = scene.verify()?.passes_by(Way::Container, "127.0.0.1")?;
        let found = run.report.credential.as_ref();
        assert!(found.is_some_and(|found| found.refreshes), "{found:?}");
    }
    assert_eq!(
        agent.issued(),
        3,
        "the credentials of a run are fetched once"
    );
    Ok(())
}

pub(crate) fn a_pod_without_usable_credentials_is_told_why() -> Told {
    let owner = Owner::new()?;
    let agent = ContainerAgent::start(TOKEN, owner.mint()).map_err(text)?;
    let wrong = "planted.other.token-of-a-pod";
    let absent = at(owner.config(CONTAINER), &agent, TOKEN).set(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        format!("{HOME}/nowhere"),
    );
    let elsewhere = at(owner.config(CONTAINER), &agent, TOKEN).set(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "http://192.0.2.1/v1/credentials",
    );
    let rows: [(&str, Scene, &[&str]); 5] = [
        (
            "a wrong token",
            at(owner.config(CONTAINER), &agent, wrong),
            &["http 400", "127.0.0.1"],
        ),
        (
            "a line's end",
            at(owner.config(CONTAINER), &agent, &format!("{TOKEN}\n")),
            &["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "newline"],
        ),
        ("no file", absent, &["/nowhere"]),
        ("another host", elsewhere, &["192.0.2.1"]),
        (
            "nothing set",
            owner.config(CONTAINER),
            &["AWS_CONTAINER_CREDENTIALS_"],
        ),
    ];
    each(rows, |(name, scene, words)| {
        let cause = no_credential(ErrorKind::Unauthenticated, "credentials-unknown", words);
        scene
            .called(name)
            .secret(wrong)
            .verify()?
            .fails_for(&cause)?;
        Ok(())
    })?;
    assert_eq!(agent.issued(), 0);

    let minted = owner.minted()?;
    let wrong = Minted {
        secret_key: "planted-wrong-secret-0123456789".to_owned(),
        ..minted
    };
    let agent = ContainerAgent::start(TOKEN, move || wrong.clone()).map_err(text)?;
    let scene = at(owner.config(CONTAINER), &agent, TOKEN);
    let scene = scene.secret("planted-wrong-secret-0123456789");
    let cause = not_taken(
        ErrorKind::SignatureRejected,
        "wrong-secret",
        &["SignatureDoesNotMatch"],
    );
    scene.verify()?.fails_for(&cause)?;
    Ok(())
}
