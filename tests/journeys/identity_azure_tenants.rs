//! Tenants and subscriptions: who belongs where, by the account's challenge and the management plane.

use backstop::report::{Outcome, Verdict};
use backstop_contract::ErrorKind;
use backstop_testkit::{Answer, Azurite, AzuriteEntra, Entra, Response, Scripted, Servers};

use super::harness::{FAILED, PASSED, Place, Run, Told, text};
use super::identity_azure_story::{
    Folder, failed, finish, of, of_credential, refused_unasked, table, verify,
};

use ErrorKind::{PermissionDenied, Unauthenticated};

/// The id of no subscription, which no other test names.
const UNKNOWN_ID: &str = "00000000-5555-6666-7777-888888888888";

/// Starts a blob service that takes nobody's token and names the tenant of its account.
///
/// The answer is that of
/// <https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#bearer-challenge>.
fn account_of(entra: &Entra, tenant: &str) -> Result<Scripted, String> {
    let challenge = format!(
        "Bearer authorization_uri=https://login.microsoftonline.com/{tenant}/oauth2/authorize \
         resource_id=https://storage.azure.com"
    );
    let body = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error>\
                <Code>InvalidAuthenticationInfo</Code><Message>Server failed to authenticate the \
                request. Please refer to the information in the www-authenticate header.\n\
                RequestId:11111111-2222-3333-4444-555555555555\n\
                Time:2026-11-22T07:00:00.0000000Z</Message>\
                <AuthenticationErrorDetail>Issuer validation failed. Issuer did not \
                match.</AuthenticationErrorDetail></Error>";
    let answer = Response::new(401, body)
        .with("Content-Type", "application/xml")
        .with("x-ms-request-id", "11111111-2222-3333-4444-555555555555")
        .with("x-ms-error-code", "InvalidAuthenticationInfo")
        .with("WWW-Authenticate", &challenge);
    Scripted::start_tls(entra, move |_| Answer::Send(answer.clone())).map_err(text)
}

/// Names a container of such an account, with the application's secret.
fn place_of(entra: &Entra, account: &Scripted) -> Place {
    Place::new("azure://acmebackups/backups")
        .flag(
            "--endpoint-url",
            format!("{}/acmebackups", account.endpoint()),
        )
        .flag("--ca-file", entra.ca_file().display().to_string())
        .set("AZURE_AUTHORITY_HOST", entra.authority())
        .set("AZURE_TENANT_ID", entra.tenant_id())
        .set("AZURE_CLIENT_ID", entra.client_id())
        .set("AZURE_CLIENT_SECRET", entra.client_secret())
}

pub(crate) fn an_account_of_another_tenant_is_told_by_its_own_challenge() -> Told {
    let entra = &Servers::shared().azurite_entra().map_err(text)?.entra;
    let account = account_of(entra, entra.other_tenant_id())?;
    let theirs = format!(
        "the account belongs to the tenant {}",
        entra.other_tenant_id()
    );
    let ours = format!("the token is of the tenant {}", entra.tenant_id());

    // The token is had, and the account does not take it.
    let run = verify(&place_of(entra, &account), &[entra.client_secret()])?;
    assert_eq!(run.outcome("credential"), Outcome::Passed, "{}", run.told());
    failed(
        run,
        of("bucket", Unauthenticated, "other-tenant", &[&theirs, &ours]),
    );

    // The token is not had: the application is of the account's tenant, and not of the one that was asked.
    let stray = place_of(entra, &account).set("AZURE_CLIENT_ID", entra.other_client_id());
    let asked = account.requests().len();
    let run = verify(&stray, &[entra.client_secret()])?;
    let words = [theirs.as_str(), "AADSTS700016"];
    failed(run, of_credential(Unauthenticated, "other-tenant", &words));
    let anonymous = account.requests().split_off(asked);
    assert_eq!(anonymous.len(), 1, "{anonymous:?}");
    assert_eq!(anonymous[0].method, "GET");
    assert_eq!(anonymous[0].header("authorization"), None);
    Ok(())
}

pub(crate) fn an_account_of_our_own_tenant_is_not_called_another_ones() -> Told {
    let entra = &Servers::shared().azurite_entra().map_err(text)?.entra;
    let account = account_of(entra, entra.tenant_id())?;
    let run = verify(&place_of(entra, &account), &[entra.client_secret()])?;
    let run = run.ended(FAILED, Verdict::Failed);
    assert_eq!(run.outcome("bucket"), Outcome::Failed, "{}", run.told());
    assert_ne!(run.codes(), ["other-tenant"], "{}", run.told());
    assert!(!run.advice().contains("belongs to"), "{}", run.advice());
    Ok(())
}

/// Returns what a run says of the subscription.
fn subscription(run: &Run) -> &str {
    let principal = run.report.principal.as_ref();
    let said = principal.and_then(|it| it.claims.get("subscription"));
    said.map_or("", String::as_str)
}

pub(crate) fn a_subscription_is_checked_for_its_form_alone() -> Told {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let container = both.azurite.fresh_container().map_err(text)?;
    let place = Place::azure_by_token(both, &container);
    // Nobody is asked, so that it need not exist.
    let place = place.set("AZURE_SUBSCRIPTION_ID", UNKNOWN_ID);
    let run = verify(&place, &[])?.ended(PASSED, Verdict::Passed);
    let said = subscription(&run);
    assert!(
        said.contains(UNKNOWN_ID) && said.contains("format only"),
        "{said}"
    );
    let asked = both.entra.requests().into_iter();
    let mut asked = asked.filter(|it| it.target.contains(UNKNOWN_ID));
    assert_eq!(asked.next(), None);
    let place = place.set("AZURE_SUBSCRIPTION_ID", "acme-production");
    refused_unasked(
        &place,
        &[],
        &["AZURE_SUBSCRIPTION_ID", "groups of 8, 4, 4, 4 and 12"],
    )
}

/// Names a container whose subscription the management plane is asked for.
fn managed(
    folder: &Folder,
    both: &AzuriteEntra,
    container: &str,
    subscription: &str,
) -> Result<Place, String> {
    let secret = folder.file("secret", both.entra.client_secret())?;
    let principal = table(
        "service_principal",
        &[
            ("subscription_id", subscription),
            ("tenant_id", both.entra.tenant_id()),
            ("client_id", both.entra.client_id()),
            ("client_secret_file", &secret),
        ],
    );
    let endpoint = both.entra.management_endpoint();
    let lines = format!("management = true\nmanagement_endpoint = \"{endpoint}\"\n{principal}");
    folder.target(both, container, &lines)
}

pub(crate) fn the_management_plane_is_asked_once_when_that_is_wanted() -> Told {
    let entra = Entra::start().map_err(text)?;
    let azurite = Azurite::start_with_tokens(&entra).map_err(text)?;
    let both = &AzuriteEntra { azurite, entra };
    let container = both.azurite.fresh_container().map_err(text)?;
    let folder = Folder::new()?;
    let (own, other) = (
        both.entra.subscription_id(),
        both.entra.other_subscription_id(),
    );
    let run = verify(
        &managed(&folder, both, &container, own)?,
        &[both.entra.client_secret()],
    )?;
    let run = run.ended(PASSED, Verdict::Passed);
    for words in [own, "Backstop backups", "Enabled", both.entra.tenant_id()] {
        assert!(
            subscription(&run).contains(words),
            "{words}: {}",
            subscription(&run)
        );
    }
    let asked = both.entra.requests().into_iter();
    // The rules of the account are asked for beside it.
    let asked = asked.filter(|it| it.target.starts_with(&format!("/subscriptions/{own}?")));
    let methods: Vec<_> = asked.map(|it| it.method).collect();
    assert_eq!(methods, ["GET"]);

    // Who asks the management plane wants its answer: it fails the run, and is explained.
    let told = |id: &str, kind, words: &[&str]| {
        let run = verify(&managed(&folder, both, &container, id)?, &[])?;
        let finding = run.check("principal").finding.as_ref();
        let error = finding.and_then(|it| it.error.as_ref());
        let error = error.ok_or_else(|| run.told())?;
        assert_eq!(error.kind, kind, "{}", run.told());
        for word in words {
            assert!(format!("{error:?}").contains(word), "{word}: {error:?}");
        }
        Ok::<_, String>(run)
    };
    let facts = |id: &str| {
        [
            format!("subscription: {id}"),
            both.entra.tenant_id().to_owned(),
        ]
    };
    let [asked, ours] = facts(UNKNOWN_ID);
    told(
        UNKNOWN_ID,
        PermissionDenied,
        &["SubscriptionNotFound", &asked, &ours],
    )?
    .ended(FAILED, Verdict::Failed);
    let theirs = format!(
        "the subscription is of the tenant {}",
        both.entra.other_tenant_id()
    );
    let [asked, ours] = facts(other);
    let words = ["InvalidAuthenticationTokenTenant", &asked, &ours, &theirs];
    let run = told(other, Unauthenticated, &words)?.ended(FAILED, Verdict::Failed);
    assert_eq!(run.codes(), ["subscription-other-tenant"], "{}", run.told());
    both.entra.deny_management(true);
    told(
        own,
        PermissionDenied,
        &["AuthorizationFailed", "subscriptions/read"],
    )?
    .ended(FAILED, Verdict::Failed);
    Ok(())
}

pub(crate) fn a_subscription_that_is_not_found_fails_who_is_expected() -> Told {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let container = both.azurite.fresh_container().map_err(text)?;
    let folder = Folder::new()?;
    let place = managed(&folder, both, &container, UNKNOWN_ID)?;
    let config = place.words().last().ok_or("no configuration")?.to_owned();
    let written = std::fs::read_to_string(&config).map_err(text)?;
    let expecting = format!(
        "[targets.it]\nexpect_principal = \"{}\"",
        both.entra.client_id()
    );
    let written = written.replacen("[targets.it]", &expecting, 1);
    std::fs::write(&config, written).map_err(text)?;
    let words = ["SubscriptionNotFound", "az account show"];
    let cause = of(
        "principal",
        PermissionDenied,
        "subscription-not-found",
        &words,
    );
    failed(verify(&place, &[both.entra.client_secret()])?, cause);
    Ok(())
}

pub(crate) fn the_management_plane_needs_a_subscription() -> Told {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let folder = Folder::new()?;
    let secret = folder.file("secret", both.entra.client_secret())?;
    let principal = table(
        "service_principal",
        &[
            ("tenant_id", both.entra.tenant_id()),
            ("client_id", both.entra.client_id()),
            ("client_secret_file", &secret),
        ],
    );
    let place = folder.target(both, "backups", &format!("management = true\n{principal}"))?;
    refused_unasked(&place, &[], &["subscription_id"])
}

/// Writes a target of an application with its secret in a file.
fn target(
    both: &AzuriteEntra,
    name: &str,
    container: &str,
    ids: [&str; 2],
    secret: &str,
) -> String {
    let AzuriteEntra { azurite, entra } = both;
    let (account, endpoint) = (azurite.account(), azurite.endpoint());
    let (authority, ca) = (entra.authority(), entra.ca_file().display());
    let [tenant, client] = ids;
    format!(
        "[targets.{name}]\naccess = \"put-get\"\n[targets.{name}.azure]\naccount = \"{account}\"\n\
         container = \"{container}\"\nendpoint_url = \"{endpoint}\"\n\
         authority_host = \"{authority}\"\nca_file = \"{ca}\"\n\
         [targets.{name}.azure.service_principal]\ntenant_id = \"{tenant}\"\n\
         client_id = \"{client}\"\nclient_secret_file = \"{secret}\"\n"
    )
}

pub(crate) fn two_applications_are_kept_apart() -> Told {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let entra = &both.entra;
    let folder = Folder::new()?;
    let ours = [entra.tenant_id(), entra.client_id()];
    let theirs = [entra.other_tenant_id(), entra.other_client_id()];
    let secrets = [entra.client_secret(), entra.other_client_secret()];
    let first = folder.file("first", secrets[0])?;
    let second = folder.file("second", secrets[1])?;
    // With each other's secrets neither is believed; with one of them the other still is.
    for (files, verdicts) in [
        ([&first, &second], [Verdict::Passed, Verdict::Passed]),
        ([&first, &first], [Verdict::Passed, Verdict::Failed]),
        ([&second, &first], [Verdict::Failed, Verdict::Failed]),
    ] {
        let [mine, yours] = [
            both.azurite.fresh_container(),
            both.azurite.fresh_container(),
        ];
        let config = target(both, "ours", &mine.map_err(text)?, ours, files[0])
            + &target(both, "theirs", &yours.map_err(text)?, theirs, files[1]);
        let config = folder.file("backstop.toml", &config)?;
        let place = Place::everywhere().flag("--config", config);
        let reports = place.read_all(&finish(place.cli(&[])?, &secrets)?)?;
        let found: Vec<_> = reports.iter().map(|it| it.verdict).collect();
        assert_eq!(found, verdicts, "{reports:?}");
        for (report, [_, client]) in reports.iter().zip([ours, theirs]) {
            let id = report.principal.as_ref().map_or("", |it| it.id.as_str());
            assert!(
                report.verdict == Verdict::Failed || id.contains(client),
                "{id}"
            );
        }
    }
    Ok(())
}
