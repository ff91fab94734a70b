//! Where requests would go in the clouds that no local server can play: a proxy tells, and lets none through.

use std::collections::BTreeSet;

use backstop::report::{Report, Verdict};
use backstop_testkit::{Cli, Tunnel};

use super::harness::{FAILED, Place, Told, binary, text};
use super::identity_azure_story::{Folder, finish, refused_unasked};

const SECRET: &str = "Pl4nted~client-secret-of-nobody-0123456789";
const KEY: &str =
    "cGxhbnRlZCBwbGFudGVkIHBsYW50ZWQgcGxhbnRlZCBwbGFudGVkIHBsYW50ZWQgcGxhbnRlZCBwbGFudA==";
const TENANT: &str = "5d2f9a10-3c1b-4e6e-9d0f-2b7a8c4e1f60";
const CLIENT: &str = "a1c7e5b2-84d9-4f3a-b6c0-7e2d9f1a5b38";
const ACCOUNT: &str = "azure://acmebackups/backups";

/// Leads everything that leaves this machine to a proxy, whatever its scheme.
fn through(place: Place, tunnel: &Tunnel) -> Place {
    place
        .set("HTTPS_PROXY", tunnel.url())
        .set("HTTP_PROXY", tunnel.url())
        .set("ALL_PROXY", tunnel.url())
}

fn with_secret(place: Place) -> Place {
    place
        .set("AZURE_TENANT_ID", TENANT)
        .set("AZURE_CLIENT_ID", CLIENT)
        .set("AZURE_CLIENT_SECRET", SECRET)
}

/// Verifies a place from which nothing is let through, and returns the hosts that were asked for.
fn hosts(place: Place) -> Result<BTreeSet<String>, String> {
    let tunnel = Tunnel::start().map_err(text)?;
    let place = through(place, &tunnel);
    let run = place.verify(&["--timeout", "10s"])?;
    assert_eq!(run.done.code, Some(FAILED), "{}", run.told());
    assert_eq!(run.report.verdict, Verdict::Failed, "{}", run.told());
    let proxy = format!("through the proxy {}", tunnel.url());
    assert!(run.advice().contains(&proxy), "{proxy}: {}", run.advice());
    Ok(tunnel.asked().into_iter().collect())
}

fn set(hosts: &[&str]) -> BTreeSet<String> {
    hosts.iter().map(|host| format!("{host}:443")).collect()
}

/// The clouds: what names them, the authority and the end of the blob service's host.
#[rustfmt::skip]
const CLOUDS: [(&str, &str, &str); 3] = [
    ("AzureCloud", "login.microsoftonline.com", "blob.core.windows.net"),
    ("AzureUSGovernment", "login.microsoftonline.us", "blob.core.usgovcloudapi.net"),
    ("AzureChinaCloud", "login.chinacloudapi.cn", "blob.core.chinacloudapi.cn"),
];

pub(crate) fn each_cloud_has_hosts_of_its_own() -> Told {
    let folder = Folder::new()?;
    let secret = folder.file("secret", SECRET)?;
    for (cloud, authority, suffix) in CLOUDS {
        let blob = format!("acmebackups.{suffix}");
        let by_key = Place::new(ACCOUNT)
            .set("AZURE_CLOUD_NAME", cloud)
            .set("AZURE_STORAGE_KEY", KEY);
        assert_eq!(hosts(by_key)?, set(&[&blob]), "{cloud}");
        let by_secret = with_secret(Place::new(ACCOUNT));
        let by_name = by_secret.clone().set("AZURE_CLOUD_NAME", cloud);
        let url = format!("https://{blob}");
        let by_endpoint = by_secret.clone().flag("--endpoint-url", url);
        let url = format!("https://{authority}/");
        let by_authority = by_secret.set("AZURE_AUTHORITY_HOST", url);
        let config = format!(
            "[targets.it.azure]\naccount = \"acmebackups\"\ncontainer = \"backups\"\n\
             cloud = \"{cloud}\"\n[targets.it.azure.service_principal]\ntenant_id = \"{TENANT}\"\n\
             client_id = \"{CLIENT}\"\nclient_secret_file = \"{secret}\"\n"
        );
        let config = folder.file("backstop.toml", &config)?;
        let by_config = Place::new("it").flag("--config", config);
        for place in [by_name, by_endpoint, by_authority, by_config] {
            let asked = hosts(place)?;
            assert!(
                asked.contains(&format!("{authority}:443")),
                "{cloud}: {asked:?}"
            );
            assert!(
                asked.is_subset(&set(&[authority, &blob])),
                "{cloud}: {asked:?}"
            );
        }
    }
    Ok(())
}

pub(crate) fn a_cloud_of_ones_own_is_named_by_its_hosts() -> Told {
    let folder = Folder::new()?;
    let secret = folder.file("secret", SECRET)?;
    let config = format!(
        "[targets.it.azure]\naccount = \"acmebackups\"\ncontainer = \"backups\"\n\
         endpoint_suffix = \"blob.core.mycloud.example\"\n\
         authority_host = \"https://login.mycloud.example\"\n\
         [targets.it.azure.service_principal]\ntenant_id = \"{TENANT}\"\n\
         client_id = \"{CLIENT}\"\nclient_secret_file = \"{secret}\"\n"
    );
    let place = Place::new("it").flag("--config", folder.file("backstop.toml", &config)?);
    let asked = hosts(place)?;
    let own = [
        "login.mycloud.example",
        "acmebackups.blob.core.mycloud.example",
    ];
    assert!(asked.contains("login.mycloud.example:443"), "{asked:?}");
    assert!(asked.is_subset(&set(&own)), "{asked:?}");
    Ok(())
}

pub(crate) fn what_does_not_fit_the_cloud_is_refused_before_any_request() -> Told {
    let folder = Folder::new()?;
    let secret = folder.file("secret", SECRET)?;
    let tunnel = Tunnel::start().map_err(text)?;
    let government = "https://acmebackups.blob.core.usgovcloudapi.net";
    let public = "https://acmebackups.blob.core.windows.net";
    let string = format!(
        "DefaultEndpointsProtocol=https;AccountName=acmebackups;AccountKey={KEY};\
         EndpointSuffix=core.chinacloudapi.cn"
    );
    let config = format!(
        "[targets.it.azure]\naccount = \"acmebackups\"\ncontainer = \"backups\"\n\
         cloud = \"us-government\"\nmanagement = true\n\
         management_endpoint = \"https://management.azure.com\"\n\
         [targets.it.azure.service_principal]\ntenant_id = \"{TENANT}\"\n\
         client_id = \"{CLIENT}\"\nsubscription_id = \"{TENANT}\"\n\
         client_secret_file = \"{secret}\"\n"
    );
    let config = folder.file("backstop.toml", &config)?;
    let place = with_secret(Place::new(ACCOUNT));
    let rows = [
        (
            place
                .clone()
                .flag("--endpoint-url", government)
                .set("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com"),
            ["usgovcloudapi.net", "login.microsoftonline.com"],
        ),
        (
            place
                .flag("--endpoint-url", public)
                .set("AZURE_CLOUD_NAME", "AzureChinaCloud"),
            ["core.windows.net", "china"],
        ),
        (
            Place::new(ACCOUNT)
                .set("AZURE_STORAGE_CONNECTION_STRING", &string)
                .set("AZURE_CLOUD_NAME", "AzureCloud"),
            ["core.chinacloudapi.cn", "public"],
        ),
        (
            Place::new("it").flag("--config", config),
            ["management.azure.com", "us-government"],
        ),
    ];
    for (place, words) in rows {
        refused_unasked(&through(place, &tunnel), &[SECRET, KEY], &words)?;
    }
    assert_eq!(tunnel.asked(), Vec::<String>::new());
    Ok(())
}

/// Verifies a bucket of Amazon from which nothing is let through, and returns the hosts that were asked for.
fn amazon_hosts(
    prepare: impl FnOnce(Cli) -> Result<Cli, String>,
    secrets: &[&str],
) -> Result<BTreeSet<String>, String> {
    let tunnel = Tunnel::start().map_err(text)?;
    let cli = binary()?
        .args(["verify", "s3://acme-backups", "--format", "json"])
        .args(["--timeout", "10s"])
        .env("HTTPS_PROXY", tunnel.url())
        .env("HTTP_PROXY", tunnel.url());
    let done = finish(prepare(cli)?, secrets)?;
    assert_eq!(done.code, Some(FAILED), "{}", done.output());
    let report: Report = serde_json::from_str(&done.stdout).map_err(text)?;
    let advice = format!("{:?}", report.diagnoses);
    let proxy = format!("through the proxy {}", tunnel.url());
    assert!(advice.contains(&proxy), "{proxy}: {advice}");
    Ok(tunnel.asked().into_iter().collect())
}

fn put(cli: &Cli, path: &str, content: &str) -> Told {
    let path = cli.home().join(path);
    let folder = path.parent().ok_or("no folder")?;
    std::fs::create_dir_all(folder).map_err(text)?;
    std::fs::write(&path, content).map_err(text)
}

pub(crate) fn roles_are_asked_for_at_the_token_service_of_the_region() -> Told {
    const TOKEN: &str =
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkLXN1YmplY3QifQ.cGxhbnRlZC1zaWduYXR1cmU";
    let secret = "planted-secret-access-key-0123456789ab";
    for (region, host) in [
        ("eu-west-1", "sts.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
    ] {
        let web = |cli: Cli| {
            put(&cli, "token", TOKEN)?;
            Ok(cli
                .env("AWS_REGION", region)
                .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/backup")
                .env("AWS_WEB_IDENTITY_TOKEN_FILE", "token"))
        };
        assert_eq!(amazon_hosts(web, &[TOKEN])?, set(&[host]), "{region}");
        let profile = format!(
            "[default]\nregion = {region}\nrole_arn = arn:aws:iam::123456789012:role/backup\n\
             source_profile = keys\n[profile keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
             aws_secret_access_key = {secret}\n"
        );
        let assumed = |cli: Cli| {
            put(&cli, ".aws/config", &profile)?;
            Ok(cli.env("AWS_REGION", region))
        };
        assert_eq!(amazon_hosts(assumed, &[secret])?, set(&[host]), "{region}");
    }
    Ok(())
}
