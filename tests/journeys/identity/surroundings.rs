//! What lies between a run and its services: proxies, and authorities that only this house trusts.

use std::path::Path;

use backstop::report::Verdict;
use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{
    Answer, Claims, Entra, Imds, Oidc, Response, Scripted, Servers, Sts, StsRules, Tunnel,
};

use super::owner::Owner;
use super::scene::{HOME, Scene, each, no_credential, target};
use crate::journeys::harness::{FAILED, Place, Told, text};

const PASSWORD: &str = "planted-proxy-password";
/// Names that only a proxy can resolve.
const STORE: &str = "store.invalid";
const TOKENS: &str = "tokens.invalid";

/// Makes a proxy that leads to MinIO and, by another name, to a token service.
fn tunnel(owner: &Owner, sts: &Sts) -> Result<Tunnel, String> {
    let store = owner.server.host().parse().map_err(text)?;
    let tokens = sts
        .endpoint()
        .replace("http://", "")
        .parse()
        .map_err(text)?;
    let tunnel = Tunnel::start().map_err(text)?;
    Ok(tunnel.forward_to(STORE, store).forward_to(TOKENS, tokens))
}

/// Configures the bucket behind the proxy, with a way that needs the token service too.
fn behind(owner: &Owner, sts: &Sts, provider: &str, credentials: &str) -> Scene {
    let region = if provider == "s3" {
        "region = \"us-east-1\"\n"
    } else {
        ""
    };
    let store = format!(
        "endpoint_url = \"http://{STORE}\"\nallow_http = true\n{region}\
         sts_endpoint_url = \"http://{TOKENS}\""
    );
    let lines = credentials.replace("ROLE", &sts.role_arn("backup"));
    Scene::configured(&target("it", provider, &owner.bucket, &store, &lines))
        .set("BASE_ID", "AKIAIOSFODNN7EXAMPLE")
        .set("BASE_SECRET", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
}

const ASSUMED: &str = "kind = \"assume-role\"\nrole_arn = \"ROLE\"\naccess_key_id_env = \"BASE_ID\"\nsecret_access_key_env = \"BASE_SECRET\"";

fn sts(owner: &Owner) -> Result<Sts, String> {
    let keys = (
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    );
    let rules = StsRules::new(owner.mint())
        .user("ci", keys)
        .role("backup", "ci", None);
    Sts::start(rules).map_err(text)
}

/// Returns the hosts that a proxy was asked for.
fn hosts(tunnel: &Tunnel) -> Vec<String> {
    let mut hosts: Vec<_> = tunnel
        .asked()
        .iter()
        .map(|asked| {
            let rest = asked.strip_prefix("http://").unwrap_or(asked);
            rest.split('/').next().unwrap_or_default().to_owned()
        })
        .collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

pub(crate) fn a_proxy_carries_storage_and_tokens() -> Told {
    let owner = Owner::new()?;
    let sts = sts(&owner)?;
    for provider in ["s3", "minio"] {
        let tunnel = tunnel(&owner, &sts)?;
        let scene = behind(&owner, &sts, provider, ASSUMED).called(provider);
        let run = scene.set("HTTP_PROXY", tunnel.url()).verify()?;
        run.passes_by(Way::AssumeRole, "role/backup")?;
        assert_eq!(hosts(&tunnel), [STORE, TOKENS]);
    }
    Ok(())
}

pub(crate) fn a_proxy_that_wants_a_password_is_named() -> Told {
    let owner = Owner::new()?;
    let sts = sts(&owner)?;
    let tunnel = tunnel(&owner, &sts)?.demanding("ci", PASSWORD);
    let scene = || behind(&owner, &sts, "s3", ASSUMED).secret(PASSWORD);
    let proxy = format!("through the proxy {} (from HTTP_PROXY)", tunnel.url());
    let words = [proxy.as_str()];
    let cause = no_credential(ErrorKind::Unauthenticated, "proxy-authorization", &words);
    scene()
        .set("HTTP_PROXY", tunnel.url())
        .verify()?
        .fails_for(&cause)?;
    let wrong = tunnel
        .url()
        .replace("http://", "http://ci:planted-wrong-one@");
    let refused = scene().set("HTTP_PROXY", wrong).secret("planted-wrong-one");
    refused.verify()?.fails_for(&cause)?;
    let right = tunnel
        .url()
        .replace("http://", &format!("http://ci:{PASSWORD}@"));
    let run = scene().set("HTTP_PROXY", right).verify()?;
    run.passes_by(Way::AssumeRole, "role/backup")?;

    // The same for tunnels, which https asks for.
    let asking = Tunnel::start().map_err(text)?.demanding("ci", PASSWORD);
    let proxy = format!("through the proxy {} (from HTTPS_PROXY)", asking.url());
    let run = Scene::of(Place::new("s3://bucket"))
        .set("AWS_REGION", "eu-central-1")
        .set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .set(
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        )
        .set("HTTPS_PROXY", asking.url())
        .verify()?;
    run.fails_with("proxy-authorization", &[&proxy])?;
    Ok(())
}

pub(crate) fn a_host_may_be_left_out_of_the_proxy() -> Told {
    let owner = Owner::new()?;
    let sts = sts(&owner)?;
    let tunnel = tunnel(&owner, &sts)?;
    let scene = behind(&owner, &sts, "s3", ASSUMED).set("HTTP_PROXY", tunnel.url());
    let run = scene.set("NO_PROXY", TOKENS).verify()?;
    let cause = no_credential(ErrorKind::NameNotResolved, "name-not-resolved", &[TOKENS]);
    run.fails_for(&cause)?;
    assert_eq!(
        hosts(&tunnel),
        [] as [&str; 0],
        "the token service comes first"
    );
    Ok(())
}

pub(crate) fn the_metadata_service_is_never_asked_through_a_proxy() -> Told {
    let owner = Owner::new()?;
    let sts = sts(&owner)?;
    let tunnel = tunnel(&owner, &sts)?;
    let imds = Imds::start("backup-node", owner.mint()).map_err(text)?;
    let run = behind(&owner, &sts, "minio", "kind = \"node-role\"")
        .set("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint())
        .set("AWS_EC2_METADATA_DISABLED", "false")
        .set("HTTP_PROXY", tunnel.url())
        .set("HTTPS_PROXY", tunnel.url())
        .set("ALL_PROXY", tunnel.url())
        .verify()?;
    run.passes_by(Way::NodeRole, "backup-node")?;
    assert!(
        hosts(&tunnel)
            .iter()
            .all(|host| host == STORE || host == TOKENS),
        "{:?}",
        hosts(&tunnel)
    );
    assert_eq!(imds.issued(), 1);
    Ok(())
}

/// A person's profile that signs on at a portal, with what `aws sso login` left behind.
fn signed_on(expires: &str, more: &str) -> Scene {
    // The file is named by the SHA-1 of the session's name, "acme".
    let cached = format!(
        "{{\"startUrl\": \"https://acme.awsapps.com/start\", \"region\": \"eu-central-1\", \
         \"accessToken\": \"planted-access-token\", \"expiresAt\": \"{expires}\"{more}}}"
    );
    let config = "[default]\nsso_session = acme\nsso_account_id = 123456789012\nsso_role_name = backup\n\
                  [sso-session acme]\nsso_region = eu-central-1\nsso_start_url = https://acme.awsapps.com/start\n";
    Scene::of(Place::new("s3://bucket"))
        .file(".aws/config", config)
        .file(
            ".aws/sso/cache/293abb6b76d7791c0732cc517d38c4b5c734b87f.json",
            cached,
        )
        .secret("planted-access-token")
        .secret("planted-refresh-token")
        .secret("planted-client-secret")
}

pub(crate) fn requests_go_to_where_amazon_is() -> Told {
    let oidc = Oidc::start().map_err(text)?;
    let claims = Claims::of("system:serviceaccount:backup:backstop", "sts.amazonaws.com");
    let token = oidc.token(&claims).map_err(text)?;
    let web = format!(
        "kind = \"web-identity\"\nrole_arn = \"arn:aws:iam::123456789012:role/backup\"\n\
         token_file = \"{HOME}/token\""
    );
    let renewal = ", \"clientId\": \"id\", \"clientSecret\": \"planted-client-secret\", \
                    \"registrationExpiresAt\": \"2099-01-01T00:00:00Z\", \
                    \"refreshToken\": \"planted-refresh-token\"";
    let keys = Scene::of(Place::new("s3://bucket"))
        .set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .set(
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        );
    let rows: [(&str, Scene, &[&str]); 4] = [
        (
            "keys",
            keys,
            &[
                "bucket.s3.eu-central-1.amazonaws.com:443",
                "sts.eu-central-1.amazonaws.com:443",
            ],
        ),
        (
            "web identity",
            Scene::s3("bucket", "", &web)
                .edited("us-east-1", "eu-central-1")
                .file("token", token.as_str())
                .secret(&token),
            &["sts.eu-central-1.amazonaws.com:443"],
        ),
        (
            "single sign-on",
            signed_on("2099-01-01T00:00:00Z", ""),
            &["portal.sso.eu-central-1.amazonaws.com:443"],
        ),
        (
            "single sign-on that is renewed",
            signed_on("2026-01-01T00:00:00Z", renewal),
            // The SDK takes the old session to the portal where no new one is to be had.
            &[
                "oidc.eu-central-1.amazonaws.com:443",
                "portal.sso.eu-central-1.amazonaws.com:443",
            ],
        ),
    ];
    each(rows, |(name, scene, expected)| {
        let tunnel = Tunnel::start().map_err(text)?;
        let scene = scene
            .called(name)
            .set("AWS_REGION", "eu-central-1")
            .set("HTTPS_PROXY", tunnel.url())
            .set("HTTP_PROXY", tunnel.url());
        let run = scene.verify()?;
        run.expect_end(FAILED, Verdict::Failed)?;
        let asked = hosts(&tunnel);
        run.expect(asked == expected, &format!("it asked for {asked:?}"))?;
        let fact = format!("through the proxy {} (from HTTPS_PROXY)", tunnel.url());
        run.expect_words(&[&fact])
    })
}

pub(crate) fn a_session_of_single_sign_on_that_has_ended_is_named() -> Told {
    let tunnel = Tunnel::start().map_err(text)?;
    let scene = signed_on("2026-01-01T00:00:00Z", "").set("AWS_REGION", "eu-central-1");
    let scene = scene.set("HTTPS_PROXY", tunnel.url());
    let words = ["aws sso login"];
    let cause = no_credential(ErrorKind::CredentialExpired, "credential-expired", &words);
    scene.verify()?.fails_for(&cause)?;
    assert_eq!(hosts(&tunnel), [] as [&str; 0], "nothing was asked");
    Ok(())
}

/// Lets a run trust the authority of a file in one way.
type Trusts = fn(Scene, &Path) -> Scene;

pub(crate) fn each_way_to_trust_an_authority_is_enough() -> Told {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code>\
                <Message>Access Denied</Message></Error>";
    let server = Scripted::start_tls(&both.entra, move |_| {
        Answer::from(Response::new(403, body).with("Content-Type", "application/xml"))
    });
    let server = server.map_err(text)?;
    let scene = || {
        let place = Place::new("s3://bucket").flag("--endpoint-url", server.endpoint());
        Scene::of(place)
            .set("AWS_REGION", "us-east-1")
            .set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .set(
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            )
    };
    scene()
        .verify()?
        .fails_with("certificate-untrusted", &["--ca-file"])?;
    let ways: [(&str, Trusts); 3] = [
        ("AWS_CA_BUNDLE", |scene, file| {
            scene.set("AWS_CA_BUNDLE", file.to_string_lossy())
        }),
        ("SSL_CERT_FILE", |scene, file| {
            scene.set("SSL_CERT_FILE", file.to_string_lossy())
        }),
        ("--ca-file", |scene, file| {
            scene.flag("--ca-file", file.to_string_lossy())
        }),
    ];
    each(ways, |(name, trusts)| {
        let run = trusts(scene().called(name), both.entra.ca_file()).verify()?;
        run.fails_with("missing-permission", &["http 403"])
            .map(drop)
    })?;
    // None takes the place of another.
    let other = Entra::start().map_err(text)?;
    each([(0, 1), (1, 0), (2, 0), (1, 2)], |(ours, others)| {
        let ((first, trusts), (second, trusts_more)) = (ways[ours], ways[others]);
        let scene = scene().called(&format!("{first} beside {second}"));
        let scene = trusts(scene, both.entra.ca_file());
        let run = trusts_more(scene, other.ca_file()).verify()?;
        run.fails_with("missing-permission", &["http 403"])
            .map(drop)
    })
}
