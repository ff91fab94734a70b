//! What stands between a run and Azure: proxies, private certificates, metadata addresses.

use backstop::report::{Outcome, Verdict};
use backstop_contract::Way;
use backstop_testkit::{AzureImds, AzuriteEntra, Entra, Servers, Tunnel};

use super::harness::{FAILED, PASSED, Place, Told, text};
use super::identity_azure_story::{Folder, nobody, table, taken, verify};

const AUTHORITY: &str = "login.microsoftonline.com";
const PASSWORD: &str = "planted-proxy-password-0123456789";

fn shared() -> Result<(&'static AzuriteEntra, String), String> {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    Ok((both, both.azurite.fresh_container().map_err(text)?))
}

/// Names a container by the hosts of the public cloud, which only a proxy leads to a local server.
fn public(both: &AzuriteEntra, container: &str) -> Place {
    let entra = &both.entra;
    Place::new(format!("azure://{}/{container}", both.azurite.account()))
        .set("AZURE_TENANT_ID", entra.tenant_id())
        .set("AZURE_CLIENT_ID", entra.client_id())
        .set("AZURE_CLIENT_SECRET", entra.client_secret())
        .flag("--ca-file", entra.ca_file().display().to_string())
}

/// Starts a proxy that leads the hosts of the public cloud to the local servers.
fn tunnel(both: &AzuriteEntra) -> Result<Tunnel, String> {
    let authority = both
        .entra
        .authority()
        .replace("https://localhost", "127.0.0.1");
    let tunnel = Tunnel::start().map_err(text)?;
    Ok(tunnel
        .forward_to(AUTHORITY, authority.parse().map_err(text)?)
        .forward_to(".blob.core.windows.net", both.azurite.address()))
}

pub(crate) fn a_proxy_leads_to_the_store_and_to_the_authority() -> Told {
    let (both, container) = shared()?;
    let tunnel = tunnel(both)?;
    let place = public(both, &container).set("HTTPS_PROXY", tunnel.url());
    let run = taken(verify(&place, &[])?, Way::ClientSecret, "environment");
    assert_eq!(run.report.vantage.proxy, Some(tunnel.url()));
    let blob = format!("{}.blob.core.windows.net:443", both.azurite.account());
    let asked = tunnel.asked();
    for host in [blob, format!("{AUTHORITY}:443")] {
        assert!(asked.contains(&host), "{host}: {asked:?}");
    }
    Ok(())
}

pub(crate) fn a_proxy_that_wants_to_know_who_asks_is_named() -> Told {
    let (both, container) = shared()?;
    let tunnel = tunnel(both)?.demanding("backup", PASSWORD);
    let with = |user: &str| tunnel.url().replace("http://", &format!("http://{user}@"));
    let place = public(both, &container);
    let good = with(&format!("backup:{PASSWORD}"));
    let run = verify(&place.clone().set("HTTPS_PROXY", good), &[PASSWORD])?;
    taken(run, Way::ClientSecret, "environment");

    let named = format!("through the proxy {}", tunnel.url());
    for proxy in [tunnel.url(), with("backup:planted-wrong-password")] {
        let by_secret = place.clone().set("HTTPS_PROXY", &proxy);
        let by_key = Place::new(format!("azure://{}/{container}", both.azurite.account()))
            .set("AZURE_STORAGE_KEY", both.azurite.key())
            .flag("--ca-file", both.entra.ca_file().display().to_string())
            .set("HTTPS_PROXY", &proxy);
        for place in [by_secret, by_key] {
            let run = verify(&place, &[PASSWORD, "planted-wrong-password"])?;
            let run = run.ended(FAILED, Verdict::Failed);
            assert_eq!(run.codes(), ["proxy-authorization"], "{}", run.told());
            for words in [named.as_str(), "from HTTPS_PROXY"] {
                assert!(run.advice().contains(words), "{words}: {}", run.advice());
            }
        }
    }
    Ok(())
}

pub(crate) fn a_metadata_address_is_never_asked_of_a_proxy() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let machine = AzureImds::start(&both.entra).map_err(text)?;
    let tunnel = tunnel(both)?;
    let proxied = |place: Place| {
        place
            .set("AZURE_POD_IDENTITY_AUTHORITY_HOST", machine.endpoint())
            .set("HTTP_PROXY", tunnel.url())
            .set("HTTPS_PROXY", tunnel.url())
            .set("ALL_PROXY", tunnel.url())
    };
    let place = folder.target(both, &container, &table("managed_identity", &[]))?;
    taken(verify(&proxied(place), &[])?, Way::ManagedIdentity, "");
    // This machine is reached directly as well.
    assert_eq!(tunnel.asked(), Vec::<String>::new());
    assert!(!machine.requests().is_empty(), "nobody asked");

    // The blob service goes through the proxy, and the metadata service still does not.
    let place = Place::new(format!("azure://{}/{container}", both.azurite.account()))
        .flag("--ca-file", both.entra.ca_file().display().to_string());
    taken(verify(&proxied(place), &[])?, Way::ManagedIdentity, "");
    let blob = format!("{}.blob.core.windows.net:443", both.azurite.account());
    let asked = tunnel.asked();
    assert!(
        !asked.is_empty() && asked.iter().all(|host| *host == blob),
        "{asked:?}"
    );
    Ok(())
}

pub(crate) fn each_way_to_trust_a_certificate_adds_to_the_others() -> Told {
    let (both, container) = shared()?;
    let stranger = Entra::start().map_err(text)?;
    let trusted = both.entra.ca_file().display().to_string();
    let other = stranger.ca_file().display().to_string();
    let entra = &both.entra;
    let place = Place::azure(&both.azurite, &container)
        .set("AZURE_AUTHORITY_HOST", entra.authority())
        .set("AZURE_TENANT_ID", entra.tenant_id())
        .set("AZURE_CLIENT_ID", entra.client_id())
        .set("AZURE_CLIENT_SECRET", entra.client_secret());
    for good in [
        place.clone().flag("--ca-file", &trusted),
        place.clone().set("SSL_CERT_FILE", &trusted),
        place
            .clone()
            .set("SSL_CERT_FILE", &trusted)
            .flag("--ca-file", &other),
        place
            .clone()
            .set("SSL_CERT_FILE", &other)
            .flag("--ca-file", &trusted),
    ] {
        verify(&good, &[])?.ended(PASSED, Verdict::Passed);
    }
    for bad in [place.clone(), place.clone().set("SSL_CERT_FILE", &other)] {
        let run = verify(&bad, &[])?.ended(FAILED, Verdict::Failed);
        assert_eq!(run.codes(), ["certificate-untrusted"], "{}", run.told());
        assert_eq!(run.outcome("credential"), Outcome::Failed, "{}", run.told());
    }
    // The account's key needs no authority, and the store has the same certificate.
    let by_key = nobody(both, &container).set("AZURE_STORAGE_KEY", both.azurite.key());
    verify(&by_key, &[])?.ended(PASSED, Verdict::Passed);
    Ok(())
}
