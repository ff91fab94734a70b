//! Managed identities on a real Azurite, and machines that are in no cloud.

use std::time::Duration;

use backstop::report::{Outcome, Verdict};
use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{AzureImds, AzuriteEntra, BlackHole, Servers, refused_port};

use super::harness::{Place, Told, UNKNOWN, binary, text};
use super::identity_azure_story::{
    Folder, failed, finish, nobody, of_credential, refused_unasked, table, taken, undecided, verify,
};

use ErrorKind::{TimedOut, Unauthenticated};

const UNKNOWN_ID: &str = "00000000-1111-2222-3333-444444444444";
/// Where the SDKs of Azure look for the metadata service in place of its usual address.
const METADATA: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
/// What a run may take beyond the time that was asked for.
const SLACK: Duration = Duration::from_secs(2);

fn shared() -> Result<(&'static AzuriteEntra, String), String> {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    Ok((both, both.azurite.fresh_container().map_err(text)?))
}

pub(crate) fn each_managed_identity_can_be_named() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let machine = AzureImds::start(&both.entra).map_err(text)?;
    let (system, user) = (machine.system_client_id(), machine.client_id());
    for (fields, client) in [
        (vec![], system),
        (vec![("client_id", user)], user),
        (vec![("object_id", machine.object_id())], user),
        (vec![("resource_id", machine.resource_id())], user),
    ] {
        let place = folder.target(both, &container, &table("managed_identity", &fields))?;
        let place = place.set(METADATA, machine.endpoint());
        let run = taken(verify(&place, &[])?, Way::ManagedIdentity, "config file");
        let found = run.report.credential.as_ref().ok_or("no credential")?;
        assert!(found.refreshes && found.expires_at.is_some(), "{found:?}");
        assert!(found.passed_over.is_empty(), "{found:?}");
        let principal = run.report.principal.as_ref();
        let id = principal.map_or("", |it| it.id.as_str());
        assert!(id.contains(client), "{fields:?}: {id}");
    }
    Ok(())
}

pub(crate) fn a_managed_identity_is_the_last_link_of_the_chain() -> Told {
    let (both, container) = shared()?;
    let machine = AzureImds::start(&both.entra).map_err(text)?;
    let system = nobody(both, &container).set(METADATA, machine.endpoint());
    let user = system.clone().set("AZURE_CLIENT_ID", machine.client_id());
    for place in [system, user] {
        let run = taken(verify(&place, &[])?, Way::ManagedIdentity, "");
        let passed_over = run.report.credential.map(|it| it.passed_over);
        let told: Vec<_> = passed_over
            .iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        let told = told.join("; ");
        for name in [
            "AZURE_CLIENT_SECRET",
            "AZURE_CLIENT_CERTIFICATE_PATH",
            "AZURE_FEDERATED_TOKEN_FILE",
            "AZURE_STORAGE_SAS_TOKEN",
            "AZURE_STORAGE_KEY",
            "AZURE_STORAGE_CONNECTION_STRING",
        ] {
            assert!(told.contains(name), "{name}: {told}");
        }
    }
    // A person is told the same.
    let place = nobody(both, &container).set(METADATA, machine.endpoint());
    let cli = binary()?.args(["verify"]).args(place.words());
    let cli = cli
        .env("AZURE_AUTHORITY_HOST", both.entra.authority())
        .env(METADATA, machine.endpoint());
    let done = finish(cli, &[])?;
    for words in ["managed identity", "AZURE_CLIENT_SECRET"] {
        assert!(done.stdout.contains(words), "{words}: {}", done.output());
    }
    Ok(())
}

pub(crate) fn an_identity_that_is_not_assigned_is_named() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let machine = AzureImds::start(&both.entra).map_err(text)?;
    let place = folder.target(
        both,
        &container,
        &table("managed_identity", &[("client_id", UNKNOWN_ID)]),
    )?;
    let words = ["Identity not found", "http 400", "identity assign"];
    let cause = of_credential(Unauthenticated, "identity-not-assigned", &words);
    let run = verify(&place.set(METADATA, machine.endpoint()), &[])?;
    failed(run, cause);

    let bare = AzureImds::start(&both.entra)
        .map_err(text)?
        .without_identity();
    let place = folder.target(both, &container, &table("managed_identity", &[]))?;
    let run = verify(&place.set(METADATA, bare.endpoint()), &[])?;
    failed(
        run,
        of_credential(Unauthenticated, "identity-not-assigned", &words),
    );
    Ok(())
}

pub(crate) fn a_pinned_identity_does_not_fall_back() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let machine = AzureImds::start(&both.entra)
        .map_err(text)?
        .without_identity();
    let place = folder.target(both, &container, &table("managed_identity", &[]))?;
    let place = place
        .set(METADATA, machine.endpoint())
        .set("AZURE_TENANT_ID", both.entra.tenant_id())
        .set("AZURE_CLIENT_ID", both.entra.client_id())
        .set("AZURE_CLIENT_SECRET", both.entra.client_secret())
        .set("AZURE_STORAGE_KEY", both.azurite.key());
    let cause = of_credential(Unauthenticated, "identity-not-assigned", &[]);
    failed(verify(&place, &[])?, cause);
    Ok(())
}

pub(crate) fn a_metadata_service_that_keeps_silent_leaves_it_undecided() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let hole = BlackHole::start().map_err(text)?;
    let address = format!("http://{}", hole.address());
    let place = folder.target(both, &container, &table("managed_identity", &[]))?;
    let place = place.set(METADATA, address.as_str());
    let asked = format!("asked at {address}");
    let words = [asked.as_str()];
    undecided(
        verify(&place, &[])?,
        of_credential(TimedOut, "no-answer", &words),
    );

    let run = place.verify(&["--timeout", "2s"])?;
    let run = run.ended(UNKNOWN, Verdict::Unknown);
    assert!(
        run.done.elapsed < Duration::from_secs(2) + SLACK,
        "{:?}",
        run.done.elapsed
    );
    assert_eq!(run.codes(), ["no-answer"], "{}", run.told());
    Ok(())
}

/// Asserts that a run finds out soon that there are no credentials, and what was looked for.
fn finds_nobody(place: &Place, timeout: &[&str], within: Duration) -> Told {
    let run = place.verify(timeout)?;
    let elapsed = run.done.elapsed;
    assert!(elapsed < within + SLACK, "{elapsed:?}: {}", run.told());
    let words = [
        "no credentials were found",
        "AZURE_CLIENT_SECRET is not set",
        "AZURE_STORAGE_KEY is not set",
        "managed identity: ",
    ];
    let run = failed(
        run,
        of_credential(Unauthenticated, "no-credentials", &words),
    );
    let asked = run.report.checks.iter().filter(|it| {
        !["credential", "cleanup"].contains(&it.id.as_str()) && it.outcome != Outcome::Skipped
    });
    assert_eq!(asked.count(), 0, "{}", run.told());
    Ok(())
}

pub(crate) fn in_no_cloud_it_is_known_soon_that_there_are_no_credentials() -> Told {
    let (both, container) = shared()?;
    let hole = BlackHole::start().map_err(text)?;
    let refused = refused_port().map_err(text)?;
    for address in [hole.address(), refused] {
        let place = nobody(both, &container).set(METADATA, format!("http://{address}"));
        for region in [None, Some("eu-west-1")] {
            let place = match region {
                Some(region) => place.clone().set("AWS_REGION", region),
                None => place.clone(),
            };
            finds_nobody(&place, &[], Duration::from_secs(5))?;
            finds_nobody(&place, &["--timeout", "2s"], Duration::from_secs(2))?;
        }
    }
    Ok(())
}

pub(crate) fn half_a_group_of_variables_is_refused() -> Told {
    let (both, container) = shared()?;
    for (name, value, missing) in [
        (
            "AZURE_CLIENT_SECRET",
            "planted-secret-of-nobody-1",
            "AZURE_TENANT_ID",
        ),
        (
            "AZURE_FEDERATED_TOKEN_FILE",
            "/none/token",
            "AZURE_TENANT_ID",
        ),
    ] {
        let place = nobody(both, &container)
            .set(name, value)
            .set("AZURE_CLIENT_ID", both.entra.client_id());
        let secrets = ["planted-secret-of-nobody-1"];
        refused_unasked(&place, &secrets, &[missing])?;
    }
    Ok(())
}
