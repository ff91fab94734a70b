//! The role of a machine, by a metadata service that hands out what MinIO's own STS made.

use std::time::Duration;

use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{Imds, Minted, Proxy, refused_port};

use super::owner::Owner;
use super::scene::{Scene, no_credential, not_taken, target};
use super::tap::Tap;
use crate::journeys::harness::{PASSED, Told, text};

const ROLE: &str = "backup-node";
const NODE: &str = "kind = \"node-role\"";

/// Lets a run find a metadata service.
fn at(scene: Scene, endpoint: &str) -> Scene {
    let scene = scene.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint);
    scene.set("AWS_EC2_METADATA_DISABLED", "false")
}

pub(crate) fn the_role_of_a_machine_is_taken() -> Told {
    let owner = Owner::new()?;
    let imds = Imds::start(ROLE, owner.mint()).map_err(text)?;
    let run = at(owner.config(NODE), &imds.endpoint()).verify()?;
    let run = run.passes_by(Way::NodeRole, ROLE)?;
    let found = run.report.credential.as_ref().ok_or("no credential")?;
    assert!(found.passed_over.is_empty(), "{found:?}");
    assert!(found.refreshes && found.expires_at.is_some(), "{found:?}");
    assert_eq!(
        imds.issued(),
        1,
        "the credentials of a run are fetched once"
    );
    Ok(())
}

pub(crate) fn the_chain_ends_at_the_machine_and_says_why() -> Told {
    let owner = Owner::new()?;
    let imds = Imds::start(ROLE, owner.mint()).map_err(text)?;
    let run = at(owner.url(), &imds.endpoint()).verify()?;
    let run = run.passes_by(Way::NodeRole, ROLE)?;
    let found = run.report.credential.as_ref().ok_or("no credential")?;
    let links: Vec<_> = found
        .passed_over
        .iter()
        .map(|link| link.link.as_str())
        .collect();
    assert_eq!(
        links,
        ["environment", "profile", "web identity", "container"]
    );
    for (link, word) in found.passed_over.iter().zip([
        "AWS_ACCESS_KEY_ID",
        "profile",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS",
    ]) {
        assert!(link.reason.contains(word), "{link:?}");
    }
    let done = at(owner.url(), &imds.endpoint()).told(&[])?;
    assert_eq!(done.code, Some(PASSED), "{}", done.output());
    let told = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "backup-node",
        "not environment (AWS_ACCESS_KEY_ID is not set)",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    Ok(())
}

pub(crate) fn a_machine_without_a_usable_role_is_named() -> Told {
    let owner = Owner::new()?;
    let none = Imds::start(ROLE, owner.mint())
        .map_err(text)?
        .without_role();
    let cause = no_credential(ErrorKind::Unauthenticated, "no-node-role", &[]);
    at(owner.config(NODE), &none.endpoint())
        .verify()?
        .fails_for(&cause)?;

    let minted = owner.minted()?;
    let wrong = Minted {
        secret_key: "planted-wrong-secret-0123456789".to_owned(),
        ..minted
    };
    let imds = Imds::start(ROLE, move || wrong.clone()).map_err(text)?;
    let cause = not_taken(
        ErrorKind::SignatureRejected,
        "wrong-secret",
        &["SignatureDoesNotMatch"],
    );
    let scene = at(owner.config(NODE), &imds.endpoint());
    scene
        .secret("planted-wrong-secret-0123456789")
        .verify()?
        .fails_for(&cause)?;
    Ok(())
}

pub(crate) fn a_metadata_service_that_is_not_there_is_named() -> Told {
    let owner = Owner::new()?;
    let address = refused_port().map_err(text)?.to_string();
    let scene = at(owner.config(NODE), &format!("http://{address}"));
    // The place of the run is the store, which has nothing to do with it.
    let words = [address.as_str()];
    let cause = no_credential(ErrorKind::Unreachable, "unreachable", &words);
    scene.verify()?.fails_for(&cause)?;

    let disabled = at(owner.config(NODE), &format!("http://{address}"));
    let disabled = disabled.set("AWS_EC2_METADATA_DISABLED", "true");
    let words = ["AWS_EC2_METADATA_DISABLED"];
    let cause = no_credential(ErrorKind::Unauthenticated, "credentials-unknown", &words);
    disabled.verify()?.fails_for(&cause)?;
    Ok(())
}

pub(crate) fn credentials_are_fetched_anew_while_a_backup_goes_up() -> Told {
    let owner = Owner::new()?;
    let imds = Imds::start(ROLE, owner.mint()).map_err(text)?;
    let imds = imds.declares_expiry(Duration::from_secs(12));
    let tap = Tap::start(owner.server.host().parse().map_err(text)?)?;
    let line = Proxy::start(tap.address()).map_err(text)?;
    let slow = Duration::from_millis(150);
    line.set_latency(slow, slow);
    let store = format!("endpoint_url = \"{}\"", line.endpoint());
    let config = target("it", "minio", &owner.bucket, &store, NODE);
    let scene = at(Scene::configured(&config), &imds.endpoint());
    let run = scene.verify_with(&["--size", "64MiB"])?;
    run.passes_by(Way::NodeRole, ROLE)?;
    assert!(imds.issued() > 1, "{} were given out", imds.issued());
    assert!(tap.ids().len() > 1, "{:?} have signed", tap.ids());
    Ok(())
}
