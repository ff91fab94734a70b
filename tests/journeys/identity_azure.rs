//! Applications of Entra on a real Azurite: with a secret from anywhere.

use backstop::report::{FindingCode, Outcome, Verdict};
use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{AzuriteEntra, Servers};
use jiff::{SignedDuration, Timestamp};

use super::harness::{FAILED, PASSED, Place, Run, Told, text};
use super::identity_azure_story::{
    Folder, failed, nobody, of_credential, refused_unasked, table, taken, unproven, verify,
};

use ErrorKind::{CredentialExpired, Unauthenticated};

const WRONG: &str = "Wr0ng~planted-client-secret-0123456789ab";
const UNKNOWN_ID: &str = "00000000-1111-2222-3333-444444444444";

fn shared() -> Result<(&'static AzuriteEntra, String), String> {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    Ok((both, both.azurite.fresh_container().map_err(text)?))
}

/// Verifies a place with the application's secret, which comes from a source.
fn is_by_secret(both: &AzuriteEntra, place: &Place, source: &str) -> Result<Run, String> {
    let run = verify(place, &[both.entra.client_secret()])?;
    let run = taken(run, Way::ClientSecret, source);
    let id = format!(
        "client {} (tenant {})",
        both.entra.client_id(),
        both.entra.tenant_id()
    );
    let principal = run.report.principal.as_ref();
    assert_eq!(principal.map(|it| it.id.as_str()), Some(id.as_str()));
    Ok(run)
}

pub(crate) fn a_client_secret_may_come_from_the_environment() -> Told {
    let (both, container) = shared()?;
    let place = Place::azure_by_token(both, &container);
    let run = is_by_secret(both, &place, "environment")?;
    let claims = run.report.principal.map(|it| it.claims).unwrap_or_default();
    for (claim, value) in [
        ("tenant", both.entra.tenant_id()),
        ("application", both.entra.client_id()),
        ("audience", "https://storage.azure.com"),
        ("issuer", "https://sts.windows.net/"),
    ] {
        let found = claims.get(claim).is_some_and(|it| it.contains(value));
        assert!(found, "{claim}: {claims:?}");
    }
    assert!(claims.contains_key("object id"), "{claims:?}");

    let folder = Folder::new()?;
    folder.file("azure-client-secret", both.entra.client_secret())?;
    folder.file("AZURE_TENANT_ID", both.entra.tenant_id())?;
    folder.file("azure_client_id", both.entra.client_id())?;
    let place = nobody(both, &container).set("CREDENTIALS_DIRECTORY", folder.path(""));
    is_by_secret(both, &place, "systemd credential")?;
    Ok(())
}

pub(crate) fn a_client_secret_may_be_named_in_the_configuration() -> Told {
    let (both, container) = shared()?;
    let (tenant, client) = (both.entra.tenant_id(), both.entra.client_id());
    let secret = both.entra.client_secret();
    let folder = Folder::new()?;
    let file = folder.file("secret", &format!("{secret}\n"))?;
    let ids = [("tenant_id", tenant), ("client_id", client)];
    let with = |field, value| {
        let fields = [ids[0], ids[1], (field, value)];
        folder.target(both, &container, &table("service_principal", &fields))
    };
    is_by_secret(both, &with("client_secret_file", &file)?, &file)?;
    let place = with("client_secret_env", "OF_THE_APP")?.set("OF_THE_APP", secret);
    is_by_secret(both, &place, "OF_THE_APP")?;

    let id_files = [("tenant", tenant), ("client", client)];
    for (name, value) in id_files {
        folder.file(name, value)?;
    }
    let (tenant_file, client_file) = (folder.path("tenant"), folder.path("client"));
    let fields = [
        ("tenant_id_file", tenant_file.as_str()),
        ("client_id_file", &client_file),
        ("client_secret_file", &file),
    ];
    let place = folder.target(both, &container, &table("service_principal", &fields))?;
    is_by_secret(both, &place, &file)?;

    // A Secret of Kubernetes, in either of the two ways in which its keys are written.
    for (name, keys) in [
        ("mounted", ["client_id", "client_secret", "tenant_id"]),
        (
            "named",
            ["AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"],
        ),
    ] {
        let values = [client, secret, tenant];
        let keys: Vec<_> = keys.into_iter().zip(values).collect();
        let mounted = folder.mounted(name, &keys)?;
        let fields = [("directory", mounted.as_str())];
        let place = folder.target(both, &container, &table("service_principal", &fields))?;
        let run = is_by_secret(both, &place, &mounted)?;
        assert!(!run.done.stderr.contains("readable"), "{}", run.done.stderr);
    }
    Ok(())
}

pub(crate) fn a_client_secret_may_be_in_a_file_of_credentials() -> Told {
    let (both, container) = shared()?;
    let (tenant, client) = (both.entra.tenant_id(), both.entra.client_id());
    let secret = both.entra.client_secret();
    let folder = Folder::new()?;
    let lines = format!(
        "# of the backup\nexport AZURE_TENANT_ID={tenant}\nAZURE_CLIENT_ID='{client}'\n\
         AZURE_CLIENT_SECRET=\"{secret}\"\n"
    );
    let created = serde_json::json!({
        "appId": client, "displayName": "backup", "password": secret, "tenant": tenant,
    });
    let sdk_auth = serde_json::json!({
        "clientId": client, "clientSecret": secret, "tenantId": tenant,
        "subscriptionId": both.entra.subscription_id(),
        "activeDirectoryEndpointUrl": both.entra.authority(),
    });
    // What the environment holds besides is out of force, so that nothing mixes.
    let place = nobody(both, &container)
        .set("AZURE_CLIENT_SECRET", WRONG)
        .set("AZURE_CLIENT_ID", UNKNOWN_ID);
    for (name, content) in [
        ("lines.env", lines.as_str()),
        ("created.json", &created.to_string()),
        ("sdk-auth.json", &sdk_auth.to_string()),
    ] {
        let file = folder.file(name, content)?;
        let place = place.clone().flag("--credentials", &file);
        is_by_secret(both, &place, &format!("file {file}"))?;
    }
    let place = place.flag("--credentials", "-");
    let done = place.cli(&[])?.input(lines.as_str()).run().map_err(text)?;
    backstop_testkit::assert_absent(&[secret], &done.output());
    taken(place.read(done)?, Way::ClientSecret, "standard input");

    let broken = folder.file("broken.json", &created.to_string().replace(secret, WRONG))?;
    let place = unproven(both, &container).flag("--credentials", broken);
    let cause = of_credential(Unauthenticated, "wrong-client-secret", &["AADSTS7000215"]);
    failed(verify(&place, &[WRONG])?, cause);
    Ok(())
}

pub(crate) fn a_client_secret_that_is_wrong_or_has_ended_is_told() -> Told {
    let (both, container) = shared()?;
    let place = Place::azure_by_token(both, &container);
    let folder = Folder::new()?;
    let missing = folder.path("missing");
    let expired = both.entra.expired_secret();
    for (name, value, cause) in [
        (
            "AZURE_CLIENT_SECRET",
            WRONG,
            of_credential(
                Unauthenticated,
                "wrong-client-secret",
                &["AADSTS7000215", "http 401", "not its id"],
            ),
        ),
        (
            "AZURE_CLIENT_SECRET",
            expired,
            of_credential(
                CredentialExpired,
                "client-secret-expired",
                &["AADSTS7000222", "credential reset"],
            ),
        ),
        (
            "AZURE_TENANT_ID",
            UNKNOWN_ID,
            of_credential(
                Unauthenticated,
                "tenant-not-found",
                &["AADSTS90002", UNKNOWN_ID, "az account show"],
            ),
        ),
        (
            "AZURE_CLIENT_ID",
            UNKNOWN_ID,
            of_credential(
                Unauthenticated,
                "application-not-in-tenant",
                &["AADSTS700016", UNKNOWN_ID],
            ),
        ),
    ] {
        let run = verify(&place.clone().set(name, value), &[WRONG, expired])?;
        failed(run, cause);
    }
    let fields = [
        ("tenant_id", both.entra.tenant_id()),
        ("client_id", both.entra.client_id()),
        ("client_secret_file", &missing),
    ];
    let place = folder.target(both, &container, &table("service_principal", &fields))?;
    refused_unasked(
        &place,
        &[],
        &["client_secret_file", &missing, "does not exist"],
    )
}

pub(crate) fn what_looks_wrong_with_a_client_secret_is_told() -> Told {
    let (both, container) = shared()?;
    let secret = both.entra.client_secret();
    let encoded = secret
        .replace('/', "%2F")
        .replace('+', "%2B")
        .replace('=', "%3D");
    let quoted = format!("\"{secret}\"");
    for (value, words) in [
        (UNKNOWN_ID, "id"),
        (encoded.as_str(), "URL-encoded"),
        (&quoted, "quote"),
    ] {
        let place = Place::azure_by_token(both, &container).set("AZURE_CLIENT_SECRET", value);
        let run = verify(&place, &[value, secret])?.ended(FAILED, Verdict::Failed);
        assert_eq!(run.outcome("credential"), Outcome::Failed, "{}", run.told());
        assert!(run.advice().contains(words), "{words}: {}", run.told());
    }
    Ok(())
}

pub(crate) fn the_end_of_a_client_secret_is_announced() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let file = folder.file("secret", both.entra.client_secret())?;
    let expires = |days: i64| {
        let end = Timestamp::now() + SignedDuration::from_hours(24 * days);
        let day = end.strftime("%Y-%m-%d").to_string();
        let fields = [
            ("tenant_id", both.entra.tenant_id()),
            ("client_id", both.entra.client_id()),
            ("client_secret_file", file.as_str()),
            ("client_secret_expires", day.as_str()),
        ];
        let place = folder.target(both, &container, &table("service_principal", &fields))?;
        Ok::<_, String>((verify(&place, &[both.entra.client_secret()])?, day))
    };
    let (run, day) = expires(20)?;
    let run = run.ended(PASSED, Verdict::Degraded);
    assert_eq!(
        run.finding("credential"),
        Some(FindingCode::Risk),
        "{}",
        run.told()
    );
    let finding = run.check("credential").finding.as_ref();
    let summary = finding.map(|it| it.summary.as_str()).unwrap_or_default();
    assert!(summary.contains(&day), "{summary}");
    let (run, day) = expires(90)?;
    let run = taken(run, Way::ClientSecret, &file);
    let ends = run.report.credential.and_then(|it| it.expires_at);
    let ends = ends.map(|it| it.to_string()).unwrap_or_default();
    assert!(ends.starts_with(&day), "{ends}");
    Ok(())
}

pub(crate) fn the_one_who_is_expected_is_compared() -> Told {
    let (both, container) = shared()?;
    let place = Place::azure_by_token(both, &container);
    let (tenant, client) = (both.entra.tenant_id(), both.entra.client_id());
    for expected in [
        client.to_owned(),
        format!("client {client} (tenant {tenant})"),
        format!("*{tenant}*"),
    ] {
        let place = place.clone().flag("--expect-principal", &expected);
        verify(&place, &[])?.ended(PASSED, Verdict::Passed);
    }
    let run = verify(&place.flag("--expect-principal", UNKNOWN_ID), &[])?;
    let run = run.ended(FAILED, Verdict::Failed);
    assert_eq!(run.finding("principal"), Some(FindingCode::OtherPrincipal));
    assert_eq!(run.codes(), ["other-principal"], "{}", run.told());
    for word in [UNKNOWN_ID, client] {
        assert!(run.advice().contains(word), "{word}: {}", run.advice());
    }
    Ok(())
}
